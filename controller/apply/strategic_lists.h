#pragma once

// The lists of a strategic merge patch: plain values, and maps told apart by their merge key.
// Used by strategic_merge.cc only.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/result.h"

namespace weir {

inline constexpr const char* kPatchDirective = "$patch";

// What a patch says about one list. Each part may be absent; none is changed.
struct ListPatch {
  const nlohmann::json* items = nullptr;    // FIELD
  const nlohmann::json* removed = nullptr;  // $deleteFromPrimitiveList/FIELD
  const nlohmann::json* order = nullptr;    // $setElementOrder/FIELD
};

// Merges two maps of a list that have the same key.
using MergeElement = std::function<Result<void>(nlohmann::json&, const nlohmann::json&)>;
// An element that only the patch has, as it is stored.
using CleanElement = std::function<nlohmann::json(const nlohmann::json&)>;

// Changes `list`, an array. `merge_key` is empty for lists of plain values. `path` names the list
// in errors.
Result<void> merge_list(nlohmann::json& list, const ListPatch& patch, const std::string& merge_key,
                        const std::string& path, const MergeElement& merge,
                        const CleanElement& clean);

}  // namespace weir
