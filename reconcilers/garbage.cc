#include "reconcilers/garbage.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr std::size_t kChangesMax = 500;  // a plan; the rest comes with the next one

struct Subject {
  const World& world;
  const Key& key;
  const Object& object;
  const api::ObjectMeta& meta;
};

bool has(const api::ObjectMeta& m, std::string_view finalizer) {
  return std::find(m.finalizers.begin(), m.finalizers.end(), finalizer) != m.finalizers.end();
}

bool waits_for_dependents(const api::ObjectMeta& m) {
  return m.deletionTimestamp && has(m, kForegroundFinalizer);
}

enum class Owner { stays, waits, gone };

// A kind that weir does not have is somebody else's business: such an owner is taken to be there.
Owner look_at(const World& world, const api::OwnerReference& reference) {
  const Key* key = world.find_uid(reference.uid);
  if (!key) return kind_named(reference.apiVersion, reference.kind) ? Owner::gone : Owner::stays;
  return waits_for_dependents(meta(*world.find(*key))) ? Owner::waits : Owner::stays;
}

Object without_reference_to(const Object& object, std::string_view uid) {
  Object changed = object;
  std::erase_if(meta(changed).ownerReferences,
                [&](const api::OwnerReference& owner) { return owner.uid == uid; });
  return changed;
}

Object without_lost_owners(const World& world, const Object& object) {
  Object changed = object;
  std::erase_if(meta(changed).ownerReferences, [&](const api::OwnerReference& owner) {
    return look_at(world, owner) != Owner::stays;
  });
  return changed;
}

Object without_finalizer(const Object& object, std::string_view finalizer) {
  Object changed = object;
  std::erase(meta(changed).finalizers, finalizer);
  return changed;
}

// Dependents of a dependent are waited for too: a Deployment waits for its ReplicaSets, and they
// for their Pods.
DeleteObject deletion_of(const World& world, const Key& key, const api::ObjectMeta& m,
                         bool foreground) {
  DeleteObject wanted{.key = key, .uid = m.uid};
  if (has(m, kOrphanFinalizer)) {
    wanted.propagation = Propagation::orphan;
  } else if (has(m, kForegroundFinalizer) || (foreground && !world.dependents(m.uid).empty())) {
    wanted.propagation = Propagation::foreground;
  }
  return wanted;
}

// What its owners mean for this object. False: nothing.
bool settle(const World& world, const Key& key, const Object& object, Plan& plan) {
  const api::ObjectMeta& m = meta(object);
  if (m.deletionTimestamp) return false;
  const Ownership ownership = ownership_of(world, m);
  if (ownership == Ownership::settled) return false;
  if (ownership == Ownership::loosened) {
    plan.changes.push_back(UpdateObject{.object = without_lost_owners(world, object)});
  } else {
    plan.changes.push_back(deletion_of(world, key, m, ownership == Ownership::foreground));
  }
  return true;
}

// --- The steps -----------------------------------------------------------------------------------

Verdict orphan(const Subject& s, Plan& plan) {
  if (!s.meta.deletionTimestamp || !has(s.meta, kOrphanFinalizer)) return next();
  const std::set<Key>& dependents = s.world.dependents(s.meta.uid);
  for (const Key& key : dependents) {
    if (plan.changes.size() == kChangesMax) break;
    plan.changes.push_back(
        UpdateObject{.object = without_reference_to(*s.world.find(key), s.meta.uid)});
  }
  if (!dependents.empty()) {
    return stop("letting go of " + std::to_string(dependents.size()) + " dependents");
  }
  plan.changes.push_back(UpdateObject{.object = without_finalizer(s.object, kOrphanFinalizer)});
  return stop("no dependents are left: the orphan finalizer goes");
}

Verdict foreground(const Subject& s, Plan& plan) {
  if (!waits_for_dependents(s.meta)) return next();
  std::size_t blocking = 0;
  for (const Key& key : s.world.dependents(s.meta.uid)) {
    const Object& dependent = *s.world.find(key);
    for (const api::OwnerReference& owner : meta(dependent).ownerReferences) {
      if (owner.uid == s.meta.uid && owner.blockOwnerDeletion == true) ++blocking;
    }
    if (plan.changes.size() < kChangesMax) settle(s.world, key, dependent, plan);
  }
  if (blocking > 0) {
    std::string said = "waiting for " + std::to_string(blocking) + " dependents to go";
    return plan.changes.empty() ? next(std::move(said)) : stop(std::move(said));
  }
  plan.changes.push_back(UpdateObject{.object = without_finalizer(s.object, kForegroundFinalizer)});
  return stop("no dependents are left: the foregroundDeletion finalizer goes");
}

Verdict owners(const Subject& s, Plan& plan) {
  if (!settle(s.world, s.key, s.object, plan)) return next();
  return stop("owners are gone or going");
}

Verdict departure(const Subject& s, Plan& plan) {
  if (!s.meta.deletionTimestamp || s.key.kind == Kind::Pod || s.key.kind == Kind::Namespace) {
    return next();
  }
  if (!s.meta.finalizers.empty()) return next("waiting for finalizer " + s.meta.finalizers.front());
  plan.changes.push_back(FinishDelete{.key = s.key, .uid = s.meta.uid});
  return stop("nothing holds it any longer");
}

struct Step {
  const char* name;
  Verdict (*run)(const Subject&, Plan&);
  const char* purpose;
};
constexpr std::array kSteps{
    Step{"orphan", orphan,
         "a deletion that leaves the dependents alone takes their references off"},
    Step{"foreground", foreground, "a deletion that waits for the dependents deletes them first"},
    Step{"owners", owners, "what all owners have left is deleted"},
    Step{"departure", departure, "what is being deleted and held by nothing leaves the store"},
};

}  // namespace

Ownership ownership_of(const World& world, const api::ObjectMeta& object) {
  std::size_t staying = 0, waiting = 0;
  for (const api::OwnerReference& reference : object.ownerReferences) {
    const Owner owner = look_at(world, reference);
    staying += owner == Owner::stays;
    waiting += owner == Owner::waits;
  }
  const std::size_t all = object.ownerReferences.size();
  if (staying == all) return Ownership::settled;
  if (staying > 0) return Ownership::loosened;
  return waiting > 0 ? Ownership::foreground : Ownership::abandoned;
}

Verdict common_steps(const World& world, const Key& key, Time, Plan& plan) {
  const Object* object = world.find(key);
  if (!object) return next();
  const Subject subject{.world = world, .key = key, .object = *object, .meta = meta(*object)};
  if (!subject.meta.deletionTimestamp && subject.meta.ownerReferences.empty()) return next();
  for (const Step& step : kSteps) {
    Verdict verdict = step.run(subject, plan);
    if (!verdict.text.empty()) {
      plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) return verdict;
  }
  return next();
}

}  // namespace weir
