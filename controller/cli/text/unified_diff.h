#pragma once

// The difference of two texts, line by line, in the form of `diff -u`. Pure. Empty when equal.

#include <string>
#include <string_view>

namespace weir::cli {

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name);

}  // namespace weir::cli
