#pragma once

// WorkQueue: which keys need a new plan, in which order. Three words explain it: a key is `queued`
// (waits its turn), `processing` (planned, its writes not yet committed) or `dirty` (became due
// again while processing). A key is never planned twice at once, and never forgotten.
// Used by the loop's thread only.

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "reconcilers/key.h"
#include "reconcilers/time.h"

namespace weir {

class WorkQueue {
 public:
  void add(const Key& key);
  void add_at(const Key& key, Time at);  // the earliest instant asked for counts
  // Again after a pause that doubles with each failure in a row.
  void add_after_failure(const Key& key, Time now);
  void forget_failures(const Key& key) { failures_.erase(key); }

  void advance(Time now);  // moves keys whose instant has come into the queue
  std::optional<Key> take();
  void done(const Key& key);
  bool processing(const Key& key) const { return processing_.contains(key); }

  std::optional<Time> next_wake() const;
  std::size_t depth() const { return queue_.size(); }
  std::uint64_t adds_total() const { return adds_total_; }
  std::uint64_t retries_total() const { return retries_total_; }

 private:
  std::deque<Key> queue_;
  std::set<Key> queued_;
  std::set<Key> processing_;
  std::set<Key> dirty_;
  std::set<std::pair<Time, Key>> delayed_;
  std::map<Key, Time> delayed_at_;
  std::map<Key, int> failures_;
  std::uint64_t adds_total_ = 0;
  std::uint64_t retries_total_ = 0;
};

}  // namespace weir
