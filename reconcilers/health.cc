#include "reconcilers/health.h"

#include "reconcilers/conditions.h"

namespace weir {

namespace {

Health current_if(bool ready) { return ready ? Health::current : Health::in_progress; }

bool says(const auto& conditions, std::string_view type, std::string_view status) {
  const auto* condition = find_condition(conditions, type);
  return condition && condition->status == status;
}

// Of Flux's kinds.
Health by_ready(const auto& object) {
  const auto& conditions = object.status.conditions;
  if (object.status.observedGeneration < object.metadata.generation) return Health::in_progress;
  if (says(conditions, "Stalled", "True")) return Health::failed;
  return current_if(says(conditions, "Ready", "True"));
}

struct Look {
  // Data, and whatever has no life of its own.
  Health operator()(const auto&) const { return Health::current; }
  Health operator()(const api::Deployment& d) const {
    const api::DeploymentStatus& status = d.status;
    if (status.observedGeneration < d.metadata.generation) return Health::in_progress;
    const auto* progressing = find_condition(status.conditions, "Progressing");
    if (progressing && progressing->reason == "ProgressDeadlineExceeded") return Health::failed;
    return current_if(status.updatedReplicas >= d.spec.replicas &&
                      status.replicas <= status.updatedReplicas &&
                      status.availableReplicas >= status.updatedReplicas);
  }
  Health operator()(const api::ReplicaSet& r) const {
    return current_if(r.status.observedGeneration >= r.metadata.generation &&
                      r.status.availableReplicas >= r.spec.replicas);
  }
  Health operator()(const api::Pod& pod) const {
    if (pod.status.phase == "Failed") return Health::failed;
    return current_if(pod.status.phase == "Succeeded" ||
                      says(pod.status.conditions, "Ready", "True"));
  }
  Health operator()(const api::Job& job) const {
    if (says(job.status.conditions, "Failed", "True")) return Health::failed;
    return current_if(says(job.status.conditions, "Complete", "True"));
  }
  Health operator()(const api::Rollout& r) const {
    if (r.status.observedGeneration != std::to_string(r.metadata.generation)) {
      return Health::in_progress;
    }
    if (r.status.phase == "Degraded") return Health::failed;
    return current_if(r.status.phase == "Healthy");
  }
  Health operator()(const api::GitRepository& g) const { return by_ready(g); }
  Health operator()(const api::Kustomization& k) const { return by_ready(k); }
};

}  // namespace

std::string_view text(Health health) {
  switch (health) {
    case Health::current:
      return "Current";
    case Health::in_progress:
      return "InProgress";
    case Health::failed:
      return "Failed";
    case Health::terminating:
      return "Terminating";
    case Health::not_found:
      break;
  }
  return "NotFound";
}

Health health_of(const Object& object) {
  if (meta(object).deletionTimestamp) return Health::terminating;
  return std::visit(Look(), object);
}

Health health_of(const World& world, const Key& key) {
  const Object* object = world.find(key);
  return object ? health_of(*object) : Health::not_found;
}

}  // namespace weir
