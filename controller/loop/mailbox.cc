#include "controller/loop/mailbox.h"

#include <utility>

namespace weir {

void Mailbox::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  came_.notify_one();
}

bool Mailbox::run_all() {
  bool any = false;
  while (true) {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    if (tasks.empty()) return any;
    any = true;
    for (Task& task : tasks) task();
  }
}

void Mailbox::wait_for(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, timeout, [&] { return closed_ || !tasks_.empty(); });
}

void Mailbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  came_.notify_one();
}

bool Mailbox::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace weir
