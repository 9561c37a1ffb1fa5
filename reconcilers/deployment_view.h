#pragma once

// DeploymentView: what the World says about a Deployment and its ReplicaSets, read once at the
// start of a plan and const from then on; and DeploymentDraft, what the plan is going to write. The
// steps of deployment.cc read the one and write the other, so that nothing that was just decided is
// taken for a fact.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/configuration.h"
#include "reconcilers/deployment_size.h"
#include "reconcilers/plan.h"
#include "reconcilers/revision.h"

namespace weir {

struct DeploymentView {
  const World& world;
  const Key& key;
  const api::Deployment& deployment;
  Time now;
  Claims<api::ReplicaSet> claims = {};
  std::vector<Revision> revisions = {};  // all that it owns or adopts now, oldest first
  std::ptrdiff_t current_index = -1;
  RolloutLimits limits = {};
  Configured wanted = {};  // its template, with the configuration where that is asked for

  Owner owner() const { return {.kind = Kind::Deployment, .metadata = deployment.metadata}; }

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

// `deployment` is the object of this key in the World, and outlives the view.
DeploymentView view_of_deployment(const World& world, const Key& key,
                                  const api::Deployment& deployment, Time now);

SetSize in_numbers(const Revision& revision);
std::vector<SetSize> in_numbers(const std::vector<const Revision*>& revisions);

struct DeploymentDraft {
  Plan plan = {};
  std::map<std::string, api::ReplicaSet> edited = {};  // by name: those that may differ
  std::optional<api::ReplicaSet> created = {};
  std::optional<api::Deployment> deployment = {};  // metadata and spec
  std::vector<api::DeploymentCondition> conditions = {};
  std::optional<std::int64_t> collision_count = {};
  bool estimate_progress = false;  // this plan got as far as rolling out
  bool delegated = false;          // a Rollout decides about sizes

  // The copy that is going to be written; made at the first call.
  api::ReplicaSet& edit(const Revision& revision);
  api::Deployment& edit(const DeploymentView& rollout);
  // The size that a revision is going to have.
  std::int64_t size_of(const Revision& revision) const;
  const std::map<std::string, std::string>& annotations_of(const Revision& revision) const;
};

void note(const DeploymentView& rollout, DeploymentDraft& draft, std::string reason,
          std::string message, bool warning = false);

// Gives the revision this size, and an Event says so. Nothing when it has it.
void resize(const DeploymentView& rollout, DeploymentDraft& draft, const Revision& revision,
            std::int64_t size);
// Records at which size of the Deployment this ReplicaSet was scaled: proportional scaling needs
// it.
void mark_scaled(const DeploymentView& rollout, api::ReplicaSet& set);

}  // namespace weir
