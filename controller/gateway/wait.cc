#include "controller/gateway/wait.h"

#include <algorithm>
#include <utility>

namespace weir::gateway {

Wait::Wait(Waits& waits, For what, Clock::time_point until, std::function<void()> go_on)
    : waits_(waits),
      what_(what),
      place_(waits.all_.emplace(until, this)),
      go_on_(std::move(go_on)) {}

Wait::~Wait() {
  if (place_ != waits_.all_.end()) waits_.all_.erase(place_);
}

void Waits::run(Clock::time_point now) {
  while (!all_.empty() && all_.begin()->first <= now) {
    Wait& due = *all_.begin()->second;
    all_.erase(all_.begin());
    due.place_ = all_.end();
    const auto go_on = due.go_on_;  // it may be gone by the end of the call
    go_on();
  }
}

void Waits::new_table(Clock::time_point now) {
  for (const auto& [until, wait] : std::exchange(all_, {})) {
    const bool due = wait->what_ == Wait::For::new_table;
    wait->place_ = all_.emplace(due ? std::min(until, now) : until, wait);
  }
}

std::chrono::milliseconds Waits::until_next(Clock::time_point now,
                                            std::chrono::milliseconds most) const {
  if (all_.empty()) return most;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(all_.begin()->first - now);
  return std::clamp(left, std::chrono::milliseconds(0), most);
}

}  // namespace weir::gateway
