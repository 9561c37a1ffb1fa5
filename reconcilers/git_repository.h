#pragma once

// GitRepository (source.toolkit.fluxcd.io/v1): which commit is fetched, when, and what its
// conditions say. The fetch itself is an action (FetchSource); its files are in World::sources.

#include <optional>

#include "reconcilers/plan.h"

namespace weir {

Plan plan_git_repository(const World& world, const Key& key, Time now);

// Of the last fetch that succeeded since weir started; null: there is none.
const Artifact* artifact_of(const World& world, const api::GitRepository& repository);

}  // namespace weir
