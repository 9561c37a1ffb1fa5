#pragma once

// Subscribers: who is told of commits. The store owns one; publish() is called by the store's
// thread alone, add() and the end of a handle by any thread.

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "controller/store/store.h"

namespace weir {

class Subscriber;

class Subscribers {
 public:
  // Registers the callback for everything published from now on; held back until replay() is done.
  std::shared_ptr<Subscriber> add(Store::OnCommits on_commits);
  // Gives it the history, then what was published meanwhile, then lets it go live; on this thread.
  // The returned handle ends the subscription.
  static std::shared_ptr<void> replay(std::shared_ptr<Subscriber> subscriber,
                                      std::span<const Commit> history);

  // Those to be told of a commit that is being made visible now: taken under the store's lock, so
  // that nobody gets it both from the history and live.
  std::vector<std::shared_ptr<Subscriber>> now();
  static void publish(std::span<const std::shared_ptr<Subscriber>> subscribers,
                      std::span<const Commit> commits);

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
};

}  // namespace weir
