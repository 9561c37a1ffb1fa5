#include <algorithm>

#include "reconcilers/pod_status.h"
#include "reconcilers/probes.h"

namespace weir {

namespace {

constexpr std::int64_t kUnknownExitCode = 137;     // Kubernetes' for a container that is not there
constexpr std::int64_t kStartErrorExitCode = 128;  // the engine's for one that it could not start

std::optional<std::chrono::sys_seconds> seconds(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return to_seconds(*time);
}

std::string url_of(const Container& c) { return "docker://" + c.id; }

std::string exit_reason(const Container& c) {
  if (start_failed(c)) return "StartError";
  if (c.oom_killed) return "OOMKilled";
  return c.exit_code == 0 ? "Completed" : "Error";
}

api::ContainerStateTerminated terminated(const Container& c) {
  return {.containerID = url_of(c),
          .exitCode = start_failed(c) && c.exit_code == 0 ? kStartErrorExitCode : c.exit_code,
          .finishedAt = seconds(c.finished_at),
          .message = c.error,
          .reason = exit_reason(c),
          .startedAt = seconds(c.started_at)};
}

using Ending = api::Deep<std::optional<api::ContainerStateTerminated>>;

// How an earlier container ended, as far as the status knows: one that ran when it was written and
// has gone since ended in a way that nobody saw. `url` is the present container.
Ending stored_ending(const api::ContainerStatus* stored, const std::string& url) {
  if (!stored) return std::nullopt;
  const auto other = [&](const Ending& e) { return e && e->containerID != url; };
  if (other(stored->state.terminated)) return stored->state.terminated;
  if (stored->state.running && stored->containerID != url) {
    return api::ContainerStateTerminated{
        .containerID = stored->containerID,
        .exitCode = kUnknownExitCode,
        .message = "The container could not be located when the pod was terminated",
        .reason = "ContainerStatusUnknown",
        .startedAt = stored->state.running->startedAt};
  }
  return other(stored->lastState.terminated) ? stored->lastState.terminated : Ending{};
}

// A successor that has not started yet shows nothing of itself: until it runs, the pod is where its
// predecessor left it.
const Container* shown_of(const PodContainers& containers) {
  const Container* c = containers.current;
  const bool fresh = c && c->state == ContainerState::created && !start_failed(*c);
  return fresh ? containers.previous : c;
}

// Digests come and go with what weir happens to know of images; what was once said stays.
std::string image_id_of(const PodView& view, const Container& c) {
  if (view.stored && view.stored->containerID == url_of(c) && !view.stored->imageID.empty()) {
    return view.stored->imageID;
  }
  const auto image = view.world.images.find(c.image);
  const bool known = image != view.world.images.end() && image->second.id == c.image_id;
  return known && !image->second.digests.empty() ? image->second.digests.front() : c.image_id;
}

// What it waits for: what the steps say, or a back-off that is over but whose successor does not
// run yet, or just its creation.
std::optional<api::ContainerStateWaiting> waiting_of(const PodView& view, const PodDraft& draft,
                                                     bool has_ended) {
  if (draft.waiting) return draft.waiting;
  if (!has_ended) return api::ContainerStateWaiting{.reason = "ContainerCreating"};
  const auto& stored = view.stored ? view.stored->state.waiting
                                   : api::Deep<std::optional<api::ContainerStateWaiting>>{};
  const bool starting = draft.restarting || view.containers.current != shown_of(view.containers);
  if (starting && stored && stored->reason == "CrashLoopBackOff") return stored;
  return std::nullopt;
}

void set_live(const PodView& view, const PodDraft& draft, const Container& c,
              api::ContainerStatus& status) {
  const Health health = health_of(view, c);
  status.started = health.started;
  // While it is being deleted no probe runs: it is as ready as it was, as long as it runs.
  const bool still = view.stored && view.stored->ready && c.state == ContainerState::running;
  status.ready =
      draft.phase.empty() && c.spec_hash == view.hash && (view.deleting() ? still : health.ready);
  if (awaits_post_start(view, c)) {
    status.state.waiting = {.reason = "ContainerCreating"};
  } else {
    status.state.running = {.startedAt = seconds(c.started_at)};
  }
  const Container* previous = view.containers.previous;
  status.lastState.terminated =
      previous ? Ending(terminated(*previous)) : stored_ending(view.stored, url_of(c));
}

void set_not_live(const PodView& view, const PodDraft& draft, const Container* shown,
                  api::ContainerStatus& status) {
  status.started = false;
  const Ending earlier = stored_ending(view.stored, shown ? url_of(*shown) : "");
  const Ending ending = shown ? Ending(terminated(*shown)) : earlier;
  status.state.waiting = waiting_of(view, draft, ending.has_value());
  if (status.state.waiting) {
    status.lastState.terminated = ending;
  } else {
    status.state.terminated = ending;
    const Ending& last = shown || !view.stored ? earlier : view.stored->lastState.terminated;
    status.lastState.terminated = last;
  }
}

}  // namespace

api::ContainerStatus container_status(const PodView& view, const PodDraft& draft) {
  const Container* shown = shown_of(view.containers);
  api::ContainerStatus status;
  if (view.stored) {
    status.allocatedResources = view.stored->allocatedResources;
    status.resources = view.stored->resources;
    status.containerID = view.stored->containerID;
    status.imageID = view.stored->imageID;
    status.restartCount = view.stored->restartCount;
  }
  status.name = view.container->name;
  status.image = view.container->image;
  if (shown) {
    status.imageID = image_id_of(view, *shown);
    status.containerID = url_of(*shown);
    status.image = shown->image;
    status.restartCount = std::max<std::int64_t>(status.restartCount, shown->attempt);
  }
  if (shown && is_live(*shown)) {
    set_live(view, draft, *shown, status);
  } else {
    set_not_live(view, draft, shown, status);
  }
  return status;
}

}  // namespace weir
