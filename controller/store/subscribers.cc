#include "controller/store/subscribers.h"

#include <atomic>

namespace weir {

class Subscriber {
 public:
  explicit Subscriber(Store::OnCommits on_commits) : on_commits_(std::move(on_commits)) {}

  // On the store's thread: told at once when live, else kept for replay().
  void tell(std::span<const Commit> commits) {
    {
      const std::lock_guard lock(backlog_mutex_);
      if (!live_) {
        backlog_.insert(backlog_.end(), commits.begin(), commits.end());
        return;
      }
    }
    call(commits);
  }

  // The backlog is emptied in rounds and never under the lock: the store's thread must not wait for
  // this callback.
  void replay(std::span<const Commit> history) {
    if (!history.empty()) call(history);
    while (true) {
      std::vector<Commit> round;
      {
        const std::lock_guard lock(backlog_mutex_);
        if (backlog_.empty()) {
          live_ = true;
          return;
        }
        round.swap(backlog_);
      }
      call(round);
    }
  }

  void end() {
    ended_ = true;
    // Recursive, so that a callback can end its own subscription.
    const std::lock_guard wait_for_a_call_in_progress(calling_);
  }

 private:
  void call(std::span<const Commit> commits) {
    const std::lock_guard lock(calling_);
    if (!ended_) on_commits_(commits);
  }

  const Store::OnCommits on_commits_;
  std::recursive_mutex calling_;
  std::atomic<bool> ended_ = false;
  std::mutex backlog_mutex_;
  bool live_ = false;
  std::vector<Commit> backlog_;
};

std::shared_ptr<Subscriber> Subscribers::add(Store::OnCommits on_commits) {
  auto subscriber = std::make_shared<Subscriber>(std::move(on_commits));
  const std::lock_guard lock(mutex_);
  subscribers_.push_back(subscriber);
  return subscriber;
}

std::shared_ptr<void> Subscribers::replay(std::shared_ptr<Subscriber> subscriber,
                                          std::span<const Commit> history) {
  subscriber->replay(history);
  void* const address = subscriber.get();
  return {address, [subscriber = std::move(subscriber)](void*) { subscriber->end(); }};
}

std::vector<std::shared_ptr<Subscriber>> Subscribers::now() {
  std::vector<std::shared_ptr<Subscriber>> alive;
  const std::lock_guard lock(mutex_);
  std::erase_if(subscribers_, [&](const std::weak_ptr<Subscriber>& entry) {
    std::shared_ptr<Subscriber> subscriber = entry.lock();
    if (subscriber) alive.push_back(std::move(subscriber));
    return entry.expired();
  });
  return alive;
}

void Subscribers::publish(std::span<const std::shared_ptr<Subscriber>> subscribers,
                          std::span<const Commit> commits) {
  for (const auto& subscriber : subscribers) subscriber->tell(commits);
}

}  // namespace weir
