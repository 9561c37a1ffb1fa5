#include "reconcilers/deployment_revision.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "reconcilers/configuration_snapshots.h"
#include "reconcilers/names.h"

namespace weir {

namespace {

// Kubernetes' limit of the revision-history annotation, in characters.
constexpr std::size_t kHistoryMax = 2000;

constexpr std::array<std::string_view, 15> kBookkeeping{annotation::kScaleDownDeadline,
                                                        annotation::kLastApplied,
                                                        annotation::kRevision,
                                                        annotation::kRevisionHistory,
                                                        annotation::kDesiredReplicas,
                                                        annotation::kMaxReplicas,
                                                        annotation::kReplicasBeforeScale,
                                                        annotation::kRollbackTo,
                                                        annotation::kAvailableRevision,
                                                        annotation::kFailedRevision,
                                                        annotation::kRollbackRevision,
                                                        annotation::kUndone,
                                                        annotation::kConfiguration,
                                                        annotation::kImageDigests,
                                                        annotation::kConfigurationCause};

// "1,3,4" and 6 are "1,3,4,6"; the oldest are dropped when it becomes too long.
std::string with_former_number(std::string history, std::int64_t number) {
  if (!history.empty()) history += ',';
  history += std::to_string(number);
  while (history.size() > kHistoryMax) {
    const std::size_t comma = history.find(',');
    if (comma == std::string::npos) return {};
    history.erase(0, comma + 1);
  }
  return history;
}

}  // namespace

bool is_bookkeeping(const std::string& annotation) {
  return std::find(kBookkeeping.begin(), kBookkeeping.end(), annotation) != kBookkeeping.end();
}

std::int64_t next_revision_number(const DeploymentView& rollout) {
  std::int64_t highest = 0;
  for (const Revision* revision : rollout.old()) highest = std::max(highest, revision->number);
  return highest + 1;
}

bool must_be_renumbered(const DeploymentView& rollout, const Revision& current) {
  return current.number < next_revision_number(rollout);
}

void number_revision(api::ReplicaSet& set, std::int64_t number) {
  auto& annotations = set.metadata.annotations;
  const auto former = number_at(annotations, annotation::kRevision);
  if (former.value_or(0) >= number) return;
  annotations[annotation::kRevision] = std::to_string(number);
  if (!former) return;
  annotations[annotation::kRevisionHistory] =
      with_former_number(text_at(annotations, annotation::kRevisionHistory), *former);
}

void copy_annotations(const api::Deployment& deployment, api::ReplicaSet& set) {
  const bool own_cause = set.metadata.annotations.contains(annotation::kConfigurationCause);
  for (const auto& [key, value] : deployment.metadata.annotations) {
    if (is_bookkeeping(key) || (own_cause && key == annotation::kChangeCause)) continue;
    set.metadata.annotations[key] = value;
  }
}

api::ReplicaSet new_replica_set(const DeploymentView& rollout,
                                std::optional<std::int64_t> collision_count, std::int64_t size) {
  const api::Deployment& deployment = rollout.deployment;
  const std::string hash = pod_template_hash(rollout.wanted.pod_template, collision_count);
  api::ReplicaSet set;
  set.metadata.name = deployment.metadata.name + "-" + hash;
  set.metadata.namespace_ = deployment.metadata.namespace_;
  set.metadata.ownerReferences = {controller_reference(Kind::Deployment, deployment.metadata)};
  set.spec.replicas = size;
  set.spec.minReadySeconds = deployment.spec.minReadySeconds;
  set.spec.template_ = rollout.wanted.pod_template;
  set.spec.template_.metadata.labels[kPodTemplateHash] = hash;
  set.spec.selector = deployment.spec.selector;
  set.spec.selector.matchLabels[kPodTemplateHash] = hash;
  set.metadata.labels = set.spec.template_.metadata.labels;
  configure(set, rollout.wanted);
  say_cause(set, configuration_change(rollout.world, rollout.key.ns, rollout.revisions,
                                      deployment.spec.template_, rollout.wanted));
  copy_annotations(deployment, set);
  number_revision(set, next_revision_number(rollout));
  mark_scaled(rollout, set);
  return set;
}

}  // namespace weir
