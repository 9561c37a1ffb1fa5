#pragma once

// Worlds with one Job, "work", and its Pods; and what its plan must be, in brief. Pods are named as
// weir names them: "@0" in a row is the name of slot 0, "@2.1" of index 2's slot 1.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "reconcilers/claims.h"
#include "reconcilers/job.h"
#include "reconcilers/job_pods.h"
#include "reconcilers/names.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir::test {

inline const Key kWork{.kind = Kind::Job, .ns = "default", .name = "work"};

struct JobPodForm {
  std::string phase = "Running";
  std::optional<std::int64_t> index = {};
  int slot = 0;
  bool tracked = true;
  bool deleting = false;
  bool runs = false;  // has a container
  int ended_ago = 5;  // seconds
  int exit_code = 1;
  int restarts = 0;
  int failures_before = 0;  // of its index
};

inline std::string job_pod_name(std::optional<std::int64_t> index, int slot) {
  return pod_name("work" + (index ? "-" + std::to_string(*index) : ""), slot);
}

class JobWorld {
 public:
  using Change = std::function<void(api::Job&)>;
  // `change`: from a Job of one completion that started 100 s ago.
  explicit JobWorld(const Change& change = [](api::Job&) {}) {
    job_.metadata.name = "work";
    job_.metadata.namespace_ = "default";
    job_.metadata.uid = "uid-work";
    job_.spec.selector.matchLabels = {{kJobUid, "uid-work"}};
    job_.spec.template_ = pod_template("work", "work:1");
    job_.spec.template_.spec.restartPolicy = "Never";
    job_.status.startTime = to_seconds(kNow - seconds(100));
    job_.status.ready = 0;
    job_.status.terminating = 0;
    change(job_);
    world_.put(Object(job_));
    world_.engine = {.synced = true, .store = "store-1", .message = {}};
  }
  JobWorld& pod(const JobPodForm& form = {}) {
    api::Pod pod =
        job_pod(job_, job_pod_name(form.index, form.slot), form.index, form.failures_before);
    pod.metadata.uid = "uid-" + pod.metadata.name;
    if (!form.tracked) pod.metadata.finalizers.clear();
    pod.status.phase = form.phase;
    api::ContainerStatus status;
    status.name = "app";
    status.restartCount = form.restarts;
    if (form.phase == "Failed" || form.phase == "Succeeded") {
      status.state.terminated =
          api::ContainerStateTerminated{.exitCode = form.phase == "Failed" ? form.exit_code : 0,
                                        .finishedAt = to_seconds(kNow - seconds(form.ended_ago))};
    }
    pod.status.containerStatuses = {status};
    if (form.deleting) pod.metadata.deletionTimestamp = to_seconds(kNow);
    if (form.runs) {
      world_.put(Container{.id = "c-" + pod.metadata.name,
                           .name = "c-" + pod.metadata.name,
                           .state = ContainerState::running,
                           .uid = pod.metadata.uid,
                           .pod_ns = "default",
                           .pod_name = pod.metadata.name});
    }
    world_.put(Object(pod));
    return *this;
  }
  operator World() const { return world_; }

 private:
  api::Job job_;
  World world_;
};

struct JobRow {
  const char* name;
  World world;
  const char* want;
};

// The plan, with the names of Pods in the words of the rows.
inline std::string job_plan(const World& world) {
  std::string text = brief(plan_job(world, kWork, kNow), world, kNow);
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at; (at = text.find(from)) != text.npos;) text.replace(at, from.size(), to);
  };
  replace(": metadata.finalizers[0]: \"batch.kubernetes.io/job-tracking\" -> (none)", " let go");
  for (int slot = 0; slot < 6; ++slot) {
    replace(job_pod_name(std::nullopt, slot), "@" + std::to_string(slot));
    for (int index = 0; index < 6; ++index) {
      replace(job_pod_name(index, slot), "@" + std::to_string(index) + "." + std::to_string(slot));
    }
  }
  return text;
}

inline void check(const std::vector<JobRow>& rows) {
  for (const JobRow& row : rows) EXPECT_EQ(job_plan(row.world), row.want) << row.name;
}

}  // namespace weir::test
