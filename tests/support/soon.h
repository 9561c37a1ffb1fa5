#pragma once

// Waiting for a condition: the one place where a test sleeps, and never for luck.

#include <chrono>
#include <thread>

namespace weir::test {

// Asks again and again until the condition holds, for at most a minute; true if it came to hold.
template <typename Condition>
bool soon(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace weir::test
