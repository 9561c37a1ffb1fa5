#pragma once

// Waiting for a rollout, and showing it: kubectl's lines in a pipe, a live picture on a terminal.

#include "controller/cli/verbs/targets.h"

namespace weir::cli {

struct RolloutWatch {
  std::int64_t revision = 0;  // 0: the newest
  bool watch = true;          // false: say where it stands, once
  Duration timeout = {};      // 0: none
};

// An Error when the rollout failed, timed out, or the Deployment is gone.
Result<bool> watch_rollout(Session& session, const Target& deployment, const RolloutWatch& how);

// For `apply --wait`: until a Deployment has rolled out, a ReplicaSet is available, a Pod is ready.
// Objects of other kinds have nothing to wait for.
Result<bool> wait_until_settled(Session& session, const Target& target, const RolloutWatch& how);

// A connection of its own, for requests while session.client is busy with a watch.
Client another_client(const Session& session);

}  // namespace weir::cli
