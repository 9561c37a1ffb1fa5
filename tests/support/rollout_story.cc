#include "tests/support/rollout_story.h"

#include "reconcilers/conditions.h"
#include "reconcilers/experiment_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/revision.h"
#include "tests/support/world_builder.h"

namespace weir::test {

namespace {

api::Service service(const std::string& name) {
  api::Service made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  made.spec.type = "NodePort";
  made.spec.selector = {{"app", "web"}};
  made.spec.ports = {{.nodePort = name == "web"      ? 30080
                                  : name == "stable" ? 30081
                                                     : 30082,
                      .port = 80,
                      .targetPort = api::IntOrString{.number = 8080}}};
  return made;
}

std::string image_of(const api::PodTemplateSpec& from) { return from.spec.containers.at(0).image; }

}  // namespace

api::Rollout rollout_of_web(std::int64_t replicas) {
  api::Rollout rollout;
  rollout.metadata.name = "web";
  rollout.metadata.namespace_ = "default";
  rollout.metadata.generation = 1;
  rollout.spec.replicas = replicas;
  rollout.spec.selector.emplace().matchLabels = {{"app", "web"}};
  rollout.spec.template_ = pod_template("web", "v1");
  return rollout;
}

api::Deployment deployment_of_web(std::int64_t replicas) {
  api::Deployment deployment;
  deployment.metadata.name = "web";
  deployment.metadata.namespace_ = "default";
  deployment.metadata.generation = 1;
  deployment.spec.replicas = replicas;
  deployment.spec.selector.matchLabels = {{"app", "web"}};
  deployment.spec.template_ = pod_template("web", "v1");
  deployment.spec.strategy.type = "RollingUpdate";
  return deployment;
}

RolloutStory::RolloutStory(api::Rollout rollout) {
  for (const char* name : {"web", "stable", "canary"}) write(service(name));
  write(std::move(rollout));
}

RolloutStory::RolloutStory(api::Deployment deployment) {
  for (const char* name : {"web", "stable", "canary"}) write(service(name));
  write(std::move(deployment));
}

const api::Rollout& RolloutStory::rollout() const {
  static const api::Rollout kNone;
  const auto* found = world().get<api::Rollout>("default", "web");
  return found ? *found : kNone;
}

const api::Deployment* RolloutStory::deployment() const {
  return world().get<api::Deployment>("default", "web");
}

// " | Step Running | Background Running"
std::string analyses(const api::RolloutStatus& status) {
  std::string out;
  const auto add = [&](const char* slot, const auto& run) {
    if (run) out += std::string(" | ") + slot + " " + run->status;
  };
  add("Step", status.canary.currentStepAnalysisRunStatus);
  add("Background", status.canary.currentBackgroundAnalysisRunStatus);
  add("PrePromotion", status.blueGreen.prePromotionAnalysisRunStatus);
  add("PostPromotion", status.blueGreen.postPromotionAnalysisRunStatus);
  return out;
}

// What of the first Service's table goes to Pods with this hash, in percent.
std::int64_t share_of(const World& world, const std::string& hash) {
  std::int64_t whole = 0, theirs = 0;
  if (!world.gateway.table) return 0;
  for (const RouteListener& listener : world.gateway.table->listeners) {
    if (listener.name.find("/web:") == std::string::npos) continue;
    for (const RouteBackend& backend : listener.rules.back().backends) {
      for (const RouteEndpoint& e : backend.endpoints) {
        whole += backend.weight * 1000 / std::ssize(backend.endpoints);
        if (e.revision != hash) continue;
        theirs += backend.weight * 1000 / std::ssize(backend.endpoints);
      }
    }
  }
  return whole == 0 ? 0 : (theirs * 100 + whole / 2) / whole;
}

// " | Experiment Running: canary v2 1/1 5%, stable v1 1/1 5%": as long as they have Pods.
std::string experiments(const World& world) {
  std::string out;
  for (const Key& key : world.keys(Kind::Experiment)) {
    const auto& experiment = *world.get<api::Experiment>(key.ns, key.name);
    std::string sets;
    for (const Key& dependent : world.dependents(experiment.metadata.uid)) {
      if (dependent.kind != Kind::ReplicaSet) continue;
      const auto& set = *world.get<api::ReplicaSet>(dependent.ns, dependent.name);
      const Replicas replicas = count(pods_of(world, set), set, std::chrono::seconds(0), kNow);
      if (set.spec.replicas + replicas.pods == 0) continue;
      sets += (sets.empty() ? ": " : ", ") +
              text_at(set.metadata.annotations, annotation::kExperimentTemplate) + " " +
              image_of(set.spec.template_) + " " + std::to_string(set.spec.replicas) + "/" +
              std::to_string(replicas.available);
      const auto share = share_of(world, text_at(set.metadata.labels, kRolloutsPodTemplateHash));
      if (share > 0) sets += " " + std::to_string(share) + "%";
    }
    if (!sets.empty()) out += " | Experiment " + experiment.status.phase + sets;
  }
  return out;
}

// "ReplicaSetUpdated 1/3/4"
std::string standing(const api::Deployment& deployment) {
  const api::DeploymentStatus& status = deployment.status;
  const auto* progressing = find_condition(status.conditions, "Progressing");
  return (progressing ? progressing->reason : "") + " " + std::to_string(status.updatedReplicas) +
         "/" + std::to_string(status.availableReplicas) + "/" + std::to_string(status.replicas);
}

std::string RolloutStory::line() const {
  const api::RolloutStatus& status = rollout().status;
  std::string line = status.phase;
  if (!status.message.empty()) line += ": " + status.message;
  if (status.currentStepIndex) line += " | step " + std::to_string(*status.currentStepIndex);
  line += " | " + std::to_string(share_of(world(), status.currentPodHash)) + "% |";
  const bool own = deployment() == nullptr;
  const auto found =
      claims<api::ReplicaSet>(world(), own ? rollout().metadata : deployment()->metadata,
                              own ? *rollout().spec.selector : deployment()->spec.selector);
  for (const Revision& revision :
       revisions_of(world(), found, own ? annotation::kRolloutRevision : annotation::kRevision,
                    std::chrono::seconds(0), now())) {
    if (revision.size() + revision.replicas.pods == 0) continue;
    line += " " + image_of(revision.set->spec.template_) + " " + std::to_string(revision.size()) +
            "/" + std::to_string(revision.replicas.available);
  }
  line += analyses(status) + experiments(world());
  return deployment() ? line + " | " + standing(*deployment()) : line;
}

bool RolloutStory::tells(const EventNote& event) const {
  const bool told = event.warning || event.reason == "RolloutCompleted" ||
                    event.reason == "SwitchService" || event.reason == "RolloutRetry";
  return told && event.about.kind == Kind::Rollout;
}

}  // namespace weir::test
