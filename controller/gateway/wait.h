#pragma once

// Wait: something that goes on at a later instant, or, if it waits for that, when a new table has
// come, whichever is first. On the thread of its gate. Gone before: it does not go on.

#include <chrono>
#include <functional>
#include <map>

#include "controller/gateway/load.h"

namespace weir::gateway {

class Wait;

// Those of one gate.
class Waits {
 public:
  void run(Clock::time_point now);
  void new_table(Clock::time_point now);  // those who wait for one are due
  std::chrono::milliseconds until_next(Clock::time_point now, std::chrono::milliseconds most) const;

 private:
  friend class Wait;
  std::multimap<Clock::time_point, Wait*> all_;
};

class Wait {
 public:
  enum class For { instant, new_table };
  Wait(Waits& waits, For what, Clock::time_point until, std::function<void()> go_on);
  ~Wait();
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

 private:
  friend class Waits;
  Waits& waits_;
  const For what_;
  std::multimap<Clock::time_point, Wait*>::iterator place_;  // the end: it is due
  const std::function<void()> go_on_;
};

}  // namespace weir::gateway
