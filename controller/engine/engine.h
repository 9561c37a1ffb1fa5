#pragma once

// Engine: the one narrow door to Docker. The executor and the observer go through it; so does the
// simulator's twin (tests/sim). A request is a plain value, its reply comes later, on the engine's
// own thread, exactly once, within the request's deadline.
//
// Any transport error or timeout of a mutating request means: outcome unknown. The executor reads
// back before it tries again; nothing here retries a mutation by itself.

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "controller/result.h"
#include "reconcilers/plan.h"

namespace weir::engine {

// --- Reads -------------------------------------------------------------------------------------
struct GetInfo {};  // negotiates the API version; → Info
struct ListContainers {
  std::string instance;  // only ours: label dev.weir.instance
};  // → std::vector<Container>, complete or an error; `exit_code`, times and `error` are not in it
struct InspectContainer {
  std::string id;  // or name
};                 // → Container (also a foreign one: then its labels are empty) or not_found
struct ContainerStats {
  std::string id;
};  // → Usage, up to now; not_found: it does not run
struct InspectImage {
  std::string reference;
};  // → Image; an absent image is present=false, not an error

// --- Mutations -----------------------------------------------------------------------------------
struct EnsureNetwork {
  std::string name;
  std::map<std::string, std::string> labels = {};
};  // → Done{id}; a network of that name without our labels is used only if it is a bridge
struct PullImage {
  std::string reference;
  std::string registry_auth = {};  // X-Registry-Auth, already encoded
};  // → Image, after the stream said it is complete; errors inside the stream are errors
struct CreateContainer {
  ContainerSpec spec;
};  // → Done{id}; conflict: the name is held
struct StartContainer {
  std::string id;
};  // already running: success
struct StopContainer {
  std::string id;
  int grace_seconds = 30;
};  // SIGTERM, SIGKILL after the grace; already stopped or gone: success
struct UnpauseContainer {
  std::string id;
};
struct RemoveContainer {
  std::string id;
  bool force = true;  // kills it first if it runs
};                    // gone: success; "already in progress": unavailable
struct Exec {
  std::string id;
  std::vector<std::string> command;
  Duration timeout = Duration(1000);
};  // → ExecResult; the output is cut at 10 KiB
// Probes: they go to the container's own address, never follow a redirect to another host.
struct HttpGet {
  std::string url;  // http://10.1.2.3:8080/healthz
  std::vector<std::string> headers = {};
  Duration timeout = Duration(1000);
};  // → HttpResult; https certificates are not verified (as the kubelet)
struct TcpConnect {
  std::string host;
  int port = 0;
  Duration timeout = Duration(1000);
};  // → Done

// The host's own resolver: its files, its servers, its patience.
struct Resolve {
  std::string host;
};  // → Addresses, those of IPv4 first

using Request =
    std::variant<GetInfo, ListContainers, InspectContainer, ContainerStats, InspectImage,
                 EnsureNetwork, PullImage, CreateContainer, StartContainer, StopContainer,
                 UnpauseContainer, RemoveContainer, Exec, HttpGet, TcpConnect, Resolve>;

// "GET containers/json", "start 4f1c2a": for logs, metrics and errors. Bears no env and no bytes.
std::string text(const Request& request);
bool mutates(const Request& request);

struct Info {
  std::string api_version = {};  // the one in use
  std::string engine_id = {};
  std::string server_version = {};
  std::string name = {};  // the host's name
  std::string operating_system = {};
  std::string kernel_version = {};
  int cpus = 0;
  std::int64_t memory_bytes = 0;
};
struct Done {
  std::string id = {};
};
struct ExecResult {
  int exit_code = 0;
  std::string output = {};
};
struct HttpResult {
  int status = 0;
  std::string body = {};  // at most 10 KiB
};
struct Addresses {
  std::vector<std::string> ips = {};
};
// What a container has used since it began, as its cgroup and its interfaces have counted it.
struct NetworkUsage {
  std::int64_t received_bytes = 0, received_packets = 0, receive_errors = 0, receive_drops = 0;
  std::int64_t sent_bytes = 0, sent_packets = 0, send_errors = 0, send_drops = 0;
  bool operator==(const NetworkUsage&) const = default;
};
struct DiskUsage {
  std::int64_t reads = 0, read_bytes = 0, writes = 0, written_bytes = 0;
  bool operator==(const DiskUsage&) const = default;
};
struct Usage {
  std::int64_t cpu_nanoseconds = 0, user_nanoseconds = 0, system_nanoseconds = 0;
  std::int64_t cpu_periods = 0, throttled_periods = 0, throttled_nanoseconds = 0;
  std::int64_t memory_bytes = 0;       // with its page cache
  std::int64_t working_set_bytes = 0;  // without the part of the cache that is given back first
  std::int64_t rss_bytes = 0, cache_bytes = 0, mapped_file_bytes = 0;
  std::int64_t threads = 0;
  std::map<std::string, NetworkUsage> networks = {};  // by interface; none of the host's network
  std::map<std::string, DiskUsage> disks = {};        // by "MAJOR:MINOR"
  bool operator==(const Usage&) const = default;
};
using Reply = std::variant<Done, Info, std::vector<Container>, Container, Image, ExecResult,
                           HttpResult, Addresses, Usage>;
using OnReply = std::function<void(Result<Reply>)>;

// A hint that something happened; the truth is read afterwards.
struct Hint {
  enum class What { container_changed, connected, lost } what = What::container_changed;
  std::string container_id = {};
  std::string message = {};  // lost: why
};
using OnHint = std::function<void(Hint)>;

// A log stream. `on_bytes` gets raw chunks, already free of Docker's frame headers; returning false
// ends the stream. Both are called on the engine's thread.
struct LogOptions {
  std::string id;
  bool follow = false;
  bool timestamps = false;
  std::int64_t tail_lines = -1;    // -1: all
  std::int64_t since_seconds = 0;  // unix time; 0: from the start
};

class Engine {
 public:
  virtual ~Engine() = default;
  // Starts following events; hints arrive until the Engine is destroyed. `connected` comes after
  // each (re)connection of the event stream, so that a list read after it misses nothing.
  virtual void follow(OnHint on_hint) = 0;
  virtual void submit(Request request, OnReply on_reply) = 0;
  // `on_end` is called once, with an error or none. The handle stops the stream when destroyed.
  virtual std::shared_ptr<void> logs(LogOptions options,
                                     std::function<bool(std::string_view)> on_bytes,
                                     std::function<void(Result<void>)> on_end) = 0;
};

}  // namespace weir::engine
