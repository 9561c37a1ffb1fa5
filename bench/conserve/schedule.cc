#include "bench/conserve/schedule.h"

#include <algorithm>

namespace weir::conserve {

namespace {

constexpr std::chrono::milliseconds kLate{100};

}  // namespace

Schedule::Schedule(std::optional<std::uint64_t> requests, std::optional<double> per_second)
    : requests_(requests), per_second_(per_second) {}

std::optional<Turn> Schedule::take(unsigned wanted) {
  std::unique_lock lock(mutex_);
  const std::uint64_t left = requests_ ? *requests_ - taken_ : wanted;
  const auto count = static_cast<unsigned>(std::min<std::uint64_t>(wanted, left));
  if (stopped_ || count == 0) return std::nullopt;
  Turn turn{.requests = count, .due = Clock::now(), .late = false};
  if (per_second_) {
    const std::chrono::duration<double> after(static_cast<double>(taken_) / *per_second_);
    turn.due = start_ + std::chrono::duration_cast<Clock::duration>(after);
  }
  taken_ += count;
  if (stopped_changed_.wait_until(lock, turn.due, [&] { return stopped_; })) return std::nullopt;
  turn.late = Clock::now() - turn.due > kLate;
  return turn;
}

void Schedule::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  stopped_changed_.notify_all();
}

}  // namespace weir::conserve
