#pragma once

// A LabelSelector as the text of a labelSelector query. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace weir::cli {

// "app=web,tier in (a,b)"; `nothing` for an empty one.
std::string selector_text(const nlohmann::json& selector, const char* nothing = "<none>");

}  // namespace weir::cli
