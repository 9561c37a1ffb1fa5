#pragma once

// JSON merge patch (RFC 7386), application/merge-patch+json: what `kubectl label`, `annotate` and
// `patch --type=merge` send. Objects merge, null deletes, everything else replaces. Pure; the
// caller admits the result like any other write.

#include <nlohmann/json_fwd.hpp>

#include "controller/result.h"

namespace weir {

// bad_request when the patch is not an object. Both sides come from parse_json, whose depth limit
// holds for the result too.
Result<nlohmann::json> merge_patch(nlohmann::json document, const nlohmann::json& patch);

}  // namespace weir
