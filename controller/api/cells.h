#pragma once

// Cells: what a printer column that names a function shows (x-weir-function in crd-schemas/), with
// kubectl's words. Pure; `now` is for ages.

#include <string>
#include <string_view>
#include <variant>

#include "gen/kinds.h"
#include "reconcilers/time.h"

namespace weir::rest {

using Cell = std::variant<std::string, std::int64_t>;

// "<unknown>" for a function that nobody wrote; a test looks every column up.
Cell cell(std::string_view function, const Object& object, Time now);
bool is_cell_function(std::string_view function);

// "5m", "3h25m", "12d": how kubectl writes a span of time.
std::string human_duration(std::chrono::seconds span);
// The age of a moment; "<unknown>" for none.
std::string age(const std::optional<std::chrono::sys_seconds>& since, Time now);

}  // namespace weir::rest
