#pragma once

// Mailbox: how other threads reach the loop. Replies of the engine, commits of the store and
// questions of the API are posted as tasks and run on the loop's thread, in the order in which they
// came. It is the only thing that the loop shares.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace weir {

class Mailbox {
 public:
  using Task = std::function<void()>;

  void post(Task task);  // any thread
  // The loop's side: runs what has come, including what the tasks themselves post; true if any ran.
  bool run_all();
  // Until a task has come, `timeout` has passed, or close() was called.
  void wait_for(std::chrono::milliseconds timeout);
  void close();  // any thread: wait_for returns at once from now on
  bool closed() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Task> tasks_;
  bool closed_ = false;
};

}  // namespace weir
