#pragma once

// Which listeners a route belongs to, by the rules of the Gateway API: it names the gateway, the
// listener speaks its protocol, lets routes of its namespace in, and they have a host in common.

#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

inline constexpr char kGatewayController[] = "weir.dev/gateway-controller";

// What an HTTPRoute and a TCPRoute have in common.
struct RouteView {
  Kind kind;
  const api::ObjectMeta& metadata;
  const std::vector<std::string>& hostnames;
  const std::vector<api::ParentReference>& parents;
};
RouteView view_of(const api::HTTPRoute& route);
RouteView view_of(const api::TCPRoute& route);

// A listener that a route belongs to. `hosts`: for which its requests are; none is any.
struct Attachment {
  const api::Gateway* gateway;
  const api::GatewayListener* listener;
  std::vector<std::string> hosts;
};

// What becomes of a route at one parent. Not attached anywhere: `reason` is Gateway API's.
struct Attached {
  std::vector<Attachment> listeners = {};
  std::string reason = "Accepted";
  std::string message = {};
};
Attached attach(const World& world, const RouteView& route, const api::ParentReference& parent);

// The Gateway or Service that it names.
Key key_of(const api::ParentReference& parent, const std::string& route_namespace);

// Whether that listener may serve that kind of route at all.
bool serves(const api::GatewayListener& listener, Kind route);

// What two host patterns have in common: "*.example" and "a.example" have "a.example". Empty
// patterns take any host; nothing in common is nullopt.
std::optional<std::string> common_host(const std::string& a, const std::string& b);

}  // namespace weir
