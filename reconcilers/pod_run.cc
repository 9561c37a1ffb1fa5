#include <algorithm>

#include "reconcilers/container_spec.h"
#include "reconcilers/pod_steps.h"
#include "reconcilers/probes.h"
#include "reconcilers/restart.h"
#include "reconcilers/retry.h"

namespace weir {

namespace {

// A container that somebody removed is replaced at once, but not sooner after its start than this:
// something that removes every new container must not make weir spin.
constexpr std::chrono::seconds kVanishedPause{1};

// The pod had a container: its status names one.
bool had_container(const PodView& view) { return view.stored && !view.stored->containerID.empty(); }

int next_attempt(const PodView& view) {
  constexpr std::int64_t kAttemptMax = 1'000'000'000;  // nobody restarts so often: a broken label
  std::int64_t last = had_container(view) ? view.stored->restartCount : -1;
  const PodContainers& c = view.containers;
  if (c.current) last = std::max<std::int64_t>(last, c.current->attempt);
  if (c.previous) last = std::max<std::int64_t>(last, c.previous->attempt);
  for (const Container* other : c.surplus) last = std::max<std::int64_t>(last, other->attempt);
  return static_cast<int>(std::min(last, kAttemptMax)) + 1;
}

bool holds_name(const PodView& view, const std::string& name) {
  const auto& ids = view.world.containers_of(view.key.ns, view.key.name);
  return std::any_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return view.world.container(id)->name == name; });
}

// The name is for people and for uniqueness, never for recognition: where another container holds
// it, the next is taken.
std::string free_name(const PodView& view, int attempt) {
  constexpr int kNamesMax = 100;  // then the last one is tried again and again, ever more slowly
  const std::string base = container_name(view, attempt);
  std::string name = base;
  for (int n = 1; n < kNamesMax; ++n) {
    const Attempt* failed = attempt_of(view.world, "create " + name);
    if (!(failed && failed->reason == "NameConflict") && !holds_name(view, name)) break;
    name = base + "_" + std::to_string(n);
  }
  return name;
}

// The image was missing at the last try, and has come since.
bool image_came(const Attempt& failed, const Image& image) {
  return failed.reason == "ImageMissing" && image.pulled_at && *image.pulled_at > failed.last_at;
}

Verdict run_post_start(const PodView& view, const Container& c, PodDraft& draft) {
  RunPostStart run{.pod = view.key,
                   .container_id = c.id,
                   .handler = *view.container->lifecycle->postStart,
                   .ip = address_of(view, c)};
  resolve_ports(*view.container, run.handler);
  act(view.world, view.now, std::move(run), draft.plan);
  return stop("waiting for the postStart hook");
}

// Without a container: one was removed by hand, or there never was one.
Verdict replace_vanished(const PodView& view, PodDraft& draft) {
  if (!had_container(view)) return next("there is no container yet");
  // An end that was for good is in the phase, and a step before this one has seen it.
  const auto& state = view.stored->state;
  if (state.running && view.pod->spec.restartPolicy == "Never") {
    return stop("its container is gone; restartPolicy is Never");
  }
  draft.restarting = true;
  if (state.running && state.running->startedAt) {
    const Time again = *state.running->startedAt + kVanishedPause;
    if (view.now < again && view.now >= *state.running->startedAt) {
      draft.plan.wake(again);
      return stop("its container was removed right after its start: pausing");
    }
  }
  return next("its container was removed: making a new one");
}

}  // namespace

namespace pod_step {

Verdict run(const PodView& view, PodDraft& draft) {
  const Container* c = view.containers.current;
  if (!c || !is_live(*c)) return next();
  const std::string name = "Container " + view.container->name;
  const std::int64_t grace = view.pod->spec.terminationGracePeriodSeconds;
  if (c->state == ContainerState::restarting) {
    plan_stop(view, *c, grace, name + " is restarted by the engine, will be restarted by weir",
              draft);
    return stop("somebody gave it a restart policy of the engine: stopping it");
  }
  if (c->spec_hash != view.hash) {
    plan_stop(view, *c, grace, name + " definition changed, will be restarted", draft);
    return stop("its definition changed: stopping it");
  }
  if (c->state == ContainerState::paused) {
    act(view.world, view.now, UnpauseContainer{.pod = view.key, .id = c->id}, draft.plan);
    return stop("somebody paused it: letting it go on");
  }
  const Health health = health_of(view, *c);
  if (!health.doomed.empty()) {
    plan_stop(view, *c, health.grace_seconds, health.doomed, draft);
    return stop(health.doomed);
  }
  if (awaits_post_start(view, *c)) return run_post_start(view, *c, draft);
  plan_probes(view, *c, health, draft.plan);
  std::string said = health.ready ? "running and ready" : "running, not ready";
  const std::string unusable = unusable_probes(*view.container);
  return stop(unusable.empty() ? said : said + "; " + unusable);
}

Verdict restart(const PodView& view, PodDraft& draft) {
  const Container* c = view.containers.current;
  if (!c) return replace_vanished(view, draft);
  if (!is_ended(*c)) return next();
  const bool killed = !health_of(view, *c).doomed.empty();
  const Restart decided =
      restart_after(view.world, view.pod->spec, view.hash, *c, killed, view.now);
  if (!decided.wanted) {
    return stop("it ended with code " + std::to_string(c->exit_code) + "; restartPolicy is " +
                view.pod->spec.restartPolicy);
  }
  draft.restarting = true;
  draft.step = decided.step;
  if (decided.not_before <= view.now) return next("it ended: making its successor");
  draft.plan.wake(decided.not_before);
  const std::string pause =
      std::to_string(std::chrono::floor<std::chrono::seconds>(decided.pause).count()) + "s";
  draft.waiting = {
      .message = "back-off " + pause + " restarting failed container=" + view.container->name +
                 " pod=" + view.key.name + "_" + view.key.ns + "(" + view.pod->metadata.uid + ")",
      .reason = "CrashLoopBackOff"};
  if (start_failed(*c)) draft.waiting = {.message = c->error, .reason = "RunContainerError"};
  return stop("restarting after a back-off of " + pause);
}

Verdict start(const PodView& view, PodDraft& draft) {
  const Container* c = view.containers.current;
  if (!c || c->state != ContainerState::created || start_failed(*c)) return next();
  StartContainer start{.pod = view.key, .id = c->id};
  if (!act(view.world, view.now, std::move(start), draft.plan)) {
    const Attempt* failed = attempt_of(view.world, "start " + c->id);
    draft.waiting = {.message = failed ? failed->message : "", .reason = "RunContainerError"};
    return stop("its start failed: trying again later");
  }
  return stop("starting it");
}

Verdict create(const PodView& view, PodDraft& draft) {
  const auto known = view.world.images.find(view.container->image);
  const Image image = known == view.world.images.end() ? Image{} : known->second;
  const int attempt = next_attempt(view);
  BuiltSpec built = build_spec(
      view, {.name = free_name(view, attempt), .attempt = attempt, .backoff = draft.step}, image);
  if (!built.error.empty()) {
    draft.waiting = {.message = built.error, .reason = "CreateContainerConfigError"};
    return stop(built.error);
  }
  const std::string name = built.spec.name;
  CreateContainer create{.pod = view.key, .spec = std::move(built.spec)};
  const Attempt* failed = attempt_of(view.world, "create " + name);
  if (failed && image_came(*failed, image)) {
    draft.plan.actions.push_back(std::move(create));
  } else if (!act(view.world, view.now, std::move(create), draft.plan)) {
    draft.waiting = {.message = failed->message, .reason = "CreateContainerError"};
    return stop("its creation failed: trying again later");
  }
  draft.plan.events.insert(draft.plan.events.end(), built.notes.begin(), built.notes.end());
  return stop("creating container " + name);
}

}  // namespace pod_step

}  // namespace weir
