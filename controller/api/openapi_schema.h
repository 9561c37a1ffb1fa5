#pragma once

// One schema of crd-schemas/ in OpenAPI's dialects. Private to openapi*.cc.

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "controller/api/openapi.h"

namespace weir::rest {

// `schema` with references that `version` understands, without weir's own notes. The short names of
// what it refers to, directly, are added to `used`.
nlohmann::json openapi_schema(OpenApi version, const nlohmann::json& schema,
                              std::set<std::string>& used);

// {"$ref": "#/components/schemas/PodSpec"}
nlohmann::json openapi_reference(OpenApi version, const std::string& name);

}  // namespace weir::rest
