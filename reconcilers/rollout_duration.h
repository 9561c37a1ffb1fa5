#pragma once

// How long an update has taken (Argo: status.duration): from the plan that began it to the one that
// ended it, and how much of that it stood paused.

#include "reconcilers/rollout_view.h"

namespace weir {

// Called once a plan, when all else is decided: `paused` as the status is going to say.
void state_duration(const RolloutView& view, RolloutDraft& draft, bool paused);

}  // namespace weir
