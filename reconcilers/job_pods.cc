#include "reconcilers/job_pods.h"

#include <algorithm>
#include <limits>

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/pod_containers.h"
#include "reconcilers/replicas.h"

namespace weir {

namespace {

constexpr std::int64_t kBackoffLimit = 6;  // Kubernetes' default
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int32_t>::max();

bool runs(const World& world, const api::Pod& pod) {
  const auto& ids = world.containers_of(pod.metadata.namespace_, pod.metadata.name);
  return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    const Container* container = world.container(id);
    return container->uid == pod.metadata.uid && is_live(*container);
  });
}

// Exit codes of 0 are no failures: no rule is about them.
bool fits(const api::PodFailurePolicyOnExitCodesRequirement& rule, const api::Pod& pod) {
  return std::any_of(pod.status.containerStatuses.begin(), pod.status.containerStatuses.end(),
                     [&](const api::ContainerStatus& c) {
                       if (!c.state.terminated || c.state.terminated->exitCode == 0) return false;
                       if (!rule.containerName.empty() && rule.containerName != c.name)
                         return false;
                       const bool listed = std::count(rule.values.begin(), rule.values.end(),
                                                      c.state.terminated->exitCode) > 0;
                       return listed == (rule.operator_ == "In");
                     });
}

bool fits(const api::PodFailurePolicyOnPodConditionsPattern& rule, const api::Pod& pod) {
  const auto* condition = find_condition(pod.status.conditions, rule.type);
  return condition && condition->status == (rule.status.empty() ? "True" : rule.status);
}

bool fits(const api::PodFailurePolicyRule& rule, const api::Pod& pod) {
  if (rule.onExitCodes) return fits(*rule.onExitCodes, pod);
  return std::any_of(rule.onPodConditions.begin(), rule.onPodConditions.end(),
                     [&](const auto& pattern) { return fits(pattern, pod); });
}

// Kubernetes' words.
std::string message_of(const api::PodFailurePolicyRule& rule, std::size_t number,
                       const api::Pod& pod) {
  const std::string whose = pod.metadata.namespace_ + "/" + pod.metadata.name;
  const std::string end = " matching " + rule.action + " rule at index " + std::to_string(number);
  if (!rule.onExitCodes) return "Pod " + whose + " has a condition" + end;
  for (const api::ContainerStatus& c : pod.status.containerStatuses) {
    if (!c.state.terminated) continue;
    return "Container " + c.name + " for pod " + whose + " failed with exit code " +
           std::to_string(c.state.terminated->exitCode) + end;
  }
  return "Pod " + whose + " failed" + end;
}

}  // namespace

bool is_indexed(const api::JobSpec& spec) { return spec.completionMode == "Indexed"; }

std::int64_t parallelism_of(const api::JobSpec& spec) { return spec.parallelism.value_or(1); }

std::optional<std::int64_t> completions_of(const api::JobSpec& spec) {
  if (is_indexed(spec)) return spec.completions.value_or(0);
  if (!spec.completions && !spec.parallelism) return 1;
  return spec.completions;
}

std::int64_t backoff_limit_of(const api::JobSpec& spec) {
  return spec.backoffLimit.value_or(spec.backoffLimitPerIndex ? kNoLimit : kBackoffLimit);
}

bool awaits_end(const api::JobSpec& spec) {
  if (spec.podReplacementPolicy.empty()) return spec.podFailurePolicy.has_value();
  return spec.podReplacementPolicy == "Failed";
}

bool is_tracked(const api::Pod& pod) {
  const auto& finalizers = pod.metadata.finalizers;
  return std::find(finalizers.begin(), finalizers.end(), kJobTracking) != finalizers.end();
}

std::optional<std::int64_t> index_of(const api::Pod& pod) {
  return number_at(pod.metadata.annotations, kJobIndex);
}

PodFate fate_of(const World& world, const api::JobSpec& spec, const api::Pod& pod) {
  if (pod.status.phase == "Succeeded") return PodFate::succeeded;
  if (pod.status.phase == "Failed") return PodFate::failed;
  if (!pod.metadata.deletionTimestamp) {
    return is_tracked(pod) ? PodFate::active : PodFate::let_go;
  }
  if (!is_tracked(pod)) return PodFate::terminating;
  return awaits_end(spec) && runs(world, pod) ? PodFate::terminating : PodFate::failed;
}

Time end_of(const api::Pod& pod, Time now) {
  for (const api::ContainerStatus& c : pod.status.containerStatuses) {
    const auto& ended = c.state.terminated;
    if (ended && ended->finishedAt && *ended->finishedAt <= now) return *ended->finishedAt;
  }
  const auto* ready = find_condition(pod.status.conditions, "Ready");
  const bool known = ready && ready->lastTransitionTime && *ready->lastTransitionTime <= now;
  return known ? *ready->lastTransitionTime : Time{};
}

PodFailure meaning_of(const api::JobSpec& spec, const api::Pod& pod) {
  if (!spec.podFailurePolicy || pod.status.phase != "Failed") return {};
  const auto& rules = spec.podFailurePolicy->rules;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const api::PodFailurePolicyRule& rule = rules[i];
    if (!fits(rule, pod)) continue;
    if (rule.action == "Ignore") return {.action = PodFailure::Action::ignore};
    if (rule.action == "FailIndex") return {.action = PodFailure::Action::fail_index};
    if (rule.action != "FailJob") return {};
    return {.action = PodFailure::Action::fail_job, .message = message_of(rule, i, pod)};
  }
  return {};
}

std::int64_t index_failures(const api::Pod& pod) {
  return number_at(pod.metadata.annotations, kIndexFailures).value_or(0) + 1;
}

api::Pod job_pod(const api::Job& job, std::string name, std::optional<std::int64_t> index,
                 std::int64_t failures) {
  const api::PodTemplateSpec& from = job.spec.template_;
  api::Pod pod;
  pod.metadata.name = std::move(name);
  pod.metadata.namespace_ = job.metadata.namespace_;
  pod.metadata.generateName = job.metadata.name + "-";
  pod.metadata.labels = from.metadata.labels;
  pod.metadata.annotations = from.metadata.annotations;
  pod.metadata.finalizers = from.metadata.finalizers;
  pod.metadata.finalizers.push_back(kJobTracking);
  pod.metadata.ownerReferences = {controller_reference(Kind::Job, job.metadata)};
  pod.spec = from.spec;
  pod.status.phase = "Pending";
  if (!index) return pod;
  const std::string number = std::to_string(*index);
  pod.metadata.generateName += number + "-";
  pod.metadata.labels[kJobIndex] = number;
  pod.metadata.annotations[kJobIndex] = number;
  if (job.spec.backoffLimitPerIndex) {
    pod.metadata.annotations[kIndexFailures] = std::to_string(failures);
  }
  if (pod.spec.hostname.empty()) pod.spec.hostname = job.metadata.name + "-" + number;
  for (api::Container& container : pod.spec.containers) {
    api::EnvVar env;
    env.name = "JOB_COMPLETION_INDEX";
    env.valueFrom.emplace().fieldRef = api::ObjectFieldSelector{
        .fieldPath = "metadata.annotations['" + std::string(kJobIndex) + "']"};
    container.env.push_back(std::move(env));
  }
  return pod;
}

std::string free_job_pod_name(const World& world, const api::Job& job,
                              std::optional<std::int64_t> index,
                              const std::set<std::string>& taken) {
  const std::string& ns = job.metadata.namespace_;
  std::string owner = job.metadata.name;
  if (index) owner += "-" + std::to_string(*index);
  for (std::int64_t slot = 0;; ++slot) {
    std::string name = pod_name(owner, slot);
    const bool free = !taken.contains(name) && world.containers_of(ns, name).empty() &&
                      !world.find({.kind = Kind::Pod, .ns = ns, .name = name});
    if (free) return name;
  }
}

}  // namespace weir
