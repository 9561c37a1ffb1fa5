#pragma once

// JobView: what the World says about a Job and its Pods, read once at the start of a plan; and
// JobDraft, what the plan is going to write: it begins with the status as it is stored, and the
// steps of job.cc go on from there.

#include <string>
#include <vector>

#include "reconcilers/job_pods.h"
#include "reconcilers/plan.h"
#include "reconcilers/reconciler.h"

namespace weir {

struct JobView {
  const World& world;
  const Key& key;
  const api::Job& job;
  Time now;
  std::vector<const api::Pod*> pods = {};  // its own, in key order
  std::vector<const api::Pod*> with(PodFate fate) const;
};

struct JobDraft {
  Plan plan = {};
  api::JobStatus status = {};
  JobIndexes succeeded = {};
  JobIndexes failed = {};
  std::string doom = {};  // what a podFailurePolicy says of the whole Job
};

void note(const JobView& view, JobDraft& draft, std::string reason, std::string message,
          bool warning = false);
// Has the Pod counted no more: an active one is deleted by the next plan.
void let_go(const api::Pod& pod, JobDraft& draft);
void remove(const JobView& view, const api::Pod& pod, JobDraft& draft);

bool is_ending(const api::Pod* pod);
std::string count_of_pods(std::int64_t count);

namespace job_step {
// As many Pods as it wants: some are let go, or made.
Verdict run(const JobView& view, JobDraft& draft);
}  // namespace job_step

}  // namespace weir
