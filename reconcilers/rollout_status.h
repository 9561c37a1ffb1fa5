#pragma once

// What a Rollout's status says: counts, conditions, phase and message, in Argo Rollouts' words.

#include "reconcilers/rollout_view.h"

namespace weir {

// Completes the draft's status from the World; may abort, where a deadline says so.
void state_status(const RolloutView& view, RolloutDraft& draft);

// "Rollout aborted update to revision 2: …": and why, as far as this plan knows.
std::string aborted_message(const RolloutView& view, const RolloutDraft& draft);

}  // namespace weir
