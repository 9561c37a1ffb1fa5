#pragma once

// Rollout: what the World says about a Deployment and its ReplicaSets, read once at the start of a
// plan and const from then on; and RolloutDraft, what the plan is going to write. The steps of
// deployment.cc read the one and write the other, so that nothing that was just decided is taken
// for a fact.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/claims.h"
#include "reconcilers/plan.h"
#include "reconcilers/replicas.h"
#include "reconcilers/rollout_size.h"

namespace weir {

// A revision of a Deployment: one ReplicaSet.
struct Revision {
  const api::ReplicaSet* set = nullptr;
  std::int64_t number = 0;  // its revision annotation; 0: none
  Replicas replicas = {};
  const std::string& name() const { return set->metadata.name; }
  std::int64_t size() const { return set->spec.replicas; }
};

struct Rollout {
  const World& world;
  const Key& key;
  const api::Deployment& deployment;
  Time now;
  Claims<api::ReplicaSet> claims = {};
  std::vector<Revision> revisions = {};  // all that it owns or adopts now, oldest first
  std::ptrdiff_t current_index = -1;
  RolloutLimits limits = {};

  // The revision whose template is the Deployment's (Kubernetes' "new replica set"); null: it has
  // none yet. When several match, the oldest.
  const Revision* current() const;
  std::vector<const Revision*> old() const;  // the others, oldest first
  std::vector<const Revision*> all() const;
  bool is_rolling_update() const;
  Replicas total() const;
  bool has_deadline() const;
  const api::DeploymentCondition* condition(std::string_view type) const;
};

// `deployment` is the object of this key in the World, and outlives the Rollout.
Rollout rollout_of(const World& world, const Key& key, const api::Deployment& deployment, Time now);

// Whether two templates make the same Pods: equal but for the pod-template-hash label.
bool same_template(const api::PodTemplateSpec& a, const api::PodTemplateSpec& b);

// Those whose size is not 0.
std::vector<const Revision*> active(std::vector<const Revision*> revisions);

SetSize in_numbers(const Revision& revision);
std::vector<SetSize> in_numbers(const std::vector<const Revision*>& revisions);

struct RolloutDraft {
  Plan plan = {};
  std::map<std::string, api::ReplicaSet> edited = {};  // by name: those that may differ
  std::optional<api::ReplicaSet> created = {};
  std::optional<api::Deployment> deployment = {};  // metadata and spec
  std::vector<api::DeploymentCondition> conditions = {};
  std::optional<std::int64_t> collision_count = {};
  bool estimate_progress = false;  // this plan got as far as rolling out

  // The copy that is going to be written; made at the first call.
  api::ReplicaSet& edit(const Revision& revision);
  api::Deployment& edit(const Rollout& rollout);
  // The size that a revision is going to have.
  std::int64_t size_of(const Revision& revision) const;
};

void note(const Rollout& rollout, RolloutDraft& draft, std::string reason, std::string message,
          bool warning = false);

// Gives the revision this size, and an Event says so. Nothing when it has it.
void resize(const Rollout& rollout, RolloutDraft& draft, const Revision& revision,
            std::int64_t size);
// Records at which size of the Deployment this ReplicaSet was scaled: proportional scaling needs
// it.
void mark_scaled(const Rollout& rollout, api::ReplicaSet& set);

}  // namespace weir
