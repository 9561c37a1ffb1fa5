#pragma once

// One command inside a container: create the exec, run it to its end, ask for its exit code. Docker
// has no way to end a command: one that is too slow runs on after its deadline. On the
// HttpClient's thread.

#include "controller/engine/docker_api.h"

namespace weir::engine {

// `timed_out`: the command was too slow. An engine that is too slow to begin it is `unavailable`.
void run_exec(DockerApi& api, const Exec& request, OnReply on_reply);

}  // namespace weir::engine
