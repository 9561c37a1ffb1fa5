#pragma once

// A JSON document as YAML in kubectl's style: keys sorted, lists not indented below their key,
// strings quoted only where a reader would take them for something else, `|` for lines. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace weir::cli {

std::string to_yaml(const nlohmann::json& document);

}  // namespace weir::cli
