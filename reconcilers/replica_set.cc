#include "reconcilers/replica_set.h"

#include <algorithm>
#include <array>
#include <set>

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"
#include "reconcilers/image_digests.h"
#include "reconcilers/names.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/replica_set_victims.h"
#include "reconcilers/replicas.h"

namespace weir {

namespace {

// Pods made or deleted by one plan, as in Kubernetes: one huge ReplicaSet must not hold up the
// loop. What is left follows at once in the next plan.
constexpr std::int64_t kBurst = 500;
// Slots tried beyond those that the ReplicaSet's own Pods can hold. Past them names are held by
// somebody else, systematically, and that is worth an error.
constexpr std::int64_t kSpareSlots = 1000;
// While the engine cannot be asked which containers it has, how soon to look again.
constexpr std::chrono::seconds kEnginePause{1};

// What the World says about one ReplicaSet, and the plan in the making.
struct View {
  const World& world;
  const Key& key;
  const api::ReplicaSet& set;
  Time now;
  Claims<api::Pod> claims = {};
  std::vector<const api::Pod*> active = {};
  std::vector<const api::Pod*> mine = {};  // active or not, without the released
};

struct Draft {
  Plan plan = {};
  std::string failure = {};  // why Pods cannot be made
};

void note(const View& view, Draft& draft, std::string reason, std::string message,
          bool warning = false) {
  draft.plan.events.push_back({.about = view.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

std::string count_of_pods(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " pod" : " pods");
}

// --- Steps ---------------------------------------------------------------------------------------

Verdict deletion(const View& view, Draft&) {
  if (view.set.metadata.deletionTimestamp) return stop("being deleted: garbage collection goes on");
  return next();
}

Verdict selector(const View& view, Draft&) {
  if (is_empty(view.set.spec.selector)) return stop("an empty selector would own every pod");
  return next();
}

Verdict claim(const View& view, Draft& draft) {
  for (const api::Pod* pod : view.claims.adopted) {
    api::Pod mine = *pod;
    mine.metadata.ownerReferences.push_back(
        controller_reference(Kind::ReplicaSet, view.set.metadata));
    draft.plan.changes.push_back(UpdateObject{std::move(mine)});
  }
  for (const api::Pod* pod : view.claims.released) {
    api::Pod free = *pod;
    remove_owner(free.metadata, view.set.metadata.uid);
    draft.plan.changes.push_back(UpdateObject{std::move(free)});
  }
  if (view.claims.adopted.empty() && view.claims.released.empty()) return next();
  return next("adopted " + count_of_pods(std::ssize(view.claims.adopted)) + ", released " +
              count_of_pods(std::ssize(view.claims.released)));
}

// A container of this ReplicaSet that another data folder made and whose Pod is lost. A Pod of the
// same name takes it over, and it goes on running.
bool is_orphan(const View& view, const Container& container) {
  return container.owner == "ReplicaSet/" + view.set.metadata.name &&
         container.store != view.world.engine.store && !view.world.uid_exists(container.uid);
}

bool is_free(const View& view, const std::string& name) {
  const std::string& ns = view.set.metadata.namespace_;
  if (view.world.find({.kind = Kind::Pod, .ns = ns, .name = name})) return false;
  const std::set<std::string>& ids = view.world.containers_of(ns, name);
  return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return is_orphan(view, *view.world.container(id));
  });
}

// Names for `wanted` new Pods, fewer when there are no more: first those whose containers wait to
// be taken over, then the lowest free slots.
std::vector<std::string> free_names(const View& view, std::int64_t wanted) {
  const api::ObjectMeta& m = view.set.metadata;
  std::vector<std::string> names;
  std::set<std::string> taken;
  const auto take = [&](std::string name) {
    if (std::ssize(names) >= wanted || taken.count(name) || !is_free(view, name)) return;
    taken.insert(name);
    names.push_back(std::move(name));
  };
  for (std::string& name : view.world.pod_names_of_owner(m.namespace_, "ReplicaSet/" + m.name)) {
    take(std::move(name));
  }
  const std::int64_t slots = std::ssize(view.mine) + wanted + kSpareSlots;
  for (std::int64_t slot = 0; slot < slots && std::ssize(names) < wanted; ++slot) {
    take(pod_name(m.name, slot));
  }
  return names;
}

api::Pod pod_named(const View& view, std::string name) {
  const api::ReplicaSet& set = view.set;
  api::Pod pod;
  pod.metadata.name = std::move(name);
  pod.metadata.namespace_ = set.metadata.namespace_;
  pod.metadata.generateName = set.metadata.name + "-";
  pod.metadata.labels = set.spec.template_.metadata.labels;
  pod.metadata.annotations = set.spec.template_.metadata.annotations;
  pod.metadata.finalizers = set.spec.template_.metadata.finalizers;
  pod.metadata.ownerReferences = {controller_reference(Kind::ReplicaSet, set.metadata)};
  pod.spec = set.spec.template_.spec;
  pin_images(set, pod.spec);
  pod.status.phase = "Pending";
  return pod;
}

Verdict create(const View& view, Draft& draft) {
  const std::int64_t missing = view.set.spec.replicas - std::ssize(view.active);
  if (missing <= 0) return next();
  if (const auto* ns = view.world.get<api::Namespace>("", view.set.metadata.namespace_);
      ns && ns->metadata.deletionTimestamp) {
    return next(count_of_pods(missing) + " missing; the namespace is being terminated");
  }
  if (!view.world.engine.synced) {
    // Its containers may be waiting under names that only the engine knows.
    draft.plan.wake(view.now + kEnginePause);
    if (!view.world.engine.message.empty()) {
      draft.failure = "waiting for the container engine: " + view.world.engine.message;
    }
    return next(count_of_pods(missing) + " missing; waiting for the container engine");
  }
  const std::int64_t wanted = std::min(missing, kBurst);
  for (std::string& name : free_names(view, wanted)) {
    note(view, draft, "SuccessfulCreate", "Created pod: " + name);
    draft.plan.changes.push_back(CreateObject{pod_named(view, std::move(name))});
  }
  const std::int64_t made = std::count_if(
      draft.plan.changes.begin(), draft.plan.changes.end(),
      [](const Change& change) { return std::holds_alternative<CreateObject>(change); });
  if (made < wanted) {
    draft.failure = "no free name for " + count_of_pods(wanted - made) + ": the names of " +
                    view.set.metadata.name + " are held by pods or containers of others";
  }
  return next("creates " + std::to_string(made) + " of " + std::to_string(missing) +
              " missing pods");
}

Verdict remove(const View& view, Draft& draft) {
  const std::int64_t surplus = std::ssize(view.active) - view.set.spec.replicas;
  if (surplus <= 0) return next();
  const std::int64_t count = std::min(surplus, kBurst);
  for (const api::Pod* pod : victims(view.active, static_cast<std::size_t>(count))) {
    const Key key{.kind = Kind::Pod, .ns = view.key.ns, .name = pod->metadata.name};
    draft.plan.changes.push_back(DeleteObject{.key = key, .uid = pod->metadata.uid});
    note(view, draft, "SuccessfulDelete", "Deleted pod: " + pod->metadata.name);
  }
  return next("deletes " + std::to_string(count) + " of " + std::to_string(surplus) +
              " surplus pods");
}

// --- The one ending ------------------------------------------------------------------------------

Verdict status(const View& view, Draft& draft) {
  const Replicas replicas =
      count(view.mine, view.set, std::chrono::seconds(view.set.spec.minReadySeconds), view.now);
  if (replicas.next_available) draft.plan.wake(*replicas.next_available);
  api::ReplicaSetStatus status = view.set.status;
  status.replicas = replicas.pods;
  status.fullyLabeledReplicas = replicas.fully_labelled;
  status.readyReplicas = replicas.ready;
  status.availableReplicas = replicas.available;
  status.terminatingReplicas = replicas.terminating;
  status.observedGeneration = view.set.metadata.generation;
  if (draft.failure.empty()) {
    remove_condition(status.conditions, "ReplicaFailure");
  } else {
    if (!find_condition(status.conditions, "ReplicaFailure")) {
      note(view, draft, "FailedCreate", "Error creating: " + draft.failure, true);
    }
    set_condition(status.conditions,
                  {.type = "ReplicaFailure",
                   .status = "True",
                   .reason = "FailedCreate",
                   .message = draft.failure},
                  view.now);
  }
  const std::string text = std::to_string(replicas.available) + " available of " +
                           std::to_string(view.set.spec.replicas) + " wanted";
  if (status == view.set.status) return stop(text);
  api::ReplicaSet set = view.set;
  set.status = std::move(status);
  draft.plan.changes.push_back(UpdateStatus{std::move(set)});
  return stop(text + "; status written");
}

// Run in order; the first one that stops ends the plan.
struct Step {
  const char* name;
  Verdict (*run)(const View&, Draft&);
};
constexpr std::array kSteps{
    Step{"deletion", deletion},  // leave a dying ReplicaSet alone
    Step{"selector", selector},  // refuse to own everything
    Step{"claim", claim},        // adopt and release pods by their labels
    Step{"create", create},      // too few: make pods under free names
    Step{"remove", remove},      // too many: delete those that serve least
    Step{"status", status},      // say what the World shows
};

}  // namespace

Plan plan_replica_set(const World& world, const Key& key, Time now) {
  const auto* set = world.get<api::ReplicaSet>(key.ns, key.name);
  if (!set) return {};
  View view{.world = world, .key = key, .set = *set, .now = now};
  view.claims = claims<api::Pod>(world, set->metadata, set->spec.selector);
  // Ended pods are nobody's business: they are neither adopted nor released, as in Kubernetes.
  std::erase_if(view.claims.adopted, [](const api::Pod* pod) { return !is_active(*pod); });
  std::erase_if(view.claims.released, [](const api::Pod* pod) { return !is_active(*pod); });
  view.mine = view.claims.owned;
  view.mine.insert(view.mine.end(), view.claims.adopted.begin(), view.claims.adopted.end());
  std::copy_if(view.mine.begin(), view.mine.end(), std::back_inserter(view.active),
               [](const api::Pod* pod) { return is_active(*pod); });
  Draft draft;
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  return std::move(draft.plan);
}

}  // namespace weir
