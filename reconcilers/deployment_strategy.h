#pragma once

// A Deployment that is rolled out by weights (annotation weir.dev/strategy: canary or blue-green).
// It keeps its ReplicaSets, so that all that kubectl knows of Deployments holds; how large they are
// and what share of the requests each gets is decided by a Rollout of its own, of the same name,
// which takes template and selector from it. What that looks at is in an AnalysisTemplate of that
// name: one that is there already is used as it is.

#include "reconcilers/deployment_view.h"
#include "reconcilers/reconciler.h"

namespace weir {

bool has_strategy(const api::Deployment& deployment);

// The Deployment whose ReplicaSets this Rollout sizes; null: it has its own.
const api::Deployment* deployment_of(const World& world, const api::Rollout& rollout);

// Has the Rollout there and as it should be; or not there, when the annotation has gone.
Verdict delegate(const DeploymentView& view, DeploymentDraft& draft);

// The condition Progressing, by what the Rollout says.
void state_delegated_progress(const DeploymentView& view, const DeploymentDraft& draft,
                              std::vector<api::DeploymentCondition>& conditions);

}  // namespace weir
