#pragma once

// GatewayClasses, Gateways and the routes that belong to them: the table is told, and their
// statuses say what became of them, in the Gateway API's words. Every class is weir's to serve:
// there is no other controller here, and a manifest need not know that.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_gateway_class(const World& world, const Key& key, Time now);
Plan plan_gateway(const World& world, const Key& key, Time now);
Plan plan_http_route(const World& world, const Key& key, Time now);
Plan plan_tcp_route(const World& world, const Key& key, Time now);
Plan plan_ingress(const World& world, const Key& key, Time now);

}  // namespace weir
