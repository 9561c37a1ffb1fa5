#include "reconcilers/deployment_view.h"

#include <algorithm>
#include <limits>

#include "reconcilers/conditions.h"

namespace weir {

namespace {

constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int32_t>::max();

}  // namespace

DeploymentView view_of_deployment(const World& world, const Key& key,
                                  const api::Deployment& deployment, Time now) {
  DeploymentView rollout{.world = world, .key = key, .deployment = deployment, .now = now};
  rollout.claims = claims<api::ReplicaSet>(world, deployment.metadata, deployment.spec.selector);
  rollout.limits = limits_of(deployment.spec);
  rollout.revisions = revisions_of(world, rollout.claims, annotation::kRevision,
                                   std::chrono::seconds(deployment.spec.minReadySeconds), now);
  rollout.wanted = configured(world, rollout.owner(), deployment.spec.template_, rollout.revisions);
  rollout.current_index = index_of_configured(world, rollout.owner(), rollout.revisions,
                                              deployment.spec.template_, rollout.wanted);
  return rollout;
}

const Revision* DeploymentView::current() const {
  return current_index < 0 ? nullptr : &revisions[static_cast<std::size_t>(current_index)];
}

std::vector<const Revision*> DeploymentView::old() const {
  std::vector<const Revision*> others;
  for (const Revision& revision : revisions) {
    if (&revision != current()) others.push_back(&revision);
  }
  return others;
}

std::vector<const Revision*> DeploymentView::all() const {
  std::vector<const Revision*> all;
  for (const Revision& revision : revisions) all.push_back(&revision);
  return all;
}

bool DeploymentView::is_rolling_update() const {
  return deployment.spec.strategy.type == "RollingUpdate";
}

Replicas DeploymentView::total() const {
  Replicas sum;
  for (const Revision& revision : revisions) sum.add(revision.replicas);
  return sum;
}

bool DeploymentView::has_deadline() const {
  return deployment.spec.progressDeadlineSeconds < kNoDeadline;
}

const api::DeploymentCondition* DeploymentView::condition(std::string_view type) const {
  return find_condition(deployment.status.conditions, type);
}

SetSize in_numbers(const Revision& revision) {
  return {.size = revision.size(),
          .pods = revision.replicas.pods,
          .available = revision.replicas.available,
          .max_replicas = number_at(revision.set->metadata.annotations, annotation::kMaxReplicas)};
}

std::vector<SetSize> in_numbers(const std::vector<const Revision*>& revisions) {
  std::vector<SetSize> sizes;
  for (const Revision* revision : revisions) sizes.push_back(in_numbers(*revision));
  return sizes;
}

// --- DeploymentDraft
// --------------------------------------------------------------------------------

api::ReplicaSet& DeploymentDraft::edit(const Revision& revision) {
  return edited.try_emplace(revision.name(), *revision.set).first->second;
}

api::Deployment& DeploymentDraft::edit(const DeploymentView& rollout) {
  if (!deployment) deployment = rollout.deployment;
  return *deployment;
}

const std::map<std::string, std::string>& DeploymentDraft::annotations_of(
    const Revision& revision) const {
  const auto found = edited.find(revision.name());
  return (found == edited.end() ? *revision.set : found->second).metadata.annotations;
}

std::int64_t DeploymentDraft::size_of(const Revision& revision) const {
  const auto found = edited.find(revision.name());
  return found == edited.end() ? revision.size() : found->second.spec.replicas;
}

void note(const DeploymentView& rollout, DeploymentDraft& draft, std::string reason,
          std::string message, bool warning) {
  draft.plan.events.push_back({.about = rollout.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

void mark_scaled(const DeploymentView& rollout, api::ReplicaSet& set) {
  auto& annotations = set.metadata.annotations;
  annotations[annotation::kDesiredReplicas] = std::to_string(rollout.limits.replicas);
  annotations[annotation::kMaxReplicas] = std::to_string(rollout.limits.max_total());
}

void resize(const DeploymentView& rollout, DeploymentDraft& draft, const Revision& revision,
            std::int64_t size) {
  const std::int64_t before = revision.size();
  if (size == before) return;
  api::ReplicaSet& set = draft.edit(revision);
  set.spec.replicas = size;
  mark_scaled(rollout, set);
  note(rollout, draft, "ScalingReplicaSet",
       std::string("Scaled ") + (size > before ? "up" : "down") + " replica set " +
           revision.name() + " to " + std::to_string(size) + " from " + std::to_string(before));
}

}  // namespace weir
