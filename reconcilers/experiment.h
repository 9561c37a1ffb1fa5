#pragma once

// The Experiment reconciler (Argo Rollouts' kind): runs ReplicaSets beside each other for a while,
// has AnalysisRuns compare them, and says at the end whether all was good. A Rollout has one made
// by a step (rollout_experiment.h), or it stands alone. What it does with its templates is in
// experiment_templates.h, what with its AnalysisRuns in experiment_analyses.h.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_experiment(const World& world, const Key& key, Time now);

}  // namespace weir
