#pragma once

// Which Pods a ReplicaSet gives up first when it has too many. Pure; the same Pods give the same
// order.

#include <cstddef>
#include <vector>

#include "gen/types.h"

namespace weir {

// The `count` first of the active `pods` to go, in order: those that serve least. A Pod without a
// host before one that has a host; Pending before Unknown before Running; not ready before ready;
// lower pod-deletion-cost first; then the one that became ready last; then the one that restarted
// most; then the youngest. (Kubernetes also spreads over hosts; here there is one.)
std::vector<const api::Pod*> victims(std::vector<const api::Pod*> pods, std::size_t count);

}  // namespace weir
