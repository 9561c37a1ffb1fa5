#include "reconcilers/retry.h"

#include <algorithm>

namespace weir {

Duration pause_after(const Backoff& backoff, int count) {
  constexpr int kDoublingsMax = 20;  // 1 s × 2^20 is beyond every `longest`
  const int doublings = std::clamp(count - 1, 0, kDoublingsMax);
  return std::min(backoff.longest, backoff.first * (1 << doublings));
}

const Attempt* attempt_of(const World& world, const std::string& identity) {
  const auto found = world.attempts.find(identity);
  return found == world.attempts.end() ? nullptr : &found->second;
}

bool act(const World& world, Time now, Action action, Plan& plan, const Backoff& backoff) {
  if (!world.attempts.empty()) {
    if (const Attempt* failed = attempt_of(world, identity(action))) {
      const Time again = failed->last_at + pause_after(backoff, failed->count);
      if (now < again) {
        plan.wake(again);
        return false;
      }
    }
  }
  plan.actions.push_back(std::move(action));
  return true;
}

}  // namespace weir
