#pragma once

// What `weir rollout` verbs share: which objects are meant, and what is said of each.

#include <functional>
#include <string_view>
#include <vector>

#include "controller/cli/verbs/targets.h"
#include "controller/cli/verbs/verbs.h"

namespace weir::cli {

using RolloutKinds = std::vector<std::string_view>;

// Does `one` for each object that is meant; a failure does not keep the others from it.
Result<int> for_each_rollout(Session& session, const RolloutOptions& options,
                             const RolloutKinds& kinds,
                             const std::function<Result<bool>(const Target&)>& one);

// The Rollout that steers this Deployment (annotation weir.dev/strategy), or what was given.
Result<Target> steering(Session& session, const Target& target);
// The same, of a Deployment that has one.
Result<Target> steered(Session& session, const Target& target);

void say(Session& session, const Target& target, const std::string& what);
Result<bool> patch(Session& session, const Target& target, const char* type,
                   const nlohmann::json& body);

}  // namespace weir::cli
