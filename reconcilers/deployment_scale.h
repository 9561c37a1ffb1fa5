#pragma once

// Scaling: spec.replicas has changed. Whatever revisions have Pods keep their shares, and the
// rollout goes on from there in later plans. A paused Deployment still scales.

#include "reconcilers/deployment_view.h"
#include "reconcilers/reconciler.h"

namespace weir {

// The step: takes the new number of replicas to the ReplicaSets as they stand, without rolling out
// further. Does nothing while every active ReplicaSet was last scaled for this number.
Verdict scale(const DeploymentView& rollout, DeploymentDraft& draft);

}  // namespace weir
