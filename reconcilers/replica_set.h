#pragma once

// ReplicaSet: keeps a number of equal Pods. It stands between the Deployment, which sets the
// number, and the Pods, which become containers.

#include "reconcilers/plan.h"

namespace weir {

// Total: an absent ReplicaSet gives an empty plan, one that is being deleted is left to garbage
// collection.
Plan plan_replica_set(const World& world, const Key& key, Time now);

}  // namespace weir
