#include <algorithm>
#include <map>
#include <set>

#include "reconcilers/job_view.h"
#include "reconcilers/replica_set_victims.h"
#include "reconcilers/replicas.h"
#include "reconcilers/retry.h"

namespace weir {

namespace {

// The pause after a failure: 10 s, 20 s, 40 s … 6 min (Kubernetes).
constexpr Backoff kPodBackoff{.first = std::chrono::seconds(10),
                              .longest = std::chrono::minutes(6)};
constexpr std::int64_t kBurst = 500;  // Pods made by one plan, as for ReplicaSets
constexpr std::chrono::seconds kEnginePause{1};

std::int64_t wanted_pods(const JobView& view, const JobDraft& draft) {
  if (view.job.spec.suspend) return 0;
  const std::int64_t parallel = parallelism_of(view.job.spec);
  const auto completions = completions_of(view.job.spec);
  if (!completions) {  // a work queue that is done: those at work end by themselves
    const auto active = std::ssize(view.with(PodFate::active));
    return draft.status.succeeded > 0 ? std::min(parallel, active) : parallel;
  }
  const std::int64_t settled = is_indexed(view.job.spec)
                                   ? std::ssize(draft.succeeded) + std::ssize(draft.failed)
                                   : draft.status.succeeded;
  return std::clamp<std::int64_t>(*completions - settled, 0, parallel);
}

bool is_settled(const JobView& view, const JobDraft& draft, std::int64_t index) {
  return draft.succeeded.contains(index) || draft.failed.contains(index) ||
         index >= *completions_of(view.job.spec);
}

// Whose work is done, or done by another; then those that have got least far.
std::vector<const api::Pod*> surplus(const JobView& view, const JobDraft& draft) {
  std::vector<const api::Pod*> active = view.with(PodFate::active);
  std::vector<const api::Pod*> found;
  JobIndexes seen;
  if (is_indexed(view.job.spec)) {
    std::erase_if(active, [&](const api::Pod* pod) {
      const auto index = index_of(*pod);
      const bool needless =
          !index || is_settled(view, draft, *index) || !seen.insert(*index).second;
      if (needless) found.push_back(pod);
      return needless;
    });
  }
  const std::int64_t more = std::ssize(active) - wanted_pods(view, draft);
  if (more > 0) {
    const auto last = victims(active, static_cast<std::size_t>(more));
    found.insert(found.end(), last.begin(), last.end());
  }
  return found;
}

// When the next Pod may be made, after so many failures in a row.
struct Failures {
  int count = 0;
  Time last = {};
  void add(const api::Pod& pod, Time now) {
    ++count;
    last = std::max(last, end_of(pod, now));
  }
  Time again() const { return count == 0 ? Time{} : last + pause_after(kPodBackoff, count); }
};

// Since the last success.
Failures failures_in_a_row(const JobView& view) {
  Failures failures;
  Time success{};
  for (const api::Pod* pod : view.with(PodFate::succeeded)) {
    success = std::max(success, end_of(*pod, view.now));
  }
  for (const api::Pod* pod : view.with(PodFate::failed)) {
    if (pod->metadata.deletionTimestamp && !has_ended(*pod)) continue;  // by somebody's wish
    if (end_of(*pod, view.now) > success) failures.add(*pod, view.now);
  }
  return failures;
}

std::map<std::int64_t, Failures> failures_by_index(const JobView& view) {
  std::map<std::int64_t, Failures> failures;
  for (const api::Pod* pod : view.with(PodFate::failed)) {
    if (meaning_of(view.job.spec, *pod).action == PodFailure::Action::ignore) continue;
    if (const auto index = index_of(*pod)) failures[*index].add(*pod, view.now);
  }
  return failures;
}

void make(const JobView& view, JobDraft& draft, std::optional<std::int64_t> index,
          std::int64_t failures, std::set<std::string>& taken) {
  std::string name = free_job_pod_name(view.world, view.job, index, taken);
  taken.insert(name);
  note(view, draft, "SuccessfulCreate", "Created pod: " + name);
  draft.plan.changes.push_back(CreateObject{job_pod(view.job, std::move(name), index, failures)});
}

std::int64_t make_indexed(const JobView& view, JobDraft& draft, std::int64_t count) {
  JobIndexes busy;
  for (const api::Pod* pod : view.pods) {
    const bool ended = has_ended(*pod) || (is_ending(pod) && !awaits_end(view.job.spec));
    if (const auto index = index_of(*pod); index && !ended) busy.insert(*index);
  }
  const bool alone = view.job.spec.backoffLimitPerIndex.has_value();
  const auto failures = failures_by_index(view);
  std::set<std::string> taken;
  std::int64_t made = 0;
  for (std::int64_t index = 0; index < *completions_of(view.job.spec) && made < count; ++index) {
    if (busy.contains(index) || is_settled(view, draft, index)) continue;
    const auto failed = failures.find(index);
    const Failures its = failed == failures.end() ? Failures{} : failed->second;
    if (alone && view.now < its.again()) {
      draft.plan.wake(its.again());
      continue;
    }
    make(view, draft, index, its.count, taken);
    ++made;
  }
  return made;
}

}  // namespace

namespace job_step {

Verdict run(const JobView& view, JobDraft& draft) {
  for (const api::Pod* pod : view.with(PodFate::let_go)) remove(view, *pod, draft);
  const auto needless = surplus(view, draft);
  for (const api::Pod* pod : needless) let_go(*pod, draft);
  if (!needless.empty()) return stop("lets " + count_of_pods(std::ssize(needless)) + " go");
  std::int64_t busy = std::ssize(view.with(PodFate::active));
  if (awaits_end(view.job.spec)) {
    busy += std::count_if(view.pods.begin(), view.pods.end(), is_ending);
  }
  const std::int64_t missing = wanted_pods(view, draft) - busy;
  if (missing <= 0) return next();
  if (!view.world.engine.synced) {  // its containers may hold names that only the engine knows
    draft.plan.wake(view.now + kEnginePause);
    return next(count_of_pods(missing) + " missing; waiting for the container engine");
  }
  const Time again = view.job.spec.backoffLimitPerIndex ? Time{} : failures_in_a_row(view).again();
  if (view.now < again) {
    draft.plan.wake(again);
    return next(count_of_pods(missing) + " missing; pausing after a failure");
  }
  std::int64_t made = std::min(missing, kBurst);
  if (is_indexed(view.job.spec)) {
    made = make_indexed(view, draft, made);
  } else {
    std::set<std::string> taken;
    for (std::int64_t i = 0; i < made; ++i) make(view, draft, std::nullopt, 0, taken);
  }
  return next("creates " + std::to_string(made) + " of " + count_of_pods(missing) + " missing");
}

}  // namespace job_step

}  // namespace weir
