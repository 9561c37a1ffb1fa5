#include "reconcilers/policies.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reconcilers/host_listeners.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/quantity.h"

namespace weir {

namespace {

int number(std::int64_t value) { return static_cast<int>(value); }

int basis_points(const std::optional<double>& percentage) {
  if (!percentage) return kAllBasisPoints;
  const double part = std::clamp(*percentage, 0.0, 100.0) * (kAllBasisPoints / 100);
  return static_cast<int>(std::lround(part));
}

int seconds_of(const std::string& duration) {
  const auto parsed = parse_duration(duration);
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
  if (!parsed) return 0;
  return number(std::min(std::chrono::ceil<std::chrono::seconds>(*parsed).count(), kLongest));
}

RouteFault fault_of(const api::PolicyFaultInjection& from) {
  RouteFault fault;
  if (from.delay) {
    fault.delay_ms = milliseconds(from.delay->fixedDelay);
    fault.delay_basis_points = basis_points(from.delay->percentage);
  }
  if (from.abort) {
    fault.abort_status = number(from.abort->httpStatus);
    fault.abort_basis_points = basis_points(from.abort->percentage);
  }
  return fault;
}

RouteOutliers outliers_of(const api::PolicyPassiveHealthCheck& from) {
  return {.gateway_errors = number(from.consecutiveGatewayErrors),
          .answers = true,
          .server_errors = number(from.consecutive5XxErrors.value_or(0)),
          .interval_ms = milliseconds(from.interval),
          .base_ms = milliseconds(from.baseEjectionTime),
          .max_percent = number(from.maxEjectionPercent)};
}

RouteClients route_clients(const api::ClientTrafficPolicySpec& spec) {
  using ProxyProtocol = RouteClients::ProxyProtocol;
  RouteClients clients;
  if (const auto& proxy = spec.proxyProtocol) {
    clients.proxy_protocol = proxy->optional ? ProxyProtocol::optional : ProxyProtocol::required;
  }
  if (spec.clientIPDetection && spec.clientIPDetection->xForwardedFor) {
    const api::PolicyXForwardedFor& from = *spec.clientIPDetection->xForwardedFor;
    clients.trusted_hops = number(from.numTrustedHops.value_or(0));
    clients.trusted_cidrs = from.trustedCIDRs;
  }
  if (spec.connection && spec.connection->connectionLimit) {
    clients.connections = number(spec.connection->connectionLimit->value);
  }
  if (spec.body) clients.body_max = quantity_value(spec.body->maxSize).value_or(0);
  if (spec.timeout && spec.timeout->http) {
    clients.body_ms = milliseconds(spec.timeout->http->requestReceivedTimeout);
    clients.idle_ms = milliseconds(spec.timeout->http->idleTimeout);
  }
  if (spec.accessLog) clients.log_basis_points = basis_points(spec.accessLog->samplingRate);
  return clients;
}

template <class Policy>
const Policy* policy_of(const World& world, const std::string& kind, const api::ObjectMeta& of,
                        const std::string& section) {
  if (!section.empty()) {
    const auto* own = owner_of<Policy>(world, of.namespace_, kind, of.name, section);
    if (own) return own;
  }
  return owner_of<Policy>(world, of.namespace_, kind, of.name, "");
}

RouteClients clients_of(const World& world, const std::string& kind, const api::ObjectMeta& of,
                        const std::string& section) {
  const auto* policy = policy_of<api::ClientTrafficPolicy>(world, kind, of, section);
  return policy ? route_clients(policy->spec) : RouteClients{};
}

}  // namespace

template <class Policy>
const Policy* owner_of(const World& world, const std::string& ns, const std::string& kind,
                       const std::string& name, const std::string& section) {
  for (const Policy* policy : by_age<Policy>(world)) {
    const auto& targets = policy->spec.targetRefs;
    const bool names_it = std::any_of(targets.begin(), targets.end(), [&](const auto& one) {
      return one.kind == kind && one.name == name && one.sectionName == section;
    });
    if (names_it && policy->metadata.namespace_ == ns) return policy;
  }
  return nullptr;
}
template const api::BackendTrafficPolicy* owner_of(const World&, const std::string&,
                                                   const std::string&, const std::string&,
                                                   const std::string&);
template const api::ClientTrafficPolicy* owner_of(const World&, const std::string&,
                                                  const std::string&, const std::string&,
                                                  const std::string&);

const api::BackendTrafficPolicy* policy_for(const World& world, const api::Service& service,
                                            const api::ServicePort& port) {
  return policy_of<api::BackendTrafficPolicy>(world, "Service", service.metadata, port.name);
}

RouteClients clients_of(const World& world, const api::Service& service,
                        const api::ServicePort& port) {
  return clients_of(world, "Service", service.metadata, port.name);
}

RouteClients clients_of(const World& world, const api::Gateway& gateway,
                        const api::GatewayListener& listener) {
  return clients_of(world, "Gateway", gateway.metadata, listener.name);
}

RoutePolicy route_policy(const api::BackendTrafficPolicySpec& spec) {
  RoutePolicy policy;
  if (spec.faultInjection) policy.fault = fault_of(*spec.faultInjection);
  if (spec.healthCheck && spec.healthCheck->passive) {
    policy.outliers = outliers_of(*spec.healthCheck->passive);
  }
  if (const auto& retry = spec.retryConstraint) {
    policy.retries =
        RouteRetryBudget{.percent = number(retry->budget.percent),
                         .interval_ms = milliseconds(retry->budget.interval),
                         .min_count = number(retry->minRetryRate.count),
                         .min_interval_ms = milliseconds(retry->minRetryRate.interval)};
  }
  if (const auto& limits = spec.circuitBreaker) {
    policy.limits = {.connections = number(limits->maxConnections),
                     .requests = number(limits->maxParallelRequests),
                     .pending = number(limits->maxPendingRequests)};
  }
  if (const auto& pause = spec.pause) {
    policy.pause = RoutePause{.timeout_ms = milliseconds(pause->timeout),
                              .pending = number(pause->maxPendingRequests)};
  }
  if (spec.loadBalancer && spec.loadBalancer->slowStart) {
    policy.slow_start_ms = milliseconds(spec.loadBalancer->slowStart->window);
  }
  return policy;
}

RouteAffinity affinity_of(const api::BackendTrafficPolicySpec& spec) {
  using By = RouteAffinity::By;
  if (!spec.loadBalancer || !spec.loadBalancer->consistentHash) return {};
  const api::PolicyConsistentHash& hash = *spec.loadBalancer->consistentHash;
  if (hash.type == "SourceIP") return {.by = By::source_ip};
  if (hash.header) return {.by = By::header, .name = lower(hash.header->name)};
  if (!hash.cookie) return {};
  return {.by = By::cookie,
          .name = hash.cookie->name,
          .given = true,
          .ttl_s = seconds_of(hash.cookie->ttl)};
}

RouteAffinity affinity_of(const api::SessionPersistence& session) {
  using By = RouteAffinity::By;
  if (session.type == "Header") {
    return {.by = By::header, .name = lower(session.sessionName), .given = true};
  }
  const bool permanent = session.cookieConfig && session.cookieConfig->lifetimeType == "Permanent";
  return {.by = By::cookie,
          .name = session.sessionName,
          .given = true,
          .ttl_s = permanent ? seconds_of(session.absoluteTimeout) : 0};
}

}  // namespace weir
