// The WebSocket form: an upgrade, some echoes, and the closing handshake (RFC 6455).
#pragma once

#include <string>

#include "bench/conserve/answer.h"
#include "bench/conserve/request.h"

namespace weir::conserve {

// Throws Failure if anything but the echoes and the close comes back.
Answer hold_websocket_session(Connection& connection, const Form& form, const std::string& id,
                              const Wording& wording, Deadline deadline);

}  // namespace weir::conserve
