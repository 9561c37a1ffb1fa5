#pragma once

// Plan: what should happen next for one key. Plain data with == and a text form; applying it is
// the executor's job. A plan is small and repeatable: made again from an unchanged World it is the
// same plan, and every action in it can be carried out twice without harm.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

// --- Changes: writes to the store. All changes of a plan commit together or not at all -----------

struct CreateObject {
  Object object;  // uid, resourceVersion and creationTimestamp are the store's to give
  bool operator==(const CreateObject&) const = default;
};
// Replaces metadata (labels, annotations, ownerReferences, finalizers) and spec; the
// resourceVersion inside guards it. A changed spec raises metadata.generation.
struct UpdateObject {
  Object object;
  bool operator==(const UpdateObject&) const = default;
};
struct UpdateStatus {
  Object object;
  bool operator==(const UpdateStatus&) const = default;
};
enum class Propagation { background, foreground, orphan };
// Asks for deletion, as a client's DELETE does: finalizers and a Pod's grace are honoured.
struct DeleteObject {
  Key key;
  std::string uid;
  Propagation propagation = Propagation::background;
  bool operator==(const DeleteObject&) const = default;
};
// The end of an object whose deletion was asked for and whose work is done: it leaves the store.
struct FinishDelete {
  Key key;
  std::string uid;
  bool operator==(const FinishDelete&) const = default;
};
using Change = std::variant<CreateObject, UpdateObject, UpdateStatus, DeleteObject, FinishDelete>;

// --- Actions: effects on the engine. identity() names the effect: while one is under way, the same
// action again is dropped; when one failed, World::attempts holds it under that name --------------

struct Mount {
  std::string type = "bind";  // bind, volume, tmpfs
  std::string source = {};    // host path or volume name
  std::string target = {};
  bool read_only = false;
  // What must be at the source, in the words of hostPath.type: Directory, DirectoryOrCreate, File,
  // FileOrCreate, Socket, CharDevice, BlockDevice; empty: anything, a folder is made if it is
  // absent.
  std::string source_type = {};
  // A subPath: the source, its links resolved, must lie in this folder, or the mount is refused. A
  // container may have put a link to anywhere into its own volume.
  std::string within = {};
  bool operator==(const Mount&) const = default;
};

struct PortBinding {
  int container_port = 0;
  int host_port = 0;
  std::string host_ip = {};
  std::string protocol = "tcp";
  bool operator==(const PortBinding&) const = default;
};

// Everything `POST /containers/create` is told.
struct ContainerSpec {
  std::string name = {};
  std::map<std::string, std::string> labels = {};
  std::string image = {};
  std::vector<std::string> entrypoint = {};  // empty: the image's
  std::vector<std::string> command = {};     // empty: the image's
  std::vector<std::string> env = {};         // NAME=value, in order
  std::string working_dir = {};
  std::string user = {};  // "1000" or "1000:2000"
  std::vector<std::string> groups = {};
  std::string hostname = {};
  std::string network = {};                       // the pods' network, or "host", "none"
  std::vector<std::string> network_aliases = {};  // further names of it in Docker's DNS
  std::vector<std::string> dns_servers = {};
  std::vector<std::string> dns_search = {};
  std::vector<std::string> dns_options = {};
  std::vector<std::string> extra_hosts = {};  // name:ip
  std::vector<Mount> mounts = {};
  std::vector<PortBinding> ports = {};
  std::int64_t memory_bytes = 0;  // 0: no limit
  std::int64_t nano_cpus = 0;     // 0: no limit
  std::int64_t cpu_shares = 0;    // 0: the engine's default
  std::int64_t shm_bytes = 0;
  bool privileged = false;
  bool read_only_root = false;
  bool no_new_privileges = false;
  std::vector<std::string> add_capabilities = {};
  std::vector<std::string> drop_capabilities = {};
  std::vector<std::string> security_options = {};
  std::map<std::string, std::string> sysctls = {};
  std::string pid_mode = {};
  std::string ipc_mode = {};
  bool tty = false;
  bool open_stdin = false;
  // Env values that must not show in `docker inspect`: written to a file on tmpfs, which a static
  // starter inside the container reads before it runs the real entrypoint (then given in full).
  std::map<std::string, std::string> secret_env = {};
  bool operator==(const ContainerSpec&) const = default;
};

// Look at an image on the engine; the answer is in World::images.
struct InspectImage {
  std::string image;
  bool operator==(const InspectImage&) const = default;
};
struct PullImage {
  Key pod;  // who is told by Events
  std::string image;
  std::vector<std::string> secrets = {};  // names of kubernetes.io/dockerconfigjson Secrets
  bool operator==(const PullImage&) const = default;
};
struct CreateContainer {
  Key pod;
  ContainerSpec spec;
  bool operator==(const CreateContainer&) const = default;
};
struct StartContainer {
  Key pod;
  std::string id;
  bool operator==(const StartContainer&) const = default;
};
// preStop (if any) → SIGTERM → grace → SIGKILL.
struct StopContainer {
  Key pod;
  std::string id;
  int grace_seconds = 30;
  std::optional<api::LifecycleHandler> pre_stop = {};
  std::string ip = {};      // where an httpGet preStop goes
  std::string reason = {};  // for the Killing event: "Stopping container web"
  bool operator==(const StopContainer&) const = default;
};
struct UnpauseContainer {
  Key pod;
  std::string id;
  bool operator==(const UnpauseContainer&) const = default;
};
struct RemoveContainer {
  Key pod;
  std::string id;
  std::string reason = {};
  bool operator==(const RemoveContainer&) const = default;
};
// One probe, due now; the verdict is counted in World::probes.
struct RunProbe {
  Key pod;
  std::string container_id;
  ProbeKind kind = ProbeKind::readiness;
  api::Probe probe = {};
  std::string ip = {};
  int port = 0;  // named ports are resolved
  bool operator==(const RunProbe&) const = default;
};
struct RunPostStart {
  Key pod;
  std::string container_id;
  api::LifecycleHandler handler = {};
  std::string ip = {};
  bool operator==(const RunPostStart&) const = default;
};
// The files of one configMap, secret, downwardAPI or projected volume, or an emptyDir.
struct VolumeFile {
  std::string path;  // relative, no ".."
  std::string bytes;
  int mode = 0644;
  bool operator==(const VolumeFile&) const = default;
};
struct WriteVolume {
  Key pod;
  std::string pod_uid;
  std::string volume;
  bool in_memory = false;  // tmpfs: secrets, emptyDir medium Memory
  bool empty_dir = false;  // a folder for the container to write in: made once, never touched again
  std::optional<std::int64_t> group = {};  // fsGroup: the group that owns the files
  std::string hash;  // of the files: World::volumes says it once they are written
  std::vector<VolumeFile> files = {};
  bool operator==(const WriteVolume&) const = default;
};
struct RemoveVolumes {
  std::string pod_uid;
  bool operator==(const RemoveVolumes&) const = default;
};

// Measures one metric of an AnalysisRun once; the answer is in World::readings. Secrets may be in
// its texts: nothing of the metric but its name is ever shown.
struct Measure {
  Key run;
  std::string uid;          // the run's
  api::Metric metric = {};  // with its arguments filled in
  std::int64_t number = 0;  // Reading::number
  // weir's own Services that its URL names, and their addresses: a host's resolver knows neither.
  std::map<std::string, std::string> hosts = {};
  std::vector<std::string> secrets = {};  // values in its texts that nobody is told
  bool operator==(const Measure&) const = default;
};

// Fetches what a GitRepository asks for; the answer is in World::sources. Secrets are in it: of
// them only the names are ever shown.
struct FetchSource {
  struct Include {
    std::string from = {};
    std::string to = {};
    std::shared_ptr<const SourceFiles> files = {};
    bool operator==(const Include&) const = default;
  };
  Key repository;
  std::string uid;
  std::string asked;  // names everything below: another text, another answer
  api::GitRepositorySpec spec = {};
  std::map<std::string, std::string> credentials = {};
  std::map<std::string, std::string> keys = {};  // of who may sign
  std::vector<Include> includes = {};
  std::string last_commit = {};  // that its branch must descend from; when the server still has it
  bool has_files = false;        // there, and these are known, they need not come again
  bool allow_force_push = false;
  bool operator==(const FetchSource&) const = default;
};

// Builds what a Kustomization asks for and applies it; the answer is in World::applied. What it
// finds changed by others it changes back, and says so when nothing new is `asked`.
struct ApplySource {
  Key kustomization;
  std::string uid;
  std::string asked;  // names everything below
  api::KustomizationSpec spec = {};
  std::string revision = {};
  std::shared_ptr<const SourceFiles> files = {};
  std::map<std::string, std::string> substitutes = {};
  bool is_new = false;  // else it was applied before: whatever differs is drift
  bool operator==(const ApplySource&) const = default;
};

// Asks the host's resolver which addresses a name has (World::names).
struct ResolveName {
  std::string host;
  bool operator==(const ResolveName&) const = default;
};
// The gateway works by this table from its acknowledgement on: World::gateway says which that is.
struct PublishRoutes {
  RouteTable table;
  bool operator==(const PublishRoutes&) const = default;
};

using Action =
    std::variant<InspectImage, PullImage, WriteVolume, CreateContainer, StartContainer,
                 RunPostStart, RunProbe, StopContainer, UnpauseContainer, RemoveContainer,
                 RemoveVolumes, Measure, FetchSource, ApplySource, ResolveName, PublishRoutes>;
std::string identity(const Action& action);  // "start 4f1c…", "create web-1_default_0"

// --- The rest --------------------------------------------------------------------------------

// Becomes an Event object; repeated ones are counted there.
struct EventNote {
  Key about;
  bool warning = false;
  std::string reason;
  std::string message;
  bool operator==(const EventNote&) const = default;
};

// Which step of the reconciler said what: `weir why` prints these.
struct Reason {
  std::string step;
  std::string verdict;
  bool operator==(const Reason&) const = default;
};

struct Plan {
  std::vector<Change> changes = {};
  std::vector<Action> actions = {};
  std::vector<EventNote> events = {};  // recorded once the changes are committed
  std::optional<Time> wake_at = {};    // look again no later than this
  std::vector<Reason> reasons = {};
  bool operator==(const Plan&) const = default;

  void wake(Time at) {
    if (!wake_at || at < *wake_at) wake_at = at;
  }
};

// One line a change, action, event and wake-up, in order; the same plan gives the same bytes.
// Updates are printed as differences against the World. Secrets are never printed.
std::string text(const Plan& plan, const World& world);
std::string text(const Change& change, const World& world);
std::string text(const Action& action);

}  // namespace weir
