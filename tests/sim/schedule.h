#pragma once

// Schedule: what will happen by itself, in the order of its instants; of one instant, in the order
// in which it was said.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <tuple>
#include <vector>

#include "reconcilers/time.h"

namespace weir::sim {

class Schedule {
 public:
  void at(Time time, std::function<void()> run) {
    later_.push_back({.at = time, .order = next_order_++, .run = std::move(run)});
    std::push_heap(later_.begin(), later_.end(), std::greater<>());
  }
  Time next() const { return later_.empty() ? Time::max() : later_.front().at; }
  void run_due(const Time& now) {
    while (next() <= now) {
      std::pop_heap(later_.begin(), later_.end(), std::greater<>());
      const std::function<void()> run = std::move(later_.back().run);
      later_.pop_back();
      run();
    }
  }

 private:
  struct Later {
    Time at;
    std::uint64_t order;
    std::function<void()> run;
    bool operator>(const Later& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };
  std::vector<Later> later_;  // a heap
  std::uint64_t next_order_ = 0;
};

}  // namespace weir::sim
