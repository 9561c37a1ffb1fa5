#include "reconcilers/pod.h"

#include <algorithm>
#include <array>

#include "reconcilers/pod_hash.h"
#include "reconcilers/pod_status.h"
#include "reconcilers/pod_steps.h"
#include "reconcilers/retry.h"
#include "reconcilers/volumes.h"

namespace weir {

namespace {

struct Step {
  const char* name;
  Verdict (*run)(const PodView&, PodDraft&);
  const char* purpose;
};

// The story of a pod. The first step that says stop ends the plan; the status is written after it.
constexpr std::array kSteps{
    Step{"engine", pod_step::engine, "decide nothing from a partial view of the engine"},
    Step{"leftovers", pod_step::leftovers, "remove our containers whose pod is no longer there"},
    Step{"deletion", pod_step::deletion, "stop and remove everything, then let the object go"},
    Step{"deadline", pod_step::deadline, "activeDeadlineSeconds ends the pod"},
    Step{"finished", pod_step::finished, "Succeeded and Failed are for good"},
    Step{"surplus", pod_step::surplus, "remove what is in the way of the one container"},
    Step{"volumes", pod_step::volumes, "keep the files of volumes up to date"},
    Step{"run", pod_step::run, "a live container: hooks, probes, stop it if it must go"},
    Step{"restart", pod_step::restart, "an ended container: whether and when it gets a successor"},
    Step{"image", pod_step::image, "have the image"},
    Step{"mounts", pod_step::mounts, "wait until the volumes are there"},
    Step{"start", pod_step::start, "start what was created"},
    Step{"create", pod_step::create, "create the container"},
};

const api::ContainerStatus* stored_status(const api::Pod& pod, const std::string& container) {
  const auto& all = pod.status.containerStatuses;
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const api::ContainerStatus& s) { return s.name == container; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

PodView view_of(const World& world, const Key& key, Time now) {
  PodView view{.world = world, .key = key, .now = now};
  view.pod = world.get<api::Pod>(key.ns, key.name);
  // Admission lets no pod in without a container.
  if (view.pod && view.pod->spec.containers.empty()) view.pod = nullptr;
  if (view.pod) {
    view.container = &view.pod->spec.containers.front();
    view.stored = stored_status(*view.pod, view.container->name);
    view.hash = spec_hash(view.pod->spec, *view.container);
  }
  view.containers = classify(world, key, view.pod, view.hash);
  return view;
}

std::string full_name(const PodView& view) {
  return view.container->name + " in pod " + view.key.name + "_" + view.key.ns + "(" +
         view.pod->metadata.uid + ")";
}

Plan plan_pod(const World& world, const Key& key, Time now) {
  const PodView view = view_of(world, key, now);
  PodDraft draft;
  draft.plan.reasons.reserve(kSteps.size());
  for (const Step& step : kSteps) {
    Verdict verdict = step.run(view, draft);
    draft.plan.reasons.push_back({.step = step.name, .verdict = std::move(verdict.text)});
    if (verdict.stop) break;
  }
  if (view.pod && world.engine.synced && !draft.gone) write_status(view, draft);
  return std::move(draft.plan);
}

namespace pod_step {

Verdict engine(const PodView& view, PodDraft&) {
  if (view.world.engine.synced) return next();
  return stop("waiting for the engine: " + view.world.engine.message);
}

Verdict deadline(const PodView& view, PodDraft& draft) {
  const api::PodStatus& status = view.pod->status;
  if (status.phase == "Succeeded" || status.phase == "Failed") {
    draft.phase = status.phase;
    draft.reason = status.reason;
    draft.message = status.message;
    return next("the pod has " + status.phase);
  }
  const auto& seconds = view.pod->spec.activeDeadlineSeconds;
  if (!seconds || !status.startTime) return next();
  const Time end = *status.startTime + bounded_seconds(*seconds);
  if (view.now < end) {
    draft.plan.wake(end);
    return next();
  }
  draft.phase = "Failed";
  draft.reason = "DeadlineExceeded";
  draft.message = "Pod was active on the node longer than the specified deadline";
  return next(draft.message);
}

Verdict finished(const PodView& view, PodDraft& draft) {
  if (draft.phase.empty()) return next();
  const auto end = [&](const Container& c) {
    if (is_live(c)) {
      plan_stop(view, c, view.pod->spec.terminationGracePeriodSeconds,
                "Stopping container " + view.container->name, draft);
    } else {
      plan_removal(view, c, "its pod has " + draft.phase, draft);
    }
  };
  for (const Container* c : view.containers.surplus) end(*c);
  if (const Container* c = view.containers.current; c && !is_ended(*c)) end(*c);
  return stop("the pod is " + draft.phase + " and stays so");
}

Verdict volumes(const PodView& view, PodDraft& draft) {
  if (view.pod->spec.volumes.empty()) return next();
  Volumes found = volumes_of(view);
  draft.volumes_ready = found.ready;
  draft.volume_trouble = std::move(found.trouble);
  for (WriteVolume& write : found.writes) {
    act(view.world, view.now, std::move(write), draft.plan);
  }
  if (found.ready) return next("the volumes are up to date");
  return next(draft.volume_trouble.empty() ? "writing volumes" : draft.volume_trouble);
}

}  // namespace pod_step

}  // namespace weir
