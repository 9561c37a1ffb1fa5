#pragma once

// Task: what is to be done in this turn of an Io, but not in the call that is under way: by then
// whoever makes that call has returned, and may be called back or freed. On the Io's thread.

#include <vector>

namespace weir::gateway {

class Task;

// Those of one Io, which runs them at the end of each turn.
class Tasks {
 public:
  bool empty() const { return due_.empty(); }
  void run();  // those that are scheduled meanwhile, too

 private:
  friend class Task;
  std::vector<Task*> due_;  // null: it has gone
};

class Task {
 public:
  explicit Task(Tasks& tasks) : tasks_(tasks) {}
  virtual ~Task();  // what was scheduled is not done
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

 protected:
  void schedule();  // once, however often it is asked for

 private:
  friend class Tasks;
  virtual void due() = 0;  // may delete itself

  Tasks& tasks_;
  bool scheduled_ = false;
};

}  // namespace weir::gateway
