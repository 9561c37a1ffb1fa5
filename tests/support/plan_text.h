#pragma once

// A plan in the fewest words that still say all of it, for the tables of workloads: one line a
// change, without namespace; annotations by their last part; conditions by type; times in seconds
// from now; the hash of a created ReplicaSet is written HASH.
//
//   create ReplicaSet web-HASH: size 1, revision 2, desired 3, max 4
//   update ReplicaSet web-1: spec.replicas: 3 -> 2
//   status Deployment web: updatedReplicas: 0 -> 1; Progressing True ReplicaSetUpdated
//   event Normal ScalingReplicaSet: Scaled down replica set web-1 to 2 from 3
//   wake in 541s

#include <string>

#include "reconcilers/plan.h"

namespace weir::test {

std::string brief(const Plan& plan, const World& world, Time now);
// Without the lines of status and wake: what is done.
std::string deeds(const Plan& plan, const World& world, Time now);
// One line a condition, in order: `Progressing True ReplicaSetUpdated updated -0s since -60s: …`
std::string text(const std::vector<api::DeploymentCondition>& conditions, Time now);

}  // namespace weir::test
