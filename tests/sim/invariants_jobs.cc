// Jobs: no more Pods than they want, and each that ended is counted once.

#include <algorithm>

#include "reconcilers/labels.h"
#include "tests/sim/invariants.h"
#include "tests/sim/invariants_world.h"

namespace weir::sim {

namespace {

constexpr char kTracking[] = "batch.kubernetes.io/job-tracking";
constexpr char kIndex[] = "batch.kubernetes.io/job-completion-index";

bool is_tracked(const api::Pod& pod) {
  const auto& all = pod.metadata.finalizers;
  return std::find(all.begin(), all.end(), kTracking) != all.end();
}

const api::OwnerReference* job_of(const api::Pod& pod) {
  const auto& all = pod.metadata.ownerReferences;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [](const api::OwnerReference& o) { return o.kind == "Job"; });
  return found == all.end() ? nullptr : &*found;
}

bool is_over(const api::Job& job) {
  const auto& all = job.status.conditions;
  return std::any_of(all.begin(), all.end(), [](const api::JobCondition& c) {
    return (c.type == "Complete" || c.type == "Failed") && c.status == "True";
  });
}

}  // namespace

// 13: no more at once than its parallelism, nor than are missing. 20, 21: none for one that is
// suspended, over or gone.
void Invariants::check_job_plan(const Key& key, const Plan& plan) {
  const World& world = loop_->world();
  std::int64_t creates = 0;
  std::set<std::string> removed;
  for (const Change& change : plan.changes) {
    const auto* create = change_of<CreateObject>(change);
    creates += create && kind_of(create->object) == Kind::Pod;
    if (const auto* remove = change_of<DeleteObject>(change)) removed.insert(remove->uid);
  }
  if (creates == 0) return;
  const auto* job = world.get<api::Job>(key.ns, key.name);
  if (!job || job->metadata.deletionTimestamp || is_over(*job)) {
    return violated(21, "a Pod for " + text(key) + ", which is gone or over");
  }
  if (job->spec.suspend) violated(20, "a Pod for " + text(key) + ", which is suspended");
  std::int64_t pods = creates;
  for (const Key& dependent : world.dependents(job->metadata.uid)) {
    const auto* pod = world.get<api::Pod>(dependent.ns, dependent.name);
    if (!pod || removed.contains(pod->metadata.uid) || ended(*pod)) continue;
    const bool awaited = job->spec.podReplacementPolicy == "Failed";
    pods += active(*pod) || awaited;
  }
  const auto* status = written<api::Job, UpdateStatus>(plan, key);
  const std::int64_t succeeded = (status ? status : job)->status.succeeded;
  if (pods > job->spec.parallelism.value_or(1)) {
    violated(13, text(key) + " would have " + std::to_string(pods) + " pods at once");
  } else if (job->spec.completions && pods + succeeded > *job->spec.completions) {
    violated(13, text(key) + " would have " + std::to_string(pods) + " pods, and " +
                     std::to_string(succeeded) + " have succeeded");
  }
}

// A Pod that its Job lets go of after its end is one that it has counted; of an Indexed Job, each
// index succeeds once.
void Invariants::count_job_pod(const api::Pod& before, const api::Pod& after) {
  const api::OwnerReference* job = job_of(after);
  if (!job || !is_tracked(before) || is_tracked(after)) return;
  Counted& counted = counted_[job->uid];
  const std::string index = text_at(after.metadata.annotations, kIndex);
  if (after.status.phase == "Succeeded") {
    counted.succeeded.insert(index.empty() ? after.metadata.uid : index);
  } else if (after.status.phase == "Failed" || after.metadata.deletionTimestamp) {
    ++counted.failed;
  }
}

// 37: a Job's numbers are those of its Pods, in every state that the store is ever in: that one is
// counted, and that it may go, are one transaction.
void Invariants::check_job_counts() {
  for (const Key& key : std::exchange(counted_anew_, {})) {
    const auto found = last_.find(key);
    if (found == last_.end() || removed_.contains(key)) continue;
    const auto& job = std::get<api::Job>(*found->second->typed);
    if (job.metadata.deletionTimestamp) continue;
    const Counted& counted = counted_[job.metadata.uid];
    if (job.status.succeeded == std::ssize(counted.succeeded) &&
        job.status.failed == counted.failed) {
      continue;
    }
    violated(37, text(key) + " counts " + std::to_string(job.status.succeeded) +
                     " pods that succeeded and " + std::to_string(job.status.failed) +
                     " that failed, of " + std::to_string(counted.succeeded.size()) + " and " +
                     std::to_string(counted.failed));
  }
}

}  // namespace weir::sim
