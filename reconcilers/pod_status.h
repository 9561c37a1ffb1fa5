#pragma once

// The status of a Pod: what Kubernetes' users and tools read, made from what the containers are and
// from what the steps found. Written only when it differs from what is stored, with whole seconds.

#include "reconcilers/pod_view.h"

namespace weir {

// Adds the new status and the events of what has just changed to the draft's plan.
void write_status(const PodView& view, PodDraft& draft);

// The part of it that is about the container.
api::ContainerStatus container_status(const PodView& view, const PodDraft& draft);

}  // namespace weir
