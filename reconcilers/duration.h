#pragma once

// Durations as Argo Rollouts writes them: "90", "90s", "5m", "1h30m", in whole seconds.

#include <chrono>
#include <optional>
#include <string_view>

#include "gen/types.h"

namespace weir {

// nullopt: it is none. Without a unit they are seconds. Never more than bounded_seconds() gives.
std::optional<std::chrono::seconds> parse_seconds(std::string_view text);
std::optional<std::chrono::seconds> parse_seconds(const api::IntOrString& value);

}  // namespace weir
