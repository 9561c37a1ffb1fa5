#include <algorithm>

#include "reconcilers/claims.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/job_pods.h"
#include "reconcilers/pod_steps.h"
#include "reconcilers/probes.h"
#include "reconcilers/retry.h"
#include "reconcilers/volumes.h"

namespace weir {

namespace {

// Our containers without a pod are removed only when two complete lists have shown them, this far
// apart: a pod that is being written, or a list read in a bad moment, costs no container.
constexpr std::chrono::seconds kGarbageGrace{10};
constexpr int kGarbageLists = 2;
constexpr std::int64_t kLeastGrace =
    2;  // seconds for a container whose pod has none left (kubelet)
constexpr std::int64_t kGarbageStopSeconds = 30;  // Kubernetes' default grace: its pod is not known

// The instant from which this garbage may go.
std::optional<Time> ripe_at(const Container& c) {
  if (c.lists < kGarbageLists || !c.first_listed_at) return std::nullopt;
  return *c.first_listed_at + kGarbageGrace;
}

bool has_volumes(const World& world, const api::Pod& pod) {
  const std::string prefix = volume_prefix(pod);
  const auto first = world.volumes.lower_bound(prefix);
  return first != world.volumes.end() && first->first.starts_with(prefix);
}

std::vector<const Container*> all_of(const PodContainers& containers) {
  std::vector<const Container*> all = containers.surplus;
  if (containers.previous) all.insert(all.begin(), containers.previous);
  if (containers.current) all.insert(all.begin(), containers.current);
  return all;
}

// A Service picks it, or a Rollout may have given it a share of what comes to one that does not.
bool may_be_asked(const PodView& view) {
  const api::ObjectMeta& m = view.pod->metadata;
  return m.labels.contains(kRolloutsPodTemplateHash) ||
         !services_of(view.world, m.namespace_, m.labels).empty();
}

// A pod that a Service picks stops only when the gateway has said that nothing new goes to it and
// it answers nothing any more, or when its grace is over. One that nobody takes over from stops at
// once: until it ends it is all there is, and it goes on being asked.
std::optional<std::string> awaited_of_gateway(const PodView& view) {
  const api::ObjectMeta& m = view.pod->metadata;
  const GatewayState& gateway = view.world.gateway;
  if (view.now >= *m.deletionTimestamp || !has_successor(view.world, *view.pod)) return {};
  if (!gateway.known) {
    if (!may_be_asked(view)) return {};
    return "waiting for the gateway to say whom it sends requests to: " + gateway.message;
  }
  const auto in_use = gateway.in_use.find(m.uid);
  if (in_use == gateway.in_use.end()) return {};
  return in_use->second > 0 ? "answering " + std::to_string(in_use->second) + " requests"
                            : "waiting for the gateway to send it no more requests";
}

// What waiting for the gateway has left of a grace.
std::int64_t grace_left(const PodView& view, std::int64_t grace) {
  const api::ObjectMeta& m = view.pod->metadata;
  if (!may_be_asked(view)) return grace;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*m.deletionTimestamp - view.now);
  return std::clamp<std::int64_t>(left.count(), std::min(kLeastGrace, grace), grace);
}

// A Job that has gone counts its pods no more.
std::optional<std::string> awaited_finalizer(const PodView& view) {
  const api::ObjectMeta& m = view.pod->metadata;
  const api::OwnerReference* job = controller_of(m);
  const bool counted = job && view.world.uid_exists(job->uid);
  for (const std::string& finalizer : m.finalizers) {
    if (counted || finalizer != kJobTracking) return finalizer;
  }
  return std::nullopt;
}

}  // namespace

void plan_stop(const PodView& view, const Container& container, std::int64_t grace_seconds,
               std::string reason, PodDraft& draft) {
  StopContainer stop{.pod = view.key,
                     .id = container.id,
                     .grace_seconds = static_cast<int>(bounded_seconds(grace_seconds).count()),
                     .reason = std::move(reason)};
  if (view.container && view.container->lifecycle && grace_seconds > 0) {
    stop.pre_stop = view.container->lifecycle->preStop;
    if (stop.pre_stop) resolve_ports(*view.container, *stop.pre_stop);
    stop.ip = address_of(view, container);
  }
  act(view.world, view.now, std::move(stop), draft.plan);
}

void plan_removal(const PodView& view, const Container& container, std::string reason,
                  PodDraft& draft) {
  act(view.world, view.now,
      RemoveContainer{.pod = view.key, .id = container.id, .reason = std::move(reason)},
      draft.plan);
}

namespace pod_step {

Verdict leftovers(const PodView& view, PodDraft& draft) {
  std::string said;
  for (const Container* c : view.containers.others) {
    const std::string id = c->id.substr(0, 12);
    if (!said.empty()) said += "; ";
    if (!is_garbage(view.world, *c)) {
      said += "container " + id + " was made from another store: left as it is";
      continue;
    }
    const std::optional<Time> ripe = ripe_at(*c);
    if (!ripe || view.now < *ripe) {
      said += "container " + id + " has no pod; it is removed if it still has none later";
      draft.plan.wake(ripe.value_or(view.now + kGarbageGrace));
    } else if (is_live(*c)) {
      said += "container " + id + " has no pod: stopping it";
      plan_stop(view, *c, kGarbageStopSeconds, "Stopping a container whose pod does not exist",
                draft);
    } else {
      said += "container " + id + " has no pod: removing it";
      plan_removal(view, *c, "its pod does not exist", draft);
    }
  }
  if (view.pod) return next(std::move(said));
  return stop(said.empty() ? "there is no such pod" : std::move(said));
}

// Containers first, then the files they mounted, then the object: whatever is left after a crash is
// found again by the next plan.
Verdict deletion(const PodView& view, PodDraft& draft) {
  if (!view.deleting()) return next();
  const api::ObjectMeta& m = view.pod->metadata;
  const std::int64_t grace =
      m.deletionGracePeriodSeconds.value_or(view.pod->spec.terminationGracePeriodSeconds);
  const auto containers = all_of(view.containers);
  if (const auto awaited = awaited_of_gateway(view)) {
    draft.plan.wake(Time(*m.deletionTimestamp));
    return stop(*awaited);
  }
  for (const Container* c : containers) {
    if (is_live(*c) && grace > 0) {
      plan_stop(view, *c, grace_left(view, grace), "Stopping container " + view.container->name,
                draft);
    } else {
      plan_removal(view, *c, "its pod is being deleted", draft);
    }
  }
  if (!containers.empty()) return stop("stopping and removing its containers");
  if (has_volumes(view.world, *view.pod)) {
    act(view.world, view.now, RemoveVolumes{.pod_uid = m.uid}, draft.plan);
    return stop("removing its volumes");
  }
  if (const auto finalizer = awaited_finalizer(view)) {
    return stop("waiting for finalizer " + *finalizer);
  }
  draft.plan.changes.push_back(FinishDelete{.key = view.key, .uid = m.uid});
  draft.gone = true;
  return stop("nothing of it is left");
}

Verdict surplus(const PodView& view, PodDraft& draft) {
  for (const Container* c : view.containers.surplus) {
    if (is_live(*c)) {
      plan_stop(view, *c, view.pod->spec.terminationGracePeriodSeconds,
                "Stopping container " + view.container->name + ", which runs twice", draft);
    } else {
      plan_removal(view, *c,
                   is_wreck(*c) ? "its removal did not end" : "a newer one took its place", draft);
    }
  }
  if (view.containers.surplus.empty()) return next();
  return next(std::to_string(view.containers.surplus.size()) + " containers too many");
}

}  // namespace pod_step

}  // namespace weir
