#include "reconcilers/host_listeners.h"

#include "reconcilers/attachment.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/policies.h"
#include "reconcilers/secrets.h"

namespace weir {

namespace {

constexpr std::int64_t kHttpPort = 80;
constexpr std::int64_t kHttpsPort = 443;

using Rules = std::map<std::int64_t, std::vector<RouteRule>>;  // by port

void append(std::vector<RouteRule>& rules, std::vector<RouteRule> more) {
  rules.insert(rules.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

std::vector<RouteRule> rules_at(const World& world, const api::HTTPRoute& route,
                                const Attachment& at) {
  return rules_of(world, route, at.hosts);
}
std::vector<RouteRule> rules_at(const World& world, const api::TCPRoute& route, const Attachment&) {
  return rules_of(world, route);
}

template <class Route>
void add_routes(const World& world, const std::map<std::int64_t, std::string>& protocols,
                Rules& rules) {
  for (const Route* route : by_age<Route>(world)) {
    for (const api::ParentReference& parent : route->spec.parentRefs) {
      for (const Attachment& at : attach(world, view_of(*route), parent).listeners) {
        const auto port = protocols.find(at.listener->port);
        if (port == protocols.end() || port->second != at.listener->protocol) continue;
        append(rules[port->first], rules_at(world, *route, at));
      }
    }
  }
}

void add_ingresses(const World& world, const std::map<std::int64_t, std::string>& protocols,
                   Rules& rules) {
  for (const api::Ingress* ingress : by_age<api::Ingress>(world)) {
    for (const std::int64_t port : ports_of(*ingress)) {
      const auto& protocol = protocols.at(port);
      if (protocol == (port == kHttpsPort ? "HTTPS" : "HTTP")) {
        append(rules[port], rules_of(world, *ingress));
      }
    }
  }
}

using Certificates = std::map<std::int64_t, std::vector<RouteCertificate>>;  // by port

void add(const World& world, const std::string& ns, const std::string& secret,
         const std::vector<std::string>& hosts, std::vector<RouteCertificate>& certificates) {
  if (auto found = certificate_in(world, ns, secret, hosts).certificate) {
    certificates.push_back(*std::move(found));
  }
}

Certificates certificates_of(const World& world) {
  Certificates certificates;
  for (const api::Gateway* gateway : by_age<api::Gateway>(world)) {
    for (const api::GatewayListener& listener : gateway->spec.listeners) {
      if (!listener.tls) continue;
      std::vector<std::string> hosts;
      if (!listener.hostname.empty()) hosts.push_back(listener.hostname);
      for (const api::SecretObjectReference& ref : listener.tls->certificateRefs) {
        if (!ref.namespace_.empty() && ref.namespace_ != gateway->metadata.namespace_) continue;
        add(world, gateway->metadata.namespace_, ref.name, hosts, certificates[listener.port]);
      }
    }
  }
  for (const api::Ingress* ingress : by_age<api::Ingress>(world)) {
    for (const api::IngressTLS& tls : ingress->spec.tls) {
      add(world, ingress->metadata.namespace_, tls.secretName, tls.hosts, certificates[kHttpsPort]);
    }
  }
  return certificates;
}

bool is_secure(const std::string& protocol) { return protocol == "HTTPS" || protocol == "TLS"; }

}  // namespace

CertificateFound certificate_in(const World& world, const std::string& ns,
                                const std::string& secret, std::vector<std::string> hosts) {
  const auto* found = world.get<api::Secret>(ns, secret);
  if (!found) return {.problem = "there is no Secret " + ns + "/" + secret};
  const auto chain = bytes_of(*found, "tls.crt"), key = bytes_of(*found, "tls.key");
  if (!chain || !key) {
    return {.problem = "Secret " + ns + "/" + secret + " has no tls.crt and tls.key"};
  }
  const auto is_pem = [](const std::string& text) {
    return text.find("-----BEGIN ") != text.npos &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0 && c < 0x7f; });
  };
  if (!is_pem(*chain) || !is_pem(*key)) {
    return {.problem = "tls.crt and tls.key of Secret " + ns + "/" + secret + " are not PEM"};
  }
  return {.certificate = RouteCertificate{.hosts = std::move(hosts), .chain = *chain, .key = *key}};
}

PortOwner owner_of_port(const World& world, std::int64_t port) {
  for (const api::Gateway* gateway : by_age<api::Gateway>(world)) {
    for (const api::GatewayListener& listener : gateway->spec.listeners) {
      if (listener.port == port) return {gateway, &listener};
    }
  }
  return {};
}

std::string host_listener(std::int64_t port) { return "host:" + std::to_string(port); }

std::set<std::int64_t> ports_of(const api::Ingress& ingress) {
  if (ingress.spec.tls.empty()) return {kHttpPort};
  return {kHttpPort, kHttpsPort};
}

std::map<std::int64_t, std::string> host_protocols(const World& world) {
  std::map<std::int64_t, std::string> protocols;
  for (const api::Gateway* gateway : by_age<api::Gateway>(world)) {
    for (const api::GatewayListener& listener : gateway->spec.listeners) {
      protocols.emplace(listener.port, listener.protocol);
    }
  }
  for (const api::Ingress* ingress : by_age<api::Ingress>(world)) {
    for (const std::int64_t port : ports_of(*ingress)) {
      protocols.emplace(port, port == kHttpsPort ? "HTTPS" : "HTTP");
    }
  }
  return protocols;
}

std::vector<RouteListener> host_listeners(const World& world) {
  const auto protocols = host_protocols(world);
  Rules rules;
  add_routes<api::HTTPRoute>(world, protocols, rules);
  add_routes<api::TCPRoute>(world, protocols, rules);
  add_ingresses(world, protocols, rules);
  Certificates certificates = certificates_of(world);
  std::vector<RouteListener> listeners;
  for (const auto& [port, protocol] : protocols) {
    // Without a certificate it would speak in the clear what was meant to be secret.
    if (is_secure(protocol) && certificates[port].empty()) continue;
    const bool http = protocol == "HTTP" || protocol == "HTTPS";
    RouteListener& listener = listeners.emplace_back();
    listener.name = host_listener(port);
    listener.port = static_cast<int>(port);
    listener.protocol = http ? RouteProtocol::http : RouteProtocol::tcp;
    if (is_secure(protocol)) listener.certificates = std::move(certificates[port]);
    listener.rules = std::move(rules[port]);
    if (const PortOwner owner = owner_of_port(world, port); owner.gateway) {
      listener.clients = clients_of(world, *owner.gateway, *owner.listener);
    }
    if (http) sort_by_precedence(listener.rules);
  }
  return listeners;
}

}  // namespace weir
