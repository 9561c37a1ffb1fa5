#include "controller/metrics/flux_metrics.h"

#include <prometheus/metric_family.h>

#include "reconcilers/conditions.h"

namespace weir {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string kind_of(const Key& key) { return std::string(info(key.kind).name); }

void say(MetricFamily& family, std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  metric.gauge.value = value;
}

std::string revision_of(const api::GitRepository& repository) {
  return repository.status.artifact ? repository.status.artifact->revision : "";
}
std::string revision_of(const api::Kustomization& kustomization) {
  return kustomization.status.lastAppliedRevision;
}

template <class T>
void collect(const Store& store, MetricFamily& infos, MetricFamily& conditions) {
  for (const StoredPtr& stored : store.list(KindOf<T>::value).objects) {
    const T& object = std::get<T>(*stored->typed);
    const Key& key = stored->key;
    const api::Condition* ready = find_condition(object.status.conditions, "Ready");
    const std::string is = ready ? ready->status : "Unknown";
    say(infos,
        {{"customresource_kind", kind_of(key)},
         {"exported_namespace", key.ns},
         {"name", key.name},
         {"ready", is},
         {"suspended", object.spec.suspend ? "true" : "false"},
         {"revision", revision_of(object)}},
        1);
    for (const char* status : {"True", "False", "Unknown"}) {
      say(conditions,
          {{"kind", kind_of(key)},
           {"name", key.name},
           {"namespace", key.ns},
           {"type", "Ready"},
           {"status", status}},
          is == status ? 1 : 0);
    }
  }
}

}  // namespace

void FluxMetrics::carried_out(const Key& key, Duration took) {
  const std::lock_guard lock(mutex_);
  series_[key].seconds.Observe(std::chrono::duration<double>(took).count());
}

std::vector<MetricFamily> FluxMetrics::Collect() const {
  MetricFamily infos{
      "gotk_resource_info", "The current state of a Flux resource.", MetricType::Gauge, {}};
  MetricFamily conditions{"gotk_reconcile_condition",
                          "The current condition status of a GitOps Toolkit resource "
                          "reconciliation.",
                          MetricType::Gauge,
                          {}};
  collect<api::GitRepository>(store_, infos, conditions);
  collect<api::Kustomization>(store_, infos, conditions);
  MetricFamily seconds{"gotk_reconcile_duration_seconds",
                       "The duration in seconds of a GitOps Toolkit resource reconciliation.",
                       MetricType::Histogram,
                       {}};
  const std::lock_guard lock(mutex_);
  std::erase_if(series_, [&](const auto& entry) { return !store_.get(entry.first); });
  for (const auto& [key, series] : series_) {
    seconds.metric.push_back(series.seconds.Collect());
    seconds.metric.back().label = {
        {"kind", kind_of(key)}, {"name", key.name}, {"namespace", key.ns}};
  }
  return {infos, conditions, seconds};
}

}  // namespace weir
