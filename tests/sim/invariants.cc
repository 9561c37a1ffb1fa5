#include "tests/sim/invariants.h"

#include <algorithm>
#include <utility>

#include "reconcilers/object_text.h"
#include "reconcilers/pod_containers.h"

namespace weir::sim {

namespace {

template <class T>
const T* change_of(const Change& change) {
  return std::get_if<T>(&change);
}

bool controlled_by(const api::ObjectMeta& m, const std::string& uid) {
  return std::any_of(m.ownerReferences.begin(), m.ownerReferences.end(),
                     [&](const api::OwnerReference& owner) {
                       return owner.uid == uid && owner.controller.value_or(false);
                     });
}

bool active(const api::Pod& pod) {
  return !pod.metadata.deletionTimestamp && pod.status.phase != "Failed" &&
         pod.status.phase != "Succeeded";
}

bool ready(const api::Pod& pod) {
  return std::any_of(pod.status.conditions.begin(), pod.status.conditions.end(),
                     [](const auto& c) { return c.type == "Ready" && c.status == "True"; });
}

std::vector<const api::ReplicaSet*> sets_of(const World& world, const api::Deployment& deployment) {
  std::vector<const api::ReplicaSet*> sets;
  for (const Key& key : world.keys(Kind::ReplicaSet, deployment.metadata.namespace_)) {
    const auto* set = world.get<api::ReplicaSet>(key.ns, key.name);
    if (controlled_by(set->metadata, deployment.metadata.uid)) sets.push_back(set);
  }
  return sets;
}

std::vector<const api::Pod*> pods_of(const World& world, const api::ReplicaSet& set) {
  std::vector<const api::Pod*> pods;
  for (const Key& key : world.dependents(set.metadata.uid)) {
    const auto* pod = world.get<api::Pod>(key.ns, key.name);
    if (pod && active(*pod)) pods.push_back(pod);
  }
  return pods;
}

std::int64_t resolve(const api::IntOrString& value, std::int64_t of, bool up) {
  if (!value.is_string) return value.number;
  const std::int64_t percent = std::stoll(value.text);
  return (percent * of + (up ? 99 : 0)) / 100;
}

}  // namespace

void Invariants::violated(int number, const std::string& what) {
  violations_.push_back("invariant " + std::to_string(number) + ": " + what);
}

// --- Store
// -----------------------------------------------------------------------------------------

void Invariants::begin_life(const Store& store, const Loop& loop) {
  store_ = &store;
  loop_ = &loop;
  planned_rollbacks_.clear();
  for (const auto& [key, version] : last_version_) {
    const StoredPtr stored = store.get(key);
    if (stored && stored->version < version) {
      violated(1, text(key) + " went back to version " + std::to_string(stored->version));
    }
    if (!stored && !removed_.contains(key)) violated(1, text(key) + " was lost");
  }
}

void Invariants::lost_data_folder() {
  last_version_.clear();
  removed_.clear();
  version_ = 0;
}

void Invariants::acknowledged(const Key& key, std::uint64_t version) {
  if (last_version_[key] < version) violated(5, text(key) + " acknowledged before it was told");
}

void Invariants::committed(const Commit& commit) {
  const Stored& object = *commit.object;
  if (object.version <= version_) {
    violated(4, text(object.key) + " got version " + std::to_string(object.version) + " after " +
                    std::to_string(version_));
  }
  version_ = object.version;
  last_version_[object.key] = object.version;
  // A rollback counts once it is committed: one that a crash has lost is planned again.
  const auto* deployment = std::get_if<api::Deployment>(object.typed.get());
  const auto planned = planned_rollbacks_.find(object.key);
  if (deployment && commit.previous && planned != planned_rollbacks_.end()) {
    const auto& before = std::get<api::Deployment>(*commit.previous->typed);
    if (!(before.spec.template_ == deployment->spec.template_)) {
      if (!rolled_back_[object.uid].insert(planned->second).second) {
        violated(19, text(object.key) + " was rolled back from the same revision twice");
      }
      planned_rollbacks_.erase(planned);
    }
  }
  if (commit.type == Commit::Type::deleted) {
    removed_.insert(object.key);
  } else {
    removed_.erase(object.key);
  }
}

// --- Plans
// -----------------------------------------------------------------------------------------

void Invariants::planned(const Key& key, const Plan& plan, std::chrono::nanoseconds) {
  switch (key.kind) {
    case Kind::Deployment:
      check_deployment_plan(key, plan);
      break;
    case Kind::ReplicaSet:
      check_replica_set_plan(key, plan);
      break;
    case Kind::Pod:
      check_pod_plan(key, plan);
      break;
    default:
      break;
  }
}

void Invariants::check_deployment_plan(const Key& key, const Plan& plan) {
  const World& world = loop_->world();
  const auto* deployment = world.get<api::Deployment>(key.ns, key.name);
  std::map<std::string, std::int64_t> size_after;
  std::int64_t created = 0;
  for (const Change& change : plan.changes) {
    if (const auto* create = change_of<CreateObject>(change)) {
      if (const auto* set = std::get_if<api::ReplicaSet>(&create->object)) {
        created += set->spec.replicas;
        if (!deployment || deployment->metadata.deletionTimestamp) {
          violated(21, "a ReplicaSet for " + text(key) + ", which is gone");
        } else if (deployment->spec.paused) {
          violated(20, "a new revision of " + text(key) + ", which is paused");
        }
      }
    }
    const auto* update = change_of<UpdateObject>(change);
    if (!update) continue;
    if (const auto* set = std::get_if<api::ReplicaSet>(&update->object)) {
      size_after[set->metadata.name] = set->spec.replicas;
    }
    const auto* self = std::get_if<api::Deployment>(&update->object);
    if (self && deployment && !(self->spec.template_ == deployment->spec.template_)) {
      planned_rollbacks_[key] = std::to_string(deployment->metadata.generation) +
                                template_text(deployment->spec.template_);
    }
  }
  if (!deployment || deployment->metadata.deletionTimestamp) return;
  const std::int64_t replicas = deployment->spec.replicas;
  std::int64_t surge = 0, unavailable = replicas;
  if (const auto& rolling = deployment->spec.strategy.rollingUpdate) {
    surge = resolve(rolling->maxSurge, replicas, true);
    unavailable = resolve(rolling->maxUnavailable, replicas, false);
    if (surge == 0 && unavailable == 0) unavailable = 1;
  }
  std::int64_t total_before = 0, total_after = created, kept_before = 0, kept_after = 0;
  for (const api::ReplicaSet* set : sets_of(world, *deployment)) {
    const std::int64_t before = set->spec.replicas;
    const auto changed = size_after.find(set->metadata.name);
    const std::int64_t after = changed == size_after.end() ? before : changed->second;
    const auto pods = pods_of(world, *set);
    const std::int64_t available =
        std::count_if(pods.begin(), pods.end(), [](const api::Pod* pod) { return ready(*pod); });
    total_before += before;
    total_after += after;
    kept_before += std::min(available, before);
    kept_after += std::min(available, after);
  }
  if (total_after > std::max(replicas + surge, total_before)) {
    violated(13, text(key) + " would have " + std::to_string(total_after) + " replicas");
  }
  const bool recreate = deployment->spec.strategy.type == "Recreate";
  if (!recreate && kept_after < std::min(replicas - unavailable, kept_before)) {
    violated(12, text(key) + " would go from " + std::to_string(kept_before) + " to " +
                     std::to_string(kept_after) + " available replicas");
  }
}

void Invariants::check_replica_set_plan(const Key& key, const Plan& plan) {
  const World& world = loop_->world();
  const auto* set = world.get<api::ReplicaSet>(key.ns, key.name);
  std::int64_t creates = 0;
  std::set<std::string> victims;
  for (const Change& change : plan.changes) {
    if (const auto* create = change_of<CreateObject>(change)) {
      creates += kind_of(create->object) == Kind::Pod;
    }
    if (const auto* remove = change_of<DeleteObject>(change)) {
      if (remove->key.kind == Kind::Pod) victims.insert(remove->key.name);
    }
  }
  if (creates > 0 && (!set || set->metadata.deletionTimestamp)) {
    violated(21, "a Pod for " + text(key) + ", which is gone");
  }
  if (!set || set->metadata.deletionTimestamp) return;
  const auto pods = pods_of(world, *set);
  if (creates > 0 && static_cast<std::int64_t>(pods.size()) + creates > set->spec.replicas) {
    violated(13, text(key) + " would have too many pods");
  }
  bool ready_victim = false, unready_survivor = false;
  for (const api::Pod* pod : pods) {
    const bool victim = victims.contains(pod->metadata.name);
    ready_victim |= victim && ready(*pod);
    unready_survivor |= !victim && !ready(*pod);
  }
  if (ready_victim && unready_survivor) {
    violated(12, text(key) + " would delete a ready pod and keep one that is not");
  }
}

void Invariants::check_pod_plan(const Key& key, const Plan& plan) {
  const auto* pod = loop_->world().get<api::Pod>(key.ns, key.name);
  for (const Action& action : plan.actions) {
    const bool makes = std::holds_alternative<CreateContainer>(action) ||
                       std::holds_alternative<StartContainer>(action);
    if (makes && (!pod || pod->metadata.deletionTimestamp)) {
      violated(21, text(action) + " for " + text(key) + ", which is gone");
    }
  }
}

// --- Engine
// ------------------------------------------------------------------------------------------

void Invariants::after_step() {
  for (const std::string& what : engine_.violations) violated(8, what);
  engine_.violations.clear();
  // Only what a container did can break it: nothing is walked while they do nothing.
  if (std::exchange(seen_changes_, engine_.changes()) != engine_.changes()) check_containers();
}

// 23: one pod, one process, whatever becomes of answers.
void Invariants::check_containers() {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> live;
  for (const auto& [id, container] : engine_.containers()) {
    const Container& c = container.view;
    if (container.foreign || !is_live(c)) continue;
    const auto [other, first] = live.try_emplace({c.uid, c.container_name}, c.name);
    if (!first) {
      violated(23, c.name + " and " + std::string(other->second) + " run at once");
    }
  }
}

// Why this running container may end: its pod is gone or going, or it is no longer what its pod
// wants. A container of a lost data folder that no pod has taken over is nobody's to end (10).
std::string Invariants::explain_end(const SimContainer& container) const {
  const Container& view = container.view;
  const StoredPtr stored =
      store_->get({.kind = Kind::Pod, .ns = view.pod_ns, .name = view.pod_name});
  const bool same_store = view.store == store_->id();
  if (!stored) return same_store ? "its pod is gone" : "";
  const auto& pod = std::get<api::Pod>(*stored->typed);
  if (same_store && pod.metadata.uid != view.uid) return "its pod is gone";
  if (pod.metadata.deletionTimestamp) return "its pod is deleted";
  if (container.sick) return "its probes fail";
  const auto behaviour = engine_.images.find(container.spec.image);
  if (behaviour == engine_.images.end() || behaviour->second.ready_after < Duration(0)) {
    return "its probes fail";
  }
  if (pod.spec.containers[0].image != container.spec.image) return "its pod has another image";
  for (const auto& [id, other] : engine_.containers()) {
    if (id != view.id && other.view.uid == view.uid && other.view.attempt > view.attempt) {
      return "a later attempt is there";
    }
  }
  return "";
}

}  // namespace weir::sim
