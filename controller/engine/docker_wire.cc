#include "controller/engine/docker_wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "controller/admission/manifest.h"

namespace weir::engine {

namespace {

using nlohmann::json;

// Of one answer, or of one container in a list.
constexpr Limits kLimits{.bytes = 8u << 20, .depth = 64, .nodes = 100'000};
constexpr std::size_t kMessageMax = 1024;

Result<json> read(std::string_view body) {
  Result<json> value = parse_json(body, kLimits);
  if (!value) {
    return fail(Code::internal, "cannot read the engine's answer: " + value.error().message);
  }
  if (!value->is_object()) {
    return fail(Code::internal, "cannot read the engine's answer: it is not a JSON object");
  }
  return value;
}

// Tolerant look-ups: what is absent or of another type is the empty value.
const json& at(const json& object, const char* name) {
  static const json kNull;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : kNull;
}
std::string text_at(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}
std::int64_t number_at(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}
bool flag_at(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_boolean() && value.get<bool>();
}
// Docker writes ["a", "b"], null, and in old images a plain string.
std::vector<std::string> texts_at(const json& object, const char* name) {
  const json& value = at(object, name);
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  if (!value.is_array()) return texts;
  for (const json& item : value) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

template <class T>
bool digits(std::string_view text, std::size_t from, std::size_t count, T& value) {
  if (count == 0 || from + count > text.size()) return false;
  const char* end = text.data() + from + count;
  return std::from_chars(text.data() + from, end, value).ptr == end;
}

// "2024-05-06T07:08:09.123456789Z", as Docker writes it (always UTC); its zero time is year 1.
std::optional<Time> parse_time(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) ||
      !digits(text, 11, 2, hour) || !digits(text, 14, 2, minute) || !digits(text, 17, 2, second)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || year <= 1) return std::nullopt;
  int milliseconds = 0;
  if (text.size() > 20 && text[19] == '.') {
    std::string fraction(text.substr(20, 3));
    fraction = fraction.substr(0, fraction.find_first_not_of("0123456789"));
    fraction.resize(3, '0');
    digits(fraction, 0, 3, milliseconds);
  }
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) + Duration(milliseconds);
}

ContainerState parse_state(const std::string& text) {
  constexpr std::array kStates{ContainerState::created,  ContainerState::running,
                               ContainerState::paused,   ContainerState::restarting,
                               ContainerState::removing, ContainerState::exited,
                               ContainerState::dead};
  constexpr std::array<std::string_view, kStates.size()> kNames{
      "created", "running", "paused", "restarting", "removing", "exited", "dead"};
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  // A state that a later Docker invents: not running, so that nothing is sent there.
  return found == kNames.end() ? ContainerState::created : kStates[found - kNames.begin()];
}

int number_of(const std::string& text) {
  int value = 0;
  return digits(text, 0, text.size(), value) ? value : 0;
}

void read_labels(const json& labels, const std::string& instance, Container& container) {
  const std::string owner = text_at(labels, label::kInstance);
  if (owner.empty() || (!instance.empty() && owner != instance)) return;
  container.store = text_at(labels, label::kStore);
  container.uid = text_at(labels, label::kUid);
  container.pod_ns = text_at(labels, label::kPodNamespace);
  container.pod_name = text_at(labels, label::kPodName);
  container.container_name = text_at(labels, label::kContainerName);
  container.owner = text_at(labels, label::kOwner);
  container.spec_hash = text_at(labels, label::kSpec);
  container.attempt = number_of(text_at(labels, label::kAttempt));
  container.backoff = number_of(text_at(labels, label::kBackoff));
}

std::string address(const json& settings) {
  const json& networks = at(settings, "Networks");
  if (!networks.is_object()) return "";
  for (const json& network : networks) {
    if (std::string ip = text_at(network, "IPAddress"); !ip.empty()) return ip;
  }
  return "";
}

void read_networks(const json& networks, Usage& usage) {
  if (!networks.is_object()) return;
  for (const auto& [interface, counts] : networks.items()) {
    usage.networks[interface] = {.received_bytes = number_at(counts, "rx_bytes"),
                                 .received_packets = number_at(counts, "rx_packets"),
                                 .receive_errors = number_at(counts, "rx_errors"),
                                 .receive_drops = number_at(counts, "rx_dropped"),
                                 .sent_bytes = number_at(counts, "tx_bytes"),
                                 .sent_packets = number_at(counts, "tx_packets"),
                                 .send_errors = number_at(counts, "tx_errors"),
                                 .send_drops = number_at(counts, "tx_dropped")};
  }
}

// [{"major": 254, "minor": 0, "op": "Read", "value": 4096}, …]; cgroup v2 says "read".
void read_disks(const json& io, Usage& usage) {
  const auto each = [&](const char* name, std::int64_t DiskUsage::*reads,
                        std::int64_t DiskUsage::*writes) {
    const json& list = at(io, name);
    if (!list.is_array()) return;
    for (const json& one : list) {
      const std::string device =
          std::to_string(number_at(one, "major")) + ":" + std::to_string(number_at(one, "minor"));
      const std::string what = text_at(one, "op");
      if (what == "Read" || what == "read") usage.disks[device].*reads += number_at(one, "value");
      if (what == "Write" || what == "write")
        usage.disks[device].*writes += number_at(one, "value");
    }
  };
  each("io_service_bytes_recursive", &DiskUsage::read_bytes, &DiskUsage::written_bytes);
  each("io_serviced_recursive", &DiskUsage::reads, &DiskUsage::writes);
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

Container from_list(const json& entry, const std::string& instance) {
  Container container{.id = text_at(entry, "Id"),
                      .state = parse_state(text_at(entry, "State")),
                      .image = text_at(entry, "Image"),
                      .image_id = text_at(entry, "ImageID"),
                      .ip = address(at(entry, "NetworkSettings"))};
  // Links give a container further names: "/other/alias".
  for (const std::string& name : texts_at(entry, "Names")) {
    if (name.find('/', 1) == name.npos) container.name = without_slash(name);
  }
  read_labels(at(entry, "Labels"), instance, container);
  return container;
}

// Calls `on_item` with each object of the array `body`: a list of ten thousand containers must not
// become one tree in memory.
Result<void> for_each_object(std::string_view body,
                             const std::function<Result<void>(std::string_view)>& on_item) {
  int depth = 0;
  bool in_text = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth == 2) begin = i;
    } else if (c == '}' || c == ']') {
      if (depth-- == 2) {
        TRY_VOID(on_item(body.substr(begin, i + 1 - begin)));
      }
    }
  }
  const std::size_t last = body.find_last_not_of(" \r\n\t");
  if (body.empty() || body[0] != '[' || depth != 0 || in_text || body[last] != ']') {
    return fail(Code::internal, "cannot read the engine's answer: it is not a whole JSON array");
  }
  return {};
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

Result<Container> parse_container(std::string_view body, const std::string& instance) {
  TRY(const json entry, read(body));
  const json& state = at(entry, "State");
  Container container{.id = text_at(entry, "Id"),
                      .name = without_slash(text_at(entry, "Name")),
                      .state = parse_state(text_at(state, "Status")),
                      .exit_code = static_cast<int>(number_at(state, "ExitCode")),
                      .oom_killed = flag_at(state, "OOMKilled"),
                      .error = text_at(state, "Error"),
                      .image = text_at(at(entry, "Config"), "Image"),
                      .image_id = text_at(entry, "Image"),
                      .ip = address(at(entry, "NetworkSettings")),
                      .network_path = text_at(at(entry, "NetworkSettings"), "SandboxKey"),
                      .created_at = parse_time(text_at(entry, "Created")),
                      .started_at = parse_time(text_at(state, "StartedAt")),
                      .finished_at = parse_time(text_at(state, "FinishedAt"))};
  if (container.id.empty()) {
    return fail(Code::internal, "cannot read the engine's answer: a container without an Id");
  }
  read_labels(at(at(entry, "Config"), "Labels"), instance, container);
  return container;
}

Result<std::vector<Container>> parse_containers(std::string_view body,
                                                const std::string& instance) {
  std::vector<Container> containers;
  const auto add = [&](std::string_view item) -> Result<void> {
    TRY(const json entry, read(item));
    containers.push_back(from_list(entry, instance));
    if (!containers.back().id.empty()) return {};
    return fail(Code::internal, "cannot read the engine's answer: a container without an Id");
  };
  TRY_VOID(for_each_object(body, add));
  return containers;
}

// Docker passes on what the cgroup says, in the words of its version: v1 counts a container with
// all that is below it as "total_…", v2 always does.
Result<Usage> parse_usage(std::string_view body) {
  TRY(const json entry, read(body));
  if (!parse_time(text_at(entry, "read"))) {
    return fail(Code::not_found, "it does not run, and uses nothing");
  }
  const json& cpu = at(entry, "cpu_stats");
  const json& used = at(cpu, "cpu_usage");
  const json& throttling = at(cpu, "throttling_data");
  const json& memory = at(entry, "memory_stats");
  const json& parts = at(memory, "stats");
  const auto part = [&](const char* v1, const char* v2) {
    return number_at(parts, at(parts, v1).is_number() ? v1 : v2);
  };
  Usage usage{.cpu_nanoseconds = number_at(used, "total_usage"),
              .user_nanoseconds = number_at(used, "usage_in_usermode"),
              .system_nanoseconds = number_at(used, "usage_in_kernelmode"),
              .cpu_periods = number_at(throttling, "periods"),
              .throttled_periods = number_at(throttling, "throttled_periods"),
              .throttled_nanoseconds = number_at(throttling, "throttled_time"),
              .memory_bytes = number_at(memory, "usage"),
              .rss_bytes = part("total_rss", "anon"),
              .cache_bytes = part("total_cache", "file"),
              .mapped_file_bytes = part("total_mapped_file", "file_mapped"),
              .threads = number_at(at(entry, "pids_stats"), "current")};
  // As the kubelet has it: 500 MiB used, 120 MiB of them cache that nobody has asked for lately:
  // 380.
  usage.working_set_bytes =
      std::max<std::int64_t>(0, usage.memory_bytes - part("total_inactive_file", "inactive_file"));
  read_networks(at(entry, "networks"), usage);
  read_disks(at(entry, "blkio_stats"), usage);
  return usage;
}

Result<Image> parse_image(std::string_view body) {
  TRY(const json entry, read(body));
  const json& config = at(entry, "Config");
  const std::vector<std::string> check = texts_at(at(config, "Healthcheck"), "Test");
  return Image{.present = true,
               .id = text_at(entry, "Id"),
               .digests = texts_at(entry, "RepoDigests"),
               .entrypoint = texts_at(config, "Entrypoint"),
               .command = texts_at(config, "Cmd"),
               .has_healthcheck = !check.empty() && check[0] != "NONE"};
}

Result<Info> parse_info(std::string_view body) {
  TRY(const json entry, read(body));
  return Info{.engine_id = text_at(entry, "ID"),
              .server_version = text_at(entry, "ServerVersion"),
              .name = text_at(entry, "Name"),
              .operating_system = text_at(entry, "OperatingSystem"),
              .kernel_version = text_at(entry, "KernelVersion"),
              .cpus = static_cast<int>(number_at(entry, "NCPU")),
              .memory_bytes = number_at(entry, "MemTotal")};
}

Result<std::string> parse_id(std::string_view body) {
  TRY(const json entry, read(body));
  std::string id = text_at(entry, "Id");
  if (id.empty()) return fail(Code::internal, "cannot read the engine's answer: it has no Id");
  return id;
}

Result<bool> parse_tty(std::string_view container_body) {
  TRY(const json entry, read(container_body));
  return flag_at(at(entry, "Config"), "Tty");
}

Result<Network> parse_network(std::string_view body) {
  TRY(const json entry, read(body));
  return Network{.id = text_at(entry, "Id"), .driver = text_at(entry, "Driver")};
}

Result<ExecState> parse_exec(std::string_view body) {
  TRY(const json entry, read(body));
  return ExecState{.running = flag_at(entry, "Running"),
                   .exit_code = static_cast<int>(number_at(entry, "ExitCode"))};
}

std::optional<std::string> parse_event(std::string_view line) {
  const Result<json> event = read(line);
  if (!event || text_at(*event, "Type") != "container") return std::nullopt;
  return text_at(at(*event, "Actor"), "ID");
}

std::string parse_message(std::string_view body) {
  const Result<json> entry = read(body);
  std::string message = entry ? text_at(*entry, "message") : "";
  if (message.empty()) message = body;
  while (!message.empty() && std::isspace(static_cast<unsigned char>(message.back()))) {
    message.pop_back();
  }
  if (message.size() > kMessageMax) message = message.substr(0, kMessageMax) + "…";
  return message.empty() ? "no reason given" : message;
}

Error error_of(int status, const std::string& message) {
  const auto error = [&](Code code) { return Error{.code = code, .message = message}; };
  if (status == 404) return error(Code::not_found);
  if (status == 409) {
    // It will be gone soon, or a retry will remove it.
    const bool leaving = contains(message, "is already in progress");
    return error(leaving ? Code::unavailable : Code::conflict);
  }
  if (status == 429) return error(Code::exhausted);
  if (status == 401 || status == 403) return error(Code::denied);
  if (status == 400 && contains(message, "client version") && contains(message, "too old")) {
    return {.code = Code::unsupported,
            .message = message + " (this weir is older than the engine: upgrade weir)"};
  }
  if (status >= 400 && status < 500) return error(Code::invalid);
  if (contains(message, "no space left on device")) return error(Code::exhausted);
  // Docker answers 500 to whatever went wrong inside; most of it passes.
  if (status >= 500) return error(Code::unavailable);
  return {.code = Code::internal,
          .message = "the engine answered with status " + std::to_string(status) + ": " + message};
}

int parse_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  int major = 0, minor = 0;
  if (dot == text.npos || !digits(text, 0, dot, major) ||
      !digits(text, dot + 1, text.size() - dot - 1, minor)) {
    return 0;
  }
  return major > 0 && minor >= 0 && minor < 1000 && major < 1000 ? major * 1000 + minor : 0;
}

// --- A pull --------------------------------------------------------------------------------------

Result<void> PullProgress::feed(std::string_view piece) {
  return lines_.feed(piece, [this](std::string_view line) {
    const Result<json> event = read(line);
    if (!event) {
      error_ = event.error().message;
      return;
    }
    const std::string error = text_at(*event, "error");
    if (!error.empty()) error_ = error;
    // The last line of a pull: "Status: Downloaded newer image for …", "Status: Image is up to …".
    complete_ = complete_ || text_at(*event, "status").starts_with("Status: ");
  });
}

Result<void> PullProgress::end() {
  if (!error_.empty()) return tl::unexpected(pull_error(500, error_));
  if (complete_ && lines_.unfinished().empty()) return {};
  return fail(Code::timed_out, "the pull ended without a final status; its outcome is unknown");
}

Error pull_error(int status, const std::string& message) {
  const auto error = [&](Code code) { return Error{.code = code, .message = message}; };
  if (status == 429 || contains(message, "toomanyrequests")) return error(Code::exhausted);
  if (contains(message, "manifest unknown") || contains(message, "not found")) {
    return error(Code::not_found);
  }
  if (contains(message, "denied") || contains(message, "unauthorized")) return error(Code::denied);
  if (status == 400) return error(Code::bad_request);
  return error_of(status, message);
}

}  // namespace weir::engine
