#pragma once

// The AnalysisRun reconciler (Argo Rollouts' kind): has its metrics measured, counts what comes of
// it, and says at the end whether all was good. Measurements are Actions, but for those by a Job,
// which is an object of the run's own.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_analysis_run(const World& world, const Key& key, Time now);

// Whether a metric is measured without deciding. `rules` name metrics, or, with .* at their end,
// how their names begin.
bool is_dry_run(const std::vector<api::DryRun>& rules, const std::string& metric);

}  // namespace weir
