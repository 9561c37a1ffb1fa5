#pragma once

// Times and durations as kubectl reads and writes them. Pure; `now` is always an argument.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "controller/result.h"
#include "reconcilers/time.h"

namespace weir::cli {

// "90s", "1m30s", "500ms", "1.5h", "0", "-1s".
Result<Duration> parse_duration(std::string_view text);

// An age in at most two units: 5s, 2m10s, 3h, 4d2h, 2y30d.
std::string human_duration(Duration duration);

// RFC 3339, with or without a fraction; nothing when it is something else.
std::optional<Time> parse_time(std::string_view text);

// The age of an RFC 3339 time; "<unknown>" when there is none.
std::string age(std::string_view rfc3339, Time now);

// "2024-01-01T00:00:00Z"
std::string rfc3339(Time time);

// "Mon, 01 Jan 2024 00:00:00 +0000", as describe shows it; what is no time is returned as it is.
std::string rfc1123(std::string_view rfc3339);

}  // namespace weir::cli
