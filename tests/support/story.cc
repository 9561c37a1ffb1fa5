#include "tests/support/story.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/replicas.h"
#include "reconcilers/routes.h"
#include "tests/support/world_builder.h"

namespace weir::test {

namespace {

constexpr int kRounds = 5000;

}  // namespace

Story::Story() : start_(kNow), now_(kNow) {
  world_.engine = {.synced = true, .store = "store-1", .message = {}};
  world_.gateway = {.reached = true, .known = true};
}

void Story::write(Object object) {
  api::ObjectMeta& m = meta(object);
  m.resourceVersion = std::to_string(++version_);
  if (m.uid.empty()) m.uid = "uid-" + m.resourceVersion;
  if (!m.creationTimestamp) m.creationTimestamp = to_seconds(now_);
  world_.put(std::move(object));
}

bool Story::carry_out(const Key& key) {
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
    if (tells(event)) events += event.reason + ": " + event.message + "\n";
  }
  return !made.changes.empty() || measured;
}

// Every Pod has its container at once; that it is ready is seen a round later.
bool Story::kubelet() {
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

bool Story::gateway() {
  RouteTable wanted = routes(world_);
  if (wanted == world_.gateway.table) return false;
  if (!on_its_way_ || on_its_way_->first != wanted) on_its_way_.emplace(wanted, now_);
  const Time due = on_its_way_->second + gateway_delay_;
  if (now_ < due) {
    wake_ = std::min(wake_.value_or(Time::max()), due);
    return false;
  }
  on_its_way_.reset();
  world_.gateway.table = std::move(wanted);
  return true;
}

void Story::tell() {
  const std::string now = line();
  if (now == last_) return;
  last_ = now;
  const auto age = std::chrono::floor<std::chrono::seconds>(now_ - start_);
  lines_ += std::to_string(age.count()) + "s " + now + "\n";
}

void Story::go_on(int seconds) {
  const Time end = now_ + std::chrono::seconds(seconds);
  for (int round = 0;; ++round) {
    if (round == kRounds) {
      title("it does not come to rest");
      break;
    }
    wake_.reset();
    bool moved = false;
    for (const Kind kind :
         {Kind::Deployment, Kind::Rollout, Kind::Experiment, Kind::ReplicaSet, Kind::AnalysisRun}) {
      for (const Key& key : world_.keys(kind, "default")) moved = carry_out(key) || moved;
    }
    moved = gateway() || moved;
    tell();
    moved = kubelet() || moved;
    if (moved) continue;
    if (!wake_ || *wake_ > end) break;
    now_ = std::max(now_, *wake_);
  }
  now_ = std::max(now_, end);
}

std::string Story::told() { return std::exchange(lines_, {}); }

}  // namespace weir::test
