#pragma once

// Which BackendTrafficPolicy a Service's port is under, and what that means in the route table.

#include <optional>

#include "reconcilers/route_policy.h"
#include "reconcilers/world.h"

namespace weir {

// Of two with the same target the older one, then the first by name; one for the port itself goes
// before one for the whole Service. Null: none.
const api::BackendTrafficPolicy* policy_for(const World& world, const api::Service& service,
                                            const api::ServicePort& port);

// Whose policy a target is: null, if none names it.
const api::BackendTrafficPolicy* owner_of(const World& world, const std::string& ns,
                                          const api::PolicyTargetReference& target);

RoutePolicy route_policy(const api::BackendTrafficPolicySpec& spec);

// By what it says that users are known; by nothing, if it does not.
RouteAffinity affinity_of(const api::BackendTrafficPolicySpec& spec);
RouteAffinity affinity_of(const api::SessionPersistence& session);

}  // namespace weir
