#pragma once

// Claims: which objects a controller owns, by Kubernetes' rules. Owned is whose ownerReferences
// name it as controller (by uid). What its selector chooses and nobody controls is adopted; what it
// owns and its selector no longer chooses is released. The references change, the objects live on:
// a Pod whose labels are edited leaves its ReplicaSet and is kept.

#include <string>
#include <vector>

#include "reconcilers/labels.h"
#include "reconcilers/world.h"

namespace weir {

// The owner reference with controller=true; null when nobody controls the object.
const api::OwnerReference* controller_of(const api::ObjectMeta& object);
bool is_controlled_by(const api::ObjectMeta& object, const std::string& uid);

// The reference that makes this Deployment or ReplicaSet the controller of an object.
api::OwnerReference controller_reference(Kind kind, const api::ObjectMeta& owner);
// Without any reference to this owner.
void remove_owner(api::ObjectMeta& object, const std::string& uid);

template <class T>
struct Claims {
  std::vector<const T*> owned = {};     // in key order; these stay
  std::vector<const T*> adopted = {};   // chosen, and nobody's until now
  std::vector<const T*> released = {};  // owned, and no longer chosen
};

// `owner` is a Deployment or a ReplicaSet that lives in the World; T is what it owns.
template <class T>
Claims<T> claims(const World& world, const api::ObjectMeta& owner,
                 const api::LabelSelector& selector) {
  Claims<T> found;
  for (const Key& key : world.dependents(owner.uid)) {
    const T* object = key.kind == KindOf<T>::value ? world.get<T>(key.ns, key.name) : nullptr;
    if (!object || !is_controlled_by(object->metadata, owner.uid)) continue;
    const bool stays = owner.deletionTimestamp || matches(selector, object->metadata.labels);
    (stays ? found.owned : found.released).push_back(object);
  }
  if (owner.deletionTimestamp) return found;
  for (const Key& key : world.uncontrolled(KindOf<T>::value, owner.namespace_)) {
    const T* object = world.get<T>(key.ns, key.name);
    if (!object || object->metadata.deletionTimestamp) continue;
    if (matches(selector, object->metadata.labels)) found.adopted.push_back(object);
  }
  return found;
}

}  // namespace weir
