#include <algorithm>
#include <array>

#include "reconcilers/labels.h"
#include "reconcilers/rollout_analysis.h"
#include "reconcilers/rollout_strategy.h"
#include "reconcilers/rollout_traffic.h"

namespace weir {

namespace {

const api::BlueGreenStrategy& strategy(const RolloutView& view) { return *view.blue_green(); }

std::string active_hash(const RolloutView& view) {
  return picked_hash(view, strategy(view).activeService);
}

const Revision* active_revision(const RolloutView& view) {
  return view.with_hash(active_hash(view));
}

// Its Pods still stand by from its time as the stable one: they are gone back to at once. One that
// stands by because it was aborted has still to prove itself.
bool stands_by(const RolloutView& view, const RolloutDraft& draft, const Revision& revision) {
  return scale_down_at(draft, revision).has_value() && is_full(view, revision) &&
         revision.set->metadata.annotations.contains(annotation::kAvailableRevision);
}

bool is_first(const RolloutView& view) { return active_revision(view) == nullptr; }

bool is_switched(const RolloutView& view) {
  return view.current() && active_hash(view) == view.current_hash();
}

bool waits_for_people(const RolloutView& view) {
  const api::BlueGreenStrategy& blue_green = strategy(view);
  return !blue_green.autoPromotionEnabled.value_or(true) || blue_green.autoPromotionSeconds > 0;
}

// --- Steps ---------------------------------------------------------------------------------------

Verdict preview(const RolloutView& view, RolloutDraft& draft) {
  const std::string& service = strategy(view).previewService;
  point(view, draft, service, draft.aborted() ? draft.status.stableRS : view.current_hash());
  draft.status.blueGreen.previewSelector = view.current_hash();
  return next();
}

std::int64_t preview_size(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t n = view.limits.replicas;
  const bool whole = is_first(view) || is_switched(view) || draft.status.promoteFull ||
                     draft.status.blueGreen.scaleUpPreviewCheckPoint;
  return whole ? n : std::min(n, strategy(view).previewReplicaCount.value_or(n));
}

Verdict size(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  const Revision* serving = active_revision(view);
  if (serving && serving != &current) resize(view, draft, *serving, view.limits.replicas);
  // Until another one is stable, the one that is can be gone back to at once.
  end_others(view, draft, serving ? active_hash(view) : "",
             strategy(view).scaleDownDelayRevisionLimit, draft.stable(view));
  if (draft.aborted() && !draft.is_settled(view) && serving != &current) {
    resize(view, draft, current,
           size_once_aborted(view, draft, strategy(view).abortScaleDownDelaySeconds));
    return next("aborted: the new revision is not needed");
  }
  resize(view, draft, current, preview_size(view, draft));
  return next();
}

// Whether nothing keeps the switch: not its analysis, not people, not the clock.
bool may_switch(const RolloutView& view, RolloutDraft& draft) {
  if (is_first(view) || draft.status.promoteFull ||
      draft.status.blueGreen.scaleUpPreviewCheckPoint || stands_by(view, draft, *view.current())) {
    return true;
  }
  const auto& analysis = strategy(view).prePromotionAnalysis;
  if (analysis && !analyse(view, draft, AnalysisSlot::before_switch, *analysis)) return false;
  if (!waits_for_people(view) || is_resumed(draft)) return true;
  const auto since = paused_since(draft, kBlueGreenPause);
  if (!since) {
    pause(view, draft, kBlueGreenPause);
  }
  const bool by_clock = strategy(view).autoPromotionEnabled.value_or(true);
  if (!by_clock) return false;
  const Time end = since.value_or(view.now) + bounded_seconds(strategy(view).autoPromotionSeconds);
  if (view.now < end) draft.plan.wake(end);
  return view.now >= end;
}

// All requests change over at one instant: the Service's next table.
Verdict change_over(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  const std::string& service = strategy(view).activeService;
  draft.status.blueGreen.activeSelector = active_hash(view);
  if (draft.aborted() && !draft.is_settled(view)) {
    const Revision* stable = draft.stable(view);
    if (!stable || stable == active_revision(view)) return next();
    // One that changed over and was not stable yet serves until the stable one can.
    if (!is_switched(view) && !is_full(view, *stable)) return next();
    point(view, draft, service, draft.status.stableRS);
    draft.status.blueGreen.activeSelector = draft.status.stableRS;
    forget_scale_down(draft, *stable);
    return next("aborted: back to the stable revision");
  }
  if (is_switched(view) || view.rollout.spec.paused) return next();
  const std::int64_t shown = std::min(preview_size(view, draft), view.limits.replicas);
  if (current.replicas.available < shown) return next("the new revision is becoming available");
  if (!may_switch(view, draft)) return next("waits to be promoted");
  clear_pause(draft);
  draft.status.blueGreen.scaleUpPreviewCheckPoint = true;
  if (!is_full(view, current)) {
    resize(view, draft, current, view.limits.replicas);
    return next("the new revision grows to its full size");
  }
  const Revision* before = active_revision(view);
  point(view, draft, service, hash_of(current));
  draft.status.blueGreen.activeSelector = hash_of(current);
  forget_scale_down(draft, current);
  if (before) {
    scale_down_later(view, draft, *before,
                     strategy(view).scaleDownDelaySeconds.value_or(kScaleDownDelay));
  }
  return next("the active Service changes over");
}

// The one that was stable before stays until the new one has passed: it is gone back to at once.
bool passes(const RolloutView& view, RolloutDraft& draft) {
  const auto& analysis = strategy(view).postPromotionAnalysis;
  if (!analysis || draft.status.stableRS.empty() || draft.status.promoteFull) return true;
  return analyse(view, draft, AnalysisSlot::after_switch, *analysis);
}

// Acknowledged by the gateway, and nothing is left to look at.
Verdict complete(const RolloutView& view, RolloutDraft& draft) {
  if (draft.is_settled(view) || draft.aborted() || !is_switched(view)) return next();
  if (!is_told(view.world)) {
    draft.plan.wake(view.now + std::chrono::seconds(1));
    return next("waits for the gateway");
  }
  if (!passes(view, draft)) return next("waits for its analysis");
  draft.status.blueGreen.scaleUpPreviewCheckPoint = false;
  promote(view, draft, "Completed blue-green update");
  return next("revision " + std::to_string(view.current()->number) + " is stable");
}

constexpr std::array kSteps{
    RolloutStep{"preview", preview},     // its Service picks the new revision
    RolloutStep{"sizes", size},          // the new one beside the active one; old ones end
    RolloutStep{"switch", change_over},  // when it is full and nobody objects
    RolloutStep{"complete", complete},   // the new revision becomes the stable one
};

}  // namespace

std::span<const RolloutStep> blue_green_steps() { return kSteps; }

}  // namespace weir
