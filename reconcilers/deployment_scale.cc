#include "reconcilers/deployment_scale.h"

#include <algorithm>

#include "reconcilers/labels.h"

namespace weir {

namespace {

bool replicas_changed(const DeploymentView& rollout) {
  const auto sizes_differ = [&](const Revision* revision) {
    const auto desired =
        number_at(revision->set->metadata.annotations, annotation::kDesiredReplicas);
    return desired && *desired != rollout.limits.replicas;
  };
  const auto all = active(rollout.all());
  return std::any_of(all.begin(), all.end(), sizes_differ);
}

// The current revision has all the Pods that are wanted, and all serve.
bool is_saturated(const DeploymentView& rollout) {
  const Revision* current = rollout.current();
  const std::int64_t wanted = rollout.limits.replicas;
  return current && current->size() == wanted && current->replicas.available == wanted &&
         number_at(current->set->metadata.annotations, annotation::kDesiredReplicas) == wanted;
}

void share_proportionally(const DeploymentView& rollout, DeploymentDraft& draft,
                          const std::vector<const Revision*>& revisions) {
  const std::vector<std::int64_t> sizes =
      proportional(rollout.limits, rollout.deployment.status.replicas, in_numbers(revisions));
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    resize(rollout, draft, *revisions[i], sizes[i]);
    mark_scaled(rollout, draft.edit(*revisions[i]));
  }
}

// The one ReplicaSet that has Pods, or that gets them when none has.
const Revision* only_revision(const DeploymentView& rollout,
                              const std::vector<const Revision*>& sharing) {
  if (!sharing.empty()) return sharing.front();
  if (rollout.current()) return rollout.current();
  return rollout.revisions.empty() ? nullptr : &rollout.revisions.back();
}

}  // namespace

Verdict scale(const DeploymentView& rollout, DeploymentDraft& draft) {
  if (draft.delegated) return next();
  const bool changed = replicas_changed(rollout);
  const bool paused = rollout.deployment.spec.paused;
  if (!paused && !changed) return next();
  const auto verdict = [&](std::string text) {  // paused: `hold` comes after it
    return paused ? next(std::move(text)) : stop(std::move(text));
  };
  const std::int64_t wanted = rollout.limits.replicas;
  const auto sharing = active(rollout.all());
  if (sharing.size() <= 1) {
    const Revision* only = only_revision(rollout, sharing);
    if (!only) return next();
    resize(rollout, draft, *only, wanted);
    // Somebody gave it this size by hand: the change of replicas is dealt with all the same.
    if (changed) mark_scaled(rollout, draft.edit(*only));
    return verdict(only->name() + " has all " + std::to_string(wanted) + " replicas");
  }
  if (is_saturated(rollout)) {
    for (const Revision* old : active(rollout.old())) resize(rollout, draft, *old, 0);
    return verdict(rollout.current()->name() + " is complete: scales the others to 0");
  }
  // To pause alone adds no Pod anywhere. Recreate never shares: it goes on to drain the old ones.
  if (!changed || !rollout.is_rolling_update()) return next();
  share_proportionally(rollout, draft, sharing);
  return verdict("shares " + std::to_string(wanted) + " replicas and the surge among " +
                 std::to_string(sharing.size()) + " replica sets");
}

}  // namespace weir
