#pragma once

// Pod: one container of the pod is one container of the engine, and weir is the only one that
// restarts it. Each restart is a new container, as in Kubernetes: a fresh file system, attempt + 1;
// the last ended one stays for `logs --previous`, older ones are removed.
//
// What a container is, which attempt and which back-off step, is on its labels: a plan needs no
// memory. The steps, in the order of a pod's life, are the table in pod.cc.

#include "reconcilers/plan.h"

namespace weir {

// Also for a key without a Pod: then it is about the containers that carry the name.
Plan plan_pod(const World& world, const Key& key, Time now);

}  // namespace weir
