#include <algorithm>

#include "reconcilers/configuration.h"
#include "reconcilers/configuration_references.h"
#include "reconcilers/labels.h"
#include "tests/sim/invariants.h"
#include "tests/sim/invariants_world.h"

namespace weir::sim {

namespace {

// As its Deployment had it.
api::PodTemplateSpec template_of(const api::ReplicaSet& set) {
  api::PodTemplateSpec original = set.spec.template_;
  original.metadata.labels.erase("pod-template-hash");
  return original;
}

// Those that are on their way out too, until their containers have ended.
bool has_pods(const World& world, const api::Deployment& deployment) {
  const auto sets = sets_of(world, deployment.metadata.uid, deployment.metadata.namespace_);
  return std::any_of(sets.begin(), sets.end(), [&](const api::ReplicaSet* set) {
    const auto& keys = world.dependents(set->metadata.uid);
    return std::any_of(keys.begin(), keys.end(), [&](const Key& k) {
      const auto* pod = world.get<api::Pod>(k.ns, k.name);
      return pod && !ended(*pod);
    });
  });
}

}  // namespace

void Invariants::planned(const Key& key, const Plan& plan, std::chrono::nanoseconds) {
  switch (key.kind) {
    case Kind::Deployment:
      check_deployment_plan(key, plan);
      break;
    case Kind::ReplicaSet:
      check_replica_set_plan(key, plan);
      break;
    case Kind::Rollout:
      check_rollout_plan(key, plan);
      break;
    case Kind::Job:
      check_job_plan(key, plan);
      break;
    case Kind::Pod:
      check_pod_plan(key, plan);
      break;
    default:
      break;
  }
  for (const Action& action : plan.actions) {
    if (const auto* publish = std::get_if<PublishRoutes>(&action)) check_table(publish->table);
    if (const auto* apply = std::get_if<ApplySource>(&action)) check_application(*apply);
  }
}

// A revision that went back is not applied again unless somebody releases it, as nobody does here.
void Invariants::check_application(const ApplySource& apply) {
  const auto stored = last_.find(apply.kustomization);
  if (stored == last_.end()) return;
  const auto& kustomization = std::get<api::Kustomization>(*stored->second->typed);
  for (const api::QuarantinedRevision& bad : kustomization.status.quarantine) {
    if (bad.revision == apply.revision) {
      violated(38, "quarantined, and applied again: " + apply.revision);
    }
  }
}

void Invariants::check_deployment_plan(const Key& key, const Plan& plan) {
  for (const Change& change : plan.changes) check_deployment_change(key, change);
  const auto* deployment = loop_->world().get<api::Deployment>(key.ns, key.name);
  if (deployment && !deployment->metadata.deletionTimestamp) check_sizes(key, *deployment, plan);
}

// Snapshots alone, and none that a revision or a pod may still need.
void Invariants::check_forgotten(const Key& key, const Key& snapshot) {
  const World& world = loop_->world();
  if (snapshot_of(world, snapshot).empty()) {
    violated(18, text(key) + " would remove " + text(snapshot) + ", which is a user's");
  }
  const auto names = [&](const api::PodSpec& spec) {
    const std::vector<Key> named = references_of(spec, key.ns);
    return std::find(named.begin(), named.end(), snapshot) != named.end();
  };
  for (const Key& other : world.keys_in_namespace(key.ns)) {
    const auto* set = world.get<api::ReplicaSet>(other.ns, other.name);
    const auto* pod = world.get<api::Pod>(other.ns, other.name);
    const bool used = (other.kind == Kind::ReplicaSet && names(set->spec.template_.spec)) ||
                      (other.kind == Kind::Pod && names(pod->spec));
    // A pod that is going reads nothing any more.
    if (!used || meta(*world.find(other)).deletionTimestamp) continue;
    violated(18,
             text(key) + " would remove " + text(snapshot) + ", which " + text(other) + " uses");
  }
}

void Invariants::check_deployment_change(const Key& key, const Change& change) {
  const World& world = loop_->world();
  const auto* deployment = world.get<api::Deployment>(key.ns, key.name);
  const auto* create = change_of<CreateObject>(change);
  if (create && kind_of(create->object) == Kind::ReplicaSet) {
    if (!deployment || deployment->metadata.deletionTimestamp) {
      violated(21, "a ReplicaSet for " + text(key) + ", which is gone");
    } else if (deployment->spec.paused) {
      violated(20, "a new revision of " + text(key) + ", which is paused");
    } else if (deployment->spec.strategy.type == "Recreate" && has_pods(world, *deployment)) {
      violated(13, "a new revision of " + text(key) + " beside the old one, with Recreate");
    }
  }
  const auto* remove = change_of<DeleteObject>(change);
  if (remove && deployment && !deployment->metadata.deletionTimestamp) {
    const auto* set = world.get<api::ReplicaSet>(remove->key.ns, remove->key.name);
    if (set && set->spec.replicas > 0) {
      violated(19, text(key) + " would remove " + text(remove->key) + ", which is in use");
    }
    const Kind kind = remove->key.kind;
    if (kind == Kind::ConfigMap || kind == Kind::Secret) check_forgotten(key, remove->key);
  }
  const auto* update = change_of<UpdateObject>(change);
  const auto* self = update ? std::get_if<api::Deployment>(&update->object) : nullptr;
  if (!self || !deployment || self->spec.template_ == deployment->spec.template_) return;
  if (self->spec.template_ == without_snapshots(world, key.ns, deployment->spec.template_)) {
    return;  // it follows its ConfigMaps again, which a user has changed
  }
  planned_rollbacks_.insert(key);
  const auto sets = sets_of(world, deployment->metadata.uid, key.ns);
  if (std::none_of(sets.begin(), sets.end(), [&](const api::ReplicaSet* set) {
        return template_of(*set) == self->spec.template_;
      })) {
    violated(18, text(key) + " would roll back to a template that no revision has");
  }
}

// Seen from the plan: how many replicas there may be and will be (13), and how many of those that
// serve now are kept (12), where one serves only after its minReadySeconds (14).
void Invariants::check_sizes(const Key& key, const api::Deployment& deployment, const Plan& plan) {
  bool scaled = false;
  std::string sets;
  std::int64_t total_before = 0, total_after = 0, kept_before = 0, kept_after = 0;
  for (const SizeChange& size :
       size_changes(loop_->world(), deployment.metadata, deployment.spec.minReadySeconds,
                    engine_.clock().now(), plan)) {
    scaled |= number_at(size.set->metadata.annotations, annotation::kDesiredReplicas)
                  .value_or(deployment.spec.replicas) != deployment.spec.replicas;
    sets += text(size);
    total_before += size.before;
    total_after += size.after;
    kept_before += size.kept_before();
    kept_after += size.kept_after();
  }
  const std::int64_t replicas = deployment.spec.replicas;
  std::int64_t surge = 0, unavailable = replicas;
  if (const auto& rolling = deployment.spec.strategy.rollingUpdate) {
    surge = resolve(rolling->maxSurge, replicas, true);
    unavailable = resolve(rolling->maxUnavailable, replicas, false);
    if (surge == 0 && unavailable == 0) unavailable = 1;
  }
  if (total_after > std::max(replicas + surge, total_before)) {
    violated(13, text(key) + " would have " + std::to_string(total_after) + " replicas");
  }
  // A user who scales in the middle of a rollout shrinks every revision by its share, as in
  // Kubernetes: the one that serves too.
  const bool voluntary = deployment.spec.strategy.type != "Recreate" && !scaled;
  if (voluntary && kept_after < std::min(replicas - unavailable, kept_before)) {
    violated(deployment.spec.minReadySeconds > 0 ? 14 : 12,
             text(key) + " would go from " + std::to_string(kept_before) + " to " +
                 std::to_string(kept_after) + " available replicas of " + std::to_string(replicas) +
                 ", of which " + std::to_string(unavailable) + " may miss" + sets);
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
  const auto pods = active_pods_of(world, *set);
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

}  // namespace weir::sim
