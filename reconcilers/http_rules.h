#pragma once

// The rules of HTTPRoutes, TCPRoutes and Ingresses as the route table has them.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/route_table.h"
#include "reconcilers/world.h"

namespace weir {

// "1h30m", "10s", "500ms", as the Gateway API writes them (GEP-2257). Nullopt: it is none.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// 0 where it is none; at most 24 days.
int milliseconds(const std::string& duration);
std::string lower(std::string_view text);

// A port of a Service, who is behind it, and the policy that it is under.
RouteBackend backend_of(const World& world, const api::Service& service,
                        const api::ServicePort& port);

// What is wrong with a reference to a backend. `reason` is Gateway API's; empty: nothing is.
struct Unresolved {
  std::string reason = {};
  std::string message = {};
};
std::vector<Unresolved> unresolved_of(const World& world, const api::HTTPRoute& route);
std::vector<Unresolved> unresolved_of(const World& world, const api::TCPRoute& route);

// A rule for each host and match, in the order in which they are written.
std::vector<RouteRule> rules_of(const World& world, const api::HTTPRoute& route,
                                const std::vector<std::string>& hosts);
std::vector<RouteRule> rules_of(const World& world, const api::TCPRoute& route);
// The default backend's last.
std::vector<RouteRule> rules_of(const World& world, const api::Ingress& ingress);

// Sorts rules, which come by age and name of their routes, as Gateway API has them tried: the most
// specific host first, then an exact path, the longest path, a method, the most headers, the most
// parameters; and else they stay as they are.
void sort_by_precedence(std::vector<RouteRule>& rules);

}  // namespace weir
