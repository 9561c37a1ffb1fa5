#pragma once

// A Rollout or a Deployment as a tree, as `kubectl argo rollouts get rollout` draws it: where it
// stands, its revisions, their ReplicaSets, their Pods. Pure: documents in, text out.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/time.h"

namespace weir::cli {

// The ReplicaSets and Pods may be those of others, too; theirs are found by their owners.
std::string rollout_tree(const nlohmann::json& workload,
                         const std::vector<nlohmann::json>& replica_sets,
                         const std::vector<nlohmann::json>& pods, Time now);

}  // namespace weir::cli
