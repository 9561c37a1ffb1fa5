#include "reconcilers/routes.h"

#include <algorithm>
#include <array>

#include "reconcilers/endpoints.h"
#include "reconcilers/sandbox.h"

namespace weir {

namespace {

// Ports of protocols in which the server speaks first, or that no HTTP client reaches by mistake:
// waiting for the client's first bytes would only cost time (Linkerd's list of opaque ports).
bool is_opaque(int port) {
  constexpr std::array kOpaque{25, 587, 3306, 4444, 5432, 6379, 9300, 11211};
  return std::find(kOpaque.begin(), kOpaque.end(), port) != kOpaque.end();
}

RouteProtocol protocol_of(const api::ServicePort& port) {
  if (port.appProtocol == "http" || port.appProtocol == "kubernetes.io/ws") {
    return RouteProtocol::http;
  }
  if (!port.appProtocol.empty() || is_opaque(static_cast<int>(port.port))) {
    return RouteProtocol::tcp;
  }
  return RouteProtocol::detect;
}

std::string prefix_of(const api::Service& service) {
  return "Service/" + service.metadata.namespace_ + "/" + service.metadata.name + ":";
}

}  // namespace

std::string listener_name(const api::Service& service, const api::ServicePort& port,
                          std::string_view where) {
  return prefix_of(service) + std::to_string(port.port) + "/" + std::string(where);
}

bool is_listener_of(const api::Service& service, std::string_view listener) {
  return listener.starts_with(prefix_of(service));
}

RouteTable routes(const World& world) {
  RouteTable table;
  for (const Key& key : world.keys(Kind::Service)) {
    const auto& service = *world.get<api::Service>(key.ns, key.name);
    const api::ServiceSpec& spec = service.spec;
    if (spec.type == "ExternalName" || service.metadata.deletionTimestamp) continue;
    for (const api::ServicePort& port : spec.ports) {
      if (port.protocol != "TCP") continue;
      RouteListener listener{.protocol = protocol_of(port)};
      RouteBackend backend{.service = key.ns + "/" + key.name + ":" + std::to_string(port.port),
                           .endpoints = route_endpoints(world, service, port)};
      listener.rules = {RouteRule{.backends = {std::move(backend)}}};
      const auto listen = [&](std::string_view where, std::string address, std::int64_t number) {
        listener.name = listener_name(service, port, where);
        listener.address = std::move(address);
        listener.port = static_cast<int>(number);
        table.listeners.push_back(listener);
      };
      if (const auto sandbox = sandbox_address(world, key); sandbox && has_cluster_ip(service)) {
        listener.sandbox = sandbox->network;
        listen("cluster", sandbox->ip, port.port);
        listener.sandbox.clear();
      }
      if (port.nodePort != 0) listen("node", "", port.nodePort);
      if (spec.type == "LoadBalancer") listen("host", spec.loadBalancerIP, port.port);
      for (const std::string& address : spec.externalIPs) listen(address, address, port.port);
    }
  }
  return table;
}

}  // namespace weir
