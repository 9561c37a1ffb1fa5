#pragma once

// What invariants read of a World and of a plan, worked out anew: they do not ask the reconcilers
// whether the reconcilers are right.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/plan.h"
#include "reconcilers/world.h"

namespace weir::sim {

bool controlled_by(const api::ObjectMeta& m, const std::string& uid);

// --- Pods ----------------------------------------------------------------------------------------

bool ended(const api::Pod& pod);
bool active(const api::Pod& pod);
bool ready(const api::Pod& pod);
bool available(const api::Pod& pod, std::int64_t min_ready_seconds, Time now);
std::vector<const api::Pod*> active_pods_of(const World& world, const api::ReplicaSet& set);

// --- Services ------------------------------------------------------------------------------------

std::vector<const api::Service*> services(const World& world);  // not those that are going
// A container of the pod that runs has the address which its status names, as far as weir can know.
bool has_its_address(const World& world, const api::Pod& pod);
bool picks(const api::Service& service, const api::Pod& pod, bool any_revision);
std::vector<const api::Pod*> behind(const World& world, const api::Service& service,
                                    bool any_revision);
// The Rollout that divides by weight what comes to the Service; null: none does.
const api::Rollout* divider_of(const World& world, const api::Service& service);

// --- Sizes ---------------------------------------------------------------------------------------

// The Deployment whose ReplicaSets this Rollout sizes; null: it has its own.
const api::Deployment* workload_of(const World& world, const api::Rollout& rollout);
const api::PodTemplateSpec& template_of(const World& world, const api::Rollout& rollout);
// Which revision Pods and ReplicaSets with these labels are of.
std::string hash_of(const std::map<std::string, std::string>& labels);

std::vector<const api::ReplicaSet*> sets_of(const World& world, const std::string& owner_uid,
                                            const std::string& ns);
std::int64_t resolve(const api::IntOrString& value, std::int64_t of, bool up);

// What a plan does to one revision.
struct SizeChange {
  const api::ReplicaSet* set = nullptr;  // as it is now; of one that is made: as it will be
  std::string hash = {};                 // a Rollout's
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t serving = 0;  // of its pods, after their minReadySeconds
  std::int64_t kept_before() const { return std::min(serving, before); }
  std::int64_t kept_after() const { return std::min(serving, after); }
};
std::vector<SizeChange> size_changes(const World& world, const api::ObjectMeta& owner,
                                     std::int64_t min_ready_seconds, Time now, const Plan& plan);
std::string text(const SizeChange& change);  // for whoever reads the violation

template <class T>
const T* change_of(const Change& change) {
  return std::get_if<T>(&change);
}

// The object of this key as the plan leaves its spec, or its status; null: it does not write it.
template <class T, class As>
const T* written(const Plan& plan, const Key& key) {
  for (const Change& change : plan.changes) {
    const auto* one = std::get_if<As>(&change);
    if (one && key_of(one->object) == key) return &std::get<T>(one->object);
  }
  return nullptr;
}

}  // namespace weir::sim
