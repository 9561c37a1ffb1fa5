#pragma once

// The revisions of a Deployment, from the ReplicaSets that it owns. Pure.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/result.h"

namespace weir::cli {

// True when `owner` is the controlling owner of `object`, by uid.
bool controlled_by(const nlohmann::json& object, const nlohmann::json& owner);

// REVISION and CHANGE-CAUSE; the ReplicaSets come oldest revision first.
std::string history_table(const std::vector<nlohmann::json>& replica_sets);

// The ReplicaSet to go back to: of `revision`, or with 0 the one before the newest.
Result<nlohmann::json> rollback_target(const nlohmann::json& deployment,
                                       const std::vector<nlohmann::json>& replica_sets,
                                       std::int64_t revision);

// A ReplicaSet's template without the label that tells revisions apart.
nlohmann::json template_without_hash(const nlohmann::json& replica_set);

// Naming the user's ConfigMaps and Secrets in place of the snapshots of this history
// (reconcilers/configuration.h).
nlohmann::json template_without_snapshots(nlohmann::json pod_template,
                                          const std::vector<nlohmann::json>& history);

// The ConfigMaps and Secrets that the revision contains, by the names of their snapshots, and what
// its images resolved to; never what is in them. Empty: it contains none.
std::string describe_configuration(const nlohmann::json& replica_set);

// The ReplicaSet's annotations, but the Deployment's own where they are the controller's books.
nlohmann::json rollback_annotations(const nlohmann::json& deployment,
                                    const nlohmann::json& replica_set);

}  // namespace weir::cli
