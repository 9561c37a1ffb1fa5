#include "reconcilers/canary_size.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace weir {

namespace {

// Exactly between two numbers of Pods: rounding down would be as near as rounding up.
bool is_tied(std::int64_t total, std::int64_t weight, std::int64_t most) {
  return 2 * (total * weight % most) == most;
}

std::int64_t up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// A size that is still there when so many Pods have gone: what is not available serves nobody.
std::int64_t serving(const SetSize& set) { return std::min(set.size, set.available); }

}  // namespace

CanarySizes sizes_by_ratio(std::int64_t replicas, std::int64_t surge, std::int64_t weight,
                           std::int64_t most) {
  if (replicas == 0) return {};
  const bool none_allowed = weight == 0 || weight == most || (replicas == 1 && surge == 0);
  const std::int64_t above = up(replicas * weight, most);
  const std::int64_t below = replicas * weight / most;
  struct Candidate {
    std::int64_t canary;
    std::int64_t total;
  };
  std::vector<Candidate> candidates;
  const auto offer = [&](std::int64_t total) {
    if (total > replicas || above < replicas || none_allowed) candidates.push_back({above, total});
    if (!is_tied(total, weight, most) && (below > 0 || none_allowed)) {
      candidates.push_back({below, total});
    }
  };
  offer(replicas);
  if (surge > 0) offer(replicas + 1);
  // Argo Rollouts has none left for (2, 75 %) and (5, 90 %) without surge, and falls to no canary
  // at all; one stable Pod is what is nearest.
  if (candidates.empty()) return {.canary = replicas - 1, .stable = 1};
  const auto distance = [&](const Candidate& c) {  // from the weight, times total
    return std::abs(c.canary * most - weight * c.total);
  };
  Candidate best = candidates.front();
  for (const Candidate& c : candidates) {
    if (distance(c) * best.total < distance(best) * c.total) best = c;
  }
  return {.canary = best.canary, .stable = best.total - best.canary};
}

CanarySizes next_sizes(const RolloutLimits& limits, const CanarySizes& wanted,
                       const CanaryState& now) {
  CanarySizes next{.canary = now.canary.size, .stable = now.stable.size};
  std::int64_t room = limits.max_total() - now.canary.size - now.stable.size - now.older;
  const auto grow = [&](std::int64_t& size, std::int64_t to) {
    const std::int64_t more =
        std::clamp<std::int64_t>(to - size, 0, std::max<std::int64_t>(room, 0));
    size += more;
    room -= more;
  };
  grow(next.stable, wanted.stable);
  grow(next.canary, wanted.canary);
  const bool rising = wanted.canary >= now.canary.size;
  if (now.older > 0) {
    // Of what is to go, that which serves nobody makes room at once.
    if (!rising) next.canary = std::max(wanted.canary, serving(now.canary));
    return next;
  }
  // The side that is to grow counts with what serves, the other with all it has: it may be ailing,
  // and that must not keep it from going.
  const std::int64_t present =
      rising ? serving(now.canary) + now.stable.size : now.canary.size + serving(now.stable);
  std::int64_t spare = present - limits.min_available();
  const auto shrink = [&](std::int64_t& size, std::int64_t from, std::int64_t to) {
    if (from <= to || spare <= 0) return;
    size = std::max(to, from - spare);
  };
  if (rising) {
    shrink(next.stable, now.stable.size, wanted.stable);
  } else {
    shrink(next.canary, now.canary.size, wanted.canary);
  }
  return next;
}

std::int64_t pods_for_weight(std::int64_t replicas, std::int64_t weight, std::int64_t most,
                             std::int64_t least) {
  const std::int64_t pods = up(replicas * weight, most);
  return pods == 0 ? 0 : std::max(pods, std::min(least, replicas));
}

std::int64_t pods_for_rounded_weight(std::int64_t replicas, std::int64_t weight,
                                     std::int64_t most) {
  return weight == 0 ? 0 : std::min(replicas, (weight - 1) * replicas / most + 1);
}

}  // namespace weir
