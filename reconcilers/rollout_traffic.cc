#include "reconcilers/rollout_traffic.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "reconcilers/deployment_strategy.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/labels.h"
#include "reconcilers/rollout_steps.h"
#include "reconcilers/routes.h"

namespace weir {

namespace {

constexpr std::int64_t kWeightMax = 100'000'000;  // of a backend: many of them can be added up

// Its stable Service, both of a pingPong, or, where it names none, each one that picks its Pods.
bool divides(const World& world, const api::Rollout& rollout, const api::Service& service) {
  const auto& canary = rollout.spec.strategy.canary;
  if (!canary || !canary->trafficRouting || !rollout.status.canary.weights) return false;
  const std::string stable = stable_service(rollout);
  const bool both = canary->pingPong.has_value();
  if (both && canary_service(rollout) == service.metadata.name) return true;
  if (!stable.empty()) return stable == service.metadata.name;
  const auto* workload =
      rollout.spec.workloadRef
          ? world.get<api::Deployment>(rollout.metadata.namespace_, rollout.spec.workloadRef->name)
          : nullptr;
  const auto& from = workload ? workload->spec.template_ : rollout.spec.template_;
  return picks(service, from.metadata.labels);
}

const api::Rollout* divider_of(const World& world, const api::Service& service) {
  for (const Key& key : world.keys(Kind::Rollout, service.metadata.namespace_)) {
    const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
    if (divides(world, *rollout, service)) return rollout;
  }
  return nullptr;
}

// Nothing is under way, or it goes back at once: whoever aborts waits for nobody.
bool is_undivided(const api::Rollout& rollout) {
  const api::TrafficWeights& weights = *rollout.status.canary.weights;
  if (weights.stable.podTemplateHash == weights.canary.podTemplateHash) return true;
  return rollout.status.abort && !shrinks_stable(*rollout.spec.strategy.canary);
}

// "default/web:80".
const api::Service* service_of(const World& world, const RouteBackend& backend) {
  const std::string& text = backend.service;
  const std::size_t slash = text.find('/'), colon = text.rfind(':');
  if (slash == text.npos || colon == text.npos || colon < slash) return nullptr;
  return world.get<api::Service>(text.substr(0, slash), text.substr(slash + 1, colon - slash - 1));
}

// Only what goes to that revision; without endpoints, if it has none.
RouteBackend part_of(const RouteBackend& backend, const std::string& hash) {
  RouteBackend part = backend;
  part.revision = hash;
  std::erase_if(part.endpoints, [&](const RouteEndpoint& e) { return e.revision != hash; });
  return part;
}

// The first share is the stable one's: Pods that are no Rollout's count with it.
RouteBackend stable_part_of(const RouteBackend& backend, const std::vector<TrafficShare>& shares) {
  RouteBackend part = backend;
  part.revision = shares.front().hash;
  std::erase_if(part.endpoints, [&](const RouteEndpoint& e) {
    return std::any_of(shares.begin() + 1, shares.end(),
                       [&](const TrafficShare& share) { return share.hash == e.revision; });
  });
  return part;
}

// Their weights are those of the shares. An undivided backend is one part, of weight 1.
std::vector<RouteBackend> parts_of(const World& world, const RouteBackend& backend) {
  const auto* service = service_of(world, backend);
  const auto shares = service ? division_of(world, *service).shares : std::vector<TrafficShare>{};
  std::vector<RouteBackend> parts;
  for (const TrafficShare& share : shares) {
    RouteBackend part =
        &share == &shares.front() ? stable_part_of(backend, shares) : part_of(backend, share.hash);
    part.weight = static_cast<int>(share.weight);
    if (!part.endpoints.empty() && part.weight > 0) parts.push_back(std::move(part));
  }
  if (!parts.empty()) return parts;
  parts = {backend};
  parts.front().weight = 1;
  return parts;
}

std::int64_t weight_of(const std::vector<RouteBackend>& parts) {
  return std::accumulate(
      parts.begin(), parts.end(), std::int64_t{0},
      [](std::int64_t sum, const RouteBackend& part) { return sum + part.weight; });
}

void divide(const World& world, RouteRule& rule) {
  std::vector<std::vector<RouteBackend>> parts;
  std::int64_t scale = 1;
  for (const RouteBackend& backend : rule.backends) {
    parts.push_back(parts_of(world, backend));
    scale = std::lcm(scale, weight_of(parts.back()));
  }
  std::vector<RouteBackend> backends;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::int64_t whole = weight_of(parts[i]);
    for (RouteBackend& part : parts[i]) {
      const std::int64_t weight = part.weight * (scale / whole) * rule.backends[i].weight;
      part.weight = static_cast<int>(std::clamp<std::int64_t>(weight, 0, kWeightMax));
      backends.push_back(std::move(part));
    }
  }
  rule.backends = std::move(backends);
}

// --- Routes that steps have set ------------------------------------------------------------------

// The last word of each name, up to the step that is under way. An abort takes them back.
std::vector<const api::CanaryStep*> managed_routes(const api::Rollout& rollout) {
  if (rollout.status.abort) return {};
  const api::CanaryStrategy& canary = *rollout.spec.strategy.canary;
  std::map<std::string, const api::CanaryStep*> last;
  const std::int64_t index = rollout.status.currentStepIndex.value_or(0);
  if (index >= std::ssize(canary.steps)) return {};
  for (std::int64_t i = 0; i <= index; ++i) {
    const api::CanaryStep& step = canary.steps[static_cast<std::size_t>(i)];
    if (step.setHeaderRoute) last[step.setHeaderRoute->name] = &step;
    if (step.setMirrorRoute) last[step.setMirrorRoute->name] = &step;
  }
  std::vector<const api::CanaryStep*> routes;
  for (const api::ManagedRoute& managed : canary.trafficRouting->managedRoutes) {
    if (const auto found = last.find(managed.name); found != last.end()) {
      routes.push_back(found->second);
    }
  }
  return routes;
}

// "a.b" → "a\\.b.*": what begins so.
std::string pattern_of_prefix(const std::string& prefix) {
  std::string pattern;
  for (const char c : prefix) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || (c & 0x80) != 0;
    if (!plain) pattern += '\\';
    pattern += c;
  }
  return pattern + ".*";
}

// `name`: of a header, or ":method".
void demand(RouteMatch& match, const std::string& name, const api::StringMatch& wanted) {
  if (!wanted.regex.empty()) {
    match.patterns[name] = wanted.regex;
  } else if (!wanted.prefix.empty()) {
    match.patterns[name] = pattern_of_prefix(wanted.prefix);
  } else if (name == ":method") {
    match.method = wanted.exact;
  } else {
    match.headers[name] = wanted.exact;
  }
}

// Two paths that must both fit. False: nothing can.
bool narrow(RouteMatch& match, const api::StringMatch& path) {
  if (!path.regex.empty()) {
    match.patterns[":path"] = path.regex;
    return true;
  }
  const std::string& text = path.exact.empty() ? path.prefix : path.exact;
  if (match.exact) return path.exact.empty() ? match.path.starts_with(text) : match.path == text;
  if (!text.starts_with(match.path)) return path.exact.empty() && match.path.starts_with(text);
  match.path = text;
  match.exact = !path.exact.empty();
  return true;
}

void add_header_routes(const RouteRule& rule, const api::SetHeaderRoute& route,
                       const std::string& hash, std::vector<RouteRule>& rules) {
  RouteRule made = rule;
  for (RouteBackend& backend : made.backends) backend = part_of(backend, hash);
  std::erase_if(made.backends, [](const RouteBackend& b) { return b.endpoints.empty(); });
  if (made.backends.empty() || route.match.empty()) return;
  for (const api::HeaderRoutingMatch& match : route.match) {  // all of them must fit
    demand(made.match, lower(match.headerName), match.headerValue.value_or(api::StringMatch{}));
  }
  rules.push_back(std::move(made));
}

void add_mirror_routes(const World& world, const RouteRule& rule, const api::SetMirrorRoute& route,
                       const std::string& hash, std::vector<RouteRule>& rules) {
  const int part = static_cast<int>(route.percentage.value_or(100)) * 100;
  for (const api::RouteMatchOfStep& match : route.match) {  // one of them must fit
    RouteRule made = rule;
    if (match.path && !narrow(made.match, *match.path)) continue;
    if (match.method) demand(made.match, ":method", *match.method);
    for (const auto& [name, value] : match.headers) demand(made.match, lower(name), value);
    for (const RouteBackend& backend : rule.backends) {
      RouteBackend copy = part_of(backend, hash);
      if (!copy.endpoints.empty()) made.mirrors.push_back({.to = copy, .basis_points = part});
    }
    if (made.mirrors.size() == rule.mirrors.size()) continue;  // nobody is there to copy to
    divide(world, made);
    rules.push_back(std::move(made));
  }
}

}  // namespace

std::string stable_service(const api::Rollout& rollout) {
  const auto& canary = rollout.spec.strategy.canary;
  if (!canary) return {};
  if (!canary->pingPong) return canary->stableService;
  return rollout.status.canary.stablePingPong == "pong" ? canary->pingPong->pongService
                                                        : canary->pingPong->pingService;
}

std::string canary_service(const api::Rollout& rollout) {
  const auto& canary = rollout.spec.strategy.canary;
  if (!canary) return {};
  if (!canary->pingPong) return canary->canaryService;
  return rollout.status.canary.stablePingPong == "pong" ? canary->pingPong->pingService
                                                        : canary->pingPong->pongService;
}

bool points_at(const api::Rollout& rollout, const std::string& service) {
  const auto& blue_green = rollout.spec.strategy.blueGreen;
  return service == stable_service(rollout) || service == canary_service(rollout) ||
         (blue_green &&
          (service == blue_green->activeService || service == blue_green->previewService));
}

TrafficDivision division_of(const World& world, const api::Service& service) {
  const api::Rollout* rollout = divider_of(world, service);
  if (!rollout) return {};
  const api::TrafficWeights& weights = *rollout->status.canary.weights;
  TrafficDivision division{.hash_label = deployment_of(world, *rollout) ? kPodTemplateHash
                                                                        : kRolloutsPodTemplateHash};
  if (is_undivided(*rollout)) {
    division.shares = {{weights.stable.podTemplateHash, 1}};
  } else {
    division.shares = {{weights.stable.podTemplateHash, weights.stable.weight},
                       {weights.canary.podTemplateHash, weights.canary.weight}};
    for (const api::WeightDestination& more : weights.additional) {
      division.shares.push_back({more.podTemplateHash, more.weight});
    }
  }
  return division;
}

std::vector<RouteRule> divided(const World& world, const RouteRule& rule) {
  std::vector<RouteRule> rules;
  for (const RouteBackend& backend : rule.backends) {
    const auto* service = service_of(world, backend);
    const auto* rollout = service ? divider_of(world, *service) : nullptr;
    if (!rollout || is_undivided(*rollout)) continue;
    const std::string& hash = rollout->status.canary.weights->canary.podTemplateHash;
    for (const api::CanaryStep* step : managed_routes(*rollout)) {
      if (step->setHeaderRoute) add_header_routes(rule, *step->setHeaderRoute, hash, rules);
      if (step->setMirrorRoute) add_mirror_routes(world, rule, *step->setMirrorRoute, hash, rules);
    }
    break;  // one Rollout's routes are enough for a rule
  }
  rules.push_back(rule);
  divide(world, rules.back());
  return rules;
}

bool is_told(const World& world) {
  const RouteTable wanted = routes(world);
  return wanted == RouteTable{} || wanted == world.gateway.table;
}

}  // namespace weir
