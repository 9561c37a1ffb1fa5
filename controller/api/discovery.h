#pragma once

// Discovery: which kinds are served, in the classic form and aggregated (kubectl 1.27+).

#include <optional>

#include "controller/api/http.h"

namespace weir::rest {

// /api, /apis, /api/v1, /apis/GROUP, /apis/GROUP/VERSION; nullopt: none of these.
std::optional<Response> discovery(const Request& request);

}  // namespace weir::rest
