#pragma once

// BackendTrafficPolicies and ClientTrafficPolicies: the table is told, and their statuses say, for
// each target, whether it is theirs (Gateway API's policy attachment, GEP-713).

#include "reconcilers/plan.h"

namespace weir {

Plan plan_backend_traffic_policy(const World& world, const Key& key, Time now);
Plan plan_client_traffic_policy(const World& world, const Key& key, Time now);

}  // namespace weir
