#include "reconcilers/backend_traffic_policy.h"

#include <algorithm>
#include <utility>

#include "reconcilers/attachment.h"
#include "reconcilers/conditions.h"
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

Statement accepted(const World& world, const api::BackendTrafficPolicy& policy,
                   const api::PolicyTargetReference& target) {
  const std::string& ns = policy.metadata.namespace_;
  const auto* service = world.get<api::Service>(ns, target.name);
  if (!service) return refused("TargetNotFound", "there is no Service " + target.name);
  const auto& ports = service->spec.ports;
  const bool there = std::any_of(ports.begin(), ports.end(),
                                 [&](const auto& port) { return port.name == target.sectionName; });
  if (!target.sectionName.empty() && !there) {
    return refused("TargetNotFound",
                   "Service " + target.name + " has no port named " + target.sectionName);
  }
  const auto* owner = owner_of(world, ns, target);
  if (!owner || owner->metadata.name == policy.metadata.name) {
    return {.type = "Accepted", .status = "True", .reason = "Accepted"};
  }
  return refused("Conflicted", "BackendTrafficPolicy " + owner->metadata.name +
                                   " has the same target, and is older or the first by name");
}

void write_status(const World& world, const api::BackendTrafficPolicy& policy, Time now,
                  Plan& plan) {
  api::BackendTrafficPolicy changed = policy;
  const auto before = std::exchange(changed.status.ancestors, {});
  for (const api::PolicyTargetReference& target : policy.spec.targetRefs) {
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

}  // namespace

Plan plan_backend_traffic_policy(const World& world, const Key& key, Time now) {
  Plan plan;
  publish_routes(world, now, plan);
  const auto* policy = world.get<api::BackendTrafficPolicy>(key.ns, key.name);
  if (policy && !policy->metadata.deletionTimestamp) write_status(world, *policy, now, plan);
  return plan;
}

}  // namespace weir
