#pragma once

// OpenAPI: the kinds' schemas as clients read them: v3 (kubectl 1.27+: validation, explain, merge
// keys) as JSON, v2 (older ones) as protobuf or JSON. All of it follows from crd-schemas/.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "controller/api/http.h"

namespace weir::rest {

// /openapi/v2, /openapi/v3, /openapi/v3/api/v1, /openapi/v3/apis/GROUP/VERSION; nullopt: none of
// these.
std::optional<Response> openapi(const Request& request);

enum class OpenApi { v2, v3 };
// All kinds of one group version ("apps/v1"), or of all (""), with everything that they refer to.
nlohmann::json openapi_document(OpenApi version, const std::string& api_version);

// An OpenAPI v2 document as gnostic's protobuf message openapi.v2.Document.
std::string openapi_protobuf(const nlohmann::json& document);

}  // namespace weir::rest
