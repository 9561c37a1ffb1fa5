#pragma once

// Whether an object has become what its spec says: the words and rules of kstatus, by which Flux
// waits. For `wait` and `healthChecks` of Kustomizations.

#include <string>

#include "reconcilers/world.h"

namespace weir {

enum class Health { current, in_progress, failed, terminating, not_found };
std::string_view text(Health health);  // "Current", "InProgress" …

Health health_of(const Object& object);
Health health_of(const World& world, const Key& key);

}  // namespace weir
