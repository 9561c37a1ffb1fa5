#pragma once

// Back-off: an action that failed is tried again after a growing pause. What failed, when and how
// often is in World::attempts; a plan holds either the action or the instant to look again.

#include "reconcilers/plan.h"

namespace weir {

struct Backoff {
  Duration first = std::chrono::seconds(1);
  Duration longest = std::chrono::minutes(5);
};
inline constexpr Backoff
    kEngineBackoff{};  // of calls that fail because of the engine's own trouble
inline constexpr Backoff kPullBackoff{.first = std::chrono::seconds(10)};  // the kubelet's

// After the count-th failure in a row: first, 2 × first, 4 × first … longest.
Duration pause_after(const Backoff& backoff, int count);

const Attempt* attempt_of(const World& world, const std::string& identity);

// Adds the action, or the wake-up for the next try. True: added.
bool act(const World& world, Time now, Action action, Plan& plan,
         const Backoff& backoff = kEngineBackoff);

}  // namespace weir
