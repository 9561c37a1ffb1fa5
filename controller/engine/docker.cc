#include "controller/engine/docker.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "controller/engine/docker_api.h"
#include "controller/engine/docker_events.h"
#include "controller/engine/docker_exec.h"
#include "controller/engine/docker_logs.h"
#include "controller/engine/docker_wire.h"
#include "controller/engine/http_client.h"
#include "controller/engine/lane.h"
#include "controller/engine/probe.h"
#include "controller/engine/programs.h"
#include "controller/engine/resolve.h"
#include "reconcilers/sandbox.h"

namespace weir::engine {

namespace {

// What may be under way at once, so that one kind of request never holds up another.
constexpr std::size_t kReadsMax = 32;
constexpr std::size_t kStopsMax = 128;  // they wait for their grace, and cost the engine nothing
constexpr std::size_t kExecsMax = 4;  // each costs the engine a process; more make all of them slow
constexpr std::size_t kPullsMax = 3;
constexpr std::size_t kStatsMax = 32;  // old engines answer them once a second, together
constexpr std::size_t kProbesMax = 256;
constexpr std::size_t kNamesMax = 8;  // a thread each, for as long as the resolver takes
constexpr int kLogsMax = 256;

constexpr std::size_t kListMax = 256u << 20;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

// --- What an answer means ------------------------------------------------------------------------

using Read = std::function<Result<Reply>(const HttpAnswer&)>;

bool succeeded(const HttpAnswer& answer) {
  return answer.status / 100 == 2 || answer.status == 304;  // 304: it was so already
}

tl::unexpected<Error> refused(const HttpAnswer& answer) {
  return tl::unexpected(error_of(answer.status, parse_message(answer.body)));
}

Result<Reply> read_done(const HttpAnswer& answer) {
  if (succeeded(answer)) return Done{};
  return refused(answer);
}

Result<Reply> read_id(const HttpAnswer& answer) {
  if (!succeeded(answer)) return refused(answer);
  TRY(std::string id, parse_id(answer.body));
  return Done{.id = std::move(id)};
}

Result<Reply> read_done_or_gone(const HttpAnswer& answer) {
  if (answer.status == 404) return Done{};
  return read_done(answer);
}

Result<Reply> read_unpause(const HttpAnswer& answer) {
  if (contains(parse_message(answer.body), "is not paused")) return Done{};
  return read_done(answer);
}

// Docker tells a spec that cannot run from trouble of its own by the words alone.
Result<Reply> read_start(const HttpAnswer& answer) {
  if (succeeded(answer)) return Done{};
  Error error = refused(answer).value();
  const bool port_taken = contains(error.message, "port is already allocated") ||
                          contains(error.message, "address already in use");
  if (port_taken) error.code = Code::invalid;
  const bool container_gone = contains(error.message, "No such container");
  if (error.code == Code::not_found && !container_gone) error.code = Code::unavailable;
  return tl::unexpected(std::move(error));
}

Result<Reply> read_image(const HttpAnswer& answer) {
  if (answer.status == 404) return Image{};
  if (answer.status != 200) return refused(answer);
  return parse_image(answer.body);
}

Result<Reply> read_network(const HttpAnswer& answer) {
  if (answer.status != 200) return refused(answer);
  TRY(Network network, parse_network(answer.body));
  if (network.driver == "bridge") return Done{.id = std::move(network.id)};
  return fail(Code::conflict,
              "the network is held by one of driver " + network.driver +
                  ", where weir needs a bridge: start weir with another --instance");
}

}  // namespace

class Docker final : public Engine {
 public:
  Docker(DockerOptions options, std::shared_ptr<const Peer> peer)
      : http_(std::make_shared<HttpClient>()), api_(*http_, std::move(options), std::move(peer)) {}
  // Everything that is under way or waits is answered here, on the engine's thread.
  ~Docker() override { http_->close(); }

  void follow(OnHint on_hint) override {
    http_->post([this, on_hint = std::move(on_hint)]() mutable {
      events_.emplace(api_, std::move(on_hint));
      events_->connect();
    });
  }

  void submit(Request request, OnReply on_reply) override;
  std::shared_ptr<void> logs(LogOptions options, std::function<bool(std::string_view)> on_bytes,
                             std::function<void(Result<void>)> on_end) override;

 private:
  enum LaneName { reads, changes, stops, execs, pulls, probes, names, stats };

  static LaneName lane_of(const Request& request);
  Lane lane(std::size_t limit, bool gives_up = false);
  void enqueue(Request request, OnReply on_reply);
  void pull_once(const PullImage& request, OnReply on_reply);
  void import_sandbox_image(const PullImage& request, OnReply on_reply);
  OnReply then_inspect_image(const PullImage& request, OnReply on_reply);

  ApiCall call_for(const Request& request, std::string method, std::string path,
                   Duration deadline) const;
  void ask(ApiCall call, Read read, OnReply on_reply);

  void run(const GetInfo& request, OnReply on_reply);
  void run(const ListContainers& request, OnReply on_reply);
  void run(const InspectContainer& request, OnReply on_reply);
  void run(const ContainerStats& request, OnReply on_reply);
  void run(const InspectImage& request, OnReply on_reply);
  void run(const EnsureNetwork& request, OnReply on_reply);
  void run(const PullImage& request, OnReply on_reply);
  void run(const CreateContainer& request, OnReply on_reply);
  void run(const StartContainer& request, OnReply on_reply);
  void run(const StopContainer& request, OnReply on_reply);
  void run(const UnpauseContainer& request, OnReply on_reply);
  void run(const RemoveContainer& request, OnReply on_reply);
  void run(const Exec& request, OnReply on_reply) { run_exec(api_, request, std::move(on_reply)); }
  void run(const HttpGet& request, OnReply on_reply) {
    probe(*http_, request, std::move(on_reply));
  }
  void run(const TcpConnect& request, OnReply on_reply) {
    probe(*http_, request, std::move(on_reply));
  }

  void run(const Resolve& request, OnReply on_reply) {
    resolve(http_, request, std::move(on_reply));
  }

  const Deadlines& deadlines() const { return api_.options().deadlines; }

  std::shared_ptr<HttpClient> http_;
  DockerApi api_;
  // In the order of LaneName.
  std::array<Lane, 8> lanes_{
      lane(kReadsMax, true),
      lane(static_cast<std::size_t>(std::max(1, api_.options().mutations_max)), true),
      lane(kStopsMax),
      lane(kExecsMax),
      lane(kPullsMax),
      lane(kProbesMax),
      lane(kNamesMax),
      lane(kStatsMax, true)};
  std::map<std::string, std::vector<OnReply>> pulls_;  // who else waits for a pull
  std::optional<EventFollower> events_;
  std::shared_ptr<int> log_streams_ = std::make_shared<int>(0);
};

// --- Queues --------------------------------------------------------------------------------------

void Docker::submit(Request request, OnReply on_reply) {
  // Whoever is refused here still has its callback: a std::function copies what it is given.
  if (http_->post([this, request, on_reply] { enqueue(request, on_reply); })) return;
  on_reply(fail(Code::unavailable, text(request) + ": weir is stopping"));
}

Docker::LaneName Docker::lane_of(const Request& request) {
  if (std::holds_alternative<StopContainer>(request)) return stops;
  if (std::holds_alternative<Exec>(request)) return execs;
  if (mutates(request)) return changes;
  if (std::holds_alternative<Resolve>(request)) return names;
  if (std::holds_alternative<ContainerStats>(request)) return stats;
  const bool to_container =
      std::holds_alternative<HttpGet>(request) || std::holds_alternative<TcpConnect>(request);
  return to_container ? probes : reads;
}

Lane Docker::lane(std::size_t limit, bool gives_up) {
  return Lane(limit, gives_up, [this](const Request& request, OnReply on_reply) {
    std::visit([&](const auto& one) { run(one, std::move(on_reply)); }, request);
  });
}

void Docker::enqueue(Request request, OnReply on_reply) {
  if (const auto* pull = std::get_if<PullImage>(&request)) {
    return pull_once(*pull, std::move(on_reply));
  }
  Lane& lane = lanes_[lane_of(request)];
  lane.add(std::move(request), std::move(on_reply));
}

// One image is pulled once, however many pods ask for it.
void Docker::pull_once(const PullImage& request, OnReply on_reply) {
  const std::string key = request.reference + "\n" + request.registry_auth;
  const auto [found, is_first] = pulls_.try_emplace(key);
  found->second.push_back(std::move(on_reply));
  if (!is_first) return;
  lanes_[pulls].add(request, [this, key](const Result<Reply>& reply) {
    const auto waiting = pulls_.extract(key);
    for (const OnReply& each : waiting.mapped()) each(reply);
  });
}

// --- Requests ------------------------------------------------------------------------------------

ApiCall Docker::call_for(const Request& request, std::string method, std::string path,
                         Duration deadline) const {
  return {.what = text(request),
          .method = std::move(method),
          .path = std::move(path),
          .deadline = deadline};
}

void Docker::ask(ApiCall call, Read read, OnReply on_reply) {
  api_.call(std::move(call),
            [read = std::move(read), on_reply = std::move(on_reply)](Result<HttpAnswer> answer) {
              if (answer) {
                on_reply(read(*answer));
              } else {
                on_reply(tl::unexpected(std::move(answer).error()));
              }
            });
}

void Docker::run(const GetInfo& request, OnReply on_reply) {
  api_.negotiate([this, request, on_reply = std::move(on_reply)](Result<std::string> version) {
    if (!version) return on_reply(tl::unexpected(std::move(version).error()));
    const auto read = [version](const HttpAnswer& answer) -> Result<Reply> {
      if (answer.status != 200) return refused(answer);
      TRY(Info info, parse_info(answer.body));
      info.api_version = *version;
      return info;
    };
    ask(call_for(request, "GET", "/info", deadlines().list), read, on_reply);
  });
}

void Docker::run(const ListContainers& request, OnReply on_reply) {
  ApiCall call = call_for(request, "GET",
                          "/containers/json?all=1&filters=" + escape(list_filter(request.instance)),
                          deadlines().list);
  call.body_max = kListMax;
  const auto read = [instance = request.instance](const HttpAnswer& answer) -> Result<Reply> {
    if (answer.status != 200) return refused(answer);
    return parse_containers(answer.body, instance);
  };
  ask(std::move(call), read, std::move(on_reply));
}

void Docker::run(const InspectContainer& request, OnReply on_reply) {
  const auto read = [instance =
                         api_.options().instance](const HttpAnswer& answer) -> Result<Reply> {
    if (answer.status != 200) return refused(answer);
    return parse_container(answer.body, instance);
  };
  ask(call_for(request, "GET", "/containers/" + escape(request.id) + "/json", deadlines().inspect),
      read, std::move(on_reply));
}

// one-shot: Docker waits a second for another sample otherwise, to have a rate.
void Docker::run(const ContainerStats& request, OnReply on_reply) {
  const auto read = [](const HttpAnswer& answer) -> Result<Reply> {
    if (answer.status != 200) return refused(answer);
    return parse_usage(answer.body);
  };
  ask(call_for(request, "GET",
               "/containers/" + escape(request.id) + "/stats?stream=false&one-shot=true",
               deadlines().inspect),
      read, std::move(on_reply));
}

void Docker::run(const InspectImage& request, OnReply on_reply) {
  ask(call_for(request, "GET", "/images/" + escape_path(request.reference) + "/json",
               deadlines().inspect),
      &read_image, std::move(on_reply));
}

void Docker::run(const EnsureNetwork& request, OnReply on_reply) {
  const ApiCall look =
      call_for(request, "GET", "/networks/" + escape(request.name), deadlines().inspect);
  ApiCall create = call_for(request, "POST", "/networks/create", deadlines().change);
  create.body = network_body(request);
  const auto created = [this, look, on_reply](Result<Reply> reply) {
    const bool made_meanwhile = !reply && reply.error().code == Code::conflict;
    if (!made_meanwhile) return on_reply(std::move(reply));
    ask(look, &read_network, on_reply);
  };
  ask(look, &read_network, [this, create, created, on_reply](Result<Reply> reply) {
    const bool absent = !reply && reply.error().code == Code::not_found;
    if (!absent) return on_reply(std::move(reply));
    ask(create, &read_id, created);
  });
}

// Of the built-in image: its bytes go to the engine, no registry is asked.
void Docker::import_sandbox_image(const PullImage& request, OnReply on_reply) {
  const ImageName name = split_image(request.reference);
  ApiCall call = call_for(request, "POST",
                          "/images/create?fromSrc=-&repo=" + escape(name.repository) + "&tag=" +
                              escape(name.tag) + "&changes=" + escape("ENTRYPOINT [\"/pause\"]"),
                          deadlines().change);
  call.body = pause_tar();
  call.content_type = "application/x-tar";
  const auto read = [](const HttpAnswer& answer) -> Result<Reply> {
    if (answer.status != 200) return refused(answer);
    return Done{};
  };
  ask(std::move(call), read, then_inspect_image(request, std::move(on_reply)));
}

OnReply Docker::then_inspect_image(const PullImage& request, OnReply on_reply) {
  return [this, request, on_reply = std::move(on_reply)](Result<Reply> reply) {
    if (!reply) return on_reply(std::move(reply));
    run(InspectImage{.reference = request.reference}, [request, on_reply](Result<Reply> image) {
      if (image && !std::get<Image>(*image).present) {
        image = fail(Code::unavailable, text(request) + ": the image was removed at once");
      }
      on_reply(std::move(image));
    });
  };
}

void Docker::run(const PullImage& request, OnReply on_reply) {
  if (request.reference == kSandboxImage) {
    return import_sandbox_image(request, std::move(on_reply));
  }
  const ImageName name = split_image(request.reference);
  const auto progress = std::make_shared<PullProgress>();
  const auto trouble = std::make_shared<Result<void>>();
  ApiCall call =
      call_for(request, "POST",
               "/images/create?fromImage=" + escape(name.repository) + "&tag=" + escape(name.tag),
               Duration(0));
  call.silence = deadlines().silence;
  if (!request.registry_auth.empty()) {
    call.headers.push_back("X-Registry-Auth: " + request.registry_auth);
  }
  call.on_bytes = [progress, trouble](std::string_view piece) {
    *trouble = progress->feed(piece);
    return trouble->has_value();
  };
  const auto read = [progress, trouble](const HttpAnswer& answer) -> Result<Reply> {
    if (answer.status != 200) {
      return tl::unexpected(pull_error(answer.status, parse_message(answer.body)));
    }
    TRY_VOID(*trouble);
    TRY_VOID(progress->end());
    return Done{};
  };
  ask(std::move(call), read, then_inspect_image(request, std::move(on_reply)));
}

void Docker::run(const CreateContainer& request, OnReply on_reply) {
  ApiCall call = call_for(request, "POST", "/containers/create?name=" + escape(request.spec.name),
                          deadlines().change);
  call.body = create_body(request.spec);
  ask(std::move(call), &read_id, std::move(on_reply));
}

void Docker::run(const StartContainer& request, OnReply on_reply) {
  ask(call_for(request, "POST", "/containers/" + escape(request.id) + "/start", deadlines().change),
      &read_start, std::move(on_reply));
}

void Docker::run(const StopContainer& request, OnReply on_reply) {
  const int grace = std::max(0, request.grace_seconds);
  ask(call_for(request, "POST",
               "/containers/" + escape(request.id) + "/stop?t=" + std::to_string(grace),
               std::chrono::seconds(grace) + deadlines().stop_extra),
      &read_done_or_gone, std::move(on_reply));
}

void Docker::run(const UnpauseContainer& request, OnReply on_reply) {
  ask(call_for(request, "POST", "/containers/" + escape(request.id) + "/unpause",
               deadlines().change),
      &read_unpause, std::move(on_reply));
}

// v=1: its anonymous volumes go with it.
void Docker::run(const RemoveContainer& request, OnReply on_reply) {
  ask(call_for(request, "DELETE",
               "/containers/" + escape(request.id) + "?v=1" + (request.force ? "&force=1" : ""),
               deadlines().change),
      &read_done_or_gone, std::move(on_reply));
}

// --- Logs ----------------------------------------------------------------------------------------

std::shared_ptr<void> Docker::logs(LogOptions options,
                                   std::function<bool(std::string_view)> on_bytes,
                                   std::function<void(Result<void>)> on_end) {
  const auto count = log_streams_;
  auto ended = [count, on_end](Result<void> result) {
    --*count;
    on_end(std::move(result));
  };
  const auto stream =
      std::make_shared<LogStream>(api_, std::move(options), std::move(on_bytes), std::move(ended));
  const bool posted = http_->post([stream, count, on_end] {
    if (*count >= kLogsMax) {
      return on_end(fail(Code::exhausted, "too many log streams are open; close one and retry"));
    }
    ++*count;
    stream->start();
  });
  if (!posted) on_end(fail(Code::unavailable, "weir is stopping"));
  // The engine may be gone before the handle is.
  const std::weak_ptr<HttpClient> weak = http_;
  return {nullptr, [weak, stream](void*) {
            if (const auto http = weak.lock()) http->post([stream] { stream->cancel(); });
          }};
}

Result<std::unique_ptr<Engine>> connect_docker(DockerOptions options) {
  TRY(auto peer, DockerApi::peer_of(options));
  return std::make_unique<Docker>(std::move(options), std::move(peer));
}

}  // namespace weir::engine
