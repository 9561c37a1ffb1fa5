#pragma once

// Kustomization (kustomize.toolkit.fluxcd.io/v1): when a source's revision is applied, what of the
// last one is deleted, what is waited for, and which revisions are not applied again. Building and
// applying is an action (ApplySource); what came of it is in World::applied.

#include "reconcilers/plan.h"

namespace weir {

Plan plan_kustomization(const World& world, const Key& key, Time now);

// What it applies when it is applied now, quarantined or not; or why there is nothing.
struct ToApply {
  std::string problem = {};
  ApplySource action = {};
};
ToApply what_to_apply(const World& world, const Key& key, Time now);

}  // namespace weir
