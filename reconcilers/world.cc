#include "reconcilers/world.h"

#include <algorithm>
#include <iterator>

#include "reconcilers/claims.h"

namespace weir {

namespace {

template <class Map, class Key>
const typename Map::mapped_type& find_or_empty(const Map& map, const Key& key) {
  static const typename Map::mapped_type kEmpty;
  const auto found = map.find(key);
  return found == map.end() ? kEmpty : found->second;
}

template <class Map, class Key, class Value>
void remove_from(Map& index, const Key& key, const Value& value) {
  const auto found = index.find(key);
  if (found == index.end()) return;
  const auto entry = found->second.find(value);
  if (entry != found->second.end()) found->second.erase(entry);
  if (found->second.empty()) index.erase(found);
}

// What a controller may find without an owner and take.
bool can_be_adopted(const Key& key, const api::ObjectMeta& m) {
  return (key.kind == Kind::Pod || key.kind == Kind::ReplicaSet) && !controller_of(m);
}

bool same_indexes(const api::ObjectMeta& a, const api::ObjectMeta& b) {
  return a.uid == b.uid && a.ownerReferences == b.ownerReferences;
}

bool same_indexes(const Container& a, const Container& b) {
  return a.pod_ns == b.pod_ns && a.pod_name == b.pod_name && a.owner == b.owner;
}

}  // namespace

std::string_view text(ContainerState state) {
  switch (state) {
    case ContainerState::created:
      return "created";
    case ContainerState::running:
      return "running";
    case ContainerState::paused:
      return "paused";
    case ContainerState::restarting:
      return "restarting";
    case ContainerState::removing:
      return "removing";
    case ContainerState::exited:
      return "exited";
    case ContainerState::dead:
      return "dead";
  }
  return "unknown";
}

std::string_view text(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup:
      return "startup";
    case ProbeKind::readiness:
      return "readiness";
    case ProbeKind::liveness:
      return "liveness";
  }
  return "unknown";
}

// --- Objects -------------------------------------------------------------------------------------

const Object* World::find(const Key& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second.get();
}

std::vector<Key> World::keys(Kind kind, const std::string& ns) const {
  std::vector<Key> found;
  for (auto it = ordered_.lower_bound(Key{.kind = kind, .ns = ns}); it != ordered_.end(); ++it) {
    if (it->kind != kind || (!ns.empty() && it->ns != ns)) break;
    found.push_back(*it);
  }
  return found;
}

std::vector<Key> World::keys_in_namespace(const std::string& ns) const {
  const std::set<Key>& keys = find_or_empty(by_namespace_, ns);
  return {keys.begin(), keys.end()};
}

const std::set<Key>& World::dependents(const std::string& uid) const {
  return find_or_empty(by_owner_, uid);
}

const std::set<Key>& World::uncontrolled(Kind kind, const std::string& ns) const {
  return find_or_empty(uncontrolled_, std::pair(kind, ns));
}

const Key* World::find_uid(const std::string& uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : &found->second;
}

void World::put(std::shared_ptr<const Object> object) {
  const Key key = key_of(*object);
  std::shared_ptr<const Object>& known = objects_[key];
  // Most changes are to a status, which no index holds.
  if (!known) {
    ordered_.insert(key);
    index(key, *object);
  } else if (!same_indexes(meta(*known), meta(*object))) {
    unindex(key, *known);
    index(key, *object);
  }
  known = std::move(object);
}

void World::erase(const Key& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return;
  unindex(key, *found->second);
  ordered_.erase(key);
  objects_.erase(found);
}

void World::index(const Key& key, const Object& object) {
  const api::ObjectMeta& m = meta(object);
  if (!key.ns.empty()) by_namespace_[key.ns].insert(key);
  if (!m.uid.empty()) by_uid_[m.uid] = key;
  for (const api::OwnerReference& owner : m.ownerReferences) by_owner_[owner.uid].insert(key);
  if (can_be_adopted(key, m)) uncontrolled_[{key.kind, key.ns}].insert(key);
}

void World::unindex(const Key& key, const Object& object) {
  const api::ObjectMeta& m = meta(object);
  remove_from(by_namespace_, key.ns, key);
  by_uid_.erase(m.uid);
  for (const api::OwnerReference& owner : m.ownerReferences) {
    remove_from(by_owner_, owner.uid, key);
  }
  remove_from(uncontrolled_, std::pair(key.kind, key.ns), key);
}

// --- Containers ----------------------------------------------------------------------------------

const Container* World::container(const std::string& id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second;
}

const std::set<std::string>& World::containers_of(const std::string& ns,
                                                  const std::string& pod) const {
  return find_or_empty(by_pod_, std::pair(ns, pod));
}

std::vector<std::string> World::pod_names_of_owner(const std::string& ns,
                                                   const std::string& owner) const {
  const std::multiset<std::string>& all = find_or_empty(by_pod_owner_, std::pair(ns, owner));
  std::vector<std::string> names;
  std::unique_copy(all.begin(), all.end(), std::back_inserter(names));
  return names;
}

void World::put(Container container) {
  const auto known = containers_.find(container.id);
  if (known != containers_.end() && same_indexes(known->second, container)) {
    known->second = std::move(container);
    return;
  }
  erase_container(container.id);
  by_pod_[{container.pod_ns, container.pod_name}].insert(container.id);
  by_pod_owner_[{container.pod_ns, container.owner}].insert(container.pod_name);
  std::string id = container.id;
  containers_.emplace(std::move(id), std::move(container));
}

void World::erase_container(const std::string& id) {
  const auto found = containers_.find(id);
  if (found == containers_.end()) return;
  const Container& container = found->second;
  remove_from(by_pod_, std::pair(container.pod_ns, container.pod_name), id);
  remove_from(by_pod_owner_, std::pair(container.pod_ns, container.owner), container.pod_name);
  containers_.erase(found);
}

}  // namespace weir
