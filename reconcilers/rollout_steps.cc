#include "reconcilers/rollout_steps.h"

#include <algorithm>

#include "reconcilers/names.h"
#include "reconcilers/object_text.h"

namespace weir {

namespace {

// The last step up to `index` for which `has` says yes; null: none.
template <class Has>
const api::CanaryStep* last_step(const api::CanaryStrategy& canary, std::int64_t index, Has has) {
  const api::CanaryStep* last = nullptr;
  for (std::int64_t i = 0; i <= index && i < std::ssize(canary.steps); ++i) {
    const api::CanaryStep& step = canary.steps[static_cast<std::size_t>(i)];
    if (has(step)) last = &step;
  }
  return last;
}

std::string shown(const api::IntOrString& value) {
  return value.is_string ? value.text : std::to_string(value.number);
}

}  // namespace

std::int64_t most_weight(const api::CanaryStrategy& canary) {
  if (!canary.trafficRouting) return 100;
  return std::max<std::int64_t>(1, canary.trafficRouting->maxTrafficWeight.value_or(100));
}

std::int64_t weight_at(const api::CanaryStrategy& canary, std::int64_t index) {
  if (index >= std::ssize(canary.steps)) return most_weight(canary);
  const auto* step =
      last_step(canary, index, [](const api::CanaryStep& s) { return s.setWeight.has_value(); });
  return step ? std::clamp<std::int64_t>(*step->setWeight, 0, most_weight(canary)) : 0;
}

bool shrinks_stable(const api::CanaryStrategy& canary) {
  return canary.dynamicStableScale || canary.maxSurge.has_value();
}

const api::SetCanaryScale* canary_scale_at(const api::CanaryStrategy& canary, std::int64_t index) {
  if (index >= std::ssize(canary.steps)) return nullptr;
  const auto* step = last_step(
      canary, index, [](const api::CanaryStep& s) { return s.setCanaryScale.has_value(); });
  return step && !step->setCanaryScale->matchTrafficWeight ? &*step->setCanaryScale : nullptr;
}

std::string steps_hash(const std::vector<api::CanaryStep>& steps) {
  api::Rollout only;
  only.spec.strategy.canary.emplace().steps = steps;
  return std::to_string(fnv1a_32(to_text(Object(only))));
}

std::string step_text(const api::CanaryStep& step) {
  if (step.setWeight) return "setWeight: " + std::to_string(*step.setWeight);
  if (step.pause) {
    return step.pause->duration ? "pause: " + shown(*step.pause->duration) : "pause";
  }
  if (step.setCanaryScale) return "setCanaryScale";
  if (step.setHeaderRoute) return "setHeaderRoute: " + step.setHeaderRoute->name;
  if (step.setMirrorRoute) return "setMirrorRoute: " + step.setMirrorRoute->name;
  if (step.analysis) return "analysis";
  if (step.experiment) return "experiment";
  return "step";
}

}  // namespace weir
