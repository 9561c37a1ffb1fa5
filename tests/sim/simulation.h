#pragma once

// Simulation: the real loop, store and reconcilers on a simulated engine, disk and clock, in one
// thread, driven by one seed. After every step the invariants are checked (invariants.h).
//
// A life of weir is a Loop and a Store; crash() ends it at once, with a power cut if wanted, and
// begins the next on the same disk and the same engine.

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "controller/loop/loop.h"
#include "controller/store/store.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_git_ops.h"
#include "tests/sim/sim_measurer.h"
#include "tests/sim/watch_client.h"
#include "tests/support/power_loss_vfs.h"

namespace weir::sim {

class Invariants;

// An instant at which weir may die: around the n-th effect on the engine or the n-th commit.
enum class Instant { before_send, before_effect, after_effect, before_commit, after_commit };
std::string_view text(Instant instant);

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // --- One step of anything --------------------------------------------------------------------
  // What can go on now, chosen at random: a turn of the loop, a commit, an event of the engine; if
  // nothing can, time passes to the next thing that will. False: nothing will, before `until`.
  bool step(Time until);
  void run_for(Duration time);
  void trace();
  void check_nothing();  // benches measure weir alone
  // Steps until the loop, the store and the engine have nothing to do but wait for `quiet`; false
  // if that does not come within `limit`.
  bool settle(Duration limit);

  // --- Weir's lives
  // -------------------------------------------------------------------------------
  void crash(bool power_cut = false);
  void lose_data_folder();
  void follow() { watch_.connect(*store_); }  // goes on where it was
  void look_away() { watch_.disconnect(); }
  // Dies once, at the n-th (from 1) of these instants from now on.
  void crash_at(Instant instant, int nth) { crash_at_ = {instant, passed_[instant] + nth}; }
  const std::map<Instant, int>& passed() const { return passed_; }

  // --- What users do (acknowledged when durable)
  // -----------------------------------------------------
  void apply(Object object);  // create, or replace the spec
  void remove(const Key& key, Propagation propagation = Propagation::background);
  // A change of the status, as people make it who steer a Rollout.
  template <class T>
  void change(const std::string& ns, const std::string& name, const std::function<void(T&)>& by) {
    const Key key{.kind = KindOf<T>::value, .ns = ns, .name = name};
    if (const StoredPtr stored = store_->get(key)) {
      Object object = *stored->typed;
      by(std::get<T>(object));
      replace(*stored, std::move(object));
    }
  }
  template <class T>
  std::optional<T> get(const std::string& ns, const std::string& name) const {
    const StoredPtr stored = store_->get({.kind = KindOf<T>::value, .ns = ns, .name = name});
    if (!stored) return std::nullopt;
    return std::get<T>(*stored->typed);
  }

  SimClock clock;
  SimEngine engine;
  SimGateway gateway;
  SimMeasurer measurer;
  SimGitOps git;
  std::mt19937_64 random;

  Store& store() { return *store_; }
  const Store& store() const { return *store_; }
  Loop& loop() { return *loop_; }
  Time now() const { return clock.now(); }
  const std::vector<std::string>& violations() const;
  std::uint64_t writes() const;  // of anything but Events
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t steps() const { return steps_; }
  // Names, states, counts: equal for two runs that ended alike, whatever ids and times they had.
  std::string end_state() const;

 private:
  class Volumes;
  void begin_life(bool power_was_cut = false);
  void submit(Transaction transaction);
  void replace(const Stored& stored, Object object);
  // Counts an instant; true if weir is to die there.
  bool pass(Instant instant);
  void tell(const std::string& what) const;
  void tell_rollout(const Stored& stored) const;
  bool commit();
  bool is_spinning();  // time does not pass

  PowerLossDisk disk_;
  int data_folder_ = 0;
  std::uint64_t next_uid_ = 1;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t steps_ = 0;
  Time last_instant_ = {};
  int steps_at_once_ = 0;
  std::map<Instant, int> passed_;
  std::optional<std::pair<Instant, int>> crash_at_;
  bool dying_ = false;
  bool trace_ = false;
  bool check_ = true;
  std::unique_ptr<Store> store_;
  std::unique_ptr<engine::Engine> connection_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<VolumeFiles> volumes_;
  std::unique_ptr<GatewayLink> gateway_link_;
  std::shared_ptr<void> subscription_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Invariants> invariants_;
  WatchClient watch_;
};

// A Deployment as admission leaves it.
struct DeploymentOptions {
  std::string name = "web";
  std::string ns = "default";
  std::string image = "v1";
  int replicas = 3;
  int max_surge = 1;
  int max_unavailable = 0;
  bool percent = false;  // of the replicas, both
  bool recreate = false;
  bool paused = false;
  bool auto_rollback = false;
  int progress_deadline_seconds = 600;
  int min_ready_seconds = 0;
  int history = 10;
  bool configured = false;  // its revisions contain the ConfigMap "app", if there is one
};
api::Deployment deployment(const DeploymentOptions& options);
// A Service in front of the Deployment of that name, with a port of the host.
api::Service service(const std::string& name);

}  // namespace weir::sim
