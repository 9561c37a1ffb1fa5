#pragma once

// What deletion means for every kind, run before a kind's own steps, as Kubernetes' garbage
// collector and API server do it: an object whose owners are all gone is deleted; foreground
// deletion waits for the dependents; orphaning lets them go; an object that is being deleted and
// that nothing holds any longer leaves the store. Pods and Namespaces leave in their own last step,
// because their containers and contents come first.

#include "reconcilers/reconciler.h"

namespace weir {

// stop: the plan ends here. Adds its reasons to the plan.
Verdict common_steps(const World& world, const Key& key, Time now, Plan& plan);

inline constexpr char kForegroundFinalizer[] = "foregroundDeletion";
inline constexpr char kOrphanFinalizer[] = "orphan";

// What must happen to an object because of its owners.
enum class Ownership {
  settled,     // no owner, or owners that stay
  loosened,    // some owners stay: the references to the others are to be dropped
  abandoned,   // all owners are gone: to be deleted
  foreground,  // its owners are being deleted and wait for it: to be deleted
};
Ownership ownership_of(const World& world, const api::ObjectMeta& object);

}  // namespace weir
