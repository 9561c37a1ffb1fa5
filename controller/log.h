#pragma once

// The log: one JSON object a line on stderr, a constant message and named values, for journald and
// whoever collects it. Never a Secret's bytes: callers log names, reasons and texts of plans, which
// bear none. Any thread.

#include <initializer_list>
#include <string_view>
#include <utility>

namespace weir {

enum class Level { info, warning, error };

void log(Level level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string_view>> values = {});

}  // namespace weir
