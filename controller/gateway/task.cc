#include "controller/gateway/task.h"

#include <algorithm>
#include <utility>

namespace weir::gateway {

void Tasks::run() {
  for (std::size_t i = 0; i < due_.size(); ++i) {  // it grows meanwhile
    Task* task = std::exchange(due_[i], nullptr);
    if (!task) continue;
    task->scheduled_ = false;
    task->due();
  }
  due_.clear();
}

Task::~Task() {
  if (scheduled_)
    std::replace(tasks_.due_.begin(), tasks_.due_.end(), this, static_cast<Task*>(nullptr));
}

void Task::schedule() {
  if (!std::exchange(scheduled_, true)) tasks_.due_.push_back(this);
}

}  // namespace weir::gateway
