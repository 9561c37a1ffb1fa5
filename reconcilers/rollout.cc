#include "reconcilers/rollout.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "reconcilers/conditions.h"

namespace weir {

namespace {

constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int32_t>::max();

bool same_metadata(api::ObjectMeta a, api::ObjectMeta b) {
  a.labels.erase(kPodTemplateHash);
  b.labels.erase(kPodTemplateHash);
  return a == b;
}

bool is_older(const Revision& a, const Revision& b) {
  const auto age = [](const Revision& r) {
    return std::tie(r.set->metadata.creationTimestamp, r.number, r.set->metadata.name);
  };
  return age(a) < age(b);
}

}  // namespace

bool same_template(const api::PodTemplateSpec& a, const api::PodTemplateSpec& b) {
  return a.spec == b.spec && same_metadata(a.metadata, b.metadata);
}

Rollout rollout_of(const World& world, const Key& key, const api::Deployment& deployment,
                   Time now) {
  Rollout rollout{.world = world, .key = key, .deployment = deployment, .now = now};
  rollout.claims = claims<api::ReplicaSet>(world, deployment.metadata, deployment.spec.selector);
  rollout.limits = limits_of(deployment.spec);
  const std::chrono::seconds min_ready(deployment.spec.minReadySeconds);
  const auto add = [&](const api::ReplicaSet* set) {
    const auto number = number_at(set->metadata.annotations, annotation::kRevision);
    rollout.revisions.push_back({.set = set,
                                 .number = number.value_or(0),
                                 .replicas = count(pods_of(world, *set), *set, min_ready, now)});
  };
  std::for_each(rollout.claims.owned.begin(), rollout.claims.owned.end(), add);
  std::for_each(rollout.claims.adopted.begin(), rollout.claims.adopted.end(), add);
  std::sort(rollout.revisions.begin(), rollout.revisions.end(), is_older);
  const auto current = std::find_if(
      rollout.revisions.begin(), rollout.revisions.end(), [&](const Revision& revision) {
        return same_template(revision.set->spec.template_, deployment.spec.template_);
      });
  if (current != rollout.revisions.end()) {
    rollout.current_index = current - rollout.revisions.begin();
  }
  return rollout;
}

const Revision* Rollout::current() const {
  return current_index < 0 ? nullptr : &revisions[static_cast<std::size_t>(current_index)];
}

std::vector<const Revision*> Rollout::old() const {
  std::vector<const Revision*> others;
  for (const Revision& revision : revisions) {
    if (&revision != current()) others.push_back(&revision);
  }
  return others;
}

std::vector<const Revision*> Rollout::all() const {
  std::vector<const Revision*> all;
  for (const Revision& revision : revisions) all.push_back(&revision);
  return all;
}

bool Rollout::is_rolling_update() const { return deployment.spec.strategy.type == "RollingUpdate"; }

Replicas Rollout::total() const {
  Replicas sum;
  for (const Revision& revision : revisions) sum.add(revision.replicas);
  return sum;
}

bool Rollout::has_deadline() const { return deployment.spec.progressDeadlineSeconds < kNoDeadline; }

const api::DeploymentCondition* Rollout::condition(std::string_view type) const {
  return find_condition(deployment.status.conditions, type);
}

std::vector<const Revision*> active(std::vector<const Revision*> revisions) {
  std::erase_if(revisions, [](const Revision* revision) { return revision->size() == 0; });
  return revisions;
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

// --- RolloutDraft --------------------------------------------------------------------------------

api::ReplicaSet& RolloutDraft::edit(const Revision& revision) {
  return edited.try_emplace(revision.name(), *revision.set).first->second;
}

api::Deployment& RolloutDraft::edit(const Rollout& rollout) {
  if (!deployment) deployment = rollout.deployment;
  return *deployment;
}

std::int64_t RolloutDraft::size_of(const Revision& revision) const {
  const auto found = edited.find(revision.name());
  return found == edited.end() ? revision.size() : found->second.spec.replicas;
}

void note(const Rollout& rollout, RolloutDraft& draft, std::string reason, std::string message,
          bool warning) {
  draft.plan.events.push_back({.about = rollout.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

void mark_scaled(const Rollout& rollout, api::ReplicaSet& set) {
  auto& annotations = set.metadata.annotations;
  annotations[annotation::kDesiredReplicas] = std::to_string(rollout.limits.replicas);
  annotations[annotation::kMaxReplicas] = std::to_string(rollout.limits.max_total());
}

void resize(const Rollout& rollout, RolloutDraft& draft, const Revision& revision,
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
