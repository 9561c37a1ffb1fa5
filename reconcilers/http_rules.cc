#include "reconcilers/http_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <tuple>

#include "reconcilers/endpoints.h"
#include "reconcilers/policies.h"

namespace weir {

namespace {

constexpr int kNoSuchBackend = 500;  // Gateway API: what a backend that cannot be is answered with

const api::ServicePort* port_of(const api::Service& service, std::int64_t number) {
  const auto& ports = service.spec.ports;
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const api::ServicePort& p) { return p.port == number; });
  return found == ports.end() ? nullptr : &*found;
}

// Null: there is no such port.
std::optional<RouteBackend> backend_of(const World& world, const std::string& ns,
                                       const std::string& name, std::int64_t number) {
  const auto* service = world.get<api::Service>(ns, name);
  const api::ServicePort* port = service ? port_of(*service, number) : nullptr;
  if (!port) return std::nullopt;
  return backend_of(world, *service, *port);
}

// Of each kind of reference that routes have.
template <class Ref>
Unresolved unresolved(const World& world, const Ref& backend, const std::string& ns) {
  if (!backend.namespace_.empty() && backend.namespace_ != ns) {
    return {.reason = "RefNotPermitted",
            .message = "Service " + backend.namespace_ + "/" + backend.name +
                       " is in another namespace, which weir never permits"};
  }
  const auto* service = world.get<api::Service>(ns, backend.name);
  if (!service) {
    return {.reason = "BackendNotFound", .message = "there is no Service " + backend.name};
  }
  if (port_of(*service, backend.port)) return {};
  return {.reason = "BackendNotFound",
          .message = "Service " + backend.name + " has no port " + std::to_string(backend.port)};
}

// One that cannot be keeps its share, and its requests fail: they are not somebody else's.
template <class Ref>
RouteBackend weighted(const World& world, const Ref& ref, const std::string& ns) {
  const std::string& home = ref.namespace_.empty() ? ns : ref.namespace_;
  RouteBackend backend = {.service = home + "/" + ref.name + ":" + std::to_string(ref.port)};
  if (unresolved(world, ref, ns).reason.empty()) {
    backend = *backend_of(world, ns, ref.name, ref.port);
  } else {
    backend.missing = true;
  }
  backend.weight = static_cast<int>(ref.weight);
  return backend;
}

void append(const api::HTTPHeaderFilter& filter, RouteHeaders& headers) {
  for (const std::string& name : filter.remove) headers.remove.push_back(lower(name));
  for (const auto& one : filter.set) headers.set.emplace_back(one.name, one.value);
  for (const auto& one : filter.add) headers.add.emplace_back(one.name, one.value);
}

RoutePath path_of(const std::optional<api::HTTPPathModifier>& modifier) {
  if (!modifier) return {};
  if (modifier->type == "ReplaceFullPath") return {.full = modifier->replaceFullPath.value_or("/")};
  return {.prefix = modifier->replacePrefixMatch.value_or("/")};
}

int basis_points(const api::HTTPRequestMirror& mirror) {
  if (mirror.percent) return static_cast<int>(*mirror.percent * 100);
  if (!mirror.fraction) return 10'000;
  const auto part = mirror.fraction->numerator * 10'000 / mirror.fraction->denominator;
  return static_cast<int>(std::clamp<std::int64_t>(part, 0, 10'000));
}

void append(const World& world, const std::string& ns, const api::HTTPRouteFilter& filter,
            RouteRule& rule) {
  if (filter.requestHeaderModifier) append(*filter.requestHeaderModifier, rule.request);
  if (filter.responseHeaderModifier) append(*filter.responseHeaderModifier, rule.response);
  if (const auto& redirect = filter.requestRedirect) {
    rule.redirect = RouteRedirect{.status = static_cast<int>(redirect->statusCode),
                                  .scheme = redirect->scheme,
                                  .host = redirect->hostname,
                                  .port = static_cast<int>(redirect->port.value_or(0)),
                                  .path = path_of(redirect->path)};
  }
  if (const auto& rewrite = filter.urlRewrite) {
    rule.host = rewrite->hostname;
    rule.path = path_of(rewrite->path);
  }
  if (const auto& mirror = filter.requestMirror) {
    const api::BackendReference& ref = mirror->backendRef;
    if (unresolved(world, ref, ns).reason.empty()) {
      rule.mirrors.push_back({.to = *backend_of(world, ns, ref.name, ref.port),
                              .basis_points = basis_points(*mirror)});
    }
  }
}

RouteMatch match_of(const api::HTTPRouteMatch& match) {
  RouteMatch made{
      .path = match.path.value, .exact = match.path.type == "Exact", .method = match.method};
  // Gateway API: of a name that is there twice, in whatever case, the first counts.
  for (const auto& header : match.headers) made.headers.emplace(lower(header.name), header.value);
  for (const auto& parameter : match.queryParams) {
    made.query.emplace(parameter.name, parameter.value);
  }
  return made;
}

// A rule for each host and match; without a host, for any.
void append(const RouteRule& rule, const std::vector<std::string>& hosts,
            const std::vector<RouteMatch>& matches, std::vector<RouteRule>& rules) {
  for (const RouteMatch& match : matches) {
    RouteRule one = rule;
    one.match = match;
    if (hosts.empty()) rules.push_back(one);
    for (const std::string& host : hosts) {
      one.hosts = {lower(host)};
      rules.push_back(one);
    }
  }
}

void append_rule(const World& world, const std::string& ns, const api::HTTPRouteRule& from,
                 const std::vector<std::string>& hosts, std::vector<RouteRule>& rules) {
  RouteRule rule;
  for (const api::HTTPRouteFilter& filter : from.filters) append(world, ns, filter, rule);
  if (from.sessionPersistence) rule.affinity = affinity_of(*from.sessionPersistence);
  if (from.timeouts) {
    rule.timeout_ms = milliseconds(from.timeouts->request);
    rule.try_timeout_ms = milliseconds(from.timeouts->backendRequest);
  }
  for (const api::HTTPBackendRef& ref : from.backendRefs) {
    RouteBackend backend = weighted(world, ref, ns);
    for (const api::HTTPRouteFilter& filter : ref.filters) {
      if (filter.requestHeaderModifier) append(*filter.requestHeaderModifier, backend.request);
      if (filter.responseHeaderModifier) append(*filter.responseHeaderModifier, backend.response);
    }
    rule.backends.push_back(std::move(backend));
  }
  if (!rule.redirect && rule.backends.empty()) rule.refusal = kNoSuchBackend;
  std::vector<RouteMatch> matches;
  for (const api::HTTPRouteMatch& match : from.matches) matches.push_back(match_of(match));
  if (matches.empty()) matches.emplace_back();
  append(rule, hosts, matches, rules);
}

std::optional<std::int64_t> number_of(const World& world, const std::string& ns,
                                      const api::IngressServiceBackend& backend) {
  if (backend.port.name.empty()) return backend.port.number;
  const auto* service = world.get<api::Service>(ns, backend.name);
  if (!service) return std::nullopt;
  for (const api::ServicePort& port : service->spec.ports) {
    if (port.name == backend.port.name) return port.port;
  }
  return std::nullopt;
}

RouteRule ingress_rule(const World& world, const std::string& ns,
                       const api::IngressBackend& backend) {
  RouteRule rule;
  const auto number =
      backend.service ? number_of(world, ns, *backend.service) : std::optional<std::int64_t>{};
  auto made = number ? backend_of(world, ns, backend.service->name, *number) : std::nullopt;
  if (made) {
    rule.backends.push_back(*std::move(made));
  } else {
    rule.refusal = 503;
  }
  return rule;
}

auto specificity(const RouteRule& rule) {
  const std::string_view host = rule.hosts.empty() ? std::string_view() : rule.hosts.front();
  const bool exact_host = !host.empty() && !host.starts_with("*.");
  return std::tuple(exact_host, host.size(), rule.match.exact, rule.match.path.size(),
                    !rule.match.method.empty(), rule.match.headers.size(), rule.match.query.size());
}

}  // namespace

RouteBackend backend_of(const World& world, const api::Service& service,
                        const api::ServicePort& port) {
  const api::ObjectMeta& m = service.metadata;
  RouteBackend backend{.service = m.namespace_ + "/" + m.name + ":" + std::to_string(port.port),
                       .http2 = is_http2(port),
                       .endpoints = route_endpoints(world, service, port)};
  if (const auto* policy = policy_for(world, service, port)) {
    backend.policy = route_policy(policy->spec);
    backend.affinity = affinity_of(policy->spec);
  }
  const bool by_client = service.spec.sessionAffinity == "ClientIP";
  if (by_client && backend.affinity.by == RouteAffinity::By::nothing) {
    backend.affinity.by = RouteAffinity::By::source_ip;
  }
  return backend;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> kUnits{
      {{"ms", 1}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}}};
  constexpr int kParts = 4;
  constexpr std::ptrdiff_t kDigits = 5;
  if (text.empty()) return std::nullopt;
  std::chrono::milliseconds sum{0};
  for (int part = 0; !text.empty(); ++part) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::ptrdiff_t digits = end - text.data();
    if (part == kParts || error != std::errc() || number < 0 || digits > kDigits) return {};
    text.remove_prefix(static_cast<std::size_t>(digits));
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const auto& one) { return text.starts_with(one.first); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->first.size());
    sum += std::chrono::milliseconds(number * unit->second);
  }
  return sum;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

int milliseconds(const std::string& duration) {
  const auto parsed = parse_duration(duration);
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();  // 24 days
  return parsed ? static_cast<int>(std::min<std::int64_t>(parsed->count(), kLongest)) : 0;
}

std::vector<Unresolved> unresolved_of(const World& world, const api::HTTPRoute& route) {
  std::vector<Unresolved> found;
  const std::string& ns = route.metadata.namespace_;
  const auto look = [&](const auto& ref) {
    if (Unresolved one = unresolved(world, ref, ns); !one.reason.empty()) {
      found.push_back(std::move(one));
    }
  };
  for (const api::HTTPRouteRule& rule : route.spec.rules) {
    for (const api::HTTPBackendRef& ref : rule.backendRefs) look(ref);
    for (const api::HTTPRouteFilter& filter : rule.filters) {
      if (filter.requestMirror) look(filter.requestMirror->backendRef);
    }
  }
  return found;
}

std::vector<Unresolved> unresolved_of(const World& world, const api::TCPRoute& route) {
  std::vector<Unresolved> found;
  for (const api::TCPRouteRule& rule : route.spec.rules) {
    for (const api::WeightedBackend& ref : rule.backendRefs) {
      if (Unresolved one = unresolved(world, ref, route.metadata.namespace_); !one.reason.empty()) {
        found.push_back(std::move(one));
      }
    }
  }
  return found;
}

std::vector<RouteRule> rules_of(const World& world, const api::HTTPRoute& route,
                                const std::vector<std::string>& hosts) {
  std::vector<RouteRule> rules;
  for (const api::HTTPRouteRule& rule : route.spec.rules) {
    append_rule(world, route.metadata.namespace_, rule, hosts, rules);
  }
  return rules;
}

std::vector<RouteRule> rules_of(const World& world, const api::TCPRoute& route) {
  RouteRule made;
  for (const api::TCPRouteRule& rule : route.spec.rules) {
    for (const api::WeightedBackend& ref : rule.backendRefs) {
      made.backends.push_back(weighted(world, ref, route.metadata.namespace_));
    }
  }
  return {made};
}

std::vector<RouteRule> rules_of(const World& world, const api::Ingress& ingress) {
  const std::string& ns = ingress.metadata.namespace_;
  std::vector<RouteRule> rules;
  for (const api::IngressRule& from : ingress.spec.rules) {
    if (!from.http) continue;
    for (const api::HTTPIngressPath& path : from.http->paths) {
      const RouteMatch match{.path = path.path.empty() ? "/" : path.path,
                             .exact = path.pathType == "Exact"};
      std::vector<std::string> hosts;
      if (!from.host.empty()) hosts.push_back(from.host);
      append(ingress_rule(world, ns, path.backend), hosts, {match}, rules);
    }
  }
  if (ingress.spec.defaultBackend) {
    rules.push_back(ingress_rule(world, ns, *ingress.spec.defaultBackend));
  }
  return rules;
}

void sort_by_precedence(std::vector<RouteRule>& rules) {
  std::stable_sort(rules.begin(), rules.end(), [](const RouteRule& a, const RouteRule& b) {
    return specificity(a) > specificity(b);
  });
}

}  // namespace weir
