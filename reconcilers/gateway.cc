#include "reconcilers/gateway.h"

#include <algorithm>
#include <utility>

#include "reconcilers/attachment.h"
#include "reconcilers/conditions.h"
#include "reconcilers/host_listeners.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/routes.h"

namespace weir {

namespace {

constexpr char kGroup[] = "gateway.networking.k8s.io";

Statement truth(std::string type, std::string reason) {
  return {.type = std::move(type), .status = "True", .reason = std::move(reason)};
}

// Whether it works: the gateway has the table, and the socket.
Statement programmed(const World& world, bool told, std::int64_t port) {
  const auto closed = world.gateway.closed.find(host_listener(port));
  if (closed != world.gateway.closed.end()) {
    return {.type = "Programmed",
            .status = "False",
            .reason = "AddressNotUsable",
            .message = closed->second};
  }
  if (told) return truth("Programmed", "Programmed");
  return {.type = "Programmed",
          .status = "False",
          .reason = "Pending",
          .message = "the gateway is being told"};
}

template <class Route>
std::int64_t attached_to(const World& world, const api::Gateway& gateway,
                         const api::GatewayListener& listener) {
  const auto is_it = [&](const Attachment& at) { return at.listener == &listener; };
  const auto all = by_age<Route>(world);
  return std::count_if(all.begin(), all.end(), [&](const Route* route) {
    const auto& parents = route->spec.parentRefs;
    return std::any_of(parents.begin(), parents.end(), [&](const api::ParentReference& parent) {
      if (key_of(parent, route->metadata.namespace_) != Key{.kind = Kind::Gateway,
                                                            .ns = gateway.metadata.namespace_,
                                                            .name = gateway.metadata.name}) {
        return false;
      }
      const auto found = attach(world, view_of(*route), parent).listeners;
      return std::any_of(found.begin(), found.end(), is_it);
    });
  });
}

Statement conflict(const World& world, const api::GatewayListener& listener) {
  const auto protocols = host_protocols(world);
  const auto owner = protocols.find(listener.port);
  if (owner == protocols.end() || owner->second == listener.protocol) {
    return {.type = "Conflicted", .status = "False", .reason = "NoConflicts"};
  }
  Statement said = truth("Conflicted", "ProtocolConflict");
  said.message = "port " + std::to_string(listener.port) + " speaks " + owner->second +
                 " already: an older gateway or an ingress uses it";
  return said;
}

Statement certified(const World& world, const api::Gateway& gateway,
                    const api::GatewayListener& listener) {
  const auto refused = [](std::string reason, std::string message) {
    return Statement{.type = "ResolvedRefs",
                     .status = "False",
                     .reason = std::move(reason),
                     .message = std::move(message)};
  };
  const std::string& ns = gateway.metadata.namespace_;
  if (listener.tls) {
    for (const api::SecretObjectReference& ref : listener.tls->certificateRefs) {
      if (!ref.namespace_.empty() && ref.namespace_ != ns) {
        return refused("RefNotPermitted",
                       "Secret " + ref.namespace_ + "/" + ref.name + " is in another namespace");
      }
      const CertificateFound found = certificate_in(world, ns, ref.name, {});
      if (!found.certificate) return refused("InvalidCertificateRef", found.problem);
    }
  }
  return truth("ResolvedRefs", "ResolvedRefs");
}

api::ListenerStatus status_of(const World& world, const api::Gateway& gateway,
                              const api::GatewayListener& listener,
                              const api::ListenerStatus* before, bool told, Time now) {
  const std::int64_t generation = gateway.metadata.generation;
  api::ListenerStatus status;
  status.name = listener.name;
  if (before) status.conditions = before->conditions;
  status.attachedRoutes = attached_to<api::HTTPRoute>(world, gateway, listener) +
                          attached_to<api::TCPRoute>(world, gateway, listener);
  for (const auto& [kind, name] :
       {std::pair(Kind::HTTPRoute, "HTTPRoute"), std::pair(Kind::TCPRoute, "TCPRoute")}) {
    if (serves(listener, kind)) status.supportedKinds.push_back({.group = kGroup, .kind = name});
  }
  const Statement certificate = certified(world, gateway, listener);
  const Statement conflicted = conflict(world, listener);
  restate_condition(status.conditions, conflicted, now, generation);
  if (conflicted.status == "True") {
    restate_condition(status.conditions,
                      {.type = "Accepted",
                       .status = "False",
                       .reason = "PortUnavailable",
                       .message = conflicted.message},
                      now, generation);
    restate_condition(status.conditions,
                      {.type = "Programmed", .status = "False", .reason = "Invalid"}, now,
                      generation);
  } else {
    restate_condition(status.conditions, truth("Accepted", "Accepted"), now, generation);
    restate_condition(status.conditions,
                      certificate.status == "True" ? programmed(world, told, listener.port)
                                                   : Statement{.type = "Programmed",
                                                               .status = "False",
                                                               .reason = "Invalid",
                                                               .message = certificate.message},
                      now, generation);
  }
  restate_condition(status.conditions, certificate, now, generation);
  return status;
}

void write_status(const World& world, const api::Gateway& gateway, bool told, Time now,
                  Plan& plan) {
  api::Gateway changed = gateway;
  api::GatewayStatus& status = changed.status;
  const std::int64_t generation = gateway.metadata.generation;
  status.addresses.clear();
  if (!world.engine.host_ip.empty()) {
    status.addresses.push_back({.type = "IPAddress", .value = world.engine.host_ip});
  }
  status.listeners.clear();
  Statement worst = truth("Programmed", "Programmed");
  for (const api::GatewayListener& listener : gateway.spec.listeners) {
    const auto& old = gateway.status.listeners;
    const auto before = std::find_if(old.begin(), old.end(),
                                     [&](const auto& one) { return one.name == listener.name; });
    status.listeners.push_back(
        status_of(world, gateway, listener, before == old.end() ? nullptr : &*before, told, now));
    const auto* one = find_condition(status.listeners.back().conditions, "Programmed");
    if (one->status == "True") continue;
    worst = {.type = "Programmed",
             .status = "False",
             .reason = one->reason,
             .message = "listener " + listener.name + ": " + one->message};
  }
  restate_condition(status.conditions, truth("Accepted", "Accepted"), now, generation);
  restate_condition(status.conditions, worst, now, generation);
  if (changed == gateway) return;
  plan.changes.push_back(UpdateStatus{std::move(changed)});
  plan.reasons.push_back({.step = "status", .verdict = "status written"});
}

Statement resolved(const std::vector<Unresolved>& troubles) {
  if (troubles.empty()) return truth("ResolvedRefs", "ResolvedRefs");
  return {.type = "ResolvedRefs",
          .status = "False",
          .reason = troubles.front().reason,
          .message = troubles.front().message};
}

template <class Route>
void write_status(const World& world, const Route& route, Time now, Plan& plan) {
  Route changed = route;
  const auto before = std::exchange(changed.status.parents, {});
  for (const api::ParentReference& ref : route.spec.parentRefs) {
    const Attached attached = attach(world, view_of(route), ref);
    api::RouteParentStatus& parent = changed.status.parents.emplace_back();
    parent.parentRef = ref;
    parent.controllerName = kGatewayController;
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&](const auto& one) { return one.parentRef == ref; });
    if (old != before.end()) parent.conditions = old->conditions;
    const std::int64_t generation = route.metadata.generation;
    const bool accepted = attached.reason == "Accepted";
    restate_condition(parent.conditions,
                      {.type = "Accepted",
                       .status = accepted ? "True" : "False",
                       .reason = attached.reason,
                       .message = attached.message},
                      now, generation);
    restate_condition(parent.conditions, resolved(unresolved_of(world, route)), now, generation);
  }
  if (changed == route) return;
  plan.changes.push_back(UpdateStatus{std::move(changed)});
  plan.reasons.push_back({.step = "status", .verdict = "status written"});
}

template <class Route>
Plan plan_route(const World& world, const Key& key, Time now) {
  Plan plan;
  publish_routes(world, now, plan);
  if (const auto* route = world.get<Route>(key.ns, key.name)) {
    write_status(world, *route, now, plan);
  }
  return plan;
}

}  // namespace

Plan plan_gateway_class(const World& world, const Key& key, Time now) {
  Plan plan;
  const auto* found = world.get<api::GatewayClass>(key.ns, key.name);
  if (!found) return plan;
  api::GatewayClass changed = *found;
  Statement said = truth("Accepted", "Accepted");
  if (found->spec.controllerName != kGatewayController) {
    said.message = "weir's gateway serves it in place of " + found->spec.controllerName;
  }
  restate_condition(changed.status.conditions, said, now, found->metadata.generation);
  if (changed != *found) plan.changes.push_back(UpdateStatus{std::move(changed)});
  return plan;
}

Plan plan_gateway(const World& world, const Key& key, Time now) {
  Plan plan;
  const bool told = publish_routes(world, now, plan);
  const auto* gateway = world.get<api::Gateway>(key.ns, key.name);
  if (gateway && !gateway->metadata.deletionTimestamp) {
    write_status(world, *gateway, told, now, plan);
  }
  return plan;
}

Plan plan_http_route(const World& world, const Key& key, Time now) {
  return plan_route<api::HTTPRoute>(world, key, now);
}

Plan plan_tcp_route(const World& world, const Key& key, Time now) {
  return plan_route<api::TCPRoute>(world, key, now);
}

Plan plan_ingress(const World& world, const Key& key, Time now) {
  Plan plan;
  publish_routes(world, now, plan);
  const auto* ingress = world.get<api::Ingress>(key.ns, key.name);
  if (!ingress) return plan;
  for (const std::int64_t port : ports_of(*ingress)) {
    const auto closed = world.gateway.closed.find(host_listener(port));
    if (closed == world.gateway.closed.end()) continue;
    plan.events.push_back(
        {.about = key, .warning = true, .reason = "FailedToListen", .message = closed->second});
  }
  for (const api::IngressTLS& tls : ingress->spec.tls) {
    const std::string why = certificate_in(world, key.ns, tls.secretName, {}).problem;
    if (why.empty()) continue;
    plan.events.push_back(
        {.about = key, .warning = true, .reason = "InvalidCertificateRef", .message = why});
  }
  api::Ingress changed = *ingress;
  changed.status.loadBalancer.ingress.clear();
  if (!world.engine.host_ip.empty()) {
    changed.status.loadBalancer.ingress.push_back({.ip = world.engine.host_ip});
  }
  if (changed != *ingress) plan.changes.push_back(UpdateStatus{std::move(changed)});
  return plan;
}

}  // namespace weir
