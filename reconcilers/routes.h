#pragma once

// Routes: the whole route table that the World asks for. Endpoints come from the pods themselves,
// not from EndpointSlices, which only show them: so one table takes the new pod in and leaves the
// old one out, at one instant.

#include "reconcilers/plan.h"

namespace weir {

RouteTable routes(const World& world);

// Has the gateway told where it works by another table. True: it works by this one.
bool publish_routes(const World& world, Time now, Plan& plan);

// "Service/default/web:80/node": the listener of a node port.
std::string listener_name(const api::Service& service, const api::ServicePort& port,
                          std::string_view where);

// Whether the listener of this name is one of this Service's.
bool is_listener_of(const api::Service& service, std::string_view listener);

}  // namespace weir
