#pragma once

// A Rollout or a Deployment as a tree, as `kubectl argo rollouts get rollout` draws it: where it
// stands, its revisions, their ReplicaSets, Pods, Experiments and AnalysisRuns. Pure: documents in,
// text out.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/time.h"

namespace weir::cli {

// What may belong to a workload: those of others, too; its own are found by their owners.
struct TreeObjects {
  std::vector<nlohmann::json> replica_sets = {};
  std::vector<nlohmann::json> pods = {};
  std::vector<nlohmann::json> analysis_runs = {};
  std::vector<nlohmann::json> experiments = {};
};
std::string rollout_tree(const nlohmann::json& workload, const TreeObjects& objects, Time now);

}  // namespace weir::cli
