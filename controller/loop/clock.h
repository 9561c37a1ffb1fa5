#pragma once

// The one clock of `weir serve`. Wall time is read once, at start, and carried on by the monotonic
// clock: a step of the wall clock (NTP, suspend) moves no deadline. The simulator has its own.

#include "reconcilers/time.h"

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock : public Clock {
 public:
  SystemClock();
  Time now() const override;

 private:
  Time wall_at_start_;
  std::chrono::steady_clock::time_point steady_at_start_;
};

}  // namespace weir
