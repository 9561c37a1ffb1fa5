#pragma once

// Route: which object or collection a path names. All kinds alike, from KindInfo.

#include <optional>
#include <string>
#include <vector>

#include "gen/kinds.h"

namespace weir::rest {

struct Route {
  Kind kind = Kind::Pod;
  std::string ns = {};           // empty: cluster-scoped, or all namespaces
  std::string name = {};         // empty: the collection
  std::string subresource = {};  // status, scale, log, portforward
  bool operator==(const Route&) const = default;
};

// {"apis", "apps", "v1", "namespaces", "default", "deployments", "web", "scale"} → …; nullopt: no
// such resource.
std::optional<Route> route_of(const std::vector<std::string>& path);

// What can be done with a subresource, or ("") with the resource; empty: there is no such thing.
std::vector<std::string> verbs_of(const KindInfo& info, const std::string& subresource);
// In alphabetical order.
std::vector<std::string> subresources_of(const KindInfo& info);

}  // namespace weir::rest
