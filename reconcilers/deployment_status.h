#pragma once

// The status of a Deployment: counts from the Pods, and Kubernetes' conditions Available,
// Progressing and ReplicaFailure with their reasons and messages. The one ending of every plan of a
// Deployment.

#include "reconcilers/deployment_view.h"

namespace weir {

// The clock of the progress deadline starts again: a revision was made, found or resumed.
void restart_progress(const DeploymentView& rollout, DeploymentDraft& draft, std::string reason,
                      std::string message);

// Every Pod wanted is of the current revision and available, and no other Pod is left.
bool is_complete(const DeploymentView& rollout);

// The status that the World and the draft add up to. Adds to draft.plan when to look again: when a
// ready Pod becomes available, and when the progress deadline passes.
api::DeploymentStatus status_of(const DeploymentView& rollout, DeploymentDraft& draft);

}  // namespace weir
