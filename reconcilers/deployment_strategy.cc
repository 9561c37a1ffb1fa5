#include "reconcilers/deployment_strategy.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/rollout_view.h"

namespace weir {

namespace {

constexpr char kCanary[] = "canary";
constexpr char kBlueGreen[] = "blue-green";
constexpr char kTimedOut[] = "ProgressDeadlineExceeded";
constexpr char kPause[] = "30s";  // at each weight, unless weir.dev/strategy-pause says

std::string strategy_of(const api::Deployment& deployment) {
  return text_at(deployment.metadata.annotations, annotation::kStrategy);
}

api::CanaryStep weight(std::int64_t percent) { return {.setWeight = percent}; }

api::CanaryStep wait(const api::Deployment& deployment) {
  const std::string given = text_at(deployment.metadata.annotations, annotation::kStrategyPause);
  api::CanaryStep step;
  step.pause.emplace().duration =
      api::IntOrString{.is_string = true, .text = given.empty() ? kPause : given};
  return step;
}

// All of the new Pods stand beside the old ones until every request changes over at one instant,
// and then for a while the other way round.
std::vector<api::CanaryStep> steps_of(const api::Deployment& deployment) {
  if (strategy_of(deployment) == kCanary) {
    return {weight(10), wait(deployment), weight(50), wait(deployment)};
  }
  api::CanaryStep whole;
  whole.setCanaryScale.emplace().weight = 100;
  return {whole, weight(100), wait(deployment)};
}

api::RolloutSpec spec_of(const DeploymentView& view) {
  const api::Deployment& deployment = view.deployment;
  api::RolloutSpec spec;
  spec.replicas = deployment.spec.replicas;
  spec.minReadySeconds = deployment.spec.minReadySeconds;
  spec.paused = deployment.spec.paused;
  spec.progressDeadlineAbort = true;
  spec.progressDeadlineSeconds = deployment.spec.progressDeadlineSeconds;
  spec.revisionHistoryLimit = deployment.spec.revisionHistoryLimit;
  spec.workloadRef.emplace().kind = "Deployment";
  spec.workloadRef->name = deployment.metadata.name;
  api::CanaryStrategy& canary = spec.strategy.canary.emplace();
  canary.steps = steps_of(deployment);
  canary.trafficRouting.emplace().plugins["weir.dev/gateway"] = api::Json{"{}"};
  canary.analysis.emplace().templates = {{.templateName = deployment.metadata.name}};
  if (strategy_of(deployment) == kCanary) {
    // As many Pods at most as its own strategy allows; without any surge nothing could begin.
    canary.maxSurge = api::IntOrString{.number = std::max<std::int64_t>(1, view.limits.surge)};
  }
  return spec;
}

api::Metric metric_of(const char* name, const char* condition, const char* what) {
  api::Metric metric;
  metric.name = name;
  metric.interval = "2s";
  metric.failureCondition = condition;
  api::WeirMetric& asked = metric.provider.weir.emplace();
  asked.metric = what;
  asked.window = "1m";
  return metric;
}

// Worse than the version before by more than chance and a cold start make it. When that gets too
// few requests to say how it does, one in ten may fail, and of the time nothing is known.
api::AnalysisTemplateSpec analysis_of() {
  api::AnalysisTemplateSpec spec;
  spec.metrics = {
      metric_of("error-rate", "result.canary > default(result.stable, 0.05) + 0.05", "error-rate"),
      metric_of("p99", "result.stable != nil && result.canary > 2 * result.stable + 0.1",
                "latency")};
  spec.metrics[1].provider.weir->quantile = "0.99";
  return spec;
}

api::ObjectMeta owned(const DeploymentView& view) {
  api::ObjectMeta metadata;
  metadata.name = view.key.name;
  metadata.namespace_ = view.key.ns;
  metadata.ownerReferences = {controller_reference(Kind::Deployment, view.deployment.metadata)};
  return metadata;
}

// False: the name is somebody else's.
bool keep_rollout(const DeploymentView& view, DeploymentDraft& draft) {
  const auto* found = view.world.get<api::Rollout>(view.key.ns, view.key.name);
  if (!found) {
    api::Rollout made;
    made.metadata = owned(view);
    made.spec = spec_of(view);
    draft.plan.changes.push_back(CreateObject{std::move(made)});
    return true;
  }
  if (!is_controlled_by(found->metadata, view.deployment.metadata.uid)) return false;
  api::Rollout next = *found;
  next.spec = spec_of(view);
  if (next != *found) draft.plan.changes.push_back(UpdateObject{std::move(next)});
  return true;
}

// Made if there is none. Whoever changes it, or brings another, knows better.
void offer_analysis(const DeploymentView& view, DeploymentDraft& draft) {
  if (view.world.get<api::AnalysisTemplate>(view.key.ns, view.key.name)) return;
  api::AnalysisTemplate made;
  made.metadata = owned(view);
  made.spec = analysis_of();
  draft.plan.changes.push_back(CreateObject{std::move(made)});
}

// kubectl rollout undo takes a ReplicaSet's annotations over: going back changes no strategy.
void mark_revisions(const DeploymentView& view, DeploymentDraft& draft) {
  const auto& wanted = view.deployment.metadata.annotations;
  for (const Revision& revision : view.revisions) {
    for (const char* name :
         {annotation::kStrategy, annotation::kStrategyPause, annotation::kConfigChange}) {
      const std::string value = text_at(wanted, name);
      if (text_at(revision.set->metadata.annotations, name) == value) continue;
      auto& annotations = draft.edit(revision).metadata.annotations;
      if (value.empty()) {
        annotations.erase(name);
      } else {
        annotations[name] = value;
      }
    }
  }
}

template <class T>
void let_go(const DeploymentView& view, DeploymentDraft& draft) {
  const T* found = view.world.get<T>(view.key.ns, view.key.name);
  if (!found || !is_controlled_by(found->metadata, view.deployment.metadata.uid)) return;
  if (found->metadata.deletionTimestamp) return;
  draft.plan.changes.push_back(
      DeleteObject{.key = {.kind = KindOf<T>::value, .ns = view.key.ns, .name = view.key.name},
                   .uid = found->metadata.uid});
}

}  // namespace

bool has_strategy(const api::Deployment& deployment) {
  const std::string strategy = strategy_of(deployment);
  return strategy == kCanary || strategy == kBlueGreen;
}

const api::Deployment* deployment_of(const World& world, const api::Rollout& rollout) {
  const auto& ref = rollout.spec.workloadRef;
  const auto* deployment =
      ref ? world.get<api::Deployment>(rollout.metadata.namespace_, ref->name) : nullptr;
  const bool own = deployment && is_controlled_by(rollout.metadata, deployment->metadata.uid);
  return own ? deployment : nullptr;
}

Verdict delegate(const DeploymentView& view, DeploymentDraft& draft) {
  mark_revisions(view, draft);
  if (!has_strategy(view.deployment)) {
    let_go<api::Rollout>(view, draft);
    const auto* analysis = view.world.get<api::AnalysisTemplate>(view.key.ns, view.key.name);
    if (analysis && analysis->spec == analysis_of()) let_go<api::AnalysisTemplate>(view, draft);
    return next();
  }
  draft.delegated = true;
  if (!keep_rollout(view, draft)) {
    return stop("rollout " + view.key.name + " is somebody else's: nothing is rolled out");
  }
  offer_analysis(view, draft);
  return next("rolled out as " + strategy_of(view.deployment));
}

void state_delegated_progress(const DeploymentView& view, const DeploymentDraft& draft,
                              std::vector<api::DeploymentCondition>& conditions) {
  const auto* rollout = view.world.get<api::Rollout>(view.key.ns, view.key.name);
  Statement statement{.type = "Progressing", .status = "True", .reason = "ReplicaSetUpdated"};
  const bool seen = rollout && view.current() && !draft.created &&
                    deployment_of(view.world, *rollout) == &view.deployment &&
                    rollout->status.currentPodHash == hash_of(*view.current());
  if (rollout && !is_controlled_by(rollout->metadata, view.deployment.metadata.uid)) {
    statement.status = "False";
    statement.reason = "RolloutNotOwned";
    statement.message = "Rollout \"" + view.key.name +
                        "\" belongs to somebody else: rename it, or take the annotation " +
                        annotation::kStrategy + " away";
  } else if (seen && rollout->status.phase == "Degraded") {
    statement.status = "False";
    // What kubectl rollout status takes for the end.
    const bool ended = rollout->status.abort || rollout->status.message.starts_with(kTimedOut);
    statement.reason = ended ? kTimedOut : "InvalidSpec";
    statement.message = rollout->status.message;
  } else if (seen && rollout->status.phase == "Healthy") {
    statement.reason = "NewReplicaSetAvailable";
    statement.message =
        "ReplicaSet \"" + view.current()->name() + "\" has successfully progressed.";
  } else {
    statement.message = seen ? rollout->status.message : "waiting for its Rollout";
  }
  state_condition(conditions, statement, view.now);
}

}  // namespace weir
