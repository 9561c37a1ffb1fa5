#pragma once

// The templates of an Experiment: each one's ReplicaSet and Service, from when they are made until
// the last Pod has gone.

#include "reconcilers/experiment_view.h"

namespace weir {

// Those that are missing, and sizes as the spec says. What is in its way is an Error of the
// template.
void make_templates(const ExperimentView& view, ExperimentDraft& draft);

// How many Pods each has, and whether they became available in time.
void state_templates(const ExperimentView& view, ExperimentDraft& draft);

// The Experiment is over: what has not failed was a success; the Pods stand by for a while, and go
// when nothing comes to them any more, and their Service goes after them.
void end_templates(const ExperimentView& view, ExperimentDraft& draft);

}  // namespace weir
