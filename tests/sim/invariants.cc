#include "tests/sim/invariants.h"

#include <algorithm>
#include <utility>

#include "reconcilers/configuration.h"
#include "reconcilers/pod_containers.h"
#include "tests/sim/invariants_world.h"

namespace weir::sim {

void Invariants::violated(int number, const std::string& what) {
  violations_.push_back("invariant " + std::to_string(number) + ": " + what);
}

// --- Store ---------------------------------------------------------------------------------------

void Invariants::begin_life(const Store& store, const Loop& loop, bool power_was_cut) {
  store_ = &store;
  loop_ = &loop;
  planned_rollbacks_.clear();
  const int number = power_was_cut ? 2 : 1;
  for (const auto& [key, last] : last_) {
    const StoredPtr stored = store.get(key);
    const std::uint64_t version = stored ? stored->version : 0;
    if (version > last->version) continue;  // committed, and the crash was faster than the news
    if (removed_.contains(key)) {
      if (stored) violated(number, text(key) + " is back");
    } else if (version < last->version) {
      violated(number, text(key) + " went back to version " + std::to_string(version));
    } else if (stored->json != last->json) {
      violated(number, text(key) + " is not what was acknowledged");
    }
  }
}

void Invariants::lost_data_folder() {
  last_.clear();
  removed_.clear();
  version_ = 0;
  colours_.clear();
  counted_.clear();
}

void Invariants::acknowledged(const Key& key, std::uint64_t version) {
  const auto last = last_.find(key);
  if (last == last_.end() || last->second->version < version) {
    violated(5, text(key) + " acknowledged before it was told");
  }
}

void Invariants::committed(const Commit& commit) {
  const Stored& object = *commit.object;
  if (object.version <= version_) {
    violated(4, text(object.key) + " got version " + std::to_string(object.version) + " after " +
                    std::to_string(version_));
  }
  version_ = object.version;
  last_[object.key] = commit.object;
  if (commit.type == Commit::Type::deleted) {
    removed_.insert(object.key);
  } else {
    removed_.erase(object.key);
  }
  writes_ += object.key.kind != Kind::Event;
  if (object.key.kind == Kind::Job) counted_anew_.insert(object.key);
  if (commit.previous) check_update(*commit.previous, object);
}

// What it names may be told by the names of snapshots, and again by the user's.
bool Invariants::same_but_for_snapshots(const std::string& ns, const api::PodTemplateSpec& a,
                                        const api::PodTemplateSpec& b) const {
  const World& world = loop_->world();
  return without_snapshots(world, ns, a) == without_snapshots(world, ns, b);
}

void Invariants::check_update(const Stored& before, const Stored& after) {
  if (const auto* set = std::get_if<api::ReplicaSet>(after.typed.get())) {
    const auto& was = std::get<api::ReplicaSet>(*before.typed);
    if (before.uid == after.uid &&
        !same_but_for_snapshots(set->metadata.namespace_, was.spec.template_,
                                set->spec.template_)) {
      violated(18, "the template of the revision " + text(after.key) + " was changed");
    }
  }
  if (const auto* pod = std::get_if<api::Pod>(after.typed.get())) {
    count_job_pod(std::get<api::Pod>(*before.typed), *pod);
  }
  if (const auto* rollout = std::get_if<api::Rollout>(after.typed.get())) {
    check_rollout_update(std::get<api::Rollout>(*before.typed), *rollout);
  }
  // A rollback counts once it is committed: one that a crash has lost is planned again. After it,
  // the next template is a user's.
  const auto* deployment = std::get_if<api::Deployment>(after.typed.get());
  if (!deployment) return;
  const auto& was = std::get<api::Deployment>(*before.typed);
  if (was.spec.template_ == deployment->spec.template_) return;
  if (planned_rollbacks_.erase(after.key) == 0) {
    rolled_back_.erase(after.uid);
  } else if (!rolled_back_.insert(after.uid).second) {
    violated(19, text(after.key) + " was rolled back twice");
  }
}

// --- Engine --------------------------------------------------------------------------------------

void Invariants::after_step() {
  for (const auto& [number, what] : engine_.violations) violated(number, what);
  engine_.violations.clear();
  check_job_counts();
  // Only what a container did can break it: nothing is walked while they do nothing.
  if (std::exchange(seen_changes_, engine_.changes()) != engine_.changes()) check_containers();
}

// 23: one pod, one process, whatever becomes of answers. Beyond it is what a dead weir asked for
// and could not tell its successor: a start that is carried out when that has replaced the
// container, which had ended; one that was carried out, unheard of, and that the first list then
// leaves out.
void Invariants::check_containers() {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> live;
  for (const auto& [id, container] : engine_.containers()) {
    const Container& c = container.view;
    if (container.foreign || container.orphan || !is_live(c)) continue;
    const auto [other, first] = live.try_emplace({c.uid, c.container_name}, c.name);
    if (!first) {
      violated(23, c.name + " and " + std::string(other->second) + " run at once");
    }
  }
}

// Why this running container may end: its pod is gone or going, or it is no longer what its pod
// wants. A container of a lost data folder that no pod has taken over is nobody's to end (10).
std::string Invariants::explain_end(const SimContainer& container) const {
  const Container& view = container.view;
  const StoredPtr stored =
      store_->get({.kind = Kind::Pod, .ns = view.pod_ns, .name = view.pod_name});
  const bool same_store = view.store == store_->id();
  if (!stored) return same_store ? "its pod is gone" : "";
  const auto& pod = std::get<api::Pod>(*stored->typed);
  if (same_store && pod.metadata.uid != view.uid) return "its pod is gone";
  if (pod.metadata.deletionTimestamp) return "its pod is deleted";
  if (ended(pod)) return "its pod has ended";  // and a dead weir had it started again
  if (container.sick) return "its probes fail";
  const auto behaviour = engine_.images.find(container.spec.image);
  if (behaviour == engine_.images.end() || behaviour->second.ready_after < Duration(0)) {
    return "its probes fail";
  }
  if (pod.spec.containers[0].image != container.spec.image) return "its pod has another image";
  for (const auto& [id, other] : engine_.containers()) {
    const Container& o = other.view;
    if (id == view.id || o.pod_ns != view.pod_ns || o.pod_name != view.pod_name) continue;
    if (o.uid == view.uid && o.attempt > view.attempt) return "a later attempt is there";
    // Only a lost data folder and a list that lies can make twins: their uids differ, or 23 fails.
    // That the other one has just died weir need not know yet.
    const Container* known = loop_->world().container(id);
    const bool lives = is_live(o) || (known && is_live(*known));
    if (o.spec_hash == view.spec_hash && lives) return "it runs twice";
  }
  return "";
}

}  // namespace weir::sim
