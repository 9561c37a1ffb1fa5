#pragma once

// The server's answer to `weir why`, for a person. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reconcilers/time.h"

namespace weir::cli {

// {plan: [{step, verdict}], stopped_by, planned_at}, and any further lists of lines (actions,
// changes, events), each printed under its name.
std::string why_text(const nlohmann::json& answer, const std::string& title, Time now);

}  // namespace weir::cli
