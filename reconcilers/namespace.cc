#include "reconcilers/namespace.h"

#include <algorithm>
#include <array>
#include <map>

#include "reconcilers/conditions.h"

namespace weir {

namespace {

constexpr std::size_t kChangesMax = 500;  // a plan; the rest comes with the next one
constexpr std::string_view kFinalizer = "kubernetes";

// "pods. has 2 resource instances, deployments.apps has 1 resource instances"
std::string counted(const std::map<std::string, int>& counts, std::string_view between) {
  std::string out;
  for (const auto& [name, count] : counts) {
    if (!out.empty()) out += ", ";
    out += name + std::string(between) + std::to_string(count) + " resource instances";
  }
  return out;
}

void set_conditions(const World& world, const std::vector<Key>& content, Time now,
                    std::vector<api::NamespaceCondition>& conditions) {
  std::map<std::string, int> resources, finalizers;
  for (const Key& key : content) {
    const KindInfo& kind = info(key.kind);
    ++resources[std::string(kind.plural) + "." + std::string(kind.group)];
    for (const std::string& finalizer : meta(*world.find(key)).finalizers) ++finalizers[finalizer];
  }
  const bool left = !resources.empty();
  const bool held = !finalizers.empty();
  const auto truth = [](bool holds) { return std::string(holds ? "True" : "False"); };
  const std::array said{
      Statement{"NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered",
                "All resources successfully discovered"},
      Statement{"NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
                "All legacy kube types successfully parsed"},
      Statement{"NamespaceDeletionContentFailure", "False", "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization"},
      Statement{"NamespaceContentRemaining", truth(left),
                left ? "SomeResourcesRemain" : "ContentRemoved",
                left ? "Some resources are remaining: " + counted(resources, " has ")
                     : "All content successfully removed"},
      Statement{"NamespaceFinalizersRemaining", truth(held),
                held ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                held ? "Some content in the namespace has finalizers remaining: " +
                           counted(finalizers, " in ")
                     : "All content-preserving finalizers finished"},
  };
  for (const Statement& statement : said) state_condition(conditions, statement, now);
}

void write_status(const api::Namespace& before, api::Namespace after, Plan& plan) {
  if (after.status == before.status) return;
  plan.changes.push_back(UpdateStatus{.object = std::move(after)});
}

std::string terminate(const World& world, const Key& key, const api::Namespace& ns, Time now,
                      Plan& plan) {
  const std::vector<Key> content = world.keys_in_namespace(key.name);
  for (const Key& inside : content) {
    const api::ObjectMeta& m = meta(*world.find(inside));
    if (m.deletionTimestamp || plan.changes.size() == kChangesMax) continue;
    plan.changes.push_back(DeleteObject{.key = inside, .uid = m.uid});
  }
  api::Namespace after = ns;
  after.status.phase = "Terminating";
  set_conditions(world, content, now, after.status.conditions);
  if (!content.empty()) {
    write_status(ns, std::move(after), plan);
    return "waiting for " + std::to_string(content.size()) + " objects to go";
  }
  if (std::erase(after.spec.finalizers, kFinalizer) > 0) {
    after.status = ns.status;
    plan.changes.push_back(UpdateObject{.object = std::move(after)});
    return "it is empty: the kubernetes finalizer goes";
  }
  if (!ns.spec.finalizers.empty() || !ns.metadata.finalizers.empty()) {
    write_status(ns, std::move(after), plan);
    return "it is empty: waiting for finalizers";
  }
  plan.changes.push_back(FinishDelete{.key = key, .uid = ns.metadata.uid});
  return "nothing is left in it";
}

}  // namespace

Plan plan_namespace(const World& world, const Key& key, Time now) {
  Plan plan;
  const auto* ns = world.get<api::Namespace>(key.ns, key.name);
  if (!ns) return plan;
  if (ns->metadata.deletionTimestamp) {
    std::string said = terminate(world, key, *ns, now, plan);
    plan.reasons.push_back({.step = "terminate", .verdict = std::move(said)});
    return plan;
  }
  api::Namespace after = *ns;
  after.status.phase = "Active";
  write_status(*ns, std::move(after), plan);
  plan.reasons.push_back({.step = "active", .verdict = "nobody asked for its deletion"});
  return plan;
}

}  // namespace weir
