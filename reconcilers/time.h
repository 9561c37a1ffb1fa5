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

}  // namespace weir
