#include "controller/loop/clock.h"

namespace weir {

SystemClock::SystemClock()
    : wall_at_start_(std::chrono::floor<Duration>(std::chrono::system_clock::now())),
      steady_at_start_(std::chrono::steady_clock::now()) {}

Time SystemClock::now() const {
  return wall_at_start_ +
         std::chrono::floor<Duration>(std::chrono::steady_clock::now() - steady_at_start_);
}

}  // namespace weir
