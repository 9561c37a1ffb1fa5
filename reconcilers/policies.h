#pragma once

// Which traffic policy a Service's port or a Gateway's listener is under, and what that means in
// the route table.

#include "reconcilers/route_policy.h"
#include "reconcilers/world.h"

namespace weir {

// Whose policy a target is, of those of one kind (BackendTrafficPolicy, ClientTrafficPolicy): of
// two that name it the older one, then the first by name. Null: none does.
template <class Policy>
const Policy* owner_of(const World& world, const std::string& ns, const std::string& kind,
                       const std::string& name, const std::string& section);

// One for the port or listener itself goes before one for the whole. Null: none.
const api::BackendTrafficPolicy* policy_for(const World& world, const api::Service& service,
                                            const api::ServicePort& port);
RouteClients clients_of(const World& world, const api::Service& service,
                        const api::ServicePort& port);
RouteClients clients_of(const World& world, const api::Gateway& gateway,
                        const api::GatewayListener& listener);

RoutePolicy route_policy(const api::BackendTrafficPolicySpec& spec);

// By what it says that users are known; by nothing, if it does not.
RouteAffinity affinity_of(const api::BackendTrafficPolicySpec& spec);
RouteAffinity affinity_of(const api::SessionPersistence& session);

}  // namespace weir
