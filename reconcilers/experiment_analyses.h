#pragma once

// The AnalysisRuns of an Experiment: made when all of its Pods are available, read at each plan,
// told to end with it.

#include "reconcilers/experiment_view.h"

namespace weir {

// Why one of its analyses cannot be made now: a template that is not there, an argument without a
// value. Empty: they all can.
std::string analysis_problem(const ExperimentView& view);

// Makes those that are not there. One that cannot be made is an Error.
void start_analyses(const ExperimentView& view, ExperimentDraft& draft);

// What they say now.
void look_at_analyses(const ExperimentView& view, ExperimentDraft& draft);

// Those that are under way measure nothing more.
void end_analyses(const ExperimentView& view, ExperimentDraft& draft);

}  // namespace weir
