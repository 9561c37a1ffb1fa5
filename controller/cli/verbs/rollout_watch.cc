#include "controller/cli/verbs/rollout_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/cli/client/follow.h"
#include "controller/cli/text/fields.h"
#include "controller/cli/text/progress.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/selector.h"

namespace weir::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How often the Events and ReplicaSets are asked for while nothing changes in the Deployment.
constexpr std::chrono::seconds kRefreshEvery{2};
constexpr std::chrono::milliseconds kDrawEvery{200};

// The live picture: what was drawn last is drawn over.
class LiveRollout {
 public:
  LiveRollout(Session& session, const Target& target)
      : session_(session), target_(target), client_(another_client(session)) {}

  void deployment(const json& deployment, const std::string& message) {
    deployment_ = deployment;
    message_ = message;
    refresh();
    draw();
  }

  void tick() {
    const auto now = SteadyClock::now();
    if (deployment_.is_null() || now - drawn_at_ < kDrawEvery) return;
    if (now - refreshed_at_ >= kRefreshEvery) refresh();
    draw();
  }

 private:
  // What cannot be read now is shown as it was: the picture is a help, the watch is the truth.
  void refresh() {
    refreshed_at_ = SteadyClock::now();
    const std::string folder = "/namespaces/" + escape(target_.namespace_name);
    const std::string labels = selector_text(at(deployment_, {"spec", "selector"}), "");
    if (auto list =
            client_.get("/apis/apps/v1" + folder + "/replicasets", {{"labelSelector", labels}})) {
      replica_sets_ = items(at(*list, {"items"}));
    }
    if (auto list = client_.get("/api/v1" + folder + "/events")) {
      events_ = items(at(*list, {"items"}));
    }
  }

  void draw() {
    drawn_at_ = SteadyClock::now();
    RolloutView view = rollout_view(deployment_, replica_sets_, events_);
    view.title = target_.resource.singular_name() + "/" + target_.name;
    view.message = message_;
    view.elapsed = std::chrono::floor<Duration>(drawn_at_ - began_at_);
    const std::string frame = rollout_frame(view, session_.io.width());
    session_.io.out << redraw(lines_, frame) << std::flush;
    lines_ = static_cast<std::size_t>(std::count(frame.begin(), frame.end(), '\n'));
  }

  Session& session_;
  const Target& target_;
  Client client_;
  const SteadyClock::time_point began_at_ = SteadyClock::now();
  SteadyClock::time_point refreshed_at_ = {}, drawn_at_ = {};
  json deployment_ = {};
  std::vector<json> replica_sets_ = {}, events_ = {};
  std::string message_ = {};
  std::size_t lines_ = 0;
};

std::optional<Duration> bounded(Duration timeout) {
  return timeout > Duration{0} ? std::optional(timeout) : std::nullopt;
}

Error timed_out(const Target& target) {
  return {.code = Code::timed_out,
          .message = "error: timed out waiting for the condition on " + target.resource.plural +
                     "/" + target.name};
}

struct Settled {
  bool done = false;
  std::string message = {};
};

Result<Settled> settled(const json& object, const Target& target) {
  const json& status = at(object, {"status"});
  const std::string name = target.resource.singular_name() + "/" + target.name;
  if (target.resource.kind == "ReplicaSet") {
    const long desired = number(object, {"spec", "replicas"}, 1);
    const long available = number(status, {"availableReplicas"});
    const bool observed =
        number(status, {"observedGeneration"}) >= number(object, {"metadata", "generation"});
    return Settled{.done = observed && available >= desired,
                   .message = name + " " + std::to_string(available) + " of " +
                              std::to_string(desired) + " replicas are available"};
  }
  const std::string phase = text(status, {"phase"});
  if (phase == "Failed") {
    return fail(Code::invalid, "error: " + name + " failed: " + text(status, {"reason"}) + " " +
                                   text(status, {"message"}));
  }
  for (const json& condition : items(at(status, {"conditions"}))) {
    if (text(condition, {"type"}) == "Ready" && text(condition, {"status"}) == "True") {
      return Settled{.done = true, .message = name + " is ready"};
    }
  }
  return Settled{.done = phase == "Succeeded",
                 .message = phase == "Succeeded" ? name + " succeeded" : "Waiting for " + name};
}

}  // namespace

Client another_client(const Session& session) {
  return {Http(session.connection, session.request_timeout, session.io.interrupted,
               [](const std::string&) {}),
          session.connection.server};
}

Result<bool> watch_rollout(Session& session, const Target& deployment, const RolloutWatch& how) {
  // So that a name that does not exist is an error at once, as in kubectl.
  TRY_VOID(session.client.get(deployment.path()));
  std::optional<LiveRollout> live;
  if (session.io.terminal && how.watch) live.emplace(session, deployment);
  std::optional<Error> failed;
  std::string last_message;
  const auto see = [&](const json& object) {
    if (object.is_null()) {
      failed = Error{.code = Code::not_found, .message = "error: object has been deleted"};
      return true;
    }
    const auto status = rollout_status(object, how.revision);
    if (!status) {
      if (live) live->deployment(object, status.error().message);
      failed = status.error();
      return true;
    }
    if (live) {
      live->deployment(object, status->message);
    } else if (status->message != last_message) {
      session.io.out << status->message << std::endl;
    }
    last_message = status->message;
    return status->done || !how.watch;
  };
  TRY(const Followed end, follow(session.client, deployment.resource, deployment.namespace_name,
                                 deployment.name, bounded(how.timeout), {.see = see, .tick = [&] {
                                                                           if (live) live->tick();
                                                                         }}));
  if (failed) return tl::unexpected(*std::move(failed));
  if (end == Followed::timed_out) return tl::unexpected(timed_out(deployment));
  return true;
}

Result<bool> wait_until_settled(Session& session, const Target& target, const RolloutWatch& how) {
  if (target.resource.kind == "Deployment") return watch_rollout(session, target, how);
  if (target.resource.kind != "ReplicaSet" && target.resource.kind != "Pod") return true;
  std::optional<Error> failed;
  std::string last_message;
  const auto see = [&](const json& object) {
    const auto state = settled(object, target);
    if (!state) {
      failed = state.error();
      return true;
    }
    if (state->message != last_message) session.io.out << state->message << std::endl;
    last_message = state->message;
    return state->done;
  };
  TRY(const Followed end, follow(session.client, target.resource, target.namespace_name,
                                 target.name, bounded(how.timeout), {.see = see}));
  if (failed) return tl::unexpected(*std::move(failed));
  if (end == Followed::timed_out) return tl::unexpected(timed_out(target));
  return true;
}

}  // namespace weir::cli
