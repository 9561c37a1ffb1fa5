#include "reconcilers/analysis_run_view.h"

#include <algorithm>

namespace weir {

api::MetricResult& RunDraft::result_of(const RunMetric& metric) {
  auto& results = status.metricResults;
  const auto found = std::find_if(results.begin(), results.end(), [&](const api::MetricResult& r) {
    return r.name == metric.metric.name;
  });
  if (found != results.end()) return *found;
  api::MetricResult& made = results.emplace_back();
  made.name = metric.metric.name;
  made.phase = analysis::kPending;
  made.dryRun = metric.dry_run;
  return made;
}

void RunDraft::note(const RunView& view, std::string reason, std::string what, bool warning) {
  plan.events.push_back({.about = view.key,
                         .warning = warning,
                         .reason = std::move(reason),
                         .message = std::move(what)});
}

}  // namespace weir
