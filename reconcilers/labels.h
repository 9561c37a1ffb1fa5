#pragma once

// Label selectors, and the keys of the labels and annotations that rollouts write and read.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "gen/types.h"

namespace weir {

using Labels = std::map<std::string, std::string>;

// On ReplicaSets, their selectors and their Pods: which template they are made from.
inline constexpr char kPodTemplateHash[] = "pod-template-hash";

// On snapshots of ConfigMaps and Secrets: "true".
inline constexpr char kSnapshotLabel[] = "weir.dev/snapshot";

// Argo Rollouts' key for the same.
inline constexpr char kRolloutsPodTemplateHash[] = "rollouts-pod-template-hash";

// On EndpointSlices: whose.
inline constexpr char kServiceNameLabel[] = "kubernetes.io/service-name";

namespace annotation {
// Kubernetes' own. Revisions are on the ReplicaSet and on the Deployment, the rest on ReplicaSets.
inline constexpr char kRevision[] = "deployment.kubernetes.io/revision";
inline constexpr char kRevisionHistory[] = "deployment.kubernetes.io/revision-history";
inline constexpr char kDesiredReplicas[] = "deployment.kubernetes.io/desired-replicas";
inline constexpr char kMaxReplicas[] = "deployment.kubernetes.io/max-replicas";
inline constexpr char kReplicasBeforeScale[] =
    "deployment.kubernetes.io/replicaset-replicas-before-scale";
inline constexpr char kChangeCause[] = "kubernetes.io/change-cause";
inline constexpr char kLastApplied[] = "kubectl.kubernetes.io/last-applied-configuration";
inline constexpr char kRollbackTo[] = "deprecated.deployment.rollback.to";
inline constexpr char kPodDeletionCost[] = "controller.kubernetes.io/pod-deletion-cost";

// Argo Rollouts': the same for Rollouts and their ReplicaSets, and when a ReplicaSet is scaled
// down.
inline constexpr char kRolloutRevision[] = "rollout.argoproj.io/revision";
inline constexpr char kRolloutRevisionHistory[] = "rollout.argoproj.io/revision-history";
inline constexpr char kRolloutDesiredReplicas[] = "rollout.argoproj.io/desired-replicas";
inline constexpr char kScaleDownDeadline[] = "scale-down-deadline";
inline constexpr char kManagedByRollouts[] = "argo-rollouts.argoproj.io/managed-by-rollouts";

// The user's, on the Deployment: "true" turns automatic rollback on.
inline constexpr char kAutoRollback[] = "weir.dev/auto-rollback";
// Likewise: canary or blue-green, and how long it stays at each weight ("30s").
inline constexpr char kStrategy[] = "weir.dev/strategy";
inline constexpr char kStrategyPause[] = "weir.dev/strategy-pause";
// Likewise, and on Rollouts and Namespaces: "true" makes configuration a part of revisions
// (reconcilers/configuration.h).
inline constexpr char kConfigChange[] = "weir.dev/rollout-on-config-change";
// weir's, for that. On the Deployment or Rollout: what stood in its ConfigMaps when it was undone.
inline constexpr char kUndone[] = "weir.dev/undone-configuration";
// On ReplicaSets: their snapshots, their images, and that the change-cause is weir's own.
inline constexpr char kConfiguration[] = "weir.dev/configuration";
inline constexpr char kImageDigests[] = "weir.dev/image-digests";
inline constexpr char kConfigurationCause[] = "weir.dev/configuration-changed";
inline constexpr std::array kOfConfiguration{kConfiguration, kImageDigests, kConfigurationCause};
// On snapshots: the name of the ConfigMap or Secret.
inline constexpr char kSnapshotOf[] = "weir.dev/snapshot-of";
// weir's marks on ReplicaSets. Each holds the revision number that the ReplicaSet had at the time:
// a mark with another number than its present one tells of an earlier life.
inline constexpr char kAvailableRevision[] = "weir.dev/available-revision";  // was fully available
inline constexpr char kFailedRevision[] = "weir.dev/failed-revision";        // was rolled back from
inline constexpr char kRollbackRevision[] = "weir.dev/rollback-revision";    // was rolled back to
inline constexpr std::array kMarks{kAvailableRevision, kFailedRevision, kRollbackRevision};
}  // namespace annotation

// Whether the selector chooses these labels. An empty selector chooses everything; an operator that
// Kubernetes does not have chooses nothing.
bool matches(const api::LabelSelector& selector, const Labels& labels);
bool is_empty(const api::LabelSelector& selector);

// The whole number that this key holds; nullopt when it is absent or anything else.
std::optional<std::int64_t> number_at(const Labels& labels, const std::string& key);
// The text that this key holds, or an empty one.
std::string text_at(const Labels& labels, const std::string& key);

}  // namespace weir
