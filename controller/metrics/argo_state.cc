// rollout_*, analysis_run_*, analysis_template_* and experiment_*, as Argo Rollouts has them.

#include "controller/metrics/kube_rows.h"

namespace weir::kube_state {
namespace {

// --- Rollout, by Argo Rollouts' names ------------------------------------------------------------

using O = api::Rollout;

// Of an update that has ended: while it moved, while it stood paused, or both.
void duration_of(const O& rollout, const Say& say, bool moving, bool paused) {
  const auto& duration = rollout.status.duration;
  if (!duration || !duration->rolloutStartedAt || !duration->finishedAt) return;
  const auto all = (*duration->finishedAt - *duration->rolloutStartedAt).count();
  const auto pauses = duration->totalManualPauseDurationSeconds;
  const auto seconds = (moving ? all - pauses : 0) + (paused ? pauses : 0);
  say(static_cast<double>(seconds), {{"status", duration->completionStatus}});
}

// Which of its revisions is which: what joins the gateway's numbers, by revision, with a Rollout.
// One that is both is the stable one.
void revisions(const O& rollout, const auto& each) {
  const auto& status = rollout.status;
  if (!status.stableRS.empty()) each("stable", status.stableRS);
  const bool another = !status.currentPodHash.empty() && status.currentPodHash != status.stableRS;
  if (another) {
    each(rollout.spec.strategy.canary ? "canary" : "preview", status.currentPodHash);
  }
}

void weights(const O& rollout, const Say& say) {
  const auto& weights = rollout.status.canary.weights;
  if (!weights) return;
  say(static_cast<double>(weights->stable.weight), {{"role", "stable"}});
  say(static_cast<double>(weights->canary.weight), {{"role", "canary"}});
}

constexpr std::array kRollout{
    Row<O>{"weir_rollout_revision_info", "The revisions of a rollout, and which of them is which.",
           kGauge,
           [](const O& o, const Say& say) {
             revisions(o, [&](const char* role, const std::string& hash) {
               say(1, {{"role", role}, {"revision", hash}});
             });
           }},
    Row<O>{"weir_rollout_weight", "The share of the requests, in percent.", kGauge, weights},
    Row<O>{"rollout_created_time", "Creation time in unix timestamp for an rollout.", kGauge,
           created},
    Row<O>{"rollout_info", "Information about rollout.", kGauge,
           [](const O& o, const Say& say) {
             const auto& canary = o.spec.strategy.canary;
             say(1,
                 {{"strategy", canary ? "canary" : "blueGreen"},
                  {"phase", o.status.phase},
                  {"traffic_router", canary && canary->trafficRouting ? "weir.dev/gateway" : ""}});
           }},
    Row<O>{"rollout_info_replicas_available", "The number of available replicas per rollout.",
           kGauge, [](const O& o, const Say& say) { say(o.status.availableReplicas, {}); }},
    Row<O>{"rollout_info_replicas_unavailable", "The number of unavailable replicas per rollout.",
           kGauge,
           [](const O& o, const Say& say) {
             say(std::max<std::int64_t>(0, o.spec.replicas - o.status.availableReplicas), {});
           }},
    Row<O>{"rollout_info_replicas_desired", "The number of desired replicas per rollout.", kGauge,
           [](const O& o, const Say& say) { say(o.spec.replicas, {}); }},
    Row<O>{"rollout_info_replicas_updated", "The number of updated replicas per rollout.", kGauge,
           [](const O& o, const Say& say) { say(o.status.updatedReplicas, {}); }},
    Row<O>{"rollout_duration_seconds", "How long the last update took.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, true, true); }},
    Row<O>{"rollout_progression_duration_seconds", "The same, without its pauses.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, true, false); }},
    Row<O>{"rollout_manual_pause_duration_seconds", "How long it stood paused.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, false, true); }},
};

// --- AnalysisRun, likewise -----------------------------------------------------------------------

const char* provider_of(const api::MetricProvider& provider) {
  return provider.job          ? "Job"
         : provider.prometheus ? "Prometheus"
         : provider.web        ? "WebMetric"
                               : "Weir";
}

constexpr const char* kPhases[] = {"Pending", "Running",      "Successful",
                                   "Failed",  "Inconclusive", "Error"};
void phases(const std::string& is, const Say& say) {
  for (const char* phase : kPhases) {
    say(phase == (is.empty() ? "Pending" : is) ? 1 : 0, {{"phase", phase}});
  }
}

// Each metric of the run, with what became of it.
void metrics_of(const api::AnalysisRun& run, const auto& each) {
  for (const api::Metric& metric : run.spec.metrics) {
    std::string phase = "Pending";
    for (const api::MetricResult& result : run.status.metricResults) {
      if (result.name == metric.name) phase = result.phase;
    }
    each(metric, phase);
  }
}

using A = api::AnalysisRun;
constexpr std::array kAnalysisRun{
    Row<A>{"analysis_run_info", "Information about analysis run.", kGauge,
           [](const A& a, const Say& say) {
             say(1, {{"phase", a.status.phase.empty() ? "Pending" : a.status.phase}});
           }},
    Row<A>{"analysis_run_created_time", "Creation time in unix timestamp for an Analysis Run.",
           kGauge, created},
    Row<A>{"analysis_run_phase", "Information on the state of the Analysis Run.", kGauge,
           [](const A& a, const Say& say) { phases(a.status.phase, say); }},
    Row<A>{"analysis_run_metric_type", "Information on the type of a specific metric.", kGauge,
           [](const A& a, const Say& say) {
             metrics_of(a, [&](const api::Metric& metric, const std::string&) {
               say(1, {{"metric", metric.name}, {"type", provider_of(metric.provider)}});
             });
           }},
    Row<A>{"analysis_run_metric_phase",
           "Information on the duration of a specific metric in the analysis run.", kGauge,
           [](const A& a, const Say& say) {
             metrics_of(a, [&](const api::Metric& metric, const std::string& is) {
               for (const char* phase : kPhases) {
                 say(is == phase ? 1 : 0, {{"metric", metric.name},
                                           {"phase", phase},
                                           {"type", provider_of(metric.provider)}});
               }
             });
           }},
};

// --- Experiment, likewise ------------------------------------------------------------------------

using E = api::Experiment;
constexpr std::array kExperiment{
    Row<E>{"experiment_info", "Information about Experiment.", kGauge,
           [](const E& e, const Say& say) {
             say(1, {{"phase", e.status.phase.empty() ? "Pending" : e.status.phase}});
           }},
    Row<E>{"experiment_phase", "Information on the state of the experiment.", kGauge,
           [](const E& e, const Say& say) { phases(e.status.phase, say); }},
    Row<E>{"experiment_created_time", "Creation time in unix timestamp for an experiment.", kGauge,
           created},
};

// --- AnalysisTemplates, likewise: one of the whole cluster has no namespace ----------------------

template <class T>
Families templates_of(const Store& store) {
  const std::array<Row<T>, 2> rows{
      Row<T>{"analysis_template_info", "Information about analysis templates.", kGauge, info_of},
      Row<T>{"analysis_template_metric_info", "Information on metrics in analysis templates.",
             kGauge, [](const T& t, const Say& say) {
               for (const api::Metric& metric : t.spec.metrics) {
                 say(1, {{"metric", metric.name}, {"type", provider_of(metric.provider)}});
               }
             }}};
  Families out;
  collect(store, rows, out);
  return out;
}

// A name may be in an exposition once.
void collect_templates(const Store& store, Families& out) {
  Families all = templates_of<api::AnalysisTemplate>(store);
  const Families more = templates_of<api::ClusterAnalysisTemplate>(store);
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& metrics = all[i].metric;
    metrics.insert(metrics.end(), more[i].metric.begin(), more[i].metric.end());
  }
  out.insert(out.end(), all.begin(), all.end());
}

}  // namespace

void collect_argo(const Store& store, Families& out) {
  collect(store, kRollout, out);
  collect(store, kAnalysisRun, out);
  collect_templates(store, out);
  collect(store, kExperiment, out);
}

}  // namespace weir::kube_state
