#include "reconcilers/rollout_strategy.h"

#include <algorithm>

#include "reconcilers/labels.h"
#include "reconcilers/rollout_runs.h"
#include "reconcilers/rollout_traffic.h"

namespace weir {

namespace {

// While the gateway has not said that it works by the newest table.
constexpr std::chrono::seconds kLookAgain{1};

}  // namespace

void pause(const RolloutView& view, RolloutDraft& draft, const char* reason) {
  draft.status.controllerPause = true;
  draft.status.pauseConditions.push_back({.reason = reason, .startTime = to_seconds(view.now)});
  note(view, draft, "RolloutPaused", "Rollout is paused (" + std::string(reason) + ")");
}

std::optional<Time> paused_since(const RolloutDraft& draft, const char* reason) {
  for (const api::PauseCondition& condition : draft.status.pauseConditions) {
    if (condition.reason == reason) return Time(condition.startTime);
  }
  return std::nullopt;
}

bool is_resumed(const RolloutDraft& draft) {
  return draft.status.controllerPause && draft.status.pauseConditions.empty();
}

void clear_pause(RolloutDraft& draft) {
  draft.status.controllerPause = false;
  draft.status.pauseConditions.clear();
}

void promote(const RolloutView& view, RolloutDraft& draft, const std::string& why) {
  const Revision& current = *view.current();
  draft.status.stableRS = hash_of(current);
  draft.edit(current).metadata.annotations[annotation::kAvailableRevision] =
      std::to_string(current.number);
  draft.status.promoteFull = false;
  clear_pause(draft);
  leave_runs(draft);
  note(view, draft, "RolloutCompleted",
       "Rollout completed update to revision " + std::to_string(current.number) + " (" +
           hash_of(current) + "): " + why);
}

void point(const RolloutView& view, RolloutDraft& draft, const std::string& name,
           const std::string& hash) {
  const auto* stored = view.world.get<api::Service>(view.key.ns, name);
  if (hash.empty() || !stored) return;
  api::Service& service = draft.services.try_emplace(name, *stored).first->second;
  const std::string before = text_at(service.spec.selector, kRolloutsPodTemplateHash);
  service.metadata.annotations[annotation::kManagedByRollouts] = view.key.name;
  service.spec.selector[kRolloutsPodTemplateHash] = hash;
  if (before == hash) return;
  note(view, draft, "SwitchService",
       "Switched selector for service '" + name + "' from '" + before + "' to '" + hash + "'");
}

std::string picked_hash(const RolloutView& view, const std::string& name) {
  const auto* service = view.world.get<api::Service>(view.key.ns, name);
  return service ? text_at(service->spec.selector, kRolloutsPodTemplateHash) : "";
}

void end_others(const RolloutView& view, RolloutDraft& draft, const std::string& serving,
                std::optional<std::int64_t> limit, const Revision* spared) {
  std::vector<const Revision*> waiting = active(view.others(serving));
  std::erase(waiting, spared);
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const Revision* a, const Revision* b) { return a->number > b->number; });
  std::int64_t kept = 0;
  for (const Revision* revision : waiting) {
    const auto at = scale_down_at(draft, *revision);
    const bool early = at && view.now < *at && (!limit || kept < *limit);
    if (early) {
      draft.plan.wake(*at);
      ++kept;
    } else if (at && !is_told(view.world)) {  // it may still be asked
      draft.plan.wake(view.now + kLookAgain);
    } else {
      resize(view, draft, *revision, 0);
      forget_scale_down(draft, *revision);
    }
  }
}

std::int64_t size_once_aborted(const RolloutView& view, RolloutDraft& draft,
                               std::optional<std::int64_t> delay) {
  const Revision& current = *view.current();
  const std::int64_t seconds = delay.value_or(kScaleDownDelay);
  if (seconds == 0 || current.size() == 0) return current.size();
  const auto at = scale_down_at(draft, current);
  if (at && view.now >= *at) {
    forget_scale_down(draft, current);
    return 0;
  }
  if (!at) scale_down_later(view, draft, current, seconds);
  draft.plan.wake(at.value_or(view.now + bounded_seconds(seconds)));
  return current.size();
}

bool is_full(const RolloutView& view, const Revision& revision) {
  return revision.size() >= view.limits.replicas &&
         revision.replicas.available >= view.limits.replicas;
}

}  // namespace weir
