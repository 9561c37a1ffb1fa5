#pragma once

// Probes: requests to a container's own address, on the engine's thread, each on a connection of
// its own. Failures are told in the words that the kubelet's probes use.

#include "controller/engine/engine.h"
#include "controller/engine/http_client.h"

namespace weir::engine {

void probe(HttpClient& http, const HttpGet& request, OnReply on_reply);
void probe(HttpClient& http, const TcpConnect& request, OnReply on_reply);

}  // namespace weir::engine
