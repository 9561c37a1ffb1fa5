#include "reconcilers/replicas.h"

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"

namespace weir {

namespace {

void keep_earliest(std::optional<Time>& earliest, std::optional<Time> at) {
  if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace

void Replicas::add(const Replicas& more) {
  pods += more.pods;
  fully_labelled += more.fully_labelled;
  ready += more.ready;
  available += more.available;
  terminating += more.terminating;
  keep_earliest(next_available, more.next_available);
}

bool has_ended(const api::Pod& pod) {
  return pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
}

bool is_active(const api::Pod& pod) { return !has_ended(pod) && !pod.metadata.deletionTimestamp; }

bool is_ready(const api::Pod& pod) {
  const api::PodCondition* ready = find_condition(pod.status.conditions, "Ready");
  return ready && ready->status == "True";
}

std::optional<Time> ready_since(const api::Pod& pod) {
  const api::PodCondition* ready = find_condition(pod.status.conditions, "Ready");
  if (!ready || ready->status != "True" || !ready->lastTransitionTime) return std::nullopt;
  return *ready->lastTransitionTime;
}

std::vector<const api::Pod*> pods_of(const World& world, const api::ReplicaSet& set) {
  std::vector<const api::Pod*> pods;
  for (const Key& key : world.dependents(set.metadata.uid)) {
    const auto* pod = key.kind == Kind::Pod ? world.get<api::Pod>(key.ns, key.name) : nullptr;
    if (pod && is_controlled_by(pod->metadata, set.metadata.uid)) pods.push_back(pod);
  }
  return pods;
}

Replicas count(const std::vector<const api::Pod*>& pods, const api::ReplicaSet& set,
               std::chrono::seconds min_ready, Time now) {
  const api::LabelSelector whole_template{.matchLabels = set.spec.template_.metadata.labels};
  Replicas total;
  for (const api::Pod* pod : pods) {
    if (has_ended(*pod)) continue;
    if (pod->metadata.deletionTimestamp) {
      ++total.terminating;
      continue;
    }
    ++total.pods;
    if (matches(whole_template, pod->metadata.labels)) ++total.fully_labelled;
    if (!is_ready(*pod)) continue;
    ++total.ready;
    const std::optional<Time> since = ready_since(*pod);
    if (min_ready.count() == 0 || (since && *since + min_ready <= now)) {
      ++total.available;
    } else if (since) {
      keep_earliest(total.next_available, *since + min_ready);
    }
  }
  return total;
}

}  // namespace weir
