#pragma once

// Load: what one Service's endpoints have on their hands, all of them together and of all threads,
// where a policy limits it (RouteLimits, RoutePause, RouteRetryBudget). Where none does, nothing
// here is touched.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "reconcilers/route_policy.h"

namespace weir::gateway {

using Clock = std::chrono::steady_clock;

inline constexpr std::size_t kThreadsMax = 16;

// Of one thread. Written by that thread alone, read by any: a plain load and store each, no lock
// and no shared cache line on the path.
class Count {
 public:
  void add(std::int64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

// How often something happened lately, to a tenth of the time asked for: each thread counts for
// itself, and who wants to know sums up.
class RecentCount {
 public:
  void add(std::size_t thread, Clock::time_point now, int interval_ms);
  std::int64_t in_last(Clock::time_point now, int interval_ms) const;

 private:
  static constexpr std::int64_t kSlots = 10;
  struct Slot {
    std::atomic<std::int64_t> number = 0;  // of the tenth that it is of
    std::atomic<std::int64_t> count = 0;
  };
  struct alignas(64) Thread {
    std::array<Slot, kSlots> slots;
  };
  std::array<Thread, kThreadsMax> threads_;
};

struct Load {
  std::atomic<std::int64_t> connections = 0;
  std::atomic<std::int64_t> requests = 0;
  std::atomic<std::int64_t> pending = 0;
  std::atomic<std::int64_t> paused = 0;
  RecentCount asked;           // requests, where second tries are limited
  RecentCount retried;         // second tries in the budget's interval,
  RecentCount retried_lately;  // and in the shorter one that has some in any case
  std::mutex ejecting;         // taken when an endpoint is, and else never

  // Whether one more second try is within the budget; then it is in the count.
  bool retry(const RouteRetryBudget& budget, std::size_t thread, Clock::time_point now);
};

// One of so many; given back when it goes. Empty: it is not one.
class Ticket {
 public:
  Ticket() = default;
  // `keeper` keeps `of` alive. Empty if there are `most` already.
  Ticket(std::shared_ptr<const void> keeper, std::atomic<std::int64_t>& of, int most)
      : keeper_(std::move(keeper)), of_(&of) {
    if (of.fetch_add(1, std::memory_order_relaxed) >= most) release();
  }
  ~Ticket() { release(); }
  Ticket(Ticket&& other) noexcept { *this = std::move(other); }
  Ticket& operator=(Ticket&& other) noexcept {
    std::swap(keeper_, other.keeper_);
    std::swap(of_, other.of_);
    return *this;
  }
  explicit operator bool() const { return of_ != nullptr; }
  void release() {
    if (of_) of_->fetch_sub(1, std::memory_order_relaxed);
    of_ = nullptr;
    keeper_.reset();
  }

 private:
  std::shared_ptr<const void> keeper_;
  std::atomic<std::int64_t>* of_ = nullptr;
};

}  // namespace weir::gateway
