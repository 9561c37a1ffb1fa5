#pragma once

// Deployment: keeps ReplicaSets, one for each revision of the template, and moves Pods from the old
// ones to the current one within the limits of the strategy.

#include "reconcilers/plan.h"

namespace weir {

// Total: an absent Deployment gives an empty plan, one that is being deleted only gets its status.
Plan plan_deployment(const World& world, const Key& key, Time now);

}  // namespace weir
