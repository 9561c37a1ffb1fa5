#include "controller/metrics/argo_metrics.h"

#include <prometheus/metric_family.h>

#include <array>
#include <string>

namespace weir {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

struct Names {
  Kind kind;
  const char* prefix;
  const char* reconcile_help;
  const char* error_help;
};
constexpr std::array kNames{
    Names{Kind::Rollout, "rollout", "Rollout reconciliation performance.",
          "Error occurring during the rollout"},
    Names{Kind::AnalysisRun, "analysis_run", "Analysis Run reconciliation performance.",
          "Error occurring during the analysis run"},
    Names{Kind::Experiment, "experiment", "Experiments reconciliation performance.",
          "Error occurring during the experiment"},
};

bool is_counted(Kind kind) {
  for (const Names& names : kNames) {
    if (names.kind == kind) return true;
  }
  return false;
}

std::vector<ClientMetric::Label> labels_of(const Key& key) {
  return {{"name", key.name}, {"namespace", key.ns}};
}

ClientMetric count(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

}  // namespace

void ArgoMetrics::planned(const Key& key, std::chrono::nanoseconds took) {
  if (!is_counted(key.kind)) return;
  const std::lock_guard lock(mutex_);
  series_[key].seconds.Observe(std::chrono::duration<double>(took).count());
}

void ArgoMetrics::reconciled(const Reconciled& turn) {
  const std::lock_guard lock(mutex_);
  if (!turn.result) {
    if (is_counted(turn.key.kind)) ++series_[turn.key].errors;
    return;
  }
  for (const EventNote& event : turn.events) {
    if (event.about.kind != Kind::Rollout) continue;
    ++series_[event.about].events[{event.warning ? "Warning" : "Normal", event.reason}];
  }
}

std::vector<MetricFamily> ArgoMetrics::Collect() const {
  const std::lock_guard lock(mutex_);
  std::erase_if(series_, [&](const auto& entry) { return !store_.get(entry.first); });
  std::vector<MetricFamily> families;
  for (const Names& names : kNames) {
    const std::string prefix = std::string(names.prefix) + "_reconcile";
    MetricFamily seconds{prefix, names.reconcile_help, MetricType::Histogram, {}};
    MetricFamily errors{prefix + "_error", names.error_help, MetricType::Counter, {}};
    for (const auto& [key, series] : series_) {
      if (key.kind != names.kind) continue;
      seconds.metric.push_back(series.seconds.Collect());
      seconds.metric.back().label = labels_of(key);
      errors.metric.push_back(count(labels_of(key), series.errors));
    }
    families.push_back(std::move(seconds));
    families.push_back(std::move(errors));
  }
  MetricFamily events{"rollout_events_total", "Count of rollout events", MetricType::Counter, {}};
  for (const auto& [key, series] : series_) {
    for (const auto& [words, times] : series.events) {
      auto labels = labels_of(key);
      labels.push_back({"type", words.first});
      labels.push_back({"reason", words.second});
      events.metric.push_back(count(std::move(labels), times));
    }
  }
  families.push_back(std::move(events));
  return families;
}

}  // namespace weir
