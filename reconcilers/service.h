#pragma once

// The Service reconciler: node ports, the EndpointSlice that shows who stands behind it, and the
// route table, of which it publishes the whole whenever the World asks for another one than the
// gateway has been told.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_service(const World& world, const Key& key, Time now);

}  // namespace weir
