#pragma once

// Worlds around one pod, for the tables of the Pod reconciler: pod default/web, uid u1, one
// container "app" of image app:1, which is present; the engine is synced. Things happen in the
// order in which they are written:
//
//   pod().with({.id = "c0"})                             a running container, started 100 s ago
//   pod().with({.id = "c0"}).settle().with({.id = "c0", .state = exited, .exit_code = 1})
//
// settle() takes over the status that the plan would write, so that the next plan shows what is
// new.

#include <functional>
#include <string>

#include "reconcilers/plan.h"
#include "tests/support/world_builder.h"

namespace weir::test {

using enum ContainerState;

// Seconds are before kNow; what is not said fits the state.
struct ContainerForm {
  std::string id = "c0";
  ContainerState state = running;
  int attempt = 0;
  int backoff = 0;
  int exit_code = 0;
  int started = 100;
  int finished = 0;  // of ended ones
  bool oom = false;
  std::string error = {};
  std::string uid = "u1";
  std::string store = "store-1";
  std::string hash = {};  // empty: the pod's
  std::string ip = "10.0.0.7";
  std::string image = "app:1";
  std::string name = {};  // empty: the one that weir gives
  std::string health = {};
  int lists = 0;
  int listed = -1;       // first listed; negative: never
  int state_since = -1;  // weir first saw the state; negative: it does not know
  std::string pod = "web";
};

class PodWorld {
 public:
  PodWorld();
  PodWorld& pod(const std::function<void(api::Pod&)>& change);
  PodWorld& spec(const std::function<void(api::Container&)>& change);
  PodWorld& no_pod();
  PodWorld& deleting(std::int64_t grace = 30);
  PodWorld& with(const ContainerForm& form);
  PodWorld& without(const std::string& id);
  PodWorld& attempt(const std::string& identity, int count, int ago, const std::string& reason,
                    const std::string& message = "boom");
  PodWorld& probe(ProbeKind kind, int successes, int failures, int ago,
                  const std::string& id = "c0");
  PodWorld& config_map(const std::string& name, std::map<std::string, std::string> data,
                       const std::string& version = "1");
  // The values are given in clear.
  PodWorld& secret(const std::string& name, const std::map<std::string, std::string>& data,
                   const std::string& version = "1");
  PodWorld& volume(const std::string& name, const std::string& hash);
  // As if the volumes that the plan wants written had been written.
  PodWorld& written();
  PodWorld& change(const std::function<void(World&)>& change);
  PodWorld& settle();

  const World& world() const { return world_; }
  operator World() const { return world_; }

 private:
  World world_;
};

inline PodWorld pod() { return {}; }

Plan plan_of(const World& world);

// The plan without status: one line a change, action and event; "wake in 12s".
std::string pod_deeds(const World& world);
// The status that stands after the plan, in a few lines.
std::string pod_status(const World& world);
// Where the plan went: "step: verdict" of the last step.
std::string last_reason(const World& world);
// All that the create action of the plan tells the engine, but its labels.
std::string created_spec(const World& world);
std::string created_labels(const World& world);

}  // namespace weir::test
