#pragma once

// pods/portforward: the connection becomes a SPDY session that carries connections to the pod's
// ports (port_forward_session.h). kubectl before 1.31 asks for SPDY by POST, later ones for a
// WebSocket in which the same SPDY is carried. What can be refused is refused before the upgrade.

#include "controller/api/verbs.h"
#include "controller/engine/engine.h"

namespace weir::rest {

Result<Response> port_forward(const Call& call, engine::Engine& engine);

}  // namespace weir::rest
