#pragma once

// pods/log: what a container has written, as plain text, at once or as it comes.

#include "controller/api/verbs.h"
#include "controller/engine/engine.h"

namespace weir::rest {

Result<Response> logs(const Call& call, engine::Engine& engine);

// Which container's log a request means, by the kubelet's rules and with its words. Pure.
Result<std::string> log_container(const api::Pod& pod, const std::string& container, bool previous);

}  // namespace weir::rest
