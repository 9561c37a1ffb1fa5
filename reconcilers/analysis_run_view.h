#pragma once

// RunView: what the World says about an AnalysisRun, read once at the start of a plan; and
// RunDraft, what the plan is going to write: it begins with the status as it is stored, and the
// steps of analysis_run.cc go on from there.

#include <string>
#include <vector>

#include "reconcilers/analysis_metric.h"
#include "reconcilers/plan.h"
#include "reconcilers/reconciler.h"

namespace weir {

struct RunView {
  const World& world;
  const Key& key;
  const api::AnalysisRun& run;
  Time now;
};

// One of spec.metrics, its arguments filled in: with Secrets' values, perhaps.
struct RunMetric {
  api::Metric metric;
  MetricLimits limits;
  bool dry_run = false;
};

struct RunDraft {
  Plan plan = {};
  api::AnalysisRunStatus status = {};
  std::vector<RunMetric> metrics = {};    // all of them, or none when one cannot be measured
  bool terminating = false;               // nothing more is measured
  std::string message = {};               // why it is bad
  std::vector<std::string> secrets = {};  // values that are in the metrics' texts

  api::MetricResult& result_of(const RunMetric& metric);
  void note(const RunView& view, std::string reason, std::string message, bool warning);
};

struct RunStep {
  const char* name;
  Verdict (*run)(const RunView&, RunDraft&);
};

}  // namespace weir
