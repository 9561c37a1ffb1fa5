#include "reconcilers/deployment_status.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/deployment_rollback.h"
#include "reconcilers/deployment_strategy.h"

namespace weir {

namespace {

constexpr char kComplete[] = "NewReplicaSetAvailable";
constexpr char kTimedOut[] = "ProgressDeadlineExceeded";

using Conditions = std::vector<api::DeploymentCondition>;

// ReplicaSet "web-5d9c", or the Deployment while it has none.
std::string subject(const DeploymentView& rollout, const DeploymentDraft& draft) {
  if (draft.created) return "ReplicaSet \"" + draft.created->metadata.name + "\"";
  if (rollout.current()) return "ReplicaSet \"" + rollout.current()->name() + "\"";
  return "Deployment \"" + rollout.key.name + "\"";
}

api::DeploymentStatus counts(const DeploymentView& rollout, const DeploymentDraft& draft) {
  const Replicas all = rollout.total();
  std::int64_t wanted = draft.created ? draft.created->spec.replicas : 0;
  for (const Revision& revision : rollout.revisions) wanted += draft.size_of(revision);
  api::DeploymentStatus status;
  status.observedGeneration = rollout.deployment.metadata.generation;
  status.collisionCount = draft.collision_count;
  status.replicas = all.pods;
  status.updatedReplicas = rollout.current() ? rollout.current()->replicas.pods : 0;
  status.readyReplicas = all.ready;
  status.availableReplicas = all.available;
  status.unavailableReplicas = std::max<std::int64_t>(0, wanted - all.available);
  status.terminatingReplicas = all.terminating;
  return status;
}

void state_availability(const DeploymentView& rollout, Conditions& conditions) {
  if (rollout.total().available >= rollout.limits.min_available()) {
    set_condition(conditions,
                  {.type = "Available",
                   .status = "True",
                   .reason = "MinimumReplicasAvailable",
                   .message = "Deployment has minimum availability."},
                  rollout.now);
  } else {
    set_condition(conditions,
                  {.type = "Available",
                   .status = "False",
                   .reason = "MinimumReplicasUnavailable",
                   .message = "Deployment does not have minimum availability."},
                  rollout.now);
  }
}

// New Pods, fewer old ones, more ready or more available: any of these is progress.
bool has_progressed(const api::DeploymentStatus& before, const api::DeploymentStatus& after) {
  return after.updatedReplicas > before.updatedReplicas ||
         after.replicas - after.updatedReplicas < before.replicas - before.updatedReplicas ||
         after.readyReplicas > before.readyReplicas ||
         after.availableReplicas > before.availableReplicas;
}

std::optional<Time> deadline(const DeploymentView& rollout, const Conditions& conditions) {
  const auto* progressing = find_condition(conditions, "Progressing");
  if (!progressing || !progressing->lastUpdateTime) return std::nullopt;
  if (progressing->reason == kComplete || progressing->reason == kTimedOut) return std::nullopt;
  return *progressing->lastUpdateTime +
         std::chrono::seconds(rollout.deployment.spec.progressDeadlineSeconds);
}

void state_progress(const DeploymentView& rollout, const api::DeploymentStatus& status,
                    const DeploymentDraft& draft, Conditions& conditions) {
  const auto* before = find_condition(conditions, "Progressing");
  // A finished rollout is not judged again: Pods that fail later are not its failure.
  const bool finished =
      before && before->reason == kComplete && status.replicas == status.updatedReplicas;
  if (finished || stands_rolled_back(rollout)) return;
  const std::string who = subject(rollout, draft);
  if (is_complete(rollout)) {
    set_condition(conditions,
                  {.type = "Progressing",
                   .status = "True",
                   .reason = kComplete,
                   .message = who + " has successfully progressed."},
                  rollout.now);
  } else if (has_progressed(rollout.deployment.status, status)) {
    restate_condition(conditions,
                      {.type = "Progressing",
                       .status = "True",
                       .reason = "ReplicaSetUpdated",
                       .message = who + " is progressing."},
                      rollout.now);
  } else if (const auto until = deadline(rollout, conditions); until && *until < rollout.now) {
    set_condition(conditions,
                  {.type = "Progressing",
                   .status = "False",
                   .reason = kTimedOut,
                   .message = who + " has timed out progressing."},
                  rollout.now);
  }
}

// What keeps a ReplicaSet from making Pods, the current one first.
const api::ReplicaSetCondition* replica_failure(const DeploymentView& rollout) {
  const auto failure = [](const Revision& revision) {
    return find_condition(revision.set->status.conditions, "ReplicaFailure");
  };
  if (rollout.current() && failure(*rollout.current())) return failure(*rollout.current());
  for (const Revision& revision : rollout.revisions) {
    if (failure(revision)) return failure(revision);
  }
  return nullptr;
}

void copy_failure(const DeploymentView& rollout, Conditions& conditions) {
  const api::ReplicaSetCondition* failure = replica_failure(rollout);
  if (!failure) {
    remove_condition(conditions, "ReplicaFailure");
    return;
  }
  const auto* before = find_condition(conditions, "ReplicaFailure");
  if (before && before->status == failure->status && before->reason == failure->reason) return;
  remove_condition(conditions, "ReplicaFailure");
  conditions.push_back({.lastTransitionTime = failure->lastTransitionTime,
                        .lastUpdateTime = failure->lastTransitionTime,
                        .message = failure->message,
                        .reason = failure->reason,
                        .status = failure->status,
                        .type = "ReplicaFailure"});
}

}  // namespace

void restart_progress(const DeploymentView& rollout, DeploymentDraft& draft, std::string reason,
                      std::string message) {
  if (!rollout.has_deadline()) return;
  restate_condition(draft.conditions,
                    {.type = "Progressing",
                     .status = "True",
                     .reason = std::move(reason),
                     .message = std::move(message)},
                    rollout.now);
}

bool is_complete(const DeploymentView& rollout) {
  const std::int64_t wanted = rollout.limits.replicas;
  const Replicas all = rollout.total();
  const std::int64_t updated = rollout.current() ? rollout.current()->replicas.pods : 0;
  return updated == wanted && all.pods == wanted && all.available == wanted;
}

api::DeploymentStatus status_of(const DeploymentView& rollout, DeploymentDraft& draft) {
  api::DeploymentStatus status = counts(rollout, draft);
  Conditions conditions = draft.conditions;
  state_availability(rollout, conditions);
  if (draft.estimate_progress) {
    if (draft.delegated) {
      state_delegated_progress(rollout, draft, conditions);
    } else if (rollout.has_deadline()) {
      state_progress(rollout, status, draft, conditions);
    } else {
      remove_condition(conditions, "Progressing");
    }
    copy_failure(rollout, conditions);
  }
  if (const auto next = rollout.total().next_available) draft.plan.wake(*next);
  if (draft.estimate_progress && !draft.delegated && rollout.has_deadline() &&
      !is_complete(rollout)) {
    // One second later: Kubernetes' times have whole seconds.
    if (const auto until = deadline(rollout, conditions)) {
      draft.plan.wake(*until + std::chrono::seconds(1));
    }
  }
  status.conditions = std::move(conditions);
  return status;
}

}  // namespace weir
