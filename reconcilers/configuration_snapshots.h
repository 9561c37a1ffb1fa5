#pragma once

// The snapshots of configuration.h as objects. Each belongs to one Deployment or Rollout, which is
// its controller; with that it goes. Before that it goes when no revision, no pod and not the
// template itself names it any more, so that it lives as long as the history that needs it.

#include "reconcilers/configuration.h"
#include "reconcilers/plan.h"

namespace weir {

// Makes those that are missing. Why that cannot be, when somebody else's object has the name: then
// nothing is made that would name it.
std::string take_snapshots(const World& world, const Owner& owner, const Configured& wanted,
                           Plan& plan);

void forget_snapshots(const World& world, const Owner& owner, const Configured& wanted,
                      const api::PodTemplateSpec& pod_template,
                      const std::vector<Revision>& revisions, Plan& plan);

// What the ReplicaSet says of its configuration. Its template is made the wanted one, but for the
// labels that say which it is.
void configure(api::ReplicaSet& set, const Configured& wanted);
// The change-cause of a new revision; nothing when it is empty.
void say_cause(api::ReplicaSet& set, const std::string& change);

}  // namespace weir
