#pragma once

// World: everything known at one instant, desired (objects, from the store) and observed
// (containers, images, probes, from the engine). A reconciler reads it and nothing else.
//
// The loop owns the one World and changes it between turns, on its own thread; a reconciler gets
// it const. Nothing here is progress: a World rebuilt from the store and the engine after a crash
// leads to the same decisions. Attempts and probe records are the exception that costs nothing:
// they are observations, lost at a restart and made again.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "reconcilers/key.h"
#include "reconcilers/route_table.h"
#include "reconcilers/time.h"

namespace weir {

// What we write on every container; ownership is by these and never by a name.
namespace label {
inline constexpr char kInstance[] = "dev.weir.instance";  // which weir: --instance
inline constexpr char kStore[] = "dev.weir.store";        // which data folder made it
inline constexpr char kUid[] = "dev.weir.uid";            // the Pod's uid
inline constexpr char kOwner[] = "dev.weir.owner";  // the Pod's controller, "ReplicaSet/web-5d9c"
inline constexpr char kSpec[] = "dev.weir.spec";    // hash of the container's spec
inline constexpr char kAttempt[] = "dev.weir.attempt";  // 0, 1, 2 …: the restart count it is
inline constexpr char kBackoff[] = "dev.weir.backoff";  // the back-off step it was started at
inline constexpr char kPodName[] = "io.kubernetes.pod.name";
inline constexpr char kPodNamespace[] = "io.kubernetes.pod.namespace";
inline constexpr char kPodUid[] = "io.kubernetes.pod.uid";
inline constexpr char kContainerName[] = "io.kubernetes.container.name";
}  // namespace label

enum class ContainerState { created, running, paused, restarting, removing, exited, dead };
std::string_view text(ContainerState state);

// One container with our instance label, as the engine last described it.
struct Container {
  std::string id = {};
  std::string name = {};
  ContainerState state = ContainerState::created;
  int exit_code = 0;
  bool oom_killed = false;
  std::string error = {};  // State.Error: why a start failed
  std::string image = {};
  std::string image_id = {};
  std::string ip = {};
  std::string network_path = {};  // of its network namespace, on the engine's host
  std::string health = {};  // of the image's HEALTHCHECK: starting, healthy, unhealthy; empty: none
  std::optional<Time> created_at = {};
  std::optional<Time> started_at = {};
  std::optional<Time> finished_at = {};
  // When weir first saw it in this state, by weir's own clock: the times above are the engine's,
  // whose clock may go wrong or be set.
  std::optional<Time> state_since = {};
  // From the labels.
  std::string store = {};
  std::string uid = {};
  std::string pod_ns = {};
  std::string pod_name = {};
  std::string container_name = {};
  std::string owner = {};
  std::string spec_hash = {};
  int attempt = 0;
  int backoff = 0;
  // Complete engine lists that showed it since weir started, and when the first of them was read:
  // garbage collection waits for two lists, a grace apart.
  int lists = 0;
  std::optional<Time> first_listed_at = {};
  bool operator==(const Container&) const = default;
};

struct Image {
  bool present = false;
  std::string id = {};
  std::vector<std::string> digests = {};  // repo@sha256:…
  std::vector<std::string> entrypoint = {};
  std::vector<std::string> command = {};
  std::string user = {};  // "", "1000", "nobody:staff"
  bool has_healthcheck = false;
  std::optional<Time> inspected_at = {};
  std::optional<Time> pulled_at = {};  // the last pull that weir saw succeed
  bool operator==(const Image&) const = default;
};

enum class ProbeKind { startup, readiness, liveness };
std::string_view text(ProbeKind kind);

// What the probes of one container have said so far.
struct ProbeRecord {
  int successes = 0;  // in a row, up to now
  int failures = 0;   // in a row, up to now
  std::optional<Time> last_at = {};
  std::string message = {};  // of the last failure
  bool operator==(const ProbeRecord&) const = default;
};

// An action that failed, under the action's identity(): what back-off is computed from.
struct Attempt {
  int count = 0;
  Time last_at = {};
  std::string reason =
      {};  // the engine's verdict as a Kubernetes reason: ErrImagePull, NameConflict …
  std::string message = {};
  bool operator==(const Attempt&) const = default;
};

// What came of the last measurement of one metric of an AnalysisRun (Measure, in plan.h).
struct Reading {
  std::int64_t number = 0;  // of the metric's measurements, from 0: which of them it is
  Time started_at = {};
  Time finished_at = {};
  // Successful, Failed, Inconclusive or Error; empty: there is too little to measure yet.
  std::string phase = {};
  std::string value = {};
  std::string message = {};
  bool operator==(const Reading&) const = default;
};

// The files of a commit: path → bytes.
using SourceFiles = std::map<std::string, std::string>;

// A commit that was fetched. Its files live in the World alone: after a restart they come again.
struct Artifact {
  std::string revision = {};  // main@sha1:…
  std::string commit = {};
  std::string digest = {};  // of the files
  std::string author = {};
  std::string subject = {};
  std::string verified = {};  // whose signature it has
  Time fetched_at = {};       // when these files came
  std::shared_ptr<const SourceFiles> files = std::make_shared<const SourceFiles>();
  bool operator==(const Artifact&) const = default;
};

// What came of the last fetch for a GitRepository (FetchSource, in plan.h).
struct Source {
  std::string asked = {};  // FetchSource::asked
  Time finished_at = {};
  int failures = 0;         // in a row
  std::string reason = {};  // why it failed, in Flux's words; empty: it did not
  std::string message = {};
  bool stalled = false;                   // only another spec, or another secret, can help
  std::optional<Artifact> artifact = {};  // of the last one that succeeded
  bool operator==(const Source&) const = default;
};

// What came of the last time that a Kustomization was applied (ApplySource, in plan.h).
struct Applied {
  std::string asked = {};  // ApplySource::asked
  std::string revision = {};
  Time started_at = {};
  Time finished_at = {};
  int failures = 0;         // in a row
  std::string reason = {};  // why it failed, in Flux's words; empty: it did not
  std::string message = {};
  std::string digest = {};                          // of what was applied
  std::vector<api::InventoryEntry> inventory = {};  // what was applied, also of one that failed
  std::vector<std::string> changes = {};            // "Deployment/default/web configured"
  std::vector<std::string> drift = {};              // what somebody else had changed, and who
  bool operator==(const Applied&) const = default;
};

// The engine as a whole.
struct EngineState {
  bool synced = false;  // a complete list has been read since the connection came up
  std::string instance = {};
  std::string store = {};
  std::string network = {};       // the bridge network that pods join
  bool local = true;              // bind mounts of files that weir writes can work
  std::string message = {};       // why it is not synced
  std::string volume_root = {};   // pods' files on disk: {volume_root}/UID/VOLUME
  std::string memory_root = {};   // and those that must stay in memory
  int cpus = 0;                   // of the host: what a container without a limit may use
  std::int64_t memory_bytes = 0;  // likewise
  std::string node_name = {};
  std::string host_ip = {};
  std::string prometheus_address = {};  // of metrics that name none
  bool operator==(const EngineState&) const = default;
};

// The gateway as a whole.
struct GatewayState {
  bool reached = false;
  bool known = false;        // it has said, since weir started, whom it sends requests to
  std::string message = {};  // why not
  std::optional<RouteTable> table = {};  // the newest that it has acknowledged; none is known
  std::map<std::string, std::string> closed = {};  // its listeners that it cannot open, and why
  // Endpoints, by id, that may get a request, and how many they are answering: those of the newest
  // table, of one that is on its way, and those that are left out and not yet done. Whoever is not
  // here gets nothing more.
  std::map<std::string, std::int64_t> in_use = {};
  bool operator==(const GatewayState&) const = default;
};

// The addresses of a name, as the host's resolver last gave them.
struct ResolvedName {
  std::vector<std::string> addresses = {};
  Time at = {};
  bool operator==(const ResolvedName&) const = default;
};

class World {
 public:
  // --- Objects -----------------------------------------------------------------------------
  const Object* find(const Key& key) const;
  template <class T>
  const T* get(const std::string& ns, const std::string& name) const {
    const Object* object = find(Key{.kind = KindOf<T>::value, .ns = ns, .name = name});
    return object ? std::get_if<T>(object) : nullptr;
  }
  // The keys of one kind, in one namespace or (ns empty) in all, in order.
  std::vector<Key> keys(Kind kind, const std::string& ns = {}) const;
  std::vector<Key> keys_in_namespace(const std::string& ns) const;
  // Whose metadata.ownerReferences name this uid.
  const std::set<Key>& dependents(const std::string& uid) const;
  // Pods or ReplicaSets in this namespace that have no controller: a selector may adopt them.
  const std::set<Key>& uncontrolled(Kind kind, const std::string& ns) const;
  const Key* find_uid(const std::string& uid) const;
  bool uid_exists(const std::string& uid) const { return find_uid(uid) != nullptr; }

  void put(std::shared_ptr<const Object> object);
  void put(Object object) { put(std::make_shared<const Object>(std::move(object))); }
  void erase(const Key& key);

  // --- Containers --------------------------------------------------------------------------
  // In no order.
  const std::unordered_map<std::string, Container>& containers() const { return containers_; }
  const Container* container(const std::string& id) const;
  // Ids of the containers whose labels name this pod (of any uid), in order.
  const std::set<std::string>& containers_of(const std::string& ns, const std::string& pod) const;
  // Pod names in this namespace that containers of this owner ("ReplicaSet/web-5d9c") carry.
  std::vector<std::string> pod_names_of_owner(const std::string& ns,
                                              const std::string& owner) const;
  void put(Container container);
  void erase_container(const std::string& id);

  // --- The rest, plain data ------------------------------------------------------------------
  EngineState engine = {};
  std::map<std::string, ResolvedName> names = {};
  GatewayState gateway = {};
  std::map<std::string, Image> images = {};                              // by reference
  std::map<std::pair<std::string, ProbeKind>, ProbeRecord> probes = {};  // by container id
  std::map<std::string, Attempt> attempts = {};                          // by action identity
  std::map<std::pair<std::string, std::string>, Reading> readings = {};  // by run's uid and metric
  std::map<std::string, Source> sources = {};                            // by GitRepository's uid
  std::map<std::string, Applied> applied = {};                           // by Kustomization's uid
  std::map<std::string, std::string> volumes = {};  // "uid/volume" → hash of what is on disk
  std::map<std::string, bool> post_started = {};    // container id → its postStart hook succeeded

 private:
  void index(const Key& key, const Object& object);
  void unindex(const Key& key, const Object& object);

  // Found by hash: a turn looks up some hundred keys, and half of each key is common to thousands.
  std::unordered_map<Key, std::shared_ptr<const Object>, KeyHash> objects_;
  std::set<Key> ordered_;  // the same keys
  std::map<std::string, std::set<Key>> by_namespace_;
  std::map<std::string, std::set<Key>> by_owner_;                       // uid → dependents
  std::map<std::pair<Kind, std::string>, std::set<Key>> uncontrolled_;  // by kind and namespace
  std::unordered_map<std::string, Key> by_uid_;
  std::unordered_map<std::string, Container> containers_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> by_pod_;
  // Pod names by namespace and owner label, once for each container.
  std::map<std::pair<std::string, std::string>, std::multiset<std::string>> by_pod_owner_;
};

}  // namespace weir
