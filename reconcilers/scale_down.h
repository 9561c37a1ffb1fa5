#pragma once

// When a ReplicaSet that nothing goes to any more is scaled down: an instant that is written on it
// (Argo's annotation scale-down-deadline), so that it holds whenever weir is restarted. Rollouts
// and Experiments let their Pods stand by in this way.

#include <optional>

#include "gen/types.h"
#include "reconcilers/time.h"

namespace weir {

// How long Pods stand by, unless the object says: Argo's default.
inline constexpr std::int64_t kScaleDownDelay = 30;  // seconds

std::optional<Time> scale_down_at(const api::ReplicaSet& set);  // nullopt: nothing is written
void set_scale_down(api::ReplicaSet& set, Time now, std::int64_t delay_seconds);
void forget_scale_down(api::ReplicaSet& set);

}  // namespace weir
