#include "reconcilers/routes.h"

#include <algorithm>
#include <array>

#include "reconcilers/attachment.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/host_listeners.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/policies.h"
#include "reconcilers/retry.h"
#include "reconcilers/rollout_traffic.h"
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
  if (port.appProtocol == "http" || port.appProtocol == "kubernetes.io/ws" || is_http2(port)) {
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

// Those of HTTPRoutes that name the Service itself (Gateway API for service mesh); if there are
// none, everything goes to its own endpoints.
std::vector<RouteRule> rules_for(const World& world, const Key& key, const api::Service& service,
                                 const api::ServicePort& port) {
  std::vector<RouteRule> rules;
  for (const api::HTTPRoute* route : by_age<api::HTTPRoute>(world)) {
    for (const api::ParentReference& parent : route->spec.parentRefs) {
      if (key_of(parent, route->metadata.namespace_) != key ||
          parent.port.value_or(port.port) != port.port || route->metadata.namespace_ != key.ns) {
        continue;
      }
      auto more = rules_of(world, *route, {});
      rules.insert(rules.end(), more.begin(), more.end());
    }
  }
  sort_by_precedence(rules);
  if (!rules.empty()) return rules;
  return {RouteRule{.backends = {backend_of(world, service, port)}}};
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
    if (service.metadata.deletionTimestamp) continue;
    for (const api::ServicePort& port : spec.ports) {
      if (port.protocol != "TCP") continue;
      RouteListener listener{.protocol = protocol_of(port)};
      listener.rules = rules_for(world, key, service, port);
      listener.clients = clients_of(world, service, port);
      const auto listen = [&](std::string_view where, std::string address, std::int64_t number) {
        listener.name = listener_name(service, port, where);
        listener.address = std::move(address);
        listener.port = static_cast<int>(number);
        table.listeners.push_back(listener);
      };
      if (const auto sandbox = sandbox_address(world, key); sandbox && has_sandbox(service)) {
        listener.sandbox = sandbox->network;
        // Pods come as themselves; the balancer in front of the host is not in front of them.
        const RouteClients outside = listener.clients;
        listener.clients.proxy_protocol = RouteClients::ProxyProtocol::no;
        listener.clients.trusted_hops = 0;
        listen("cluster", sandbox->ip, port.port);
        listener.sandbox.clear();
        listener.clients = outside;
      }
      if (spec.type == "ExternalName") continue;
      if (port.nodePort != 0) listen("node", "", port.nodePort);
      if (spec.type == "LoadBalancer") listen("host", spec.loadBalancerIP, port.port);
      for (const std::string& address : spec.externalIPs) listen(address, address, port.port);
    }
  }
  for (RouteListener& listener : host_listeners(world)) {
    table.listeners.push_back(std::move(listener));
  }
  for (RouteListener& listener : table.listeners) {
    std::vector<RouteRule> rules;
    for (const RouteRule& rule : listener.rules) {
      for (RouteRule& one : divided(world, rule)) rules.push_back(std::move(one));
    }
    listener.rules = std::move(rules);
  }
  return table;
}

bool publish_routes(const World& world, Time now, Plan& plan) {
  const auto verdict = [&](std::string text) {
    plan.reasons.push_back({.step = "routes", .verdict = std::move(text)});
  };
  // Before that no pod has an address that is sure: the gateway goes on with what it has.
  if (!world.engine.synced) {
    verdict("waiting for the engine: " + world.engine.message);
    return false;
  }
  RouteTable wanted = routes(world);
  if (wanted == world.gateway.table) return true;
  // No gateway is started to be told that there is nothing to do.
  if (wanted == RouteTable{} && !world.gateway.reached) return true;
  verdict("telling the gateway");
  act(world, now, PublishRoutes{std::move(wanted)}, plan);
  return false;
}

}  // namespace weir
