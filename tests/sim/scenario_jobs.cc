#include "tests/sim/scenario_jobs.h"

#include <algorithm>

namespace weir::sim {

namespace {

constexpr const char* kNames[] = {"batch", "import"};
constexpr const char* kBroken = "broken";
constexpr const char* kImages[] = {"task", "long-task", "long-task", kBroken};
constexpr std::int64_t kEnough = 1000;  // failures that no scenario reaches

bool says(const api::Job& job, const std::string& type) {
  const auto& all = job.status.conditions;
  return std::any_of(all.begin(), all.end(), [&](const api::JobCondition& c) {
    return c.type == type && c.status == "True";
  });
}

// It has ended, and its time to live is not over: the clock was put back since.
bool may_stay(const api::Job& job, Time now) {
  for (const api::JobCondition& c : job.status.conditions) {
    const bool ended = (c.type == "Complete" || c.type == "Failed") && c.status == "True";
    if (!ended || !c.lastTransitionTime) continue;
    return now < *c.lastTransitionTime +
                     std::chrono::seconds(job.spec.ttlSecondsAfterFinished.value_or(0));
  }
  return false;
}

const std::string& image_of(const api::Job& job) {
  return job.spec.template_.spec.containers.at(0).image;
}

}  // namespace

JobUsers::JobUsers(Simulation& sim) : sim_(sim), dice_(sim.random) {
  sim.engine.images["task"] = {.exits_after = std::chrono::seconds(3), .exit_code = 0};
  sim.engine.images["long-task"] = {.exits_after = std::chrono::seconds(40), .exit_code = 0};
  sim.engine.images[kBroken] = {.exits_after = std::chrono::seconds(2)};
}

void JobUsers::make(const std::string& name) {
  api::Job job;
  job.metadata.name = name;
  job.metadata.namespace_ = "default";
  job.spec.completions = dice_.number(1, 5);
  job.spec.parallelism = dice_.number(1, 4);
  if (dice_.chance(30)) job.spec.completionMode = "Indexed";
  if (dice_.chance(30)) job.spec.podReplacementPolicy = "Failed";
  if (dice_.chance(20)) job.spec.ttlSecondsAfterFinished = dice_.number(0, 60);
  job.spec.template_ = deployment({.image = dice_.pick(kImages)}).spec.template_;
  job.spec.template_.metadata.labels = {{"job", name}};
  job.spec.template_.spec.restartPolicy = dice_.chance(80) ? "Never" : "OnFailure";
  job.spec.template_.spec.containers[0].readinessProbe.reset();
  // What works is to be done in the end, whatever is killed meanwhile.
  job.spec.backoffLimit = image_of(job) == kBroken ? dice_.number(0, 3) : kEnough;
  wanted_[name] = job;
  sim_.apply(Object(job));
}

void JobUsers::change(const std::string& name, const std::function<void(api::JobSpec&)>& by) {
  sim_.change<api::Job>("default", name, [&](api::Job& job) { by(job.spec); });
}

void JobUsers::change() {
  const std::string name = dice_.pick(kNames);
  const auto known = wanted_.find(name);
  if (known == wanted_.end()) {
    if (!sim_.get<api::Job>("default", name)) make(name);
    return;
  }
  switch (dice_.number(0, 7)) {
    case 0:
    case 1:
      return change(name, [&](api::JobSpec& spec) { spec.suspend = !spec.suspend; });
    case 2:
    case 3:
      return change(name, [&](api::JobSpec& spec) { spec.parallelism = dice_.number(0, 4); });
    case 4:
    case 5:
    case 6:
      return delete_a_pod(name);
    default:
      wanted_.erase(known);
      sim_.remove({.kind = Kind::Job, .ns = "default", .name = name},
                  dice_.chance(50) ? Propagation::background : Propagation::foreground);
  }
}

void JobUsers::delete_a_pod(const std::string& job) {
  for (const StoredPtr& pod : sim_.store().list(Kind::Pod).objects) {
    const api::ObjectMeta& m = meta(*pod->typed);
    const bool its = m.labels.contains("job") && m.labels.at("job") == job;
    if (its && dice_.chance(50)) return sim_.remove(pod->key);
  }
}

void JobUsers::apply_all() {
  for (const auto& [name, job] : wanted_) sim_.apply(Object(job));
}

void JobUsers::make_possible() {
  for (const auto& [name, made] : wanted_) {
    // Whoever was not told that it is made makes it again; one with a time to live may be over.
    if (!sim_.get<api::Job>("default", name) && !made.spec.ttlSecondsAfterFinished) {
      sim_.apply(Object(made));
    }
    // Whoever was faster has the Job changed again.
    for (;; sim_.run_for(std::chrono::seconds(1))) {
      const auto job = sim_.get<api::Job>("default", name);
      if (!job || (!job->spec.suspend && job->spec.parallelism.value_or(1) > 0)) break;
      change(name, [](api::JobSpec& spec) {
        spec.suspend = false;
        spec.parallelism = std::max<std::int64_t>(1, spec.parallelism.value_or(1));
      });
    }
  }
}

std::string JobUsers::unfinished() const {
  for (const auto& [name, wanted] : wanted_) {
    const auto job = sim_.get<api::Job>("default", name);
    const auto wrong = [&](const std::string& what) {
      return "invariant 17: Job " + name + " " + what + "\n" + sim_.end_state();
    };
    if (wanted.spec.ttlSecondsAfterFinished) {
      if (job && !may_stay(*job, sim_.clock.now())) {
        return wrong("is still there when its time is over");
      }
      continue;
    }
    if (!job) return wrong("is gone");
    const api::JobStatus& status = job->status;
    if (status.active + status.terminating.value_or(0) > 0) return wrong("has active pods");
    if (image_of(wanted) == kBroken) {
      // One that restarts in place has failed once, when it is ended.
      const bool never = wanted.spec.template_.spec.restartPolicy == "Never";
      const bool failed =
          says(*job, "Failed") && status.failed > (never ? *wanted.spec.backoffLimit : 0);
      if (!failed || status.succeeded > 0) return wrong("did not fail");
    } else if (!says(*job, "Complete") || status.succeeded != *wanted.spec.completions) {
      return wrong("is not complete: " + std::to_string(status.succeeded) + " of " +
                   std::to_string(*wanted.spec.completions));
    }
  }
  return "";
}

}  // namespace weir::sim
