#pragma once

// JobPods: the Pods of a Job, each looked at once: what has become of it, and what that means for
// the Job (Kubernetes: podFailurePolicy, backoffLimitPerIndex).

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/job_indexes.h"
#include "reconcilers/world.h"

namespace weir {

// On a Pod: the Job has not counted it yet. It cannot leave before; when the Job counts it or lets
// it go, this goes. An active Pod without it is one that is let go.
inline constexpr char kJobTracking[] = "batch.kubernetes.io/job-tracking";
inline constexpr char kJobIndex[] = "batch.kubernetes.io/job-completion-index";
inline constexpr char kIndexFailures[] = "batch.kubernetes.io/job-index-failure-count";
inline constexpr char kJobName[] = "batch.kubernetes.io/job-name";
inline constexpr char kJobUid[] = "batch.kubernetes.io/controller-uid";

bool is_indexed(const api::JobSpec& spec);
std::int64_t parallelism_of(const api::JobSpec& spec);
// Nothing: as many as succeed until one has and the others have ended (a work queue).
std::optional<std::int64_t> completions_of(const api::JobSpec& spec);
std::int64_t backoff_limit_of(const api::JobSpec& spec);
// Whether a Pod gets its successor only when it has ended, not as soon as it is asked to.
bool awaits_end(const api::JobSpec& spec);

bool is_tracked(const api::Pod& pod);
std::optional<std::int64_t> index_of(const api::Pod& pod);

enum class PodFate { active, let_go, terminating, succeeded, failed };
// `pod` is one of the Job's. One that is being deleted has failed at once, or, where successors
// await the end, once nothing of it runs.
PodFate fate_of(const World& world, const api::JobSpec& spec, const api::Pod& pod);

// When it ended, as far as its status says: no time that is still to come, which is one of a clock
// that has been put back since, and which nobody may wait for. Unknown: long ago.
Time end_of(const api::Pod& pod, Time now);

// What the end of a failed Pod means.
struct PodFailure {
  enum class Action { count, ignore, fail_index, fail_job };
  Action action = Action::count;
  std::string message = {};  // of fail_job
};
PodFailure meaning_of(const api::JobSpec& spec, const api::Pod& pod);

// How often this index has failed when `pod` has, too.
std::int64_t index_failures(const api::Pod& pod);

// The next Pod of the Job under this name. `failures`: of its index until now.
api::Pod job_pod(const api::Job& job, std::string name, std::optional<std::int64_t> index,
                 std::int64_t failures);
// A name that no Pod and no container has, and that is not in `taken`.
std::string free_job_pod_name(const World& world, const api::Job& job,
                              std::optional<std::int64_t> index,
                              const std::set<std::string>& taken);

}  // namespace weir
