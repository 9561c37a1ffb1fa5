#include "controller/api/logs.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "controller/api/words.h"
#include "reconcilers/object_text.h"

namespace weir::rest {
namespace {

// weir's containers keep at most 30 MB of log; this holds all of it while a client is slower than
// the engine, whose thread must not wait for clients.
constexpr std::size_t kBufferMax = 32u << 20;
// How long the answer's header waits for the first line or the first error.
constexpr std::chrono::seconds kFirstWord{1};

// Between the engine's thread, which fills it, and the request's thread, which empties it.
class Buffer {
 public:
  explicit Buffer(std::size_t limit) : limit_(limit) {}

  bool put(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (gone_ || ended_) return false;
    if (bytes_.size() + bytes.size() > kBufferMax) {
      bytes_ += "\nweir: the rest is left out: this client reads too slowly\n";
      ended_ = true;
    } else {
      bytes_ += bytes.substr(0, limit_);
      limit_ -= std::min(bytes.size(), limit_);
      ended_ = limit_ == 0;
    }
    wake_.notify_one();
    return !ended_;
  }

  void end(Result<void> result) {
    const std::lock_guard lock(mutex_);
    if (!result && !error_) error_ = std::move(result).error();
    ended_ = true;
    wake_.notify_one();
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    wake_.notify_one();
  }

  // The error that came instead of the first line, if one did.
  std::optional<Error> first_error() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kFirstWord, [this] { return ended_ || !bytes_.empty(); });
    return bytes_.empty() ? error_ : std::nullopt;
  }

  // Everything that came; empty: the end.
  std::string take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return ended_ || gone_ || !bytes_.empty(); });
    if (gone_) return {};
    return std::exchange(bytes_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string bytes_;
  std::size_t limit_;
  std::optional<Error> error_;
  bool ended_ = false;
  bool gone_ = false;
};

std::string waiting_text(const std::string& reason) {
  if (reason == "ErrImagePull") return "image can't be pulled";
  if (reason == "ImagePullBackOff") return "trying and failing to pull image";
  return reason.empty() ? "no logs yet" : reason;
}

Result<std::string> container_name(const api::Pod& pod, const std::string& wanted) {
  const auto& all = pod.spec.containers;
  const std::string& name = pod.metadata.name;
  if (wanted.empty() && all.size() == 1) return all.front().name;
  if (wanted.empty()) {
    std::string names;
    for (const api::Container& container : all)
      names += (names.empty() ? "" : " ") + container.name;
    return fail(Code::bad_request, "a container name must be specified for pod " + name +
                                       ", choose one of: [" + names + "]");
  }
  const bool known = std::any_of(all.begin(), all.end(),
                                 [&](const api::Container& c) { return c.name == wanted; });
  if (known) return wanted;
  return fail(Code::bad_request, "container " + wanted + " is not valid for pod " + name);
}

Result<engine::LogOptions> log_options(const Call& call) {
  const Request& request = call.request;
  engine::LogOptions out;
  TRY(out.follow, request.flag("follow"));
  TRY(out.timestamps, request.flag("timestamps"));
  TRY(const auto tail, request.number("tailLines"));
  if (tail && *tail < 0) return fail(Code::bad_request, "tailLines: must not be negative");
  out.tail_lines = tail.value_or(-1);
  TRY(const auto seconds, request.number("sinceSeconds"));
  if (seconds && *seconds < 1) return fail(Code::bad_request, "sinceSeconds: must be positive");
  if (seconds) {
    const std::int64_t now = to_seconds(call.now()).time_since_epoch().count();
    out.since_seconds = std::max<std::int64_t>(1, now - *seconds);
  }
  if (const std::string_view text = request.parameter("sinceTime"); !text.empty()) {
    const auto time = parse_time(text);
    if (!time) return fail(Code::bad_request, "sinceTime: want a time as 2026-01-31T12:00:00Z");
    out.since_seconds = time->time_since_epoch().count();
  }
  return out;
}

}  // namespace

Result<std::string> log_container(const api::Pod& pod, const std::string& container,
                                  bool previous) {
  TRY(const std::string name, container_name(pod, container));
  const std::string of = "container \"" + name + "\" in pod \"" + pod.metadata.name + "\"";
  const auto& all = pod.status.containerStatuses;
  const auto found = std::find_if(all.begin(), all.end(), [&](const api::ContainerStatus& status) {
    return status.name == name;
  });
  const auto last = found == all.end() ? std::nullopt : found->lastState.terminated;
  const bool has_last = last && !last->containerID.empty();
  if (previous) {
    if (has_last) return bare_id(last->containerID);
    return fail(Code::bad_request, "previous terminated " + of + " not found");
  }
  if (found != all.end()) {
    const api::ContainerState& state = found->state;
    if (state.running && !found->containerID.empty()) return bare_id(found->containerID);
    if (state.terminated && !state.terminated->containerID.empty()) {
      return bare_id(state.terminated->containerID);
    }
    if (has_last) return bare_id(last->containerID);
    if (state.waiting) {
      return fail(Code::bad_request,
                  of + " is waiting to start: " + waiting_text(state.waiting->reason));
    }
  }
  return fail(Code::bad_request, of + " is waiting to start: no logs yet");
}

Result<Response> logs(const Call& call, engine::Engine& engine) {
  const StoredPtr stored = call.store.get(call.key());
  if (!stored) return tl::unexpected(not_found(call.kind(), call.route.name));
  TRY(engine::LogOptions options, log_options(call));
  TRY(const bool previous, call.request.flag("previous"));
  TRY(options.id, log_container(std::get<api::Pod>(*stored->typed),
                                std::string(call.request.parameter("container")), previous));
  TRY(const auto limit, call.request.number("limitBytes"));
  if (limit && *limit < 1) return fail(Code::bad_request, "limitBytes: must be positive");
  const auto buffer = std::make_shared<Buffer>(limit ? static_cast<std::size_t>(*limit)
                                                     : std::numeric_limits<std::size_t>::max());
  const std::shared_ptr<void> source = engine.logs(
      options, [buffer](std::string_view bytes) { return buffer->put(bytes); },
      [buffer](Result<void> result) { buffer->end(std::move(result)); });
  if (auto error = buffer->first_error()) return tl::unexpected(*std::move(error));
  return Response{.content_type = "text/plain", .stream = [buffer, source](Stream& stream) {
                    stream.on_gone([buffer] { buffer->leave(); });
                    for (std::string bytes = buffer->take(); !bytes.empty();
                         bytes = buffer->take()) {
                      if (!stream.write(bytes)) return;
                    }
                  }};
}

}  // namespace weir::rest
