#pragma once

// Where a rollout stands, decided from the Deployment alone, in kubectl's order and words. Pure.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/result.h"

namespace weir::cli {

struct RolloutStatus {
  std::string message = {};
  bool done = false;
  bool operator==(const RolloutStatus&) const = default;
};

// Of a Deployment, or of a Rollout. `revision` 0: the newest. An Error: the rollout failed (or is
// not of the wanted revision).
Result<RolloutStatus> rollout_status(const nlohmann::json& deployment, std::int64_t revision = 0);

// The number in deployment.kubernetes.io/revision; 0 when there is none.
std::int64_t revision_of(const nlohmann::json& object);

}  // namespace weir::cli
