#include "tests/support/pretend_cluster.h"

#include <algorithm>

#include "reconcilers/conditions.h"
#include "reconcilers/deployment.h"
#include "reconcilers/deployment_view.h"
#include "reconcilers/object_text.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/replica_set.h"
#include "tests/support/world_builder.h"

namespace weir::test {

namespace {

constexpr int kQuietMoves = 50'000;

void set_ready(api::Pod& pod, bool ready, Time now) {
  remove_condition(pod.status.conditions, "Ready");
  pod.status.conditions.push_back(
      {.lastTransitionTime = to_seconds(now), .status = ready ? "True" : "False", .type = "Ready"});
}

Key key_in(const Change& change) {
  if (const auto* c = std::get_if<CreateObject>(&change)) return key_of(c->object);
  if (const auto* c = std::get_if<UpdateObject>(&change)) return key_of(c->object);
  if (const auto* c = std::get_if<UpdateStatus>(&change)) return key_of(c->object);
  if (const auto* c = std::get_if<DeleteObject>(&change)) return c->key;
  return std::get<FinishDelete>(change).key;
}

}  // namespace

PretendCluster::PretendCluster(std::uint64_t seed, api::Deployment deployment)
    : random_(seed), now_(kNow) {
  world_.engine = {.synced = true, .store = "store-1"};
  deployment.metadata.generation = 1;
  write(std::move(deployment));
  widen_bounds();
}

std::size_t PretendCluster::random(std::size_t below) { return random_() % below; }

const api::Deployment& PretendCluster::deployment() const {
  const Key key = world_.keys(Kind::Deployment).at(0);
  return *world_.get<api::Deployment>(key.ns, key.name);
}

std::string PretendCluster::pods() const {
  std::map<std::string, int> by_image;
  for (const Key& key : world_.keys(Kind::Pod)) {
    const auto& pod = *world_.get<api::Pod>(key.ns, key.name);
    if (is_active(pod)) ++by_image[pod.spec.containers.at(0).image];
  }
  std::string out;
  for (const auto& [image, count] : by_image) {
    out += (out.empty() ? "" : ", ") + image + " x" + std::to_string(count);
  }
  return out;
}

std::string PretendCluster::progress() const {
  const auto* condition = find_condition(deployment().status.conditions, "Progressing");
  return condition ? condition->status + " " + condition->reason : "none";
}

// --- The store -----------------------------------------------------------------------------------

void PretendCluster::write(Object object) {
  const Key key = key_of(object);
  api::ObjectMeta& m = meta(object);
  m.resourceVersion = std::to_string(++version_);
  if (m.uid.empty()) m.uid = "uid-" + m.resourceVersion;
  if (!m.creationTimestamp) m.creationTimestamp = to_seconds(now_);
  if (const Object* before = world_.find(key)) {
    for (const Key& other : affected(world_, *before, false)) dirty_.insert(other);
  }
  world_.put(object);
  for (const Key& other : affected(world_, object, false)) dirty_.insert(other);
}

void PretendCluster::remove(const Key& key) {
  const Object gone = *world_.find(key);
  world_.erase(key);
  for (const Key& other : affected(world_, gone, true)) dirty_.insert(other);
  const std::set<Key> dependents = world_.dependents(meta(gone).uid);
  for (const Key& dependent : dependents) mark_deleted(dependent);
}

void PretendCluster::mark_deleted(const Key& key) {
  Object object = *world_.find(key);
  if (meta(object).deletionTimestamp) return;
  if (key.kind != Kind::Pod) return remove(key);
  meta(object).deletionTimestamp = to_seconds(now_);
  write(std::move(object));
}

// Guarded: made from the objects as they are.
bool PretendCluster::is_current(const Plan& plan) const {
  return std::all_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
    const Object* now = world_.find(key_in(change));
    if (std::holds_alternative<CreateObject>(change)) return now == nullptr;
    if (const auto* update = std::get_if<UpdateObject>(&change)) {
      return now && meta(*now).resourceVersion == meta(update->object).resourceVersion;
    }
    if (const auto* update = std::get_if<UpdateStatus>(&change)) {
      return now && meta(*now).resourceVersion == meta(update->object).resourceVersion;
    }
    return true;
  });
}

void PretendCluster::carry_out(const Change& change) {
  const Object* now = world_.find(key_in(change));
  if (const auto* create = std::get_if<CreateObject>(&change)) {
    Object object = create->object;
    meta(object).generation = 1;
    revisions_made += std::holds_alternative<api::ReplicaSet>(object);
    write(std::move(object));
  } else if (const auto* update = std::get_if<UpdateObject>(&change)) {
    Object object = update->object;
    std::visit(
        [&](auto& x) {
          const auto& before = std::get<std::remove_cvref_t<decltype(x)>>(*now);
          if constexpr (requires { x.status; }) x.status = before.status;
          if constexpr (requires { x.spec; }) {
            if (!(x.spec == before.spec)) ++x.metadata.generation;
          }
        },
        object);
    write(std::move(object));
  } else if (const auto* update = std::get_if<UpdateStatus>(&change)) {
    Object object = *now;
    std::visit(
        [&](auto& x) {
          const auto& from = std::get<std::remove_cvref_t<decltype(x)>>(update->object);
          if constexpr (requires { x.status; }) x.status = from.status;
        },
        object);
    write(std::move(object));
  } else if (now) {
    mark_deleted(key_in(change));
  }
}

void PretendCluster::commit_oldest() {
  const InFlight next = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (!is_current(next.plan)) {
    dirty_.insert(next.key);
    return;
  }
  check(next.key, next.plan);
  for (const Change& change : next.plan.changes) carry_out(change);
  for (const EventNote& event : next.plan.events) rollbacks += event.reason == "DeploymentRollback";
}

// --- The controllers and the kubelet -------------------------------------------------------------

void PretendCluster::plan_for(const Key& key) {
  dirty_.erase(key);
  wakes_.erase(key);
  Plan plan;
  if (key.kind == Kind::Deployment) plan = plan_deployment(world_, key, now_);
  if (key.kind == Kind::ReplicaSet) plan = plan_replica_set(world_, key, now_);
  if (plan.wake_at) wakes_[key] = *plan.wake_at;
  if (!plan.changes.empty()) in_flight_.push_back({.key = key, .plan = std::move(plan)});
}

bool PretendCluster::is_bad(const api::Pod& pod) const {
  const std::string& image = pod.spec.containers.at(0).image;
  return image == failing || image.find("bad") != std::string::npos;
}

std::vector<Key> PretendCluster::movable_pods() const {
  std::vector<Key> keys = world_.keys(Kind::Pod);
  std::erase_if(keys, [&](const Key& key) {
    const auto& pod = *world_.get<api::Pod>(key.ns, key.name);
    if (pod.metadata.deletionTimestamp) return false;
    return is_ready(pod) || (is_bad(pod) && pod.status.phase == "Running");
  });
  return keys;
}

void PretendCluster::move_pod(const Key& key) {
  api::Pod pod = *world_.get<api::Pod>(key.ns, key.name);
  if (pod.metadata.deletionTimestamp) return remove(key);
  if (pod.status.phase != "Running") {
    pod.status.phase = "Running";
    pod.spec.nodeName = "host";
    set_ready(pod, false, now_);
  } else {
    set_ready(pod, true, now_);
  }
  write(std::move(pod));
}

const Key* PretendCluster::random_pod(std::vector<Key>& pods) {
  pods = world_.keys(Kind::Pod);
  return pods.empty() ? nullptr : &pods[random(pods.size())];
}

void PretendCluster::delete_random_pod() {
  faults_ = true;
  std::vector<Key> pods;
  if (const Key* key = random_pod(pods)) mark_deleted(*key);
}

void PretendCluster::break_random_pod() {
  faults_ = true;
  std::vector<Key> pods;
  const Key* key = random_pod(pods);
  if (!key) return;
  api::Pod pod = *world_.get<api::Pod>(key->ns, key->name);
  set_ready(pod, false, now_);
  write(std::move(pod));
}

void PretendCluster::step() {
  now_ += std::chrono::milliseconds(random(700));
  for (const auto& [key, at] : wakes_) {
    if (at <= now_) dirty_.insert(key);
  }
  const std::vector<Key> pods = movable_pods();
  std::vector<Key> keys(dirty_.begin(), dirty_.end());
  std::erase_if(keys, [&](const Key& key) {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [&](const InFlight& plan) { return plan.key == key; });
  });
  switch (random(3)) {
    case 0:
      if (!keys.empty()) plan_for(keys[random(keys.size())]);
      break;
    case 1:
      if (!in_flight_.empty()) commit_oldest();
      break;
    default:
      if (!pods.empty()) move_pod(pods[random(pods.size())]);
  }
}

void PretendCluster::steps(int count) {
  for (int i = 0; i < count; ++i) step();
}

bool PretendCluster::run_until_quiet() {
  for (int i = 0; i < kQuietMoves; ++i) {
    std::erase_if(dirty_, [](const Key& key) { return key.kind == Kind::Pod; });
    if (!dirty_.empty() || !in_flight_.empty() || !movable_pods().empty()) {
      step();
      continue;
    }
    if (wakes_.empty()) {
      most_pods_ = 0;
      least_available_ = limits_of(deployment().spec).min_available();
      widen_bounds();
      return true;
    }
    const auto next = std::min_element(wakes_.begin(), wakes_.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    now_ = std::max(now_, next->second);
    dirty_.insert(next->first);
  }
  return false;
}

// --- The bounds ----------------------------------------------------------------------------------

void PretendCluster::widen_bounds() {
  const RolloutLimits limits = limits_of(deployment().spec);
  most_pods_ = std::max(most_pods_, limits.max_total());
  // Recreate lets everything end first.
  const bool rolling = deployment().spec.strategy.type == "RollingUpdate";
  least_available_ = std::min(least_available_, rolling ? limits.min_available() : 0);
}

void PretendCluster::check(const Key& key, const Plan& plan) {
  const auto violated = [&](const std::string& what) {
    violations.push_back(what + ": " + text(key) + " with " + pods() + "\n" +
                         weir::text(plan, world_));
  };
  std::set<Key> leaving;
  std::int64_t made = 0;
  for (const Change& change : plan.changes) {
    const auto* create = std::get_if<CreateObject>(&change);
    if (create && key_of(create->object).kind == Kind::Pod) ++made;
    if (create && key_of(create->object).kind == Kind::ReplicaSet && deployment().spec.paused) {
      // It may have been made before the pause: then the Deployment has changed, and the plan is
      // not current.
      violated("a paused Deployment gets a new revision");
    }
    if (std::holds_alternative<DeleteObject>(change)) leaving.insert(key_in(change));
  }
  std::int64_t active = made;
  std::int64_t available = 0;
  std::int64_t others = 0;  // of other ReplicaSets, terminating ones too
  bool available_leaves = false;
  for (const Key& pod_key : world_.keys(Kind::Pod)) {
    const auto& pod = *world_.get<api::Pod>(pod_key.ns, pod_key.name);
    others += pod.metadata.ownerReferences.at(0).name != key.name;
    if (!is_active(pod)) continue;
    const auto since = ready_since(pod);
    const bool is_available =
        since && *since + std::chrono::seconds(deployment().spec.minReadySeconds) <= now_;
    const bool leaves = leaving.count(pod_key) > 0;
    available_leaves |= leaves && is_available;
    active += !leaves;
    available += is_available && !leaves;
  }
  if (made > 0 && others > 0 && deployment().spec.strategy.type == "Recreate") {
    violated("Recreate makes pods beside " + std::to_string(others) + " old ones");
  }
  if (made > 0 && active > most_pods_) {
    violated(std::to_string(active) + " pods, at most " + std::to_string(most_pods_) + " allowed");
  }
  if (available_leaves && !faults_ && available < least_available_) {
    violated(std::to_string(available) + " available, at least " +
             std::to_string(least_available_) + " wanted");
  }
}

}  // namespace weir::test
