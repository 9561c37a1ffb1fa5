#include "reconcilers/configuration.h"

#include <optional>
#include <set>

#include "reconcilers/configuration_references.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/pod_hash.h"

namespace weir {

namespace {

// --- One snapshot --------------------------------------------------------------------------------

void add(Fnv64& hash, const std::map<std::string, std::string>& entries) {
  hash.add(static_cast<std::int64_t>(entries.size()));
  for (const auto& [key, value] : entries) {
    hash.add(key);
    hash.add(value);
  }
}

void copy_content(const api::ConfigMap& from, api::ConfigMap& to, Fnv64& hash) {
  add(hash, to.data = from.data);
  add(hash, to.binaryData = from.binaryData);
}

void copy_content(const api::Secret& from, api::Secret& to, Fnv64& hash) {
  add(hash, to.data = from.data);
  add(hash, to.stringData = from.stringData);
  hash.add(to.type = from.type);
}

// The owner is in the hash, so that no two share a snapshot.
template <class T>
Object snapshot(const Owner& owner, const Key& key, const T& from) {
  T made;
  Fnv64 hash;
  hash.add(info(owner.kind).name);
  hash.add(owner.metadata.name);
  hash.add(key.name);
  copy_content(from, made, hash);
  const std::string end = "-" + hash.hex();
  made.immutable = true;
  made.metadata.name = key.name.substr(0, kObjectNameMax - end.size()) + end;
  made.metadata.namespace_ = key.ns;
  made.metadata.labels[kSnapshotLabel] = "true";
  made.metadata.annotations[annotation::kSnapshotOf] = key.name;
  made.metadata.ownerReferences = {controller_reference(owner.kind, owner.metadata)};
  return made;
}

template <class T>
std::optional<Object> snapshot_now(const World& world, const Owner& owner, const Key& key,
                                   bool optional) {
  if (const T* found = world.get<T>(key.ns, key.name)) return snapshot(owner, key, *found);
  if (optional) return snapshot(owner, key, T{});
  return std::nullopt;
}

// Of what the ConfigMap or Secret holds now; nullopt: it is absent, and pods cannot do without.
std::optional<Object> snapshot_now(const World& world, const Owner& owner, const Key& key,
                                   bool optional) {
  return key.kind == Kind::Secret ? snapshot_now<api::Secret>(world, owner, key, optional)
                                  : snapshot_now<api::ConfigMap>(world, owner, key, optional);
}

std::string entry(Kind kind, const std::string& name) {
  return std::string(info(kind).name) + "/" + name;
}

// Its names, but each that is still the user's as it is wanted: what it had no snapshot of, because
// nobody asked for one yet or because there was nothing to take one of, is told the name now.
api::PodTemplateSpec told(const api::PodTemplateSpec& of, const api::PodTemplateSpec& pod_template,
                          const api::PodTemplateSpec& wanted) {
  const std::vector<Key> plain = references_of(pod_template.spec, "");
  const std::vector<Key> now = references_of(wanted.spec, "");
  api::PodTemplateSpec out = of;
  std::size_t i = 0;
  for_each_reference(out.spec, [&](Kind, std::string& name, bool) {
    if (i < plain.size() && name == plain[i].name) name = now[i].name;
    ++i;
  });
  return out;
}

// The snapshot that the newest revision has of what is gone.
std::string last_snapshot(const World& world, const std::vector<Revision>& revisions,
                          const Key& gone) {
  const Revision* last = newest(revisions);
  if (!last) return {};
  for (const Key& key : references_of(last->set->spec.template_.spec, gone.ns)) {
    if (key.kind == gone.kind && snapshot_of(world, key) == gone.name) return key.name;
  }
  return {};
}

}  // namespace

std::vector<Key> references_of(const api::PodSpec& spec, const std::string& ns) {
  std::vector<Key> keys;
  for_each_reference(spec, [&](Kind kind, const std::string& name, bool) {
    keys.push_back({.kind = kind, .ns = ns, .name = name});
  });
  return keys;
}

std::string snapshot_of(const World& world, const Key& key) {
  const Object* found = world.find(key);
  return found ? text_at(meta(*found).annotations, annotation::kSnapshotOf) : "";
}

const Revision* newest(const std::vector<Revision>& revisions) {
  const auto found =
      std::max_element(revisions.begin(), revisions.end(),
                       [](const Revision& a, const Revision& b) { return a.number < b.number; });
  return found == revisions.end() ? nullptr : &*found;
}

bool rolls_out_on_config_change(const World& world, const api::ObjectMeta& object) {
  const std::string own = text_at(object.annotations, annotation::kConfigChange);
  if (!own.empty()) return own == "true";
  const auto* ns = world.get<api::Namespace>("", object.namespace_);
  return ns && text_at(ns->metadata.annotations, annotation::kConfigChange) == "true";
}

Configured configured(const World& world, const Owner& owner,
                      const api::PodTemplateSpec& pod_template,
                      const std::vector<Revision>& revisions) {
  Configured made{.pod_template = pod_template};
  if (!rolls_out_on_config_change(world, owner.metadata)) return made;
  std::set<Key> taken;
  for_each_reference(made.pod_template.spec, [&](Kind kind, std::string& name, bool optional) {
    const Key key{.kind = kind, .ns = owner.metadata.namespace_, .name = name};
    if (const std::string of = snapshot_of(world, key); !of.empty()) {
      made.names[entry(kind, of)] = name;
      return;
    }
    if (std::optional<Object> now = snapshot_now(world, owner, key, optional)) {
      name = meta(*now).name;
      if (taken.insert(key_of(*now)).second) made.snapshots.push_back(std::move(*now));
    } else if (const std::string last = last_snapshot(world, revisions, key); !last.empty()) {
      name = last;
    } else {
      return;
    }
    made.names[entry(kind, key.name)] = name;
  });
  return made;
}

api::PodTemplateSpec without_snapshots(const World& world, const std::string& ns,
                                       api::PodTemplateSpec pod_template) {
  for_each_reference(pod_template.spec, [&](Kind kind, std::string& name, bool) {
    const std::string of = snapshot_of(world, {.kind = kind, .ns = ns, .name = name});
    if (!of.empty()) name = of;
  });
  return pod_template;
}

std::ptrdiff_t index_of_configured(const World& world, const Owner& owner,
                                   const std::vector<Revision>& revisions,
                                   const api::PodTemplateSpec& pod_template,
                                   const Configured& wanted) {
  const std::ptrdiff_t same = index_of_template(revisions, wanted.pod_template);
  if (same >= 0) return same;
  if (rolls_out_on_config_change(world, owner.metadata)) {
    const auto found = std::find_if(revisions.begin(), revisions.end(), [&](const Revision& r) {
      return same_template(told(r.set->spec.template_, pod_template, wanted.pod_template),
                           wanted.pod_template);
    });
    return found == revisions.end() ? -1 : found - revisions.begin();
  }
  std::ptrdiff_t last = -1;
  for (std::ptrdiff_t i = 0; i < std::ssize(revisions); ++i) {
    const Revision& revision = revisions[static_cast<std::size_t>(i)];
    if (last >= 0 && revision.number <= revisions[static_cast<std::size_t>(last)].number) continue;
    const auto plain =
        without_snapshots(world, owner.metadata.namespace_, revision.set->spec.template_);
    if (same_template(plain, pod_template)) last = i;
  }
  return last;
}

bool follow_again(const World& world, const Owner& owner, api::PodTemplateSpec& pod_template,
                  std::map<std::string, std::string>& annotations) {
  const std::string& ns = owner.metadata.namespace_;
  const auto before = split(text_at(annotations, annotation::kUndone));
  std::map<std::string, std::string> stands;  // snapshot → what would be named without the undo
  bool ends = true;
  bool changed = false;
  if (rolls_out_on_config_change(world, owner.metadata)) {
    for_each_reference(pod_template.spec, [&](Kind kind, const std::string& name, bool optional) {
      Key key{.kind = kind, .ns = ns, .name = name};
      const std::string of = snapshot_of(world, key);
      if (of.empty()) return;
      key.name = of;
      const std::optional<Object> now = snapshot_now(world, owner, key, optional);
      std::string& live = stands[entry(kind, name)];
      live = now ? meta(*now).name : "";
      ends = ends && live == name;
      const auto known = before.find(entry(kind, name));
      changed = changed || (known != before.end() && known->second != live);
    });
  }
  if (stands.empty() || ends || changed) {
    annotations.erase(annotation::kUndone);
    if (stands.empty()) return false;
    pod_template = without_snapshots(world, ns, std::move(pod_template));
    return true;
  }
  annotations[annotation::kUndone] = joined(stands);
  return false;
}

std::string configuration_change(const World& world, const std::string& ns,
                                 const std::vector<Revision>& revisions,
                                 const api::PodTemplateSpec& pod_template,
                                 const Configured& wanted) {
  const Revision* last = newest(revisions);
  if (!last) return {};
  const auto plain = without_snapshots(world, ns, last->set->spec.template_);
  if (!same_template(plain, without_snapshots(world, ns, pod_template))) return {};
  const std::vector<Key> names = references_of(plain.spec, ns);
  const std::vector<Key> before = references_of(last->set->spec.template_.spec, ns);
  const std::vector<Key> after = references_of(wanted.pod_template.spec, ns);
  std::set<Key> changed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (before[i] != after[i]) changed.insert(names[i]);
  }
  std::string text;
  for (const Key& key : changed) {
    text += (text.empty() ? "" : ", ") + std::string(info(key.kind).name) + " " + key.name;
  }
  return text.empty() ? text : text + " changed";
}

std::string joined(const std::map<std::string, std::string>& entries) {
  std::string text;
  for (const auto& [key, value] : entries) text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text;
}

std::map<std::string, std::string> split(const std::string& entries) {
  std::map<std::string, std::string> found;
  for (std::size_t begin = 0; begin < entries.size();) {
    const std::size_t end = std::min(entries.find(", ", begin), entries.size());
    const std::size_t sign = entries.find('=', begin);
    if (sign < end) {
      found[entries.substr(begin, sign - begin)] = entries.substr(sign + 1, end - sign - 1);
    }
    begin = end + 2;
  }
  return found;
}

}  // namespace weir
