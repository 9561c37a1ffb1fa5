#pragma once

// The steps of the Pod reconciler, in the order in which pod.cc runs them. Each looks at the view,
// may add to the draft, and says whether the plan goes on. Private to the Pod's files.

#include "reconcilers/pod_view.h"
#include "reconcilers/reconciler.h"

namespace weir::pod_step {

Verdict engine(const PodView& view, PodDraft& draft);     // pod.cc
Verdict leftovers(const PodView& view, PodDraft& draft);  // pod_removal.cc
Verdict deletion(const PodView& view, PodDraft& draft);
Verdict deadline(const PodView& view, PodDraft& draft);  // pod.cc
Verdict finished(const PodView& view, PodDraft& draft);
Verdict surplus(const PodView& view, PodDraft& draft);  // pod_removal.cc
Verdict volumes(const PodView& view, PodDraft& draft);  // pod.cc
Verdict run(const PodView& view, PodDraft& draft);      // pod_run.cc
Verdict restart(const PodView& view, PodDraft& draft);
Verdict image(const PodView& view, PodDraft& draft);  // pod_image.cc
Verdict mounts(const PodView& view, PodDraft& draft);
Verdict start(const PodView& view, PodDraft& draft);  // pod_run.cc
Verdict create(const PodView& view, PodDraft& draft);

}  // namespace weir::pod_step

namespace weir {

// Ends a live container with the pod's preStop hook, or a grace of 0 at once.
void plan_stop(const PodView& view, const Container& container, std::int64_t grace_seconds,
               std::string reason, PodDraft& draft);
void plan_removal(const PodView& view, const Container& container, std::string reason,
                  PodDraft& draft);

}  // namespace weir
