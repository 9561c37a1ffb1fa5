#pragma once

// Loop: the one thread that decides. A turn is: take a key, read the World, plan, carry out. It
// never blocks on the store or the engine; their answers come through the mailbox.

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

#include "controller/loop/cache.h"
#include "controller/loop/executor.h"
#include "controller/loop/observer.h"
#include "controller/loop/recorder.h"
#include "controller/loop/watcher.h"

namespace weir {

// What was last planned for a key, for `weir why`.
struct LastPlan {
  Time at = {};
  Plan plan = {};
};

class Loop {
 public:
  struct Parts {
    Store& store;
    engine::Engine& engine;
    GatewayLink& gateway;
    VolumeFiles& volumes;
    Measurer& measurer;
    GitOps& git_ops;
    const Clock& clock;
    Mailbox& mailbox;  // outlives the engine and the store's subscribers
  };
  Loop(Parts parts, ObserverOptions options);

  Result<void> start();  // loads the store, follows commits and the engine
  void run();            // until the mailbox is closed
  // One step of run(): answers and timers that are due, then at most one plan. False: nothing to do
  // before next_wake(). The simulator calls it directly.
  bool turn();
  Time next_wake() const;

  void watch(LoopWatcher* watcher) {
    watcher_ = watcher;
    executor_.watch(watcher);
  }

  // Loop's thread only (post a task to the mailbox to get there).
  const World& world() const { return cache_.world(); }
  const WorkQueue& queue() const { return queue_; }
  const LastPlan* last_plan(const Key& key) const;
  bool idle() const;

 private:
  void run_timers(Time now);
  void tell_engine();

  Parts parts_;
  WorkQueue queue_;
  Cache cache_;
  Recorder recorder_;
  Observer observer_;
  Executor executor_;
  std::unordered_map<Key, LastPlan, KeyHash> last_plans_;
  Time next_expiry_ = {};
  LoopWatcher* watcher_ = nullptr;
  EngineState told_engine_ = {};
  std::shared_ptr<void> subscription_;  // last: ends before what it feeds is gone
};

}  // namespace weir
