#pragma once

// Events as the client shows them: in describe, in `weir events`, in progress. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/time.h"

namespace weir::cli {

// When the Event was seen last, RFC 3339; its creation when it does not say.
std::string last_seen(const nlohmann::json& event);

// Its age, and when it was counted: "2m (x5 over 10m)".
std::string event_age(const nlohmann::json& event, Time now);

// Oldest first; equal times by name.
void sort_events(std::vector<nlohmann::json>& events);

}  // namespace weir::cli
