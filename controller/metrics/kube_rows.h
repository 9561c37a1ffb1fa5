#pragma once

// What the tables of kube_state.h are made of: a row a metric, and the objects of one kind brought
// through all rows. Only for the files beside this one.

#include <prometheus/metric_family.h>

#include <array>
#include <cctype>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/store/store.h"

namespace weir::kube_state {

using Labels = std::vector<std::pair<std::string, std::string>>;
// Adds one sample of the object at hand: value, and labels beside those of the object itself.
struct Say {
  std::string node;  // where every pod is
  std::function<void(double value, Labels more)> add;
  void operator()(double value, Labels more) const { add(value, std::move(more)); }
};
using Families = std::vector<prometheus::MetricFamily>;

template <class T>
struct Row {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  void (*samples)(const T&, const Say&);
};

inline constexpr auto kGauge = prometheus::MetricType::Gauge;
inline constexpr auto kCounter = prometheus::MetricType::Counter;

inline void time_of(const std::optional<std::chrono::sys_seconds>& time, const Say& say) {
  if (time) say(static_cast<double>(time->time_since_epoch().count()), {});
}

template <class T>
void created(const T& object, const Say& say) {
  time_of(object.metadata.creationTimestamp, say);
}

template <class T>
void info_of(const T&, const Say& say) {
  say(1, {});
}

template <class T>
void generation(const T& object, const Say& say) {
  say(static_cast<double>(object.metadata.generation), {});
}

template <class T>
void observed_generation(const T& object, const Say& say) {
  say(static_cast<double>(object.status.observedGeneration), {});
}

// One that nobody owns says so with empty labels.
template <class T>
void owners(const T& object, const Say& say) {
  const auto& list = object.metadata.ownerReferences;
  for (const api::OwnerReference& owner : list) {
    say(1, {{"owner_kind", owner.kind},
            {"owner_name", owner.name},
            {"owner_is_controller", owner.controller.value_or(false) ? "true" : "false"}});
  }
  if (list.empty()) say(1, {{"owner_kind", ""}, {"owner_name", ""}, {"owner_is_controller", ""}});
}

// 1 for what the status is, 0 for the other two: "True" → status="true".
inline void each_status(std::string_view is, const Say& say, const char* label,
                        const Labels& more) {
  for (const char* status : {"true", "false", "unknown"}) {
    const bool same = !is.empty() && std::tolower(static_cast<unsigned char>(is[0])) == *status;
    Labels labels = more;
    labels.emplace_back(label, status);
    say(same ? 1 : 0, std::move(labels));
  }
}

// The labels of every sample of an object. "job" is who is scraped, so a Job's is "job_name";
// Argo's kinds have "name".
template <class T>
Labels labels_of(const T& object) {
  std::string name(info(KindOf<T>::value).singular);
  if (name == "job") name = "job_name";
  if (info(KindOf<T>::value).group == "argoproj.io") name = "name";
  const api::ObjectMeta& m = object.metadata;
  if (KindOf<T>::value == Kind::Namespace) return {{name, m.name}};
  Labels labels{{"namespace", m.namespace_}, {name, m.name}};
  if (name == "pod" || name == "service") labels.emplace_back("uid", m.uid);
  return labels;
}

template <class T, std::size_t N>
void collect(const Store& store, const std::array<Row<T>, N>& rows, Families& out,
             const std::string& node = {}) {
  const Store::Listing listing = store.list(KindOf<T>::value);
  for (const Row<T>& row : rows) {
    prometheus::MetricFamily family{
        .name = row.name, .help = row.help, .type = row.type, .metric = {}};
    for (const StoredPtr& stored : listing.objects) {
      const T& object = std::get<T>(*stored->typed);
      const Labels own = labels_of(object);
      const auto add = [&](double value, Labels more) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : own) metric.label.push_back({name, text});
        for (const auto& [name, text] : more) metric.label.push_back({name, text});
        (row.type == kCounter ? metric.counter.value : metric.gauge.value) = value;
        family.metric.push_back(std::move(metric));
      };
      row.samples(object, Say{.node = node, .add = add});
    }
    out.push_back(std::move(family));
  }
}

// One file each.
void collect_pods(const Store& store, const std::string& node, Families& out);
void collect_services(const Store& store, Families& out);  // and ConfigMaps, Secrets
void collect_argo(const Store& store, Families& out);      // Rollouts, analyses, Experiments

}  // namespace weir::kube_state
