#pragma once

// Strategic merge patch, application/strategic-merge-patch+json: what `kubectl apply` (client
// side), `set`, `edit` and `rollout restart|pause|resume` send for built-in kinds. A JSON merge
// patch that knows from the schema which lists merge by a key (containers by name, ports by
// containerPort), and that understands these directives:
//   $patch: delete | replace | merge     of a map or of a list element
//   $retainKeys: [k, …]                  keys that may stay in a map; all others go
//   $deleteFromPrimitiveList/FIELD       values that leave a list of plain values
//   $setElementOrder/FIELD               the order of a merged list
// null deletes. Pure; the caller admits the result like any other write.
//
// Errors: bad_request for a malformed directive, invalid (422) for a list element without its key.

#include <nlohmann/json_fwd.hpp>

#include "controller/admission/schema.h"
#include "controller/result.h"

namespace weir {

// Both sides come from parse_json, whose depth limit holds for the result too.
Result<nlohmann::json> strategic_merge(nlohmann::json document, const nlohmann::json& patch,
                                       const SchemaNode& kind);

}  // namespace weir
