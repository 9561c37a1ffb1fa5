#include "controller/gateway/load.h"

#include <algorithm>

namespace weir::gateway {

namespace {

std::int64_t slot_at(Clock::time_point now, int interval_ms, std::int64_t slots) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  return since.count() / std::max<std::int64_t>(interval_ms / slots, 1);
}

}  // namespace

void RecentCount::add(std::size_t thread, Clock::time_point now, int interval_ms) {
  const std::int64_t number = slot_at(now, interval_ms, kSlots);
  Slot& slot = threads_[thread].slots[static_cast<std::size_t>(number % kSlots)];
  const bool same = slot.number.load(std::memory_order_relaxed) == number;
  const std::int64_t before = same ? slot.count.load(std::memory_order_relaxed) : 0;
  slot.number.store(number, std::memory_order_relaxed);
  slot.count.store(before + 1, std::memory_order_relaxed);
}

std::int64_t RecentCount::in_last(Clock::time_point now, int interval_ms) const {
  const std::int64_t number = slot_at(now, interval_ms, kSlots);
  std::int64_t sum = 0;
  for (const Thread& thread : threads_) {
    for (const Slot& slot : thread.slots) {
      // Not above it either: an interval that was changed numbers its slots anew.
      const std::int64_t one = slot.number.load(std::memory_order_relaxed);
      if (one > number - kSlots && one <= number) {
        sum += slot.count.load(std::memory_order_relaxed);
      }
    }
  }
  return sum;
}

bool Load::retry(const RouteRetryBudget& budget, std::size_t thread, Clock::time_point now) {
  const bool is_one_of_few = retried_lately.in_last(now, budget.min_interval_ms) < budget.min_count;
  if (!is_one_of_few && retried.in_last(now, budget.interval_ms) * 100 >=
                            asked.in_last(now, budget.interval_ms) * budget.percent) {
    return false;
  }
  retried_lately.add(thread, now, budget.min_interval_ms);
  retried.add(thread, now, budget.interval_ms);
  return true;
}

}  // namespace weir::gateway
