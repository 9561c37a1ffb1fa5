#pragma once

// Executor: carries a plan out. Changes go to the store as one transaction, actions to the engine;
// what came of them returns through the mailbox as observations, and the key is planned again.
// Nothing about a plan is remembered but which actions are under way: an action already under way
// is not started twice, and one that failed is not started again before its pause is over.
//
// Every outcome is read back: after each effect on a container, failed or not, the container is
// inspected, until the engine has answered, and the World is told; only then is the action over. A
// plan made from less could start a container twice. Loop's thread only.
//
// Store, engine and volumes may answer after the executor is gone (a store commits what is queued
// as it closes). Their callbacks touch the mailbox alone, which outlives them all; what they post
// is run by the loop, while there is one.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/engine/engine.h"
#include "controller/loop/cache.h"
#include "controller/loop/clock.h"
#include "controller/loop/gateway_link.h"
#include "controller/loop/git_ops.h"
#include "controller/loop/mailbox.h"
#include "controller/loop/measurer.h"
#include "controller/loop/recorder.h"
#include "controller/loop/volumes.h"
#include "controller/loop/watcher.h"
#include "controller/loop/work_queue.h"

namespace weir {

class Executor {
 public:
  struct Parts {
    Store& store;
    engine::Engine& engine;
    GatewayLink& gateway;
    VolumeFiles& volumes;
    Measurer& measurer;
    GitOps& git_ops;
    Cache& cache;
    WorkQueue& queue;
    Recorder& recorder;
    Mailbox& mailbox;
    const Clock& clock;
  };
  explicit Executor(Parts parts) : parts_(parts) {}
  void watch(LoopWatcher* watcher) { watcher_ = watcher; }

  // Takes over `key`, which the queue has handed out, until the plan's changes are committed.
  void apply(const Key& key, const Plan& plan);
  std::size_t under_way() const { return under_way_.size(); }
  void tick();  // asks again what the engine has not answered
  Time next_tick() const { return later_.empty() ? Time::max() : later_.begin()->first; }

 private:
  using OnReply = std::function<void(Result<engine::Reply>)>;

  void commit(Reconciled turn, const std::vector<Change>& changes);
  void end(const Reconciled& turn);
  void start(const Key& key, const Action& action);
  std::vector<std::string> must_end_before(const Action& action) const;
  // The end of an action: notes failure or success and plans the waiting keys again.
  void finish(const std::string& identity, const Result<void>& result);
  void ask(engine::Request request, OnReply on_reply);  // on_reply on the loop's thread
  // Inspects until the engine says what is there, or that nothing is.
  void inspect(const std::string& id_or_name, OnReply on_reply);
  // Tells the World what became of this container, then ends the action with `result`.
  void read_back(const std::string& id, const std::string& identity, Result<void> result);
  void note(const Key& about, bool warning, std::string reason, std::string message);

  void begin(const InspectImage& action, const std::string& identity);
  void begin(const PullImage& action, const std::string& identity);
  void begin(const WriteVolume& action, const std::string& identity);
  void begin(const CreateContainer& action, const std::string& identity);
  void begin(const StartContainer& action, const std::string& identity);
  void begin(const RunPostStart& action, const std::string& identity);
  void begin(const RunProbe& action, const std::string& identity);
  void begin(const StopContainer& action, const std::string& identity);
  void begin(const UnpauseContainer& action, const std::string& identity);
  void begin(const RemoveContainer& action, const std::string& identity);
  void begin(const RemoveVolumes& action, const std::string& identity);
  void begin(const Measure& action, const std::string& identity);
  void begin(const FetchSource& action, const std::string& identity);
  void begin(const ApplySource& action, const std::string& identity);
  void begin(const ResolveName& action, const std::string& identity);
  void begin(const PublishRoutes& action, const std::string& identity);

  void create(const CreateContainer& action, const std::string& identity);
  void create_failed(const CreateContainer& action, const std::string& identity, Error error);
  void probed(const RunProbe& action, const std::string& identity, Result<engine::Reply> reply);

  Parts parts_;
  LoopWatcher* watcher_ = nullptr;
  std::map<std::string, std::set<Key>> under_way_;  // identity → keys that wait for its end
  std::multimap<Time, std::function<void()>> later_;
};

}  // namespace weir
