#pragma once

// The arithmetic of a canary: how large the new and the stable ReplicaSet of a Rollout may be, and
// which share of the requests the new one may get. Numbers in, numbers out (Argo Rollouts' rules).

#include <cstdint>

#include "reconcilers/deployment_size.h"

namespace weir {

struct CanarySizes {
  std::int64_t canary = 0;
  std::int64_t stable = 0;
  bool operator==(const CanarySizes&) const = default;
};

// Without a router the share of the requests is the share of the Pods: the sizes that come nearest
// to this weight, of `most`. Neither is 0 unless the weight says so, or there is but one Pod.
// Example: 10 replicas, surge 1, weight 25: 3 and 8.
CanarySizes sizes_by_ratio(std::int64_t replicas, std::int64_t surge, std::int64_t weight,
                           std::int64_t most = 100);

// The next sizes on the way to those, within the limits. `older` Pods, of neither, go first.
// Example: 10 replicas, unavailable 1, surge 1, weight 10; canary 0, stable 10, all available:
// 1 and 9.
struct CanaryState {
  SetSize canary = {};
  SetSize stable = {};
  std::int64_t older = 0;  // the sizes of all others
};
CanarySizes next_sizes(const RolloutLimits& limits, const CanarySizes& wanted,
                       const CanaryState& now);

// With a router: Pods that carry this weight. Example: 4 replicas, weight 10: 1.
std::int64_t pods_for_weight(std::int64_t replicas, std::int64_t weight, std::int64_t most,
                             std::int64_t least);

// The same where shares follow Pods: those are rounded to whole weights, and a weight that is a
// part too much for so many Pods is carried by them all the same. Example: 3 replicas, weight 67:
// 2. With one more, neither side could ever leave the other its room.
std::int64_t pods_for_rounded_weight(std::int64_t replicas, std::int64_t weight, std::int64_t most);

}  // namespace weir
