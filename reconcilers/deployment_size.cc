#include "reconcilers/deployment_size.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

namespace weir {

namespace {

enum class Round { up, down };

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

// "25%" of `total`, or the plain number. Admission refuses any other text; here it counts as 0.
std::int64_t resolve(const api::IntOrString& value, std::int64_t total, Round round) {
  if (!value.is_string) return std::clamp<std::int64_t>(value.number, 0, kMost);
  std::int64_t percent = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stopped, error] = std::from_chars(value.text.data(), end, percent);
  if (error == std::errc::result_out_of_range) return kMost;
  if (error != std::errc{} || stopped == end || *stopped != '%' || percent < 0) return 0;
  percent = std::min(percent, kMost);
  const std::int64_t hundredths = percent * total;
  return std::min(kMost, round == Round::up ? (hundredths + 99) / 100 : hundredths / 100);
}

std::int64_t total_size(const std::vector<SetSize>& sets) {
  return std::accumulate(sets.begin(), sets.end(), std::int64_t{0},
                         [](std::int64_t sum, const SetSize& set) { return sum + set.size; });
}

// What stays available whichever surplus Pods go: never more than the size.
std::int64_t lasting(const SetSize& set) { return std::min(set.available, set.size); }

// How much a ReplicaSet grows (or shrinks, negative) when it keeps its share.
std::int64_t share_change(const RolloutLimits& limits, std::int64_t deployment_pods,
                          const SetSize& set) {
  if (limits.replicas == 0) return -set.size;
  const std::int64_t shared = set.max_replicas.value_or(deployment_pods);
  if (shared <= 0) return 0;
  const double share = static_cast<double>(set.size) * static_cast<double>(limits.max_total()) /
                       static_cast<double>(shared);
  return std::llround(std::min(share, static_cast<double>(kMost))) - set.size;
}

}  // namespace

RolloutLimits limits_of(const api::DeploymentSpec& spec) {
  if (spec.strategy.type != "RollingUpdate") {
    return {.replicas = std::clamp<std::int64_t>(spec.replicas, 0, kMost)};
  }
  const api::RollingUpdateDeployment rolling =
      spec.strategy.rollingUpdate.value_or(api::RollingUpdateDeployment{});
  return limits_of(spec.replicas, rolling.maxSurge, rolling.maxUnavailable);
}

RolloutLimits limits_of(std::int64_t replicas, const api::IntOrString& surge,
                        const api::IntOrString& unavailable) {
  RolloutLimits limits{.replicas = std::clamp<std::int64_t>(replicas, 0, kMost)};
  limits.surge = resolve(surge, limits.replicas, Round::up);
  limits.unavailable = resolve(unavailable, limits.replicas, Round::down);
  if (limits.surge == 0 && limits.unavailable == 0) limits.unavailable = 1;
  limits.unavailable = std::min(limits.unavailable, limits.replicas);
  return limits;
}

std::int64_t next_new_size(const RolloutLimits& limits, std::int64_t new_size,
                           const std::vector<SetSize>& all) {
  std::int64_t held = 0;
  for (const SetSize& set : all) held += std::max(set.size, set.pods);
  const std::int64_t room = std::max<std::int64_t>(0, limits.max_total() - held);
  return std::min(limits.replicas, new_size + room);
}

std::vector<std::int64_t> shrink_old(const RolloutLimits& limits, const SetSize& newest,
                                     const std::vector<SetSize>& old) {
  std::vector<std::int64_t> sizes;
  for (const SetSize& set : old) sizes.push_back(set.size);

  // What the new ReplicaSet still lacks must not be taken from the old ones.
  const std::int64_t new_unavailable = newest.size - lasting(newest);
  std::int64_t removable = total_size(old) + newest.size - limits.min_available() - new_unavailable;
  if (removable <= 0) return sizes;

  for (std::size_t i = 0; i < old.size(); ++i) {
    const std::int64_t gone = std::min(removable, old[i].size - lasting(old[i]));
    sizes[i] -= gone;
    removable -= gone;
  }
  std::int64_t spare = lasting(newest) - limits.min_available();
  for (const SetSize& set : old) spare += lasting(set);
  for (std::size_t i = 0; i < old.size() && spare > 0; ++i) {
    const std::int64_t gone = std::min(spare, sizes[i]);
    sizes[i] -= gone;
    spare -= gone;
  }
  return sizes;
}

std::vector<std::int64_t> proportional(const RolloutLimits& limits, std::int64_t deployment_pods,
                                       const std::vector<SetSize>& active) {
  std::vector<std::int64_t> sizes;
  for (const SetSize& set : active) sizes.push_back(set.size);
  const std::int64_t allowed = limits.replicas > 0 ? limits.max_total() : 0;
  const std::int64_t change = allowed - total_size(active);
  if (change == 0 || active.empty()) return sizes;

  // The largest first; of equal ones the newer when growing and the older when shrinking.
  std::vector<std::size_t> order(active.size());
  std::iota(order.begin(), order.end(), 0);
  if (change > 0) std::reverse(order.begin(), order.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return active[a].size > active[b].size; });

  std::int64_t left = change;
  for (const std::size_t i : order) {
    if (active[i].size == 0 || left == 0) continue;
    const std::int64_t wanted = share_change(limits, deployment_pods, active[i]);
    const std::int64_t given = change > 0 ? std::min(wanted, left) : std::max(wanted, left);
    sizes[i] += given;
    left -= given;
  }
  sizes[order.front()] = std::max<std::int64_t>(0, sizes[order.front()] + left);
  return sizes;
}

}  // namespace weir
