#pragma once

// Names of hosts, looked up as any program on this host would. The C library may take its time, so
// each question has a thread of its own, which nobody waits for; the answer comes on the engine's.

#include "controller/engine/engine.h"
#include "controller/engine/http_client.h"

namespace weir::engine {

void resolve(const std::shared_ptr<HttpClient>& http, const Resolve& request, OnReply on_reply);

}  // namespace weir::engine
