#pragma once

// Receiver (notification.toolkit.fluxcd.io/v1): where a Git server tells of pushes. The path is
// made of the object's uid, so that nobody guesses it; who knows it needs the token all the same.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_receiver(const World& world, const Key& key, Time now);

}  // namespace weir
