#pragma once

// Rollback: the Deployment's template is put back to that of an earlier revision. From there on it
// is a rollout like any other.
//
// Automatic rollback (annotation weir.dev/auto-rollback: "true"): a revision that passes its
// progress deadline gives way to the last one that was fully available. Everything is remembered on
// the ReplicaSets, as revision numbers (reconcilers/labels.h), so a crash loses nothing:
//   - when a rollout is complete, its ReplicaSet is marked available-revision;
//   - a rollback marks the one that it leaves failed-revision and the one that it goes to, which is
//     renumbered at once, rollback-revision.
// A Deployment stands rolled back while its current revision still has the number that the rollback
// gave it. As long as it does, the user's last wish is unfulfilled: Progressing stays False with
// ProgressDeadlineExceeded, so that `kubectl rollout status` fails, and there is no further
// rollback, whatever happens. It ends with the user's next change of the template, which makes
// another revision current or gives this one a new number. So each change by a user is answered by
// one rollback at most.

#include "reconcilers/deployment_view.h"
#include "reconcilers/reconciler.h"

namespace weir {

inline constexpr char kAutoRollbackCondition[] = "AutoRollback";

bool stands_rolled_back(const DeploymentView& rollout);
// The last revision of another template than the current one that was fully available; null: none
// was.
const Revision* last_available(const DeploymentView& rollout);

// The step: answers kubectl's old rollback annotation and the passed progress deadline.
Verdict roll_back(const DeploymentView& rollout, DeploymentDraft& draft);

}  // namespace weir
