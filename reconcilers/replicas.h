#pragma once

// Replicas: how many Pods a ReplicaSet has, and in which state. Always counted from the Pods
// themselves, never read from a status, which may lag: a rollout that trusts a stale count stops a
// Pod too many.

#include <cstdint>
#include <optional>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

struct Replicas {
  std::int64_t pods = 0;  // active: neither ended nor ending
  std::int64_t fully_labelled = 0;
  std::int64_t ready = 0;
  std::int64_t available = 0;               // ready for minReadySeconds
  std::int64_t terminating = 0;             // asked to end, and not ended
  std::optional<Time> next_available = {};  // when the next ready one becomes available
  bool operator==(const Replicas&) const = default;

  void add(const Replicas& more);
};

// Ended: Succeeded or Failed. Such a Pod counts nowhere; Kubernetes replaces it and leaves it.
bool has_ended(const api::Pod& pod);
bool is_active(const api::Pod& pod);
bool is_ready(const api::Pod& pod);
// Since when it is ready; nullopt when it is not.
std::optional<Time> ready_since(const api::Pod& pod);

// The Pods that this ReplicaSet controls, whatever their state, in key order.
std::vector<const api::Pod*> pods_of(const World& world, const api::ReplicaSet& set);
// `min_ready` is the asker's: a Deployment counts by its own, which its ReplicaSets may not have
// yet.
Replicas count(const std::vector<const api::Pod*>& pods, const api::ReplicaSet& set,
               std::chrono::seconds min_ready, Time now);

}  // namespace weir
