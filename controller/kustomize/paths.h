#pragma once

// The field paths of replacements: "spec.template.spec.containers.[name=web].env.0.value",
// "metadata.annotations.[a.b/c]", "spec.*.port". Pure.

#include <string>
#include <vector>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

std::vector<std::string> split_field_path(const std::string& path);

// What is made where a path ends and nothing is there.
enum class Makes { nothing, scalar, map, list };

// All fields that the path leads to; none is no error. A new scalar is null.
Result<std::vector<json*>> find_fields(json& document, const std::vector<std::string>& path,
                                       Makes makes);

}  // namespace weir::kustomize
