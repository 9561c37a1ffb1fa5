#include <algorithm>
#include <array>

#include "reconcilers/canary_size.h"
#include "reconcilers/duration.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_analysis.h"
#include "reconcilers/rollout_experiment.h"
#include "reconcilers/rollout_steps.h"
#include "reconcilers/rollout_strategy.h"
#include "reconcilers/rollout_traffic.h"

namespace weir {

namespace {

const api::CanaryStrategy& strategy(const RolloutView& view) { return *view.canary(); }

std::int64_t index_of(const RolloutView& view, const RolloutDraft& draft) {
  return std::clamp<std::int64_t>(draft.status.currentStepIndex.value_or(0), 0, view.step_count());
}

// The weight that the new revision is to come to.
std::int64_t target_weight(const RolloutView& view, const RolloutDraft& draft) {
  if (draft.aborted() || draft.is_settled(view)) return 0;
  return weight_at(strategy(view), index_of(view, draft));
}

// What it has now, as it is stored, of the revision that is current.
std::int64_t present_weight(const RolloutView& view, const api::RolloutStatus& status) {
  const auto& weights = status.canary.weights;
  if (!weights || weights->canary.podTemplateHash != view.current_hash()) return 0;
  return weights->canary.weight;
}

// With a maxSurge, shares and Pods grow together, each as far as the other lets it.
bool grows_gradually(const RolloutView& view) { return strategy(view).maxSurge.has_value(); }

std::int64_t pods_for(const RolloutView& view, std::int64_t weight) {
  const api::CanaryStrategy& canary = strategy(view);
  // Within a surge there may be no room for more than the weight needs.
  if (grows_gradually(view)) {
    return pods_for_rounded_weight(view.limits.replicas, weight, most_weight(canary));
  }
  return pods_for_weight(view.limits.replicas, weight, most_weight(canary),
                         canary.minPodsPerReplicaSet.value_or(1));
}

// How many of the wanted Pods must be available before a step goes on.
std::int64_t threshold(const RolloutView& view, std::int64_t wanted) {
  const auto& progress = strategy(view).replicaProgressThreshold;
  if (!progress) return wanted;
  if (progress->type == "Percent") {
    return std::min(wanted, (wanted * progress->value + 99) / 100);
  }
  return std::min<std::int64_t>(wanted, progress->value);
}

// --- Sizes that are wanted -----------------------------------------------------------------------

CanarySizes wanted_by_ratio(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t n = view.limits.replicas;
  if (!draft.stable(view) || draft.is_settled(view)) return {.canary = n};
  return sizes_by_ratio(n, view.limits.surge, target_weight(view, draft),
                        most_weight(strategy(view)));
}

std::int64_t canary_with_router(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t n = view.limits.replicas;
  const std::int64_t index = index_of(view, draft);
  if (!draft.stable(view) || draft.is_settled(view)) return n;
  if (const auto* scale = canary_scale_at(strategy(view), index); scale && !draft.aborted()) {
    if (scale->replicas) return *scale->replicas;
    return pods_for_weight(n, scale->weight.value_or(0), 100, 0);
  }
  // The share that it has until the gateway has another table needs its Pods, too.
  return pods_for(view, std::max({target_weight(view, draft), present_weight(view, draft.status),
                                  present_weight(view, view.rollout.status)}));
}

std::int64_t stable_with_router(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t n = view.limits.replicas;
  if (!shrinks_stable(strategy(view))) return n;
  const std::int64_t most = most_weight(strategy(view));
  const std::int64_t least =
      std::min({draft.aborted() ? 0 : target_weight(view, draft),
                present_weight(view, draft.status), present_weight(view, view.rollout.status)});
  return pods_for(view, most - least);
}

// --- Steps ---------------------------------------------------------------------------------------

bool older_are_gone(const RolloutView& view, const RolloutDraft& draft) {
  const auto others = view.others(draft.status.stableRS);
  return std::all_of(others.begin(), others.end(),
                     [](const Revision* r) { return r->replicas.available == 0; });
}

bool has_sizes(const RolloutView& view, const RolloutDraft& draft) {
  const Revision* current = view.current();
  const Revision* stable = draft.stable(view);
  if (view.has_router()) {
    return current->replicas.available >= threshold(view, canary_with_router(view, draft));
  }
  const CanarySizes wanted = wanted_by_ratio(view, draft);
  return current->size() == wanted.canary &&
         current->replicas.available >= threshold(view, wanted.canary) &&
         (!stable || stable->size() == wanted.stable) && older_are_gone(view, draft);
}

// As stored, and acknowledged by the gateway.
bool has_weight(const RolloutView& view, std::int64_t weight) {
  const auto& weights = view.rollout.status.canary.weights;
  return !view.has_router() || (present_weight(view, view.rollout.status) == weight && weights &&
                                weights->verified.value_or(false));
}

bool is_inconclusive(const RolloutDraft& draft) {
  return paused_since(draft, kInconclusiveAnalysis) || paused_since(draft, kInconclusiveExperiment);
}

bool is_over(const RolloutView& view, RolloutDraft& draft, const api::RolloutPause& pause) {
  if (is_resumed(draft)) return true;
  const auto since = paused_since(draft, kCanaryPauseStep);
  if (!since || !pause.duration) return false;
  const Time end = *since + parse_seconds(*pause.duration).value_or(std::chrono::seconds(0));
  if (view.now < end) draft.plan.wake(end);
  return view.now >= end;
}

bool is_done(const RolloutView& view, RolloutDraft& draft, const api::CanaryStep& step) {
  if (step.pause) return is_over(view, draft, *step.pause);
  if (step.setWeight) return has_sizes(view, draft) && has_weight(view, target_weight(view, draft));
  if (step.setCanaryScale) return has_sizes(view, draft);
  if (step.analysis) return analyse(view, draft, AnalysisSlot::step, *step.analysis);
  if (step.experiment) return experiment(view, draft, *step.experiment);
  return step.setHeaderRoute || step.setMirrorRoute;
}

Verdict advance(const RolloutView& view, RolloutDraft& draft) {
  const std::int64_t count = view.step_count();
  if (count == 0) {
    draft.status.currentStepIndex.reset();
    return next();
  }
  if (draft.aborted()) return next("aborted: back to the stable revision");
  auto& index = draft.status.currentStepIndex;
  index = index_of(view, draft);
  if (!draft.stable(view) || draft.is_settled(view) || draft.status.promoteFull) {
    index = count;
    clear_pause(draft);
    return next();
  }
  if (view.rollout.spec.paused) return next("paused");
  if (is_inconclusive(draft)) return next("paused: what was measured is inconclusive");
  while (*index < count) {
    const api::CanaryStep& step = view.steps()[static_cast<std::size_t>(*index)];
    if (!step.pause && is_resumed(draft)) clear_pause(draft);
    if (!is_done(view, draft, step)) break;
    ++*index;
    clear_pause(draft);
    leave_analysis(draft, AnalysisSlot::step);
    leave_experiment(draft);
    note(view, draft, "RolloutStepCompleted",
         "Rollout step " + std::to_string(*index) + "/" + std::to_string(count) + " completed (" +
             step_text(step) + ")");
  }
  if (*index == count) return next("all steps are done");
  const api::CanaryStep& step = view.steps()[static_cast<std::size_t>(*index)];
  if (step.pause && draft.status.pauseConditions.empty()) {
    pause(view, draft, kCanaryPauseStep);
    is_over(view, draft, *step.pause);  // has it looked at again in time
  }
  return next("at step " + std::to_string(*index + 1) + " of " + std::to_string(count) + " (" +
              step_text(step) + ")");
}

// What a stable revision that has become smaller can carry of the requests.
std::int64_t share_of_stable(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t most = most_weight(strategy(view));
  const std::int64_t n = view.limits.replicas;
  return n == 0 ? most : std::min(most, draft.stable(view)->replicas.available * most / n);
}

// The share that the new revision gets now. More only when its Pods can carry it, less at once.
std::int64_t next_weight(const RolloutView& view, const RolloutDraft& draft) {
  const std::int64_t target = target_weight(view, draft);
  const std::int64_t present = present_weight(view, draft.status);
  const std::int64_t most = most_weight(strategy(view));
  const std::int64_t n = std::max<std::int64_t>(1, view.limits.replicas);
  const auto share = [&](const Revision& revision) {
    return std::min(most, revision.replicas.available * most / n);
  };
  const Revision& current = *view.current();
  if (draft.is_settled(view)) return 0;
  if (current.replicas.available == 0 && view.limits.replicas > 0) return 0;
  if (target < present) {
    if (!shrinks_stable(strategy(view))) return target;
    return std::min(present, std::max(target, most - share_of_stable(view, draft)));
  }
  if (has_sizes(view, draft)) return target;
  return grows_gradually(view) ? std::clamp(share(current), present, target) : present;
}

// Of an earlier template, with a share that the stable revision cannot take over at once.
const Revision* former_canary(const RolloutView& view, const RolloutDraft& draft) {
  const auto& weights = draft.status.canary.weights;
  if (!weights || !shrinks_stable(strategy(view)) || weights->canary.weight == 0) return nullptr;
  const std::string& hash = weights->canary.podTemplateHash;
  if (hash == view.current_hash() || hash == draft.status.stableRS) return nullptr;
  return view.with_hash(hash);
}

Verdict take_share_back(const RolloutView& view, RolloutDraft& draft, const Revision& former) {
  api::TrafficWeights& weights = *draft.status.canary.weights;
  const std::int64_t most = most_weight(strategy(view));
  const std::int64_t left =
      former.replicas.available == 0
          ? 0
          : std::min(weights.canary.weight, most - share_of_stable(view, draft));
  weights.verified = left == weights.canary.weight && is_told(view.world);
  weights.canary.weight = left;
  weights.stable.weight = most - left;
  weights.additional.clear();
  return next(std::to_string(left) + " of " + std::to_string(most) +
              " stay with the former canary until the stable revision can carry them");
}

// " additional: 5d9c 5, 7f6b 5": what goes to the templates of an Experiment.
std::string additional_text(const api::TrafficWeights& weights) {
  std::string text;
  for (const api::WeightDestination& more : weights.additional) {
    text += (text.empty() ? "" : ",") + std::string(" ") + more.podTemplateHash + " " +
            std::to_string(more.weight);
  }
  return " additional:" + (text.empty() ? " none" : text);
}

Verdict weigh(const RolloutView& view, RolloutDraft& draft) {
  auto& weights = draft.status.canary.weights;
  if (!view.has_router() || !draft.stable(view)) {
    weights.reset();
    return next();
  }
  const api::CanaryStrategy& canary = strategy(view);
  if (const Revision* former = former_canary(view, draft)) {
    return take_share_back(view, draft, *former);
  }
  const std::int64_t before = present_weight(view, draft.status);
  const std::int64_t weight = next_weight(view, draft);
  const std::int64_t most = most_weight(canary);
  const bool settled = draft.is_settled(view);
  api::TrafficWeights decided;
  decided.canary = {.podTemplateHash = view.current_hash(),
                    .serviceName = canary_service(view.rollout),
                    .weight = settled ? 0 : weight};
  decided.stable = {.podTemplateHash = draft.status.stableRS,
                    .serviceName = stable_service(view.rollout),
                    .weight = most - decided.canary.weight};
  for (api::WeightDestination more : experiment_weights(view, draft)) {
    more.weight = std::min(more.weight, decided.stable.weight);
    decided.stable.weight -= more.weight;
    decided.additional.push_back(std::move(more));
  }
  const api::TrafficWeights known = weights.value_or(api::TrafficWeights{});
  const bool same = known.canary == decided.canary && known.stable == decided.stable &&
                    known.additional == decided.additional;
  decided.verified = same && is_told(view.world);
  if (!*decided.verified) draft.plan.wake(view.now + std::chrono::seconds(1));
  std::string news;
  if (weight != before && !settled) {
    news = " from " + std::to_string(before) + " to " + std::to_string(weight);
  }
  if (decided.additional != known.additional) {
    news += (news.empty() ? "" : ",") + additional_text(decided);
  }
  weights = std::move(decided);
  if (news.empty()) return next();
  note(view, draft, "TrafficWeightUpdated", "Traffic weight updated" + news);
  return next(std::to_string(weight) + " of " + std::to_string(most) + " to the new revision");
}

// The new revision of a rollout that was aborted: as long as something goes to it, it has Pods.
std::int64_t size_of_aborted(const RolloutView& view, RolloutDraft& draft, std::int64_t wanted) {
  if (wanted == 0 && has_weight(view, 0)) {
    return size_once_aborted(view, draft, strategy(view).abortScaleDownDelaySeconds);
  }
  return shrinks_stable(strategy(view)) ? wanted : std::max(wanted, view.current()->size());
}

// With a surge: no more Pods than it allows, but one at least, or nothing could move.
void keep_to_surge(const RolloutView& view, CanarySizes& next, const CanarySizes& present) {
  std::int64_t room = view.limits.replicas + std::max<std::int64_t>(view.limits.surge, 1);
  for (const Revision& revision : view.revisions) {
    room -= std::max(revision.size(), revision.replicas.pods);
  }
  const auto keep = [&](std::int64_t& size, std::int64_t before) {
    if (size <= before) return;
    size = std::min(size, before + std::max<std::int64_t>(room, 0));
    room -= size - before;
  };
  keep(next.stable, present.stable);
  keep(next.canary, present.canary);
}

void size_with_router(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  const Revision* stable = draft.stable(view);
  if (stable == &current) stable = nullptr;
  const Revision* former = former_canary(view, draft);
  end_others(view, draft, draft.status.stableRS, strategy(view).scaleDownDelayRevisionLimit,
             former);
  // Its Pods go as its share does, or the stable revision may have no room to take it over.
  if (former && draft.status.canary.weights->verified.value_or(false)) {
    const std::int64_t needed = pods_for(view, draft.status.canary.weights->canary.weight);
    resize(view, draft, *former, std::min(former->size(), needed));
  }
  CanarySizes next{.canary = canary_with_router(view, draft)};
  CanarySizes present{.canary = current.size()};
  if (stable) {
    next.stable = former ? view.limits.replicas : stable_with_router(view, draft);
    present.stable = stable->size();
  }
  if (draft.aborted() && stable) {
    next.canary = size_of_aborted(view, draft, next.canary);
  } else {
    forget_scale_down(draft, current);
  }
  // Not before the gateway sends it less.
  const bool in_force = has_weight(view, present_weight(view, draft.status));
  if (!in_force) next.stable = std::max(next.stable, present.stable);
  const bool by_hand = canary_scale_at(strategy(view), index_of(view, draft)) && !draft.aborted();
  if (grows_gradually(view) && stable && !by_hand) keep_to_surge(view, next, present);
  resize(view, draft, current, next.canary);
  if (stable) resize(view, draft, *stable, next.stable);
}

void size_by_ratio(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  const Revision* stable = draft.stable(view);
  if (stable == &current) stable = nullptr;
  const auto numbers = [](const Revision& r) {
    return SetSize{.size = r.size(), .pods = r.replicas.pods, .available = r.replicas.available};
  };
  CanaryState state{.canary = numbers(current)};
  if (stable) state.stable = numbers(*stable);
  const auto others = view.others(stable ? draft.status.stableRS : "");
  std::vector<SetSize> older;
  for (const Revision* revision : others) older.push_back(numbers(*revision));
  for (const SetSize& set : older) state.older += set.size;
  SetSize newer = state.canary;
  newer.size += state.stable.size;
  newer.pods += state.stable.pods;
  newer.available += state.stable.available;
  const auto shrunk = shrink_old(view.limits, newer, older);
  for (std::size_t i = 0; i < others.size(); ++i) resize(view, draft, *others[i], shrunk[i]);
  const CanarySizes next = next_sizes(view.limits, wanted_by_ratio(view, draft), state);
  resize(view, draft, current, next.canary);
  if (stable) resize(view, draft, *stable, next.stable);
}

// Its number of replicas is another than it was: that holds while it is paused, too.
bool is_rescaled(const RolloutView& view) {
  const auto& annotations = view.current()->set->metadata.annotations;
  return number_at(annotations, annotation::kRolloutDesiredReplicas) != view.limits.replicas;
}

Verdict size(const RolloutView& view, RolloutDraft& draft) {
  if (view.has_router()) {
    size_with_router(view, draft);
  } else if (!view.rollout.spec.paused || draft.aborted() || is_rescaled(view)) {
    size_by_ratio(view, draft);
  }
  std::string text;
  for (const Revision& revision : view.revisions) {
    const std::int64_t size = draft.size_of(revision);
    if (size == revision.size()) continue;
    text += (text.empty() ? "scales " : ", ") + revision.name() + " to " + std::to_string(size);
  }
  return next(text);
}

// Which Pods the two Services pick. A canary that cannot answer is not shown.
Verdict services(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  const std::string& stable = draft.status.stableRS;
  // Without a router the stable Pods end as the last of the new ones come: who looks for them is
  // led to those in time.
  const bool last = !view.has_router() && !draft.aborted() && current.replicas.available > 0 &&
                    target_weight(view, draft) == most_weight(strategy(view));
  point(view, draft, stable_service(view.rollout), last ? hash_of(current) : stable);
  const bool shown = current.replicas.available > 0 && !draft.aborted();
  point(view, draft, canary_service(view.rollout), shown ? hash_of(current) : stable);
  return next();
}

Verdict watch(const RolloutView& view, RolloutDraft& draft) {
  analyse_background(view, draft);
  return next();
}

Verdict complete(const RolloutView& view, RolloutDraft& draft) {
  const Revision& current = *view.current();
  if (draft.is_settled(view) || draft.aborted() || view.rollout.spec.paused) return next();
  if (is_inconclusive(draft)) return next();
  const Revision* stable = draft.stable(view);
  const bool steps_done = !stable || index_of(view, draft) == view.step_count();
  if (!steps_done || !is_full(view, current)) return next();
  if (stable && !has_weight(view, most_weight(strategy(view))))
    return next("waits for the gateway");
  if (stable && !view.has_router() && stable->replicas.available + stable->size() > 0)
    return next();
  if (!view.has_router() && !older_are_gone(view, draft)) return next();
  promote(view, draft,
          stable ? "Completed all " + std::to_string(view.step_count()) + " canary steps"
                 : "Initial deploy");
  if (stable && view.has_router()) {
    scale_down_later(view, draft, *stable,
                     strategy(view).scaleDownDelaySeconds.value_or(kScaleDownDelay));
  }
  auto& turn = draft.status.canary.stablePingPong;
  if (strategy(view).pingPong) {  // the Services change their parts, and pick what they picked
    turn = turn == "pong" ? "ping" : "pong";
  } else {
    services(view, draft);
  }
  if (view.has_router()) weigh(view, draft);
  return next("revision " + std::to_string(current.number) + " is stable");
}

constexpr std::array kSteps{
    RolloutStep{"steps", advance},      // those that are done; a pause begins or ends
    RolloutStep{"analysis", watch},     // beside the steps
    RolloutStep{"weights", weigh},      // how the requests are divided
    RolloutStep{"sizes", size},         // how many Pods each revision has
    RolloutStep{"services", services},  // which Pods the Services pick
    RolloutStep{"complete", complete},  // the new revision becomes the stable one
};

}  // namespace

std::span<const RolloutStep> canary_steps() { return kSteps; }

}  // namespace weir
