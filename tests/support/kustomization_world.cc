#include "tests/support/kustomization_world.h"

#include "reconcilers/conditions.h"
#include "reconcilers/flux.h"
#include "reconcilers/inventory.h"
#include "reconcilers/kustomization.h"
#include "reconcilers/reconciler.h"

namespace weir::test {

namespace {

const Key kShop{.kind = Kind::Kustomization, .ns = "default", .name = "shop"};
constexpr char kUid[] = "uid-k";

std::vector<api::InventoryEntry> entries(const std::vector<std::string>& deployments,
                                         const std::vector<std::string>& rollouts) {
  std::vector<api::InventoryEntry> all;
  for (const std::string& name : deployments) {
    all.push_back(entry_of({.kind = Kind::Deployment, .ns = "default", .name = name}));
  }
  for (const std::string& name : rollouts) {
    all.push_back(entry_of({.kind = Kind::Rollout, .ns = "default", .name = name}));
  }
  return all;
}

}  // namespace

KustomizationWorld::KustomizationWorld(std::vector<std::string> deployments,
                                       std::vector<std::string> rollouts) {
  api::GitRepository repository;
  repository.metadata = {.name = "shop", .namespace_ = "default", .uid = "uid-s"};
  repository.status.artifact.emplace().revision = "main@sha1:aaa";
  world.put(Object(repository));
  api::Kustomization kustomization;
  kustomization.metadata = {.finalizers = {flux::kFinalizer},
                            .generation = 1,
                            .name = "shop",
                            .namespace_ = "default",
                            .uid = kUid};
  kustomization.spec.interval = "10m";
  kustomization.spec.retryInterval = "2m";
  kustomization.spec.prune = true;
  kustomization.spec.sourceRef.kind = "GitRepository";
  kustomization.spec.sourceRef.name = "shop";
  world.put(Object(kustomization));
  source("aaa");
  for (const std::string& name : deployments) deployment(name, 1);
  applied("aaa", std::move(deployments), std::move(rollouts), kSettled);
  carry_out(kSettled);
}

KustomizationWorld& KustomizationWorld::without_status() {
  world.applied.clear();
  return change([](api::Kustomization& k) {
    k.status = {};
    k.metadata.finalizers.clear();
  });
}

KustomizationWorld& KustomizationWorld::change(const std::function<void(api::Kustomization&)>& by) {
  api::Kustomization next = *world.get<api::Kustomization>("default", "shop");
  by(next);
  world.put(Object(std::move(next)));
  return *this;
}

KustomizationWorld& KustomizationWorld::source(const std::string& commit) {
  world.sources["uid-s"].artifact = {
      .revision = "main@sha1:" + commit, .commit = commit, .digest = "sha256:" + commit};
  return *this;
}

KustomizationWorld& KustomizationWorld::applied(const std::string& commit,
                                                std::vector<std::string> deployments,
                                                std::vector<std::string> rollouts, Time at) {
  world.applied[kUid] = {.asked = what_to_apply(world, kShop, at).action.asked,
                         .revision = "main@sha1:" + commit,
                         .started_at = at,
                         .finished_at = at,
                         .digest = "sha256:of-" + commit,
                         .inventory = entries(deployments, rollouts)};
  return *this;
}

KustomizationWorld& KustomizationWorld::failed(const std::string& reason,
                                               const std::string& message) {
  world.applied[kUid].reason = reason;
  world.applied[kUid].message = message;
  return *this;
}

void KustomizationWorld::put_deployment(const std::string& name,
                                        const std::function<void(api::Deployment&)>& by) {
  api::Deployment next;
  if (const auto* known = world.get<api::Deployment>("default", name)) next = *known;
  by(next);
  world.put(Object(std::move(next)));
}

KustomizationWorld& KustomizationWorld::deployment(const std::string& name, int available,
                                                   const std::string& progressing) {
  put_deployment(name, [&](api::Deployment& d) {
    d.metadata.name = name;
    d.metadata.namespace_ = "default";
    d.metadata.uid = "uid-" + name;
    d.metadata.labels = {{flux::kNameLabel, "shop"}, {flux::kNamespaceLabel, "default"}};
    d.spec.replicas = 1;
    d.status.replicas = 1;
    d.status.updatedReplicas = 1;
    d.status.availableReplicas = available;
    if (progressing.empty()) return;
    state_condition(d.status.conditions,
                    {.type = "Progressing", .status = "False", .reason = progressing}, kNow);
  });
  return *this;
}

KustomizationWorld& KustomizationWorld::rolled_back(const std::string& name, Time at) {
  put_deployment(name, [&](api::Deployment& d) {
    remove_condition(d.status.conditions, "AutoRollback");
    state_condition(d.status.conditions,
                    {.type = "AutoRollback",
                     .status = "True",
                     .reason = "RolledBack",
                     .message = "revision 2 exceeded its progress deadline"},
                    at);
  });
  return *this;
}

KustomizationWorld& KustomizationWorld::aborted(const std::string& name, Time at) {
  api::Rollout rollout;
  rollout.metadata = {.name = name, .namespace_ = "default", .uid = "uid-" + name};
  rollout.status.abort = true;
  rollout.status.abortedAt = to_seconds(at);
  rollout.status.message = "RolloutAborted: metric \"error-rate\" assessed Failed";
  world.put(Object(rollout));
  return *this;
}

KustomizationWorld& KustomizationWorld::owner(const std::string& name,
                                              const std::string& kustomization) {
  put_deployment(name,
                 [&](api::Deployment& d) { d.metadata.labels[flux::kNameLabel] = kustomization; });
  return *this;
}

KustomizationWorld& KustomizationWorld::annotate(const std::string& name, const std::string& key,
                                                 const std::string& value) {
  put_deployment(name, [&](api::Deployment& d) { d.metadata.annotations[key] = value; });
  return *this;
}

KustomizationWorld& KustomizationWorld::other(const std::string& name, const std::string& commit) {
  api::Kustomization other = *world.get<api::Kustomization>("default", "shop");
  other.metadata.name = name;
  other.metadata.uid = "uid-" + name;
  other.spec.dependsOn = {};
  other.status.lastAppliedRevision = "main@sha1:" + commit;
  world.put(Object(other));
  return *this;
}

KustomizationWorld& KustomizationWorld::carry_out(Time now) {
  for (const Change& change : plan(world, kShop, now).changes) {
    if (const auto* update = std::get_if<UpdateStatus>(&change)) world.put(update->object);
    if (const auto* update = std::get_if<UpdateObject>(&change)) world.put(update->object);
    if (const auto* gone = std::get_if<DeleteObject>(&change)) world.erase(gone->key);
  }
  return *this;
}

std::string KustomizationWorld::planned(Time now) const {
  const Plan made = plan(world, kShop, now);
  std::string out = text(made, world);
  for (const Action& action : made.actions) {
    const auto& apply = std::get<ApplySource>(action);
    out += "  asked \"" + apply.asked + "\"";
    for (const auto& [name, value] : apply.substitutes) out += " " + name + "=" + value;
    out += "\n";
  }
  return out;
}

}  // namespace weir::test
