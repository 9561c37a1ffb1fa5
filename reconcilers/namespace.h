#pragma once

// Namespace: Active until its deletion is asked for, then Terminating until nothing is left in it.
// Everything inside is asked to go at once, and each object goes its own way: Pods with their
// grace, objects with finalizers when those are done. Conditions say what is still waited for.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_namespace(const World& world, const Key& key, Time now);

}  // namespace weir
