#pragma once

// Time in the pure half is always an argument. There is no clock here; see controller/loop/clock.h.

#include <chrono>

namespace weir {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// Kubernetes' metav1.Time has whole seconds: what is written into a status is cut to that, so that
// what is read back equals what was written.
inline std::chrono::sys_seconds to_seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

// A number of seconds as somebody wrote it: never negative, and small enough to calculate with.
constexpr std::chrono::seconds bounded_seconds(std::int64_t seconds) {
  constexpr std::int64_t kLongest = 2'147'483'647;  // Kubernetes' own bound, 68 years
  return std::chrono::seconds(seconds < 0 ? 0 : seconds > kLongest ? kLongest : seconds);
}

}  // namespace weir
