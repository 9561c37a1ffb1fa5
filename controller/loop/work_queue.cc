#include "controller/loop/work_queue.h"

#include <algorithm>

namespace weir {

namespace {

constexpr Duration kFirstPause{20};
constexpr Duration kLongestPause{60'000};

Duration pause_after(int failures) {
  return std::min(kLongestPause, kFirstPause * (1 << std::min(failures, 12)));
}

}  // namespace

void WorkQueue::add(const Key& key) {
  ++adds_total_;
  if (processing_.contains(key)) {
    dirty_.insert(key);
  } else if (queued_.insert(key).second) {
    queue_.push_back(key);
  }
}

void WorkQueue::add_at(const Key& key, Time at) {
  const auto [entry, added] = delayed_at_.try_emplace(key, at);
  if (!added) {
    if (entry->second <= at) return;
    delayed_.erase({entry->second, key});
    entry->second = at;
  }
  delayed_.insert({at, key});
}

void WorkQueue::add_after_failure(const Key& key, Time now) {
  ++retries_total_;
  add_at(key, now + pause_after(failures_[key]++));
}

void WorkQueue::advance(Time now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const Key key = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    delayed_at_.erase(key);
    add(key);
  }
}

std::optional<Key> WorkQueue::take() {
  if (queue_.empty()) return std::nullopt;
  Key key = std::move(queue_.front());
  queue_.pop_front();
  queued_.erase(key);
  processing_.insert(key);
  // What asked for a later look is asked again by the new plan.
  if (const auto later = delayed_at_.find(key); later != delayed_at_.end()) {
    delayed_.erase({later->second, key});
    delayed_at_.erase(later);
  }
  return key;
}

void WorkQueue::done(const Key& key) {
  processing_.erase(key);
  if (dirty_.erase(key) > 0) add(key);
}

std::optional<Time> WorkQueue::next_wake() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
}

}  // namespace weir
