#include "tests/sim/invariants_world.h"

#include <algorithm>
#include <map>

#include "reconcilers/labels.h"

namespace weir::sim {

bool controlled_by(const api::ObjectMeta& m, const std::string& uid) {
  return std::any_of(m.ownerReferences.begin(), m.ownerReferences.end(),
                     [&](const api::OwnerReference& owner) {
                       return owner.uid == uid && owner.controller.value_or(false);
                     });
}

// --- Pods ----------------------------------------------------------------------------------------

namespace {

// Null: it is not ready.
const api::PodCondition* readiness(const api::Pod& pod) {
  const auto& all = pod.status.conditions;
  const auto found = std::find_if(all.begin(), all.end(), [](const api::PodCondition& c) {
    return c.type == "Ready" && c.status == "True";
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

bool ended(const api::Pod& pod) {
  return pod.status.phase == "Failed" || pod.status.phase == "Succeeded";
}

bool active(const api::Pod& pod) { return !pod.metadata.deletionTimestamp && !ended(pod); }

bool ready(const api::Pod& pod) { return readiness(pod) != nullptr; }

bool available(const api::Pod& pod, std::int64_t min_ready_seconds, Time now) {
  const api::PodCondition* since = readiness(pod);
  if (!since || min_ready_seconds == 0) return since;
  return since->lastTransitionTime &&
         *since->lastTransitionTime + std::chrono::seconds(min_ready_seconds) <= now;
}

std::vector<const api::Pod*> active_pods_of(const World& world, const api::ReplicaSet& set) {
  std::vector<const api::Pod*> pods;
  for (const Key& key : world.dependents(set.metadata.uid)) {
    const auto* pod = world.get<api::Pod>(key.ns, key.name);
    if (pod && active(*pod)) pods.push_back(pod);
  }
  return pods;
}

// --- Services ------------------------------------------------------------------------------------

std::vector<const api::Service*> services(const World& world) {
  std::vector<const api::Service*> all;
  for (const Key& key : world.keys(Kind::Service)) {
    const auto* service = world.get<api::Service>(key.ns, key.name);
    if (!service->metadata.deletionTimestamp) all.push_back(service);
  }
  return all;
}

bool has_its_address(const World& world, const api::Pod& pod) {
  const auto& ids = world.containers_of(pod.metadata.namespace_, pod.metadata.name);
  return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    const Container& c = *world.container(id);
    const auto& statuses = pod.status.containerStatuses;
    const bool is_its = !statuses.empty() && statuses[0].containerID == "docker://" + id;
    return is_its && c.state == ContainerState::running && c.ip == pod.status.podIP;
  });
}

bool picks(const api::Service& service, const api::Pod& pod, bool any_revision) {
  return std::all_of(service.spec.selector.begin(), service.spec.selector.end(),
                     [&](const auto& wanted) {
                       if (any_revision && wanted.first == kRolloutsPodTemplateHash) return true;
                       const auto found = pod.metadata.labels.find(wanted.first);
                       return found != pod.metadata.labels.end() && found->second == wanted.second;
                     });
}

std::vector<const api::Pod*> behind(const World& world, const api::Service& service,
                                    bool any_revision) {
  std::vector<const api::Pod*> pods;
  for (const Key& key : world.keys(Kind::Pod, service.metadata.namespace_)) {
    const auto* pod = world.get<api::Pod>(key.ns, key.name);
    if (picks(service, *pod, any_revision)) pods.push_back(pod);
  }
  return pods;
}

const api::Rollout* divider_of(const World& world, const api::Service& service) {
  for (const Key& key : world.keys(Kind::Rollout, service.metadata.namespace_)) {
    const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
    const auto& canary = rollout->spec.strategy.canary;
    if (!canary || !canary->trafficRouting || !rollout->status.canary.weights) continue;
    api::Pod any;
    any.metadata.labels = template_of(world, *rollout).metadata.labels;
    const bool divides = canary->stableService.empty()
                             ? picks(service, any, false)
                             : canary->stableService == service.metadata.name;
    if (divides) return rollout;
  }
  return nullptr;
}

// --- Sizes ---------------------------------------------------------------------------------------

const api::Deployment* workload_of(const World& world, const api::Rollout& rollout) {
  const auto& ref = rollout.spec.workloadRef;
  const auto* found =
      ref ? world.get<api::Deployment>(rollout.metadata.namespace_, ref->name) : nullptr;
  return found && controlled_by(rollout.metadata, found->metadata.uid) ? found : nullptr;
}

const api::PodTemplateSpec& template_of(const World& world, const api::Rollout& rollout) {
  const auto* workload = workload_of(world, rollout);
  return workload ? workload->spec.template_ : rollout.spec.template_;
}

std::string hash_of(const std::map<std::string, std::string>& labels) {
  const std::string hash = text_at(labels, kRolloutsPodTemplateHash);
  return hash.empty() ? text_at(labels, kPodTemplateHash) : hash;
}

std::vector<const api::ReplicaSet*> sets_of(const World& world, const std::string& owner_uid,
                                            const std::string& ns) {
  std::vector<const api::ReplicaSet*> sets;
  for (const Key& key : world.keys(Kind::ReplicaSet, ns)) {
    const auto* set = world.get<api::ReplicaSet>(key.ns, key.name);
    if (controlled_by(set->metadata, owner_uid)) sets.push_back(set);
  }
  return sets;
}

std::int64_t resolve(const api::IntOrString& value, std::int64_t of, bool up) {
  if (!value.is_string) return value.number;
  const std::int64_t percent = std::stoll(value.text);
  return (percent * of + (up ? 99 : 0)) / 100;
}

std::vector<SizeChange> size_changes(const World& world, const api::ObjectMeta& owner,
                                     std::int64_t min_ready_seconds, Time now, const Plan& plan) {
  std::vector<SizeChange> sizes;
  std::map<std::string, std::int64_t> size_after;
  for (const Change& change : plan.changes) {
    const auto* create = change_of<CreateObject>(change);
    const auto* update = change_of<UpdateObject>(change);
    const Object* object = create ? &create->object : update ? &update->object : nullptr;
    const auto* set = object ? std::get_if<api::ReplicaSet>(object) : nullptr;
    if (set && create) sizes.push_back({.set = set, .after = set->spec.replicas});
    if (set && update) size_after[set->metadata.name] = set->spec.replicas;
  }
  for (const api::ReplicaSet* set : sets_of(world, owner.uid, owner.namespace_)) {
    const auto changed = size_after.find(set->metadata.name);
    const auto pods = active_pods_of(world, *set);
    sizes.push_back({.set = set,
                     .before = set->spec.replicas,
                     .after = changed == size_after.end() ? set->spec.replicas : changed->second,
                     .serving = std::count_if(pods.begin(), pods.end(), [&](const api::Pod* pod) {
                       return available(*pod, min_ready_seconds, now);
                     })});
  }
  for (SizeChange& size : sizes) {
    size.hash = hash_of(size.set->metadata.labels);
  }
  return sizes;
}

std::string text(const SizeChange& change) {
  return "; " + change.set->metadata.name + " " + std::to_string(change.before) + " -> " +
         std::to_string(change.after) + ", " + std::to_string(change.serving) + " serve";
}

}  // namespace weir::sim
