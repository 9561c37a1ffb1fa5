#pragma once

// The steps of a canary, as questions: which weight is in force at one of them, how many Pods that
// needs, whether it is done. Read by the canary's plan and by the route table.

#include <string>
#include <vector>

#include "reconcilers/rollout_view.h"

namespace weir {

// What weights are parts of: 100, or what trafficRouting says.
std::int64_t most_weight(const api::CanaryStrategy& canary);

// That of the last setWeight up to this step; none yet: 0; past the last step: all of it.
std::int64_t weight_at(const api::CanaryStrategy& canary, std::int64_t index);

// With a router, whether the stable revision becomes smaller as its share does: so that shares move
// only as Pods can carry them, there and back.
bool shrinks_stable(const api::CanaryStrategy& canary);

// The last setCanaryScale up to this step, unless it says matchTrafficWeight. Null: there is none.
const api::SetCanaryScale* canary_scale_at(const api::CanaryStrategy& canary, std::int64_t index);

// Of the list as it is: another one begins anew.
std::string steps_hash(const std::vector<api::CanaryStep>& steps);

// "setWeight: 20", "pause: 1h": for Events.
std::string step_text(const api::CanaryStep& step);

}  // namespace weir
