#include "reconcilers/job.h"

#include <algorithm>
#include <array>

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"
#include "reconcilers/job_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/replicas.h"

namespace weir {

namespace {

bool says(const std::vector<api::JobCondition>& conditions, std::string_view type) {
  const auto* condition = find_condition(conditions, type);
  return condition && condition->status == "True";
}

void state(const JobView& view, JobDraft& draft, std::string type, std::string status,
           std::string reason, std::string message) {
  set_condition(draft.status.conditions,
                {.type = std::move(type),
                 .status = std::move(status),
                 .reason = std::move(reason),
                 .message = std::move(message)},
                view.now);
}

// --- Steps ---------------------------------------------------------------------------------------

// Its Pods go with it: nobody counts them any more.
Verdict deletion(const JobView& view, JobDraft& draft) {
  if (!view.job.metadata.deletionTimestamp) return next();
  for (const api::Pod* pod : view.pods) {
    if (is_tracked(*pod)) let_go(*pod, draft);
  }
  return stop("being deleted: its pods are not counted any more");
}

// Kubernetes: Pods are chosen by the Job's uid, which nobody knows before it is made.
Verdict identity(const JobView& view, JobDraft& draft) {
  if (!is_empty(view.job.spec.selector) || view.job.spec.manualSelector.value_or(false)) {
    return next();
  }
  api::Job job = view.job;
  job.spec.selector.matchLabels = {{kJobUid, job.metadata.uid}};
  auto& labels = job.spec.template_.metadata.labels;
  for (const char* prefix : {"", "batch.kubernetes.io/"}) {
    labels[std::string(prefix) + "controller-uid"] = job.metadata.uid;
    labels[std::string(prefix) + "job-name"] = job.metadata.name;
  }
  draft.plan.changes.push_back(UpdateObject{std::move(job)});
  return stop("its selector is made from its uid");
}

Verdict finished(const JobView& view, JobDraft& draft) {
  const auto& conditions = view.job.status.conditions;
  const auto* end =
      find_condition(conditions, says(conditions, "Complete") ? "Complete" : "Failed");
  if (!end || end->status != "True") return next();
  const auto ttl = view.job.spec.ttlSecondsAfterFinished;
  if (!ttl || !end->lastTransitionTime) return stop("it has finished");
  const Time due = *end->lastTransitionTime + bounded_seconds(*ttl);
  if (view.now < due) {
    draft.plan.wake(due);
    return stop("it has finished, and is deleted later");
  }
  draft.plan.changes.push_back(DeleteObject{.key = view.key, .uid = view.job.metadata.uid});
  return stop("it finished long enough ago: deleting it");
}

void count_success(const JobView& view, const api::Pod& pod, JobDraft& draft) {
  if (!is_indexed(view.job.spec)) {
    ++draft.status.succeeded;
  } else if (const auto index = index_of(pod); index && *index < *completions_of(view.job.spec)) {
    draft.succeeded.insert(*index);
  }
}

void count_failure(const JobView& view, const api::Pod& pod, JobDraft& draft) {
  const PodFailure failure = meaning_of(view.job.spec, pod);
  if (failure.action == PodFailure::Action::ignore) return;
  if (failure.action == PodFailure::Action::fail_job && draft.doom.empty()) {
    draft.doom = failure.message;
  }
  ++draft.status.failed;
  const auto limit = view.job.spec.backoffLimitPerIndex;
  const auto index = index_of(pod);
  if (!limit || !index) return;
  if (failure.action == PodFailure::Action::fail_index || index_failures(pod) > *limit) {
    draft.failed.insert(*index);
  }
}

// Pods that have ended since the last plan. That one is counted and that it may go are one write.
Verdict count(const JobView& view, JobDraft& draft) {
  std::int64_t counted = 0;
  for (const api::Pod* pod : view.pods) {
    const PodFate fate = fate_of(view.world, view.job.spec, *pod);
    if (!is_tracked(*pod) || (fate != PodFate::succeeded && fate != PodFate::failed)) continue;
    if (fate == PodFate::succeeded) {
      count_success(view, *pod, draft);
    } else {
      count_failure(view, *pod, draft);
    }
    let_go(*pod, draft);
    ++counted;
  }
  for (const std::int64_t index : draft.succeeded) draft.failed.erase(index);
  if (is_indexed(view.job.spec)) {
    draft.status.succeeded = std::ssize(draft.succeeded);
    draft.status.completedIndexes = text(draft.succeeded);
    draft.status.failedIndexes = text(draft.failed);
  }
  return counted == 0 ? next() : next("counts " + count_of_pods(counted) + " that ended");
}

Verdict begin(const JobView& view, JobDraft& draft) {
  const bool suspended = view.job.spec.suspend;
  const bool was = says(draft.status.conditions, "Suspended");
  if (suspended) {
    draft.status.startTime.reset();
    if (!was) {
      state(view, draft, "Suspended", "True", "JobSuspended", "Job suspended");
      note(view, draft, "Suspended", "Job suspended");
    }
    return next("suspended");
  }
  if (was) {
    state(view, draft, "Suspended", "False", "JobResumed", "Job resumed");
    note(view, draft, "Resumed", "Job resumed");
  }
  if (!draft.status.startTime) draft.status.startTime = to_seconds(view.now);
  return next();
}

// --- Whether it is over --------------------------------------------------------------------------

std::int64_t restarts(const JobView& view) {
  std::int64_t sum = 0;
  for (const api::Pod* pod : view.with(PodFate::active)) {
    for (const auto& container : pod->status.containerStatuses) sum += container.restartCount;
  }
  return sum;
}

bool is_past_backoff_limit(const JobView& view, const JobDraft& draft) {
  const std::int64_t limit = backoff_limit_of(view.job.spec);
  if (draft.status.failed > limit) return true;
  if (view.job.spec.template_.spec.restartPolicy != "OnFailure") return false;
  return restarts(view) >= std::max<std::int64_t>(limit, 1);
}

// The rule that is met, in Kubernetes' words; empty: none.
std::string met_success_rule(const api::JobSpec& spec, const JobDraft& draft) {
  if (!spec.successPolicy || !is_indexed(spec)) return {};
  const auto& rules = spec.successPolicy->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    JobIndexes wanted = draft.succeeded;
    if (!rules[i].succeededIndexes.empty()) {
      wanted = parse_indexes(rules[i].succeededIndexes).value_or(JobIndexes{});
    }
    const std::int64_t met = std::count_if(wanted.begin(), wanted.end(), [&](std::int64_t index) {
      return draft.succeeded.contains(index);
    });
    const std::int64_t least = rules[i].succeededCount.value_or(std::ssize(wanted));
    if (met >= least && met > 0) return "Matched rules at index " + std::to_string(i);
  }
  return {};
}

struct Reached {
  std::string type = {};
  std::string reason = {};
  std::string message = {};
};

// What the Job has come to; an empty type: it goes on.
Reached reached(const JobView& view, const JobDraft& draft) {
  const api::JobSpec& spec = view.job.spec;
  const auto failure = [](std::string reason, std::string message) {
    return Reached{"FailureTarget", std::move(reason), std::move(message)};
  };
  const auto completions = completions_of(spec);
  const auto& started = draft.status.startTime;
  if (!draft.doom.empty()) return failure("PodFailurePolicy", draft.doom);
  if (is_past_backoff_limit(view, draft)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (spec.activeDeadlineSeconds && started &&
      view.now >= *started + bounded_seconds(*spec.activeDeadlineSeconds)) {
    return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  if (spec.maxFailedIndexes && std::ssize(draft.failed) > *spec.maxFailedIndexes) {
    return failure("MaxFailedIndexesExceeded",
                   "Job has exceeded the specified maximal number of failed indexes");
  }
  if (const std::string rule = met_success_rule(spec, draft); !rule.empty()) {
    return {"SuccessCriteriaMet", "SuccessPolicy", rule};
  }
  const Reached enough{"SuccessCriteriaMet", "CompletionsReached",
                       "Reached expected number of succeeded pods"};
  if (!completions) {
    const bool over = draft.status.succeeded > 0 && view.with(PodFate::active).empty();
    return over ? enough : Reached{};
  }
  if (draft.status.succeeded >= *completions) return enough;
  if (!draft.failed.empty() &&
      std::ssize(draft.failed) + std::ssize(draft.succeeded) >= *completions) {
    return failure("FailedIndexes", "Job has failed indexes");
  }
  return {};
}

Verdict judge(const JobView& view, JobDraft& draft) {
  for (const char* type : {"FailureTarget", "SuccessCriteriaMet"}) {
    if (says(draft.status.conditions, type)) return next();
  }
  const Reached what = reached(view, draft);
  if (!what.type.empty()) {
    state(view, draft, what.type, "True", what.reason, what.message);
    return next(what.message);
  }
  if (view.job.spec.activeDeadlineSeconds && draft.status.startTime) {
    draft.plan.wake(*draft.status.startTime +
                    bounded_seconds(*view.job.spec.activeDeadlineSeconds));
  }
  return next();
}

// It is over: what still runs ends, and then the Job says so. Pods that are ended because it failed
// count as failed; those that were only not needed do not count.
Verdict wind_down(const JobView& view, JobDraft& draft) {
  const bool failed = says(draft.status.conditions, "FailureTarget");
  if (!failed && !says(draft.status.conditions, "SuccessCriteriaMet")) return next();
  const auto active = view.with(PodFate::active);
  for (const api::Pod* pod : active) {
    if (failed) {
      remove(view, *pod, draft);
    } else {
      let_go(*pod, draft);
    }
  }
  const auto leaving = view.with(PodFate::let_go);
  for (const api::Pod* pod : leaving) remove(view, *pod, draft);
  const std::int64_t left = std::ssize(active) + std::ssize(leaving) +
                            std::count_if(view.pods.begin(), view.pods.end(), is_ending);
  if (left > 0) return stop("it is over; waits for " + count_of_pods(left) + " to end");
  const api::JobCondition why =
      *find_condition(draft.status.conditions, failed ? "FailureTarget" : "SuccessCriteriaMet");
  state(view, draft, failed ? "Failed" : "Complete", "True", why.reason, why.message);
  if (failed) {
    note(view, draft, why.reason, why.message, true);
  } else {
    draft.status.completionTime = to_seconds(view.now);
    note(view, draft, "Completed", "Job completed");
  }
  return stop(failed ? "it has failed" : "it is complete");
}

// --- The one ending ------------------------------------------------------------------------------

void finish(const JobView& view, JobDraft& draft) {
  const auto active = view.with(PodFate::active);
  draft.status.active = std::ssize(active);
  draft.status.ready = std::count_if(active.begin(), active.end(),
                                     [](const api::Pod* pod) { return is_ready(*pod); });
  draft.status.terminating = std::count_if(view.pods.begin(), view.pods.end(), is_ending);
  if (draft.status == view.job.status) return;
  api::Job job = view.job;
  job.status = draft.status;
  draft.plan.changes.push_back(UpdateStatus{std::move(job)});
}

// Run in order; the first one that stops ends the plan. The status is written after it, always.
struct Step {
  const char* name;
  Verdict (*run)(const JobView&, JobDraft&);
};
constexpr std::array kSteps{
    Step{"deletion", deletion},    // a dying Job counts nothing
    Step{"identity", identity},    // its selector, from its uid
    Step{"finished", finished},    // nothing more, but its own deletion when its time is over
    Step{"count", count},          // Pods that have ended
    Step{"begin", begin},          // it starts, is suspended, or goes on
    Step{"judge", judge},          // whether it is over, and why
    Step{"wind-down", wind_down},  // it is: the last Pods end, and then it says so
    Step{"run", job_step::run},    // as many Pods as it wants
};

}  // namespace

Plan plan_job(const World& world, const Key& key, Time now) {
  const auto* job = world.get<api::Job>(key.ns, key.name);
  if (!job) return {};
  JobView view{.world = world, .key = key, .job = *job, .now = now};
  for (const Key& one : world.dependents(job->metadata.uid)) {
    const auto* pod = one.kind == Kind::Pod ? world.get<api::Pod>(one.ns, one.name) : nullptr;
    if (pod && is_controlled_by(pod->metadata, job->metadata.uid)) view.pods.push_back(pod);
  }
  JobDraft draft{.status = job->status};
  draft.succeeded = parse_indexes(job->status.completedIndexes).value_or(JobIndexes{});
  draft.failed = parse_indexes(job->status.failedIndexes).value_or(JobIndexes{});
  if (is_indexed(job->spec)) {  // an elastic Job may have become smaller
    const std::int64_t end = completions_of(job->spec).value_or(0);
    for (JobIndexes* indexes : {&draft.succeeded, &draft.failed}) {
      indexes->erase(indexes->lower_bound(end), indexes->end());
    }
  }
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, draft);
    if (!verdict.text.empty()) {
      draft.plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  finish(view, draft);
  return std::move(draft.plan);
}

}  // namespace weir
