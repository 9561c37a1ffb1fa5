#include "tests/support/rollout_story.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/replicas.h"
#include "reconcilers/revision.h"
#include "reconcilers/routes.h"
#include "tests/support/world_builder.h"

namespace weir::test {

namespace {

constexpr int kRounds = 5000;

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

RolloutStory::RolloutStory(api::Rollout rollout) : start_(kNow), now_(kNow) {
  begin();
  write(std::move(rollout));
}

RolloutStory::RolloutStory(api::Deployment deployment) : start_(kNow), now_(kNow) {
  begin();
  write(std::move(deployment));
}

void RolloutStory::begin() {
  world_.engine = {.synced = true, .store = "store-1", .message = {}};
  world_.gateway = {.reached = true, .known = true};
  for (const char* name : {"web", "stable", "canary"}) write(service(name));
}

const api::Rollout& RolloutStory::rollout() const {
  static const api::Rollout kNone;
  const auto* found = world_.get<api::Rollout>("default", "web");
  return found ? *found : kNone;
}

const api::Deployment* RolloutStory::deployment() const {
  return world_.get<api::Deployment>("default", "web");
}

void RolloutStory::write(Object object) {
  api::ObjectMeta& m = meta(object);
  m.resourceVersion = std::to_string(++version_);
  if (m.uid.empty()) m.uid = "uid-" + m.resourceVersion;
  if (!m.creationTimestamp) m.creationTimestamp = to_seconds(now_);
  world_.put(std::move(object));
}

bool RolloutStory::carry_out(const Key& key) {
  const Plan made = plan(world_, key, now_);
  if (made.wake_at) wake_ = std::min(wake_.value_or(Time::max()), *made.wake_at);
  for (const Change& change : made.changes) {
    if (const auto* c = std::get_if<CreateObject>(&change)) write(c->object);
    if (const auto* c = std::get_if<UpdateObject>(&change)) write(c->object);
    if (const auto* c = std::get_if<UpdateStatus>(&change)) {
      Object next = *world_.find(key_of(c->object));
      std::visit(
          [&](auto& stored) {
            using T = std::remove_cvref_t<decltype(stored)>;
            if constexpr (requires { stored.status; }) {
              stored.status = std::get<T>(c->object).status;
            }
          },
          next);
      write(std::move(next));
    }
    if (const auto* c = std::get_if<DeleteObject>(&change)) {
      world_.erase(c->key);
      if (c->key.kind == Kind::Pod) world_.erase_container("c-" + c->key.name);
    }
  }
  bool measured = false;
  for (const Action& action : made.actions) {
    if (const auto* a = std::get_if<Measure>(&action)) {
      const auto said = measurements.find(a->metric.name);
      world_.readings[{a->uid, a->metric.name}] = {
          .number = a->number,
          .started_at = now_,
          .finished_at = now_,
          .phase = said == measurements.end() ? "Successful" : said->second};
      measured = true;
    }
  }
  for (const EventNote& event : made.events) {
    const bool told = event.warning || event.reason == "RolloutCompleted" ||
                      event.reason == "SwitchService" || event.reason == "RolloutRetry";
    if (told && event.about.kind == Kind::Rollout)
      events += event.reason + ": " + event.message + "\n";
  }
  return !made.changes.empty() || measured;
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

// Every Pod has its container at once; that it is ready is seen a round later.
bool RolloutStory::kubelet() {
  bool moved = false;
  for (const Key& key : world_.keys(Kind::Pod, "default")) {
    api::Pod pod = *world_.get<api::Pod>(key.ns, key.name);
    const std::string& image = pod.spec.containers.at(0).image;
    const bool good = image.find("bad") == image.npos || image == healed_;
    if (pod.status.podIP.empty()) {
      pod.status.podIP = "10.0.0." + std::to_string(++addresses_);
      pod.status.phase = "Running";
      world_.put(Container{.id = "c-" + key.name,
                           .name = "weir_" + key.name,
                           .state = ContainerState::running,
                           .image = image,
                           .ip = pod.status.podIP,
                           .started_at = now_,
                           .store = "store-1",
                           .uid = pod.metadata.uid,
                           .pod_ns = "default",
                           .pod_name = key.name,
                           .container_name = pod.spec.containers.at(0).name});
    } else if (good && !is_ready(pod)) {
      remove_condition(pod.status.conditions, "Ready");
      pod.status.conditions.push_back(
          {.lastTransitionTime = to_seconds(now_), .status = "True", .type = "Ready"});
    } else {
      continue;
    }
    write(std::move(pod));
    moved = true;
  }
  return moved;
}

bool RolloutStory::gateway() {
  RouteTable wanted = routes(world_);
  if (wanted == world_.gateway.table) return false;
  world_.gateway.table = std::move(wanted);
  return true;
}

// "ReplicaSetUpdated 1/3/4"
std::string standing(const api::Deployment& deployment) {
  const api::DeploymentStatus& status = deployment.status;
  const auto* progressing = find_condition(status.conditions, "Progressing");
  return (progressing ? progressing->reason : "") + " " + std::to_string(status.updatedReplicas) +
         "/" + std::to_string(status.availableReplicas) + "/" + std::to_string(status.replicas);
}

void RolloutStory::tell() {
  const api::RolloutStatus& status = rollout().status;
  std::string line = status.phase;
  if (!status.message.empty()) line += ": " + status.message;
  if (status.currentStepIndex) line += " | step " + std::to_string(*status.currentStepIndex);
  // What of the first Service's table goes to the newest revision.
  std::int64_t whole = 0, newest = 0;
  if (world_.gateway.table && !world_.gateway.table->listeners.empty()) {
    for (const RouteListener& listener : world_.gateway.table->listeners) {
      if (listener.name.find("/web:") == std::string::npos) continue;
      for (const RouteBackend& backend : listener.rules.back().backends) {
        for (const RouteEndpoint& e : backend.endpoints) {
          whole += backend.weight * 1000 / std::ssize(backend.endpoints);
          if (e.revision != status.currentPodHash) continue;
          newest += backend.weight * 1000 / std::ssize(backend.endpoints);
        }
      }
    }
  }
  line += " | " + std::to_string(whole == 0 ? 0 : (newest * 100 + whole / 2) / whole) + "% |";
  const bool own = deployment() == nullptr;
  const auto found =
      claims<api::ReplicaSet>(world_, own ? rollout().metadata : deployment()->metadata,
                              own ? *rollout().spec.selector : deployment()->spec.selector);
  for (const Revision& revision :
       revisions_of(world_, found, own ? annotation::kRolloutRevision : annotation::kRevision,
                    std::chrono::seconds(0), now_)) {
    if (revision.size() + revision.replicas.pods == 0) continue;
    line += " " + image_of(revision.set->spec.template_) + " " + std::to_string(revision.size()) +
            "/" + std::to_string(revision.replicas.available);
  }
  line += analyses(status);
  if (deployment()) line += " | " + standing(*deployment());
  if (line == last_) return;
  last_ = line;
  const auto age = std::chrono::floor<std::chrono::seconds>(now_ - start_);
  lines_ += std::to_string(age.count()) + "s " + line + "\n";
}

RolloutStory& RolloutStory::run(int seconds) {
  const Time end = now_ + std::chrono::seconds(seconds);
  for (int round = 0;; ++round) {
    if (round == kRounds) {
      lines_ += "it does not come to rest\n";
      break;
    }
    wake_.reset();
    bool moved = carry_out({.kind = Kind::Deployment, .ns = "default", .name = "web"});
    moved = carry_out({.kind = Kind::Rollout, .ns = "default", .name = "web"}) || moved;
    for (const Key& key : world_.keys(Kind::ReplicaSet, "default")) moved = carry_out(key) || moved;
    for (const Key& key : world_.keys(Kind::AnalysisRun, "default")) {
      moved = carry_out(key) || moved;
    }
    moved = gateway() || moved;
    tell();
    moved = kubelet() || moved;
    if (moved) continue;
    if (!wake_ || *wake_ > end) break;
    now_ = std::max(now_, *wake_);
  }
  now_ = std::max(now_, end);
  return *this;
}

RolloutStory& RolloutStory::heal(const std::string& image) {
  healed_ = image;
  return *this;
}

std::string RolloutStory::told() { return std::exchange(lines_, {}); }

}  // namespace weir::test
