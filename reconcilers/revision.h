#pragma once

// Revision: one ReplicaSet of a Deployment or a Rollout, with its Pods counted.

#include <chrono>
#include <string>
#include <vector>

#include "reconcilers/claims.h"
#include "reconcilers/replicas.h"

namespace weir {

struct Revision {
  const api::ReplicaSet* set = nullptr;
  std::int64_t number = 0;  // its revision annotation; 0: none
  Replicas replicas = {};
  const std::string& name() const { return set->metadata.name; }
  std::int64_t size() const { return set->spec.replicas; }
};

// All that are owned or adopted now, oldest first. `numbered_by`: the annotation of the number.
std::vector<Revision> revisions_of(const World& world, const Claims<api::ReplicaSet>& claims,
                                   const char* numbered_by, std::chrono::seconds min_ready,
                                   Time now);

// The oldest of those that have this template; -1: none has.
std::ptrdiff_t index_of_template(const std::vector<Revision>& revisions,
                                 const api::PodTemplateSpec& pod_template);

// Whether two templates make the same Pods: equal but for the labels that say which they are of.
bool same_template(const api::PodTemplateSpec& a, const api::PodTemplateSpec& b);

// Those whose size is not 0.
std::vector<const Revision*> active(std::vector<const Revision*> revisions);

}  // namespace weir
