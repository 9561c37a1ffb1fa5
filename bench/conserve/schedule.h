// When requests are made: as soon as a client is free (closed loop), or so many a second whether or
// not answers come (open loop); until there were enough, or until it is stopped. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "bench/conserve/connection.h"

namespace weir::conserve {

struct Turn {
  unsigned requests;
  Clock::time_point due;  // latencies count from here
  bool late;              // it began well after it was due: all clients were busy
};

class Schedule {
 public:
  // Without a number of requests it goes on until stop(), without a rate it is a closed loop.
  Schedule(std::optional<std::uint64_t> requests, std::optional<double> per_second);

  // The next `wanted` requests, fewer at the end; waits until they are due. Nothing: it is over.
  std::optional<Turn> take(unsigned wanted);
  void stop();

 private:
  const std::optional<std::uint64_t> requests_;
  const std::optional<double> per_second_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool stopped_ = false;     // under mutex_
  std::uint64_t taken_ = 0;  // under mutex_
};

}  // namespace weir::conserve
