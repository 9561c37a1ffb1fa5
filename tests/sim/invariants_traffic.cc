// Who is asked, and who may be ended while he is asked: what weir tells the gateway, and what it
// asks of the engine, held against what the gateway really does.

#include <algorithm>

#include "reconcilers/labels.h"
#include "reconcilers/routes.h"
#include "tests/sim/invariants.h"
#include "tests/sim/invariants_world.h"

namespace weir::sim {

namespace {

bool serves(const api::Pod& pod) { return ready(pod) && !pod.metadata.deletionTimestamp; }

// Services send it requests, and each has another that serves.
bool is_replaced(const World& world, const api::Pod& pod) {
  bool is_behind_one = false;
  for (const api::Service* service : services(world)) {
    const auto pods = behind(world, *service, true);
    if (std::find(pods.begin(), pods.end(), &pod) == pods.end()) continue;
    is_behind_one = true;
    if (std::none_of(pods.begin(), pods.end(), [&](const api::Pod* other) {
          return serves(*other) && has_its_address(world, *other);
        })) {
      return false;
    }
  }
  return is_behind_one;
}

}  // namespace

// 15, 27: asked to end only when the gateway, not just weir, sends it nothing more and it answers
// nothing any more; when its grace is over; or when nobody takes its place.
void Invariants::asked_to_end(const SimContainer& container) {
  const World& world = loop_->world();
  const auto* pod = world.get<api::Pod>(container.view.pod_ns, container.view.pod_name);
  if (!pod || !pod->metadata.deletionTimestamp) return;
  const api::ObjectMeta& m = pod->metadata;
  if (pod->status.podIP != container.view.ip) return;
  if (engine_.clock().now() >= *m.deletionTimestamp || !is_replaced(world, *pod)) return;
  if (gateway_.asks(m.uid)) {
    violated(15, m.name + " would be stopped while requests go to it");
  } else if (gateway_.answering(m.uid) > 0) {
    violated(27, m.name + " would be stopped while it answers " +
                     std::to_string(gateway_.answering(m.uid)) + " requests");
  }
  retired_.insert(m.uid);
}

// 25, 26: whoever was told to end, and has, is not asked again, nor is who has got its address.
void Invariants::asked(const RouteEndpoint& endpoint) {
  if (!retired_.contains(endpoint.id)) return;
  const SimContainer* holder = engine_.holds(endpoint.address);
  if (!holder) {
    violated(25, "a request for " + endpoint.name + ", which was told to end");
  } else if ("default/" + holder->view.pod_name != endpoint.name) {
    violated(26, "a request for " + endpoint.name + " goes to " + holder->view.pod_name);
  }
}

// What the gateway will be told, held against the World it was made from.
void Invariants::check_table(const RouteTable& table) {
  const World& world = loop_->world();
  for (const RouteListener& listener : table.listeners) {
    for (const RouteRule& rule : listener.rules) {
      check_rule(listener, rule);
    }
    check_shares(listener);
  }
  check_colours_of(table);
  // 32: the host's ports are open as long as their Services are there.
  for (const RouteListener& open : gateway_.table().listeners) {
    if (!open.sandbox.empty()) continue;
    const auto all = services(world);
    const bool wanted = std::any_of(all.begin(), all.end(), [&](const api::Service* service) {
      return is_listener_of(*service, open.name) && service->spec.ports[0].nodePort == open.port;
    });
    const bool stays = std::any_of(table.listeners.begin(), table.listeners.end(),
                                   [&](const RouteListener& l) { return l.name == open.name; });
    if (wanted && !stays) violated(32, "port " + std::to_string(open.port) + " would be closed");
  }
}

namespace {

// What the templates of an Experiment have.
std::int64_t additional_weight(const api::TrafficWeights& weights, const std::string& hash) {
  std::int64_t weight = 0;
  for (const api::WeightDestination& more : weights.additional) {
    if (more.podTemplateHash == hash) weight += more.weight;
  }
  return weight;
}

// Where a Rollout divides what comes to the Service: the pod is of a revision that takes part.
bool has_share(const World& world, const api::Service& service, const api::Pod& pod) {
  const auto* rollout = divider_of(world, service);
  const std::string hash = hash_of(pod.metadata.labels);
  if (!rollout || hash.empty()) return true;
  const api::TrafficWeights& weights = *rollout->status.canary.weights;
  const api::CanaryStrategy& canary = *rollout->spec.strategy.canary;
  const bool waits_for_nobody =
      rollout->status.abort && !canary.dynamicStableScale && !canary.maxSurge;
  return hash == weights.stable.podTemplateHash ||
         ((hash == weights.canary.podTemplateHash || additional_weight(weights, hash) > 0) &&
          !waits_for_nobody);
}

bool is_its_pod(const World& world, const api::Rollout& rollout, const api::Pod& pod) {
  const auto* workload = workload_of(world, rollout);
  const auto& wanted = (workload ? workload->spec.selector : *rollout.spec.selector).matchLabels;
  return std::includes(pod.metadata.labels.begin(), pod.metadata.labels.end(), wanted.begin(),
                       wanted.end());
}

// A Rollout that divides requests leaves revisions out: those without a share, and that of a
// rollout that is aborted.
bool may_be_asked(const World& world, const api::Pod& pod) {
  const std::string hash = hash_of(pod.metadata.labels);
  for (const Key& key : world.keys(Kind::Rollout, pod.metadata.namespace_)) {
    const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
    const auto& weights = rollout->status.canary.weights;
    // Rollouts of one template have one hash.
    if (hash.empty() || !weights || !is_its_pod(world, *rollout, pod)) continue;
    if (hash == weights->stable.podTemplateHash) return weights->stable.weight > 0;
    if (additional_weight(*weights, hash) > 0) return !rollout->status.abort;
    if (hash != weights->canary.podTemplateHash) return false;
    return weights->canary.weight > 0 && !rollout->status.abort;
  }
  return true;
}

}  // namespace

void Invariants::check_rule(const RouteListener& listener, const RouteRule& rule) {
  const World& world = loop_->world();
  const auto all = services(world);
  const auto service = std::find_if(all.begin(), all.end(), [&](const api::Service* one) {
    return is_listener_of(*one, listener.name);
  });
  if (service == all.end()) {
    return violated(25, "a listener for " + listener.name + ", whose Service is not there");
  }
  // One that is divided leads to all revisions.
  const auto pods = behind(world, **service, divider_of(world, **service) != nullptr);
  std::vector<RouteEndpoint> endpoints;
  for (const RouteBackend& backend : rule.backends) {
    endpoints.insert(endpoints.end(), backend.endpoints.begin(), backend.endpoints.end());
  }
  const auto in_table = [&](const api::Pod* pod) {
    return std::any_of(endpoints.begin(), endpoints.end(),
                       [&](const RouteEndpoint& e) { return e.id == pod->metadata.uid; });
  };
  const bool any_serves = std::any_of(pods.begin(), pods.end(), [&](const api::Pod* pod) {
    return serves(*pod) && has_its_address(world, *pod) && has_share(world, **service, *pod);
  });
  for (const RouteEndpoint& endpoint : endpoints) {
    const auto found = std::find_if(pods.begin(), pods.end(), [&](const api::Pod* pod) {
      return pod->metadata.uid == endpoint.id;
    });
    if (found == pods.end() || !ready(**found)) {
      violated(25, listener.name + " would lead to " + endpoint.name + ", which is not ready");
    } else if (any_serves && !serves(**found)) {
      violated(25, listener.name + " would lead to " + endpoint.name + ", which is ending");
    } else if (!serves(**found)) {
      retired_.erase(endpoint.id);  // nobody else is left, and it may not have ended yet
    } else if (!has_its_address(world, **found) || (*found)->status.podIP != endpoint.address) {
      violated(26, listener.name + " would lead to " + endpoint.address + ", which is no longer " +
                       endpoint.name + "'s");
    }
  }
  if (!rule.match.headers.empty()) return;  // others than those it is for go by the next rule
  // 28: a request that comes while somebody could answer it is answered, whatever weir knows of it.
  for (const api::Pod* pod : pods) {
    const SimContainer* holder = engine_.holds(pod->status.podIP);
    const bool runs = holder && holder->view.pod_name == pod->metadata.name;
    if (serves(*pod) && runs && !in_table(pod) && may_be_asked(world, *pod)) {
      violated(28, listener.name + " would leave out " + pod->metadata.name + ", which is ready");
    }
  }
}

}  // namespace weir::sim
