#pragma once

// A JSON document as YAML, byte for byte as kubectl and Kustomize print it: keys sorted (a2 before
// a10), lists not indented below their key, strings quoted only where a reader would take them for
// something else, `|` for lines, lines folded behind column 80. Pure.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace weir {

std::string to_yaml(const nlohmann::json& document);

}  // namespace weir
