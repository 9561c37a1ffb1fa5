#pragma once

// The CRD document of a kind, for what is only read from it here: the fields that select it, its
// scale, its OpenAPI schema.

#include <nlohmann/json_fwd.hpp>

#include "gen/kinds.h"

namespace weir::rest {

// spec.versions[0]: weir serves one version of each kind.
const nlohmann::json& crd_version(Kind kind);

}  // namespace weir::rest
