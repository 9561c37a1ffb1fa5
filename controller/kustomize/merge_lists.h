#pragma once

// Lists whose elements are told apart by keys, and merged. Used by strategic.cc only; the rules are
// those of Kustomize's walker, its quirks included (see merge_lists.cc).

#include <functional>
#include <string>
#include <vector>

#include "controller/kustomize/resource.h"

namespace weir::kustomize {

enum class Kept { nothing, document, patch };
enum class Directive { merge, replace, remove };

// Takes `$patch` out of a map, or the element that holds nothing but `$patch` out of a list.
Result<Directive> take_directive(json& patch, const std::string& path);

// Merges two elements in place and says which of them stands for both.
using MergeElements = std::function<Result<Kept>(json* document, json* patch)>;

// `keys` is empty for lists of plain values. `has_patch` is false when only the document has the
// list; then `patch` is not looked at.
Result<json> merge_associative(const json& document, const json& patch, bool has_patch,
                               const std::vector<std::string>& keys, const MergeElements& merge);

}  // namespace weir::kustomize
