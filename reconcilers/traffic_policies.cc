#include "reconcilers/traffic_policies.h"

#include <algorithm>
#include <utility>

#include "reconcilers/attachment.h"
#include "reconcilers/conditions.h"
#include "reconcilers/host_listeners.h"
#include "reconcilers/policies.h"
#include "reconcilers/routes.h"

namespace weir {

namespace {

Statement refused(std::string reason, std::string message) {
  return {.type = "Accepted",
          .status = "False",
          .reason = std::move(reason),
          .message = std::move(message)};
}

template <class Sections>
bool has_section(const Sections& sections, const std::string& name) {
  return std::any_of(sections.begin(), sections.end(),
                     [&](const auto& one) { return one.name == name; });
}

// What is not there of the target; empty: nothing.
template <class Target>
std::string missing(const World& world, const std::string& ns, const Target& target) {
  bool there = target.sectionName.empty();
  if (target.kind == "Gateway") {
    const auto* gateway = world.get<api::Gateway>(ns, target.name);
    if (!gateway) return "there is no Gateway " + target.name;
    if (gateway->metadata.deletionTimestamp) return "Gateway " + target.name + " is being deleted";
    there = there || has_section(gateway->spec.listeners, target.sectionName);
  } else {
    const auto* service = world.get<api::Service>(ns, target.name);
    if (!service) return "there is no Service " + target.name;
    there = there || has_section(service->spec.ports, target.sectionName);
  }
  if (there) return {};
  const char* what = target.kind == "Gateway" ? " has no listener named " : " has no port named ";
  return target.kind + " " + target.name + what + target.sectionName;
}

// Where a policy of this target, which is there, has no say because somebody else's listener has
// the port; empty: it has, somewhere.
template <class Target>
std::string overruled(const World& world, const std::string& ns, const Target& target) {
  if (target.kind != "Gateway") return {};
  std::string why;
  for (const api::GatewayListener& one : world.get<api::Gateway>(ns, target.name)->spec.listeners) {
    if (!target.sectionName.empty() && one.name != target.sectionName) continue;
    const PortOwner owner = owner_of_port(world, one.port);
    if (owner.listener == &one) return {};
    why = "port " + std::to_string(one.port) + " is shared: listener " + owner.listener->name +
          " of Gateway " + owner.gateway->metadata.namespace_ + "/" + owner.gateway->metadata.name +
          " decides";
  }
  return why;
}

template <class Policy, class Target>
Statement accepted(const World& world, const Policy& policy, const Target& target) {
  const std::string& ns = policy.metadata.namespace_;
  if (std::string what = missing(world, ns, target); !what.empty()) {
    return refused("TargetNotFound", std::move(what));
  }
  if (std::string why = overruled(world, ns, target); !why.empty()) {
    return refused("Conflicted", std::move(why));
  }
  const auto* owner = owner_of<Policy>(world, ns, target.kind, target.name, target.sectionName);
  if (!owner || owner->metadata.name == policy.metadata.name) {
    return {.type = "Accepted", .status = "True", .reason = "Accepted"};
  }
  return refused("Conflicted", std::string(info(KindOf<Policy>::value).name) + " " +
                                   owner->metadata.name +
                                   " has the same target, and is older or the first by name");
}

template <class Policy>
void write_status(const World& world, const Policy& policy, Time now, Plan& plan) {
  Policy changed = policy;
  const auto before = std::exchange(changed.status.ancestors, {});
  for (const auto& target : policy.spec.targetRefs) {
    api::PolicyAncestorStatus& one = changed.status.ancestors.emplace_back();
    one.controllerName = kGatewayController;
    one.ancestorRef.group = target.group;
    one.ancestorRef.kind = target.kind;
    one.ancestorRef.name = target.name;
    one.ancestorRef.sectionName = target.sectionName;
    const auto old = std::find_if(before.begin(), before.end(), [&](const auto& ancestor) {
      return ancestor.ancestorRef == one.ancestorRef;
    });
    if (old != before.end()) one.conditions = old->conditions;
    restate_condition(one.conditions, accepted(world, policy, target), now,
                      policy.metadata.generation);
  }
  if (changed == policy) return;
  plan.changes.push_back(UpdateStatus{std::move(changed)});
  plan.reasons.push_back({.step = "status", .verdict = "status written"});
}

template <class Policy>
Plan plan_policy(const World& world, const Key& key, Time now) {
  Plan plan;
  publish_routes(world, now, plan);
  const auto* policy = world.get<Policy>(key.ns, key.name);
  if (policy && !policy->metadata.deletionTimestamp) write_status(world, *policy, now, plan);
  return plan;
}

}  // namespace

Plan plan_backend_traffic_policy(const World& world, const Key& key, Time now) {
  return plan_policy<api::BackendTrafficPolicy>(world, key, now);
}

Plan plan_client_traffic_policy(const World& world, const Key& key, Time now) {
  return plan_policy<api::ClientTrafficPolicy>(world, key, now);
}

}  // namespace weir
