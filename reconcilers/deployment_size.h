#pragma once

// The arithmetic of rollouts: how large each ReplicaSet of a Deployment may be. Numbers in, numbers
// out; the rest of a rollout is built on these and decides nothing about sizes itself.

#include <cstdint>
#include <optional>
#include <vector>

#include "gen/types.h"

namespace weir {

// How far a rollout may leave `replicas`: never more than replicas + surge Pods, never fewer than
// replicas - unavailable available ones.
struct RolloutLimits {
  std::int64_t replicas = 0;
  std::int64_t surge = 0;
  std::int64_t unavailable = 0;
  std::int64_t max_total() const { return replicas + surge; }
  std::int64_t min_available() const { return replicas - unavailable; }
  bool operator==(const RolloutLimits&) const = default;
};

// Percentages resolved: surge up, unavailable down, and never both to zero, or nothing could move.
// 25% and 25% of 3 are surge 1 and unavailable 0. Other strategies than RollingUpdate have neither.
RolloutLimits limits_of(const api::DeploymentSpec& spec);
RolloutLimits limits_of(std::int64_t replicas, const api::IntOrString& surge,
                        const api::IntOrString& unavailable);

// One ReplicaSet in numbers.
struct SetSize {
  std::int64_t size = 0;  // spec.replicas
  std::int64_t pods = 0;  // active ones: more than `size` while it shrinks
  std::int64_t available = 0;
  std::optional<std::int64_t> max_replicas = {};  // its max-replicas annotation
};

// Room for the new ReplicaSet: its next size, when `all` (itself included) hold what they hold. A
// ReplicaSet that is told to shrink still counts with the Pods that it has.
// Example: 10 replicas, surge 3, old 10, new 0: 3.
std::int64_t next_new_size(const RolloutLimits& limits, std::int64_t new_size,
                           const std::vector<SetSize>& all);

// The next sizes of the old ReplicaSets, oldest first as given. First goes what is not available
// and so serves nobody, then what is available beyond the minimum. Example: 10 replicas,
// unavailable 2, old 10 (all available), new 5 (none): old 8. With 2 of the old ones unavailable as
// well: old 8, and those two are the ones to go.
std::vector<std::int64_t> shrink_old(const RolloutLimits& limits, const SetSize& newest,
                                     const std::vector<SetSize>& old);

// The sizes after replicas changed in the middle of a rollout: all active ReplicaSets, oldest first
// as given, keep their shares; what rounding leaves goes to the largest.
// Example: 10 replicas and surge 3 were shared 8 and 5; for 15 replicas they are 11 and 7.
std::vector<std::int64_t> proportional(const RolloutLimits& limits, std::int64_t deployment_pods,
                                       const std::vector<SetSize>& active);

}  // namespace weir
