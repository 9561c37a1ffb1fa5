#include "reconcilers/rollout_status.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_analysis.h"
#include "reconcilers/rollout_duration.h"
#include "reconcilers/rollout_experiment.h"

namespace weir {

namespace {

constexpr char kTimedOut[] = "ProgressDeadlineExceeded";
constexpr char kComplete[] = "NewReplicaSetAvailable";
constexpr char kPaused[] = "RolloutPaused";
constexpr char kAborted[] = "RolloutAborted";
constexpr char kAnalysing[] = "AnalysisRunRunning";

bool is_paused(const RolloutView& view, const RolloutDraft& draft) {
  return view.rollout.spec.paused || !draft.status.pauseConditions.empty();
}

std::string subject(const RolloutView& view, const RolloutDraft& draft) {
  if (draft.created) return "ReplicaSet \"" + draft.created->metadata.name + "\"";
  if (view.current()) return "ReplicaSet \"" + view.current()->name() + "\"";
  return "Rollout \"" + view.key.name + "\"";
}

std::string selector_text(const RolloutView& view) {
  std::string text;
  for (const auto& [key, value] : view.selector().matchLabels) {
    text += (text.empty() ? "" : ",") + key + "=" + value;
  }
  const std::string& active = view.rollout.status.blueGreen.activeSelector;
  if (!view.blue_green() || active.empty()) return text;
  return text + "," + kRolloutsPodTemplateHash + "=" + active;
}

void state_counts(const RolloutView& view, api::RolloutStatus& status) {
  const Replicas all = view.total();
  status.observedGeneration = std::to_string(view.rollout.metadata.generation);
  status.replicas = all.pods;
  status.readyReplicas = all.ready;
  status.availableReplicas = all.available;
  status.updatedReplicas = view.current() ? view.current()->replicas.pods : 0;
  status.selector = selector_text(view);
  if (view.workload) {
    status.workloadObservedGeneration = std::to_string(view.workload->metadata.generation);
  }
  status.HPAReplicas = all.pods;
  if (!view.blue_green()) return;
  const Revision* active = view.with_hash(status.blueGreen.activeSelector);
  status.HPAReplicas = active ? active->replicas.pods : all.pods;
  status.availableReplicas = active ? active->replicas.available : all.available;
}

void say(const RolloutView& view, RolloutDraft& draft, std::string type, bool yes,
         std::string reason, std::string message) {
  set_condition(draft.status.conditions,
                {.type = std::move(type),
                 .status = yes ? "True" : "False",
                 .reason = std::move(reason),
                 .message = std::move(message)},
                view.now);
}

std::int64_t weight_of(const api::RolloutStatus& status) {
  return status.canary.weights ? status.canary.weights->canary.weight : 0;
}

bool has_progressed(const api::RolloutStatus& before, const api::RolloutStatus& after) {
  return after.updatedReplicas > before.updatedReplicas ||
         after.replicas - after.updatedReplicas < before.replicas - before.updatedReplicas ||
         after.readyReplicas > before.readyReplicas ||
         after.availableReplicas > before.availableReplicas ||
         after.currentStepIndex != before.currentStepIndex ||
         weight_of(after) != weight_of(before) || after.stableRS != before.stableRS ||
         after.currentPodHash != before.currentPodHash;
}

void restate(const RolloutView& view, RolloutDraft& draft, const char* status, const char* reason,
             std::string message) {
  restate_condition(
      draft.status.conditions,
      {.type = "Progressing", .status = status, .reason = reason, .message = std::move(message)},
      view.now);
}

// Beside it, in the background, a rollout progresses all the same.
bool is_waiting_for_analysis(const RolloutDraft& draft) {
  return is_experimenting(draft) || is_analysing(draft, AnalysisSlot::step) ||
         is_analysing(draft, AnalysisSlot::before_switch) ||
         is_analysing(draft, AnalysisSlot::after_switch);
}

// Pauses and analyses do not count: the clock begins anew when they end.
void state_progress(const RolloutView& view, RolloutDraft& draft) {
  const auto* before = find_condition(draft.status.conditions, "Progressing");
  const std::string reason = before ? before->reason : "";
  const std::string who = subject(view, draft);
  if (draft.aborted()) {
    if (reason != kAborted) restate(view, draft, "False", kAborted, aborted_message(view, draft));
  } else if (is_paused(view, draft)) {
    if (reason != kPaused) restate(view, draft, "Unknown", kPaused, "Rollout is paused");
  } else if (reason == kPaused) {
    restate(view, draft, "Unknown", "RolloutResumed", "Rollout is resumed");
  } else if (is_waiting_for_analysis(draft)) {
    if (reason != kAnalysing) {
      restate(view, draft, "True", kAnalysing, who + " is being analysed.");
    }
  } else if (reason == kAnalysing) {
    restate(view, draft, "True", "ReplicaSetUpdated", who + " is progressing.");
  } else if (reason == kAborted && !draft.created) {
    restate(view, draft, "Unknown", "RolloutRetry", "Retrying Rollout after abort");
  } else if (draft.created) {
    restate(view, draft, "True", "NewReplicaSetCreated",
            "Created new replica set " + who.substr(11));
  } else if (draft.is_settled(view) && draft.status.availableReplicas >= view.limits.replicas) {
    say(view, draft, "Progressing", true, kComplete, who + " has successfully progressed.");
  } else if (!before || has_progressed(view.rollout.status, draft.status)) {
    if (reason != kComplete || !draft.is_settled(view)) {
      restate(view, draft, "True", "ReplicaSetUpdated", who + " is progressing.");
    }
  } else if (reason != kComplete && reason != kTimedOut && before->lastUpdateTime) {
    const Time end =
        *before->lastUpdateTime + bounded_seconds(view.rollout.spec.progressDeadlineSeconds);
    if (view.now <= end) return draft.plan.wake(end + std::chrono::milliseconds(1));
    restate(view, draft, "False", kTimedOut, who + " has timed out progressing.");
    note(view, draft, kTimedOut, who + " has timed out progressing.", true);
    if (view.rollout.spec.progressDeadlineAbort) draft.status.abort = true;
  }
}

void state_conditions(const RolloutView& view, RolloutDraft& draft) {
  if (!draft.invalid.empty()) {
    state_condition(draft.status.conditions,
                    {.type = "InvalidSpec",
                     .status = "True",
                     .reason = "InvalidSpec",
                     .message = draft.invalid},
                    view.now);
    return;
  }
  remove_condition(draft.status.conditions, "InvalidSpec");
  const bool available = draft.status.availableReplicas >= view.limits.min_available();
  say(view, draft, "Available", available, "AvailableReason",
      available ? "Rollout has minimum availability"
                : "Rollout does not have minimum availability");
  state_progress(view, draft);
  const bool paused = is_paused(view, draft);
  if (paused || find_condition(draft.status.conditions, "Paused")) {
    say(view, draft, "Paused", paused, kPaused,
        paused ? "Rollout is paused" : "Rollout is not paused");
  }
  const bool done = draft.is_settled(view);
  say(view, draft, "Completed", done, "RolloutCompleted",
      done ? "RolloutCompleted"
           : "Rollout not completed, started update to revision " +
                 std::to_string(view.current() ? view.current()->number : 1));
}

struct Phase {
  const char* phase;
  std::string message = {};
};

Phase phase_of(const RolloutView& view, const RolloutDraft& draft) {
  const api::RolloutStatus& status = draft.status;
  if (!draft.invalid.empty()) return {"Degraded", "InvalidSpec: " + draft.invalid};
  const auto* progressing = find_condition(status.conditions, "Progressing");
  if (progressing && (progressing->reason == kAborted || progressing->reason == kTimedOut)) {
    return {"Degraded", progressing->reason + ": " + progressing->message};
  }
  if (view.rollout.spec.paused) return {"Paused", "manually paused"};
  if (!status.pauseConditions.empty()) return {"Paused", status.pauseConditions.front().reason};
  const auto& restart = view.rollout.spec.restartAt;
  if (restart && view.now >= Time(*restart) && status.restartedAt != restart) {
    return {"Progressing", "rollout is restarting"};
  }
  if (status.updatedReplicas < view.limits.replicas) {
    return {"Progressing", "more replicas need to be updated"};
  }
  if (status.availableReplicas < std::min(status.updatedReplicas, view.limits.replicas)) {
    return {"Progressing", "updated replicas are still becoming available"};
  }
  if (view.blue_green()) {
    if (is_analysing(draft, AnalysisSlot::before_switch)) {
      return {"Progressing", "waiting for analysis to complete"};
    }
    if (status.blueGreen.activeSelector != status.currentPodHash) {
      return {"Progressing", "active service cutover pending"};
    }
    if (!draft.is_settled(view)) {
      return {"Progressing", "waiting for post-promotion verification to complete"};
    }
    return {"Healthy"};
  }
  if (draft.is_settled(view) && view.current()->replicas.available < view.limits.replicas) {
    return {"Progressing", "updated replicas are still becoming available"};
  }
  if (!view.has_router() && status.replicas > status.updatedReplicas) {
    return {"Progressing", "old replicas are pending termination"};
  }
  if (!draft.is_settled(view)) return {"Progressing", "waiting for all steps to complete"};
  return {"Healthy"};
}

}  // namespace

std::string aborted_message(const RolloutView& view, const RolloutDraft& draft) {
  const std::string number = view.current() ? std::to_string(view.current()->number) : "?";
  std::string why = draft.abort_reason;
  const auto* progressing = find_condition(draft.status.conditions, "Progressing");
  if (why.empty() && progressing && progressing->reason == kTimedOut) why = progressing->message;
  return "Rollout aborted update to revision " + number + (why.empty() ? "" : ": " + why);
}

void state_status(const RolloutView& view, RolloutDraft& draft) {
  state_counts(view, draft.status);
  state_conditions(view, draft);
  const Phase phase = phase_of(view, draft);
  draft.status.phase = phase.phase;
  draft.status.message = phase.message;
  state_duration(view, draft, is_paused(view, draft));
  if (draft.invalid.empty()) {
    const bool healthy = draft.status.phase == "Healthy";
    say(view, draft, "Healthy", healthy, "RolloutHealthy",
        healthy ? "Rollout is healthy" : "Rollout is not healthy");
  }
}

}  // namespace weir
