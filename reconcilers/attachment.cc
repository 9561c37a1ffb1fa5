#include "reconcilers/attachment.h"

#include <algorithm>

#include "reconcilers/labels.h"

namespace weir {

namespace {

const std::vector<std::string> kAnyHost;

bool allows_namespace(const World& world, const api::Gateway& gateway,
                      const api::GatewayListener& listener, const std::string& ns) {
  const api::RouteNamespaces& allowed = listener.allowedRoutes.namespaces;
  if (allowed.from == "All") return true;
  if (allowed.from == "Same") return ns == gateway.metadata.namespace_;
  const auto* home = world.get<api::Namespace>("", ns);
  return home && allowed.selector && matches(*allowed.selector, home->metadata.labels);
}

// Empty: they have no host in common, save that neither names one.
std::optional<std::vector<std::string>> hosts_of(const api::GatewayListener& listener,
                                                 const RouteView& route) {
  if (route.hostnames.empty()) {
    if (listener.hostname.empty()) return std::vector<std::string>{};
    return std::vector{listener.hostname};
  }
  std::vector<std::string> hosts;
  for (const std::string& host : route.hostnames) {
    if (auto common = common_host(listener.hostname, host)) hosts.push_back(*std::move(common));
  }
  if (hosts.empty()) return std::nullopt;
  return hosts;
}

// "*.example" has "a.example", "a.b.example" and "*.b.example".
bool below(std::string_view host, std::string_view pattern) {
  return pattern.starts_with("*.") && host != pattern && host.size() >= pattern.size() &&
         host.ends_with(pattern.substr(1));
}

}  // namespace

RouteView view_of(const api::HTTPRoute& route) {
  return {.kind = Kind::HTTPRoute,
          .metadata = route.metadata,
          .hostnames = route.spec.hostnames,
          .parents = route.spec.parentRefs};
}

RouteView view_of(const api::TCPRoute& route) {
  return {.kind = Kind::TCPRoute,
          .metadata = route.metadata,
          .hostnames = kAnyHost,
          .parents = route.spec.parentRefs};
}

std::optional<std::string> common_host(const std::string& a, const std::string& b) {
  if (a.empty() || a == b || below(b, a)) return b;
  if (b.empty() || below(a, b)) return a;
  return std::nullopt;
}

Key key_of(const api::ParentReference& parent, const std::string& route_namespace) {
  return {.kind = parent.kind == "Service" ? Kind::Service : Kind::Gateway,
          .ns = parent.namespace_.empty() ? route_namespace : parent.namespace_,
          .name = parent.name};
}

bool serves(const api::GatewayListener& listener, Kind route) {
  const bool http = listener.protocol == "HTTP" || listener.protocol == "HTTPS";
  if (http != (route == Kind::HTTPRoute)) return false;
  const auto& kinds = listener.allowedRoutes.kinds;
  const std::string_view name = route == Kind::HTTPRoute ? "HTTPRoute" : "TCPRoute";
  return kinds.empty() ||
         std::any_of(kinds.begin(), kinds.end(), [&](const auto& one) { return one.kind == name; });
}

Attached attach(const World& world, const RouteView& route, const api::ParentReference& parent) {
  const std::string& ns = route.metadata.namespace_;
  const Key key = key_of(parent, ns);
  if (key.kind == Kind::Service && route.kind != Kind::HTTPRoute) {
    return {.reason = "NoMatchingParent", .message = "only HTTPRoutes may belong to a Service"};
  }
  if (key.kind == Kind::Service) {
    if (key.ns == ns && world.find(key)) return {};
    return {.reason = "NoMatchingParent", .message = text(key) + " is not in this namespace"};
  }
  const auto* gateway = world.get<api::Gateway>(key.ns, key.name);
  if (!gateway) {
    return {.reason = "NoMatchingParent", .message = text(key) + " does not exist"};
  }
  bool named = false, allowed = false;
  Attached attached;
  for (const api::GatewayListener& listener : gateway->spec.listeners) {
    if (!parent.sectionName.empty() && parent.sectionName != listener.name) continue;
    if (parent.port && *parent.port != listener.port) continue;
    named = true;
    if (!serves(listener, route.kind) || !allows_namespace(world, *gateway, listener, ns)) continue;
    allowed = true;
    if (auto hosts = hosts_of(listener, route)) {
      attached.listeners.push_back({gateway, &listener, *std::move(hosts)});
    }
  }
  if (!attached.listeners.empty()) return attached;
  if (!named) return {.reason = "NoMatchingParent", .message = "the gateway has no such listener"};
  if (!allowed) {
    return {.reason = "NotAllowedByListeners",
            .message = "no listener of the gateway takes routes of this kind and namespace"};
  }
  return {.reason = "NoMatchingListenerHostname",
          .message = "no listener of the gateway has a hostname in common with the route"};
}

}  // namespace weir
