#include "reconcilers/rollout_duration.h"

namespace weir {

namespace {

// How the update ended that this plan leaves behind; empty: it is under way.
const char* ending(const RolloutView& view, const RolloutDraft& draft) {
  const api::RolloutStatus &before = view.rollout.status, &after = draft.status;
  if (draft.aborted()) return "Aborted";
  if (after.stableRS.empty() || after.stableRS != after.currentPodHash) return "";
  const bool at_once = before.promoteFull || after.promoteFull;
  // What was known to be good is asked for again: nothing had to be proved.
  if (before.stableRS == after.stableRS) return at_once ? "FastRolledBack" : "RolledBack";
  return at_once ? "FastPromoted" : "Promoted";
}

}  // namespace

void state_duration(const RolloutView& view, RolloutDraft& draft, bool paused) {
  const api::RolloutStatus& before = view.rollout.status;
  auto& duration = draft.status.duration;
  const bool begins = draft.status.currentPodHash != before.currentPodHash ||
                      (before.abortedAt && !draft.status.abortedAt && !draft.is_settled(view));
  if (begins) {
    duration.emplace();
    duration->rolloutStartedAt = to_seconds(view.now);
  }
  if (!duration || duration->finishedAt) return;
  auto& since = duration->manualPauseStartedAt;
  if (paused && !since) since = to_seconds(view.now);
  if (!paused && since) {
    duration->totalManualPauseDurationSeconds += (to_seconds(view.now) - *since).count();
    since.reset();
  }
  duration->completionStatus = ending(view, draft);
  if (!duration->completionStatus.empty()) duration->finishedAt = to_seconds(view.now);
}

}  // namespace weir
