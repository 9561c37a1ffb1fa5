#pragma once

// Worlds for tests in one or two lines:
//
//   world().deployment("web", {.replicas = 3, .image = "web:2"})
//          .replica_set("web-1", {.image = "web:1", .size = 3, .revision = 1})
//          .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2})
//
// A ReplicaSet comes with its Pods: as many available ones as its size says, unless the form says
// otherwise. When the World is taken, every status agrees with the Pods, as after a quiet minute,
// so that a plan shows decisions and no catching up. Everything is in namespace "default".

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir::test {

using std::chrono::seconds;

// The instant of every table: 2023-11-14T22:13:20Z.
inline constexpr Time kNow{std::chrono::seconds(1'700'000'000)};
// When the status of a built World was written.
inline constexpr Time kSettled = kNow - std::chrono::seconds(60);

struct DeploymentForm {
  std::int64_t replicas = 1;
  std::string image = "web:1";
  std::string surge = "25%";  // "2" is the number
  std::string unavailable = "25%";
  std::string strategy = "RollingUpdate";
  std::int64_t min_ready = 0;
  std::int64_t deadline = 600;
  std::int64_t history = 10;
  bool paused = false;
  bool deleting = false;
  bool rollback = false;  // automatic
  std::map<std::string, std::string> annotations = {};
  // Progressing, since kSettled. Empty: NewReplicaSetAvailable or ReplicaSetUpdated, as it is.
  std::string progressing = {};
  std::vector<api::DeploymentCondition> conditions = {};  // instead of those that settling writes
  bool fresh = false;                                     // never planned: no status at all
  std::optional<std::int64_t> collisions = {};
};

struct ReplicaSetForm {
  std::string image = "web:1";
  std::int64_t size = 0;
  std::optional<std::int64_t> available = {};  // nothing said: what is left of size
  std::int64_t unready = 0;
  std::int64_t terminating = 0;
  std::int64_t revision = 0;                 // 0: no annotation
  std::optional<std::int64_t> desired = {};  // of the Deployment when it was scaled; else as now
  std::optional<std::int64_t> max = {};
  std::int64_t min_ready = 0;
  bool deleting = false;
  bool orphan = false;       // no controller
  bool unobserved = false;   // status.observedGeneration lags
  std::string failure = {};  // message of a ReplicaFailure
  std::map<std::string, std::string> annotations = {};
  std::map<std::string, std::string> labels = {};  // beside those of the template
};

struct PodForm {
  std::string phase = "Running";
  bool ready = true;
  int ready_for = 600;  // seconds
  int age = 1000;       // seconds
  int restarts = 0;
  std::string node = "host";
  std::string cost = {};  // pod-deletion-cost
  bool deleting = false;
  bool orphan = false;
  std::map<std::string, std::string> labels = {};  // instead of the template's
};

class WorldBuilder {
 public:
  WorldBuilder() { world_.engine = {.synced = true, .store = "store-1", .message = {}}; }
  WorldBuilder& deployment(const std::string& name, const DeploymentForm& form = {});
  // Belongs to the last Deployment, when there is one and the form does not object.
  WorldBuilder& replica_set(const std::string& name, const ReplicaSetForm& form = {});
  // Belongs to the last ReplicaSet.
  WorldBuilder& pod(const std::string& name, const PodForm& form = {});
  WorldBuilder& container(Container container);
  WorldBuilder& object(Object object);
  WorldBuilder& engine(EngineState engine);

  World build() const;
  operator World() const { return build(); }

 private:
  api::Deployment deployment_ = {};
  DeploymentForm deployment_form_ = {};
  std::string set_ = {};  // the last ReplicaSet
  int sets_ = 0;
  World world_;
};

inline WorldBuilder world() { return {}; }

api::PodTemplateSpec pod_template(const std::string& app, const std::string& image);

}  // namespace weir::test
