#include "reconcilers/job_view.h"

#include <algorithm>

#include "reconcilers/replicas.h"

namespace weir {

std::vector<const api::Pod*> JobView::with(PodFate fate) const {
  std::vector<const api::Pod*> found;
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(found),
               [&](const api::Pod* pod) { return fate_of(world, job.spec, *pod) == fate; });
  return found;
}

void note(const JobView& view, JobDraft& draft, std::string reason, std::string message,
          bool warning) {
  draft.plan.events.push_back({.about = view.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

void let_go(const api::Pod& pod, JobDraft& draft) {
  api::Pod free = pod;
  std::erase(free.metadata.finalizers, kJobTracking);
  draft.plan.changes.push_back(UpdateObject{std::move(free)});
}

void remove(const JobView& view, const api::Pod& pod, JobDraft& draft) {
  draft.plan.changes.push_back(DeleteObject{.key = key_of(Object(pod)), .uid = pod.metadata.uid});
  note(view, draft, "SuccessfulDelete", "Deleted pod: " + pod.metadata.name);
}

std::string count_of_pods(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " pod" : " pods");
}

bool is_ending(const api::Pod* pod) {
  return pod->metadata.deletionTimestamp.has_value() && !has_ended(*pod);
}

}  // namespace weir
