#include "tests/support/world_builder.h"

#include "reconcilers/claims.h"
#include "reconcilers/conditions.h"
#include "reconcilers/deployment.h"
#include "reconcilers/deployment_status.h"
#include "reconcilers/deployment_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/replica_set.h"

namespace weir::test {

namespace {

constexpr char kNamespace[] = "default";

std::chrono::sys_seconds ago(int seconds) {
  return to_seconds(kNow - std::chrono::seconds(seconds));
}

api::IntOrString int_or_string(const std::string& text) {
  if (text.ends_with('%')) return {.is_string = true, .text = text};
  return {.number = std::stoll(text)};
}

// Takes over what the plan would write as status, and nothing else.
void write_status(World& world, const Plan& plan) {
  for (const Change& change : plan.changes) {
    if (const auto* status = std::get_if<UpdateStatus>(&change)) world.put(status->object);
  }
}

api::DeploymentCondition progressing(const DeploymentView& rollout, const std::string& reason) {
  const std::string set = rollout.current() ? rollout.current()->name() : "";
  const auto is = [&](const char* other) { return reason == other; };
  return {.lastTransitionTime = to_seconds(kSettled),
          .lastUpdateTime = to_seconds(kSettled),
          .message = is("ProgressDeadlineExceeded")
                         ? "ReplicaSet \"" + set + "\" has timed out progressing."
                     : is("NewReplicaSetAvailable")
                         ? "ReplicaSet \"" + set + "\" has successfully progressed."
                     : is("DeploymentPaused") ? "Deployment is paused"
                                              : "ReplicaSet \"" + set + "\" is progressing.",
          .reason = reason,
          .status = is("ProgressDeadlineExceeded") ? "False"
                    : is("DeploymentPaused")       ? "Unknown"
                                                   : "True",
          .type = "Progressing"};
}

void settle(World& world, const Key& key, const DeploymentForm& form) {
  if (form.fresh) return;
  write_status(world, plan_deployment(world, key, kSettled));
  api::Deployment deployment = *world.get<api::Deployment>(key.ns, key.name);
  const DeploymentView rollout = view_of_deployment(world, key, deployment, kSettled);
  auto& conditions = deployment.status.conditions;
  deployment.status.collisionCount = form.collisions;
  remove_condition(conditions, "Progressing");
  const std::string reason = !form.progressing.empty() ? form.progressing
                             : form.paused             ? "DeploymentPaused"
                             : is_complete(rollout)    ? "NewReplicaSetAvailable"
                                                       : "ReplicaSetUpdated";
  if (rollout.has_deadline()) conditions.push_back(progressing(rollout, reason));
  if (!form.conditions.empty()) conditions = form.conditions;
  // What the plan counts on creating is not yet wanted.
  std::int64_t wanted = 0;
  for (const Revision& revision : rollout.revisions) wanted += revision.size();
  deployment.status.unavailableReplicas =
      std::max<std::int64_t>(0, wanted - deployment.status.availableReplicas);
  world.put(deployment);
}

}  // namespace

api::PodTemplateSpec pod_template(const std::string& app, const std::string& image) {
  api::PodTemplateSpec pods;
  pods.metadata.labels = {{"app", app}};
  pods.spec.containers.push_back({});
  pods.spec.containers.back().name = "web";
  pods.spec.containers.back().image = image;
  return pods;
}

WorldBuilder& WorldBuilder::deployment(const std::string& name, const DeploymentForm& form) {
  api::Deployment d;
  d.metadata.name = name;
  d.metadata.namespace_ = kNamespace;
  d.metadata.uid = "uid-" + name;
  d.metadata.resourceVersion = "1";
  d.metadata.generation = 1;
  d.metadata.annotations = form.annotations;
  if (form.rollback) d.metadata.annotations[annotation::kAutoRollback] = "true";
  if (form.deleting) d.metadata.deletionTimestamp = ago(5);
  d.spec.replicas = form.replicas;
  d.spec.minReadySeconds = form.min_ready;
  d.spec.progressDeadlineSeconds = form.deadline;
  d.spec.revisionHistoryLimit = form.history;
  d.spec.paused = form.paused;
  d.spec.selector.matchLabels = {{"app", name}};
  d.spec.strategy.type = form.strategy;
  if (form.strategy == "RollingUpdate") {
    d.spec.strategy.rollingUpdate = {.maxSurge = int_or_string(form.surge),
                                     .maxUnavailable = int_or_string(form.unavailable)};
  }
  d.spec.template_ = pod_template(name, form.image);
  deployment_ = d;
  deployment_form_ = form;
  world_.put(std::move(d));
  return *this;
}

WorldBuilder& WorldBuilder::replica_set(const std::string& name, const ReplicaSetForm& form) {
  const std::string hash = name.substr(name.rfind('-') + 1);
  const bool has_deployment = !deployment_.metadata.name.empty();
  const std::string app =
      has_deployment ? deployment_.metadata.name : name.substr(0, name.rfind('-'));
  api::ReplicaSet set;
  set.metadata.name = name;
  set.metadata.namespace_ = kNamespace;
  set.metadata.uid = "uid-" + name;
  set.metadata.resourceVersion = "1";
  set.metadata.generation = 1;
  set.metadata.creationTimestamp = ago(3600 - 60 * sets_++);
  if (form.deleting) set.metadata.deletionTimestamp = ago(5);
  set.metadata.annotations = form.annotations;
  if (form.revision > 0) {
    set.metadata.annotations[annotation::kRevision] = std::to_string(form.revision);
  }
  set.spec.replicas = form.size;
  set.spec.minReadySeconds = form.min_ready;
  set.spec.template_ = pod_template(app, form.image);
  set.spec.template_.metadata.labels[kPodTemplateHash] = hash;
  set.spec.selector.matchLabels = set.spec.template_.metadata.labels;
  set.metadata.labels = set.spec.template_.metadata.labels;
  for (const auto& [key, value] : form.labels) set.metadata.labels[key] = value;
  if (has_deployment) {
    const RolloutLimits limits = limits_of(deployment_.spec);
    auto& annotations = set.metadata.annotations;
    annotations[annotation::kDesiredReplicas] =
        std::to_string(form.desired.value_or(limits.replicas));
    annotations[annotation::kMaxReplicas] = std::to_string(form.max.value_or(limits.max_total()));
    for (const auto& [key, value] : deployment_.metadata.annotations) {
      if (key == annotation::kAutoRollback) annotations[key] = value;
    }
    if (!form.orphan) {
      set.metadata.ownerReferences = {controller_reference(Kind::Deployment, deployment_.metadata)};
    }
  }
  if (!form.failure.empty()) {
    set.status.conditions = {{.lastTransitionTime = ago(60),
                              .message = form.failure,
                              .reason = "FailedCreate",
                              .status = "True",
                              .type = "ReplicaFailure"}};
  }
  set.status.observedGeneration = form.unobserved ? 0 : 1;
  set_ = name;
  world_.put(set);
  const std::int64_t available = form.available.value_or(form.size - form.unready);
  int index = 0;
  const auto add = [&](std::int64_t count, const PodForm& pod_form) {
    for (; count > 0; --count) pod(name + "-p" + std::to_string(index++), pod_form);
  };
  add(available, {});
  add(form.unready, {.ready = false});
  add(form.terminating, {.deleting = true});
  return *this;
}

WorldBuilder& WorldBuilder::pod(const std::string& name, const PodForm& form) {
  const auto* set = world_.get<api::ReplicaSet>(kNamespace, set_);
  api::Pod pod;
  if (set) {
    pod.spec = set->spec.template_.spec;
    pod.metadata.labels = set->spec.template_.metadata.labels;
    if (!form.orphan) {
      pod.metadata.ownerReferences = {controller_reference(Kind::ReplicaSet, set->metadata)};
    }
  }
  if (!form.labels.empty()) pod.metadata.labels = form.labels;
  pod.metadata.name = name;
  pod.metadata.namespace_ = kNamespace;
  pod.metadata.uid = "uid-" + name;
  pod.metadata.resourceVersion = "1";
  pod.metadata.creationTimestamp = ago(form.age);
  if (form.deleting) pod.metadata.deletionTimestamp = ago(5);
  if (!form.cost.empty()) pod.metadata.annotations[annotation::kPodDeletionCost] = form.cost;
  pod.spec.nodeName = form.node;
  pod.status.phase = form.phase;
  pod.status.conditions = {{.lastTransitionTime = ago(form.ready ? form.ready_for : form.age),
                            .status = form.ready ? "True" : "False",
                            .type = "Ready"}};
  pod.status.containerStatuses.push_back({});
  pod.status.containerStatuses.back().name = "web";
  pod.status.containerStatuses.back().restartCount = form.restarts;
  world_.put(std::move(pod));
  return *this;
}

WorldBuilder& WorldBuilder::container(Container container) {
  world_.put(std::move(container));
  return *this;
}

WorldBuilder& WorldBuilder::object(Object object) {
  world_.put(std::move(object));
  return *this;
}

WorldBuilder& WorldBuilder::engine(EngineState engine) {
  world_.engine = std::move(engine);
  return *this;
}

World WorldBuilder::build() const {
  World world = world_;
  for (const Key& key : world.keys(Kind::ReplicaSet)) {
    const auto& set = *world.get<api::ReplicaSet>(key.ns, key.name);
    const bool unobserved = set.status.observedGeneration == 0;
    api::ReplicaSet settled = set;
    const Replicas replicas =
        count(pods_of(world, set), set, std::chrono::seconds(set.spec.minReadySeconds), kSettled);
    settled.status.replicas = replicas.pods;
    settled.status.fullyLabeledReplicas = replicas.fully_labelled;
    settled.status.readyReplicas = replicas.ready;
    settled.status.availableReplicas = replicas.available;
    settled.status.terminatingReplicas = replicas.terminating;
    settled.status.observedGeneration = unobserved ? 0 : settled.metadata.generation;
    world.put(std::move(settled));
  }
  if (const std::string& name = deployment_.metadata.name; !name.empty()) {
    // The newest number is on the Deployment too, as after any plan.
    std::int64_t newest = 0;
    for (const Key& key : world.keys(Kind::ReplicaSet)) {
      const auto& set = *world.get<api::ReplicaSet>(key.ns, key.name);
      const auto number = number_at(set.metadata.annotations, annotation::kRevision);
      newest = std::max(newest, number.value_or(0));
    }
    api::Deployment deployment = deployment_;
    if (newest > 0) {
      deployment.metadata.annotations[annotation::kRevision] = std::to_string(newest);
    }
    world.put(std::move(deployment));
    settle(world, {.kind = Kind::Deployment, .ns = kNamespace, .name = name}, deployment_form_);
  }
  return world;
}

}  // namespace weir::test
