#pragma once

// RolloutView: what the World says about a Rollout and its ReplicaSets, read once at the start of a
// plan and const from then on; and RolloutDraft, what the plan is going to write. The draft begins
// with the status as it is stored: what it holds of steps, pauses and weights is what the last plan
// decided, and the steps of this one go on from there.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/configuration.h"
#include "reconcilers/deployment_size.h"
#include "reconcilers/plan.h"
#include "reconcilers/revision.h"
#include "reconcilers/scale_down.h"

namespace weir {

struct RolloutView {
  const World& world;
  const Key& key;
  const api::Rollout& rollout;
  Time now;
  const api::Deployment* workload = nullptr;  // of its workloadRef
  // It sizes the ReplicaSets of that Deployment, which makes and numbers them.
  bool is_delegated = false;
  Claims<api::ReplicaSet> claims = {};
  std::vector<Revision> revisions = {};  // all that it owns or adopts now, oldest first
  std::ptrdiff_t current_index = -1;
  RolloutLimits limits = {};
  Configured wanted = {};  // the template, with the configuration where that is asked for

  Owner owner() const;                               // of its ReplicaSets and their snapshots
  const api::PodTemplateSpec& pod_template() const;  // as the user wrote it
  const api::LabelSelector& selector() const;
  const api::CanaryStrategy* canary() const;         // null: it is blueGreen
  const api::BlueGreenStrategy* blue_green() const;  // null: it is canary
  bool has_router() const { return canary() && canary()->trafficRouting; }
  const std::vector<api::CanaryStep>& steps() const;
  std::int64_t step_count() const { return std::ssize(steps()); }

  // The revision whose template is the Rollout's; null: it has none yet.
  const Revision* current() const;
  const Revision* with_hash(const std::string& hash) const;  // null: none has it
  // All but the current one and the one of `stable`.
  std::vector<const Revision*> others(const std::string& stable) const;
  Replicas total() const;
  std::string current_hash() const;  // empty: there is no current revision yet
};

// `rollout` is the object of this key in the World, and outlives the view.
RolloutView view_of_rollout(const World& world, const Key& key, const api::Rollout& rollout,
                            Time now);

std::string hash_of(const Revision& revision);

struct RolloutDraft {
  Plan plan = {};
  api::RolloutStatus status = {};
  std::map<std::string, api::ReplicaSet> edited = {};  // by name: those that may differ
  std::optional<api::ReplicaSet> created = {};
  std::map<std::string, api::Service> services = {};  // likewise
  std::optional<api::Rollout> rollout = {};           // metadata and spec
  std::string invalid = {};                           // why nothing can be rolled out
  std::string abort_reason = {};                      // set by the plan that aborts it

  // The copy that is going to be written; made at the first call.
  api::ReplicaSet& edit(const Revision& revision);
  std::int64_t size_of(const Revision& revision) const;
  const std::map<std::string, std::string>& annotations_of(const Revision& revision) const;

  bool aborted() const { return status.abort; }
  const Revision* stable(const RolloutView& view) const { return view.with_hash(status.stableRS); }
  // Nothing is under way: what is asked for is what is known to be good.
  bool is_settled(const RolloutView& view) const {
    return !status.stableRS.empty() && status.stableRS == view.current_hash();
  }
};

void note(const RolloutView& view, RolloutDraft& draft, std::string reason, std::string message,
          bool warning = false);

// Gives the revision this size, and an Event says so. Nothing when it has it.
void resize(const RolloutView& view, RolloutDraft& draft, const Revision& revision,
            std::int64_t size);

// Has this revision scaled down later (scale_down.h). Nothing when it is known when already.
void scale_down_later(const RolloutView& view, RolloutDraft& draft, const Revision& revision,
                      std::int64_t delay_seconds);
void forget_scale_down(RolloutDraft& draft, const Revision& revision);
std::optional<Time> scale_down_at(const RolloutDraft& draft, const Revision& revision);

}  // namespace weir
