#pragma once

// How Rollouts divide what comes to a Service among their revisions. Worked out from what the
// Rollout's status says, so that weights change when that is stored, by one table.

#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

// Of a canary; with pingPong, whichever of the two it is now. Empty: it has none.
std::string stable_service(const api::Rollout& rollout);
std::string canary_service(const api::Rollout& rollout);

// Whether it is one of the Services that it has pick a revision.
bool points_at(const api::Rollout& rollout, const std::string& service);

// A revision's share of the requests to one Service.
struct TrafficShare {
  std::string hash = {};
  std::int64_t weight = 0;
};
// No shares: the Service is not divided, everything goes to the Pods that it picks.
struct TrafficDivision {
  std::vector<TrafficShare> shares = {};  // the stable one's first
  std::string hash_label = {};            // where Pods have the hash of their revision
};
TrafficDivision division_of(const World& world, const api::Service& service);

// The rules that stand for this one where Rollouts divide its backends. A divided backend becomes
// one for each share that has endpoints, by weight; the others keep their part. Before it stand the
// routes that steps have set (setHeaderRoute, setMirrorRoute).
std::vector<RouteRule> divided(const World& world, const RouteRule& rule);

// The gateway works by the table of this World.
bool is_told(const World& world);

}  // namespace weir
