#pragma once

// The Rollout reconciler (Argo Rollouts' kind): a Deployment that moves to a new version by a
// canary or by blue-green. The steps that both share are in rollout.cc, the strategies' own in
// rollout_canary.cc and rollout_blue_green.cc, what is shown of it in rollout_status.cc.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_rollout(const World& world, const Key& key, Time now);

}  // namespace weir
