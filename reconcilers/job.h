#pragma once

// The Job reconciler: Pods that run until so many have succeeded. What a Pod that ended counts for,
// and that it is counted, are one write (job_pods.h): no crash counts one twice or not at all.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_job(const World& world, const Key& key, Time now);

}  // namespace weir
