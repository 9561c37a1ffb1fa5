#pragma once

// LoopWatcher: is told what the loop does, for the log and the metrics. Called on the loop's
// thread.

#include <chrono>
#include <vector>

#include "controller/result.h"
#include "reconcilers/plan.h"

namespace weir {

// The end of one turn: its changes are committed, or were refused.
struct Reconciled {
  Key key;
  std::vector<EventNote> events = {};  // recorded unless it failed
  bool comes_back = false;             // at a time that the plan named
  Result<void> result = {};
};

class LoopWatcher {
 public:
  virtual ~LoopWatcher() = default;
  virtual void planned(const Key& key, const Plan& plan, std::chrono::nanoseconds took) = 0;
  virtual void reconciled(const Reconciled&) {}
  // A fetch, or an application, for this object.
  virtual void carried_out(const Key&, Duration /*took*/) {}
  virtual void engine_changed(const EngineState&) {}
};

}  // namespace weir
