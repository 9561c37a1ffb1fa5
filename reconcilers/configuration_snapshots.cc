#include "reconcilers/configuration_snapshots.h"

#include <set>

#include "reconcilers/configuration_references.h"
#include "reconcilers/labels.h"

namespace weir {

namespace {

bool same_content(const Object& a, const Object& b) {
  if (const auto* secret = std::get_if<api::Secret>(&a)) {
    const auto& other = std::get<api::Secret>(b);
    return secret->data == other.data && secret->stringData == other.stringData &&
           secret->type == other.type;
  }
  const auto& map = std::get<api::ConfigMap>(a);
  const auto& other = std::get<api::ConfigMap>(b);
  return map.data == other.data && map.binaryData == other.binaryData;
}

// Left by an owner that went without it (kubectl delete --cascade=orphan).
void adopt(Object object, const Owner& owner, Plan& plan) {
  std::visit(
      [&](auto& o) {
        o.metadata.ownerReferences.push_back(controller_reference(owner.kind, owner.metadata));
      },
      object);
  plan.changes.push_back(UpdateObject{std::move(object)});
}

}  // namespace

std::string take_snapshots(const World& world, const Owner& owner, const Configured& wanted,
                           Plan& plan) {
  const std::size_t before = plan.changes.size();
  for (const Object& snapshot : wanted.snapshots) {
    const Key key = key_of(snapshot);
    const Object* found = world.find(key);
    if (!found) {
      plan.changes.push_back(CreateObject{snapshot});
      continue;
    }
    const api::OwnerReference* controller = controller_of(meta(*found));
    const bool own = controller && controller->uid == owner.metadata.uid;
    if (snapshot_of(world, key).empty() || !same_content(*found, snapshot) ||
        (controller && !own)) {
      plan.changes.resize(before, CreateObject{snapshot});
      return text(key) + " is somebody else's, and a snapshot of " +
             text_at(meta(snapshot).annotations, annotation::kSnapshotOf) +
             " needs its name: delete or rename it";
    }
    if (!own) adopt(*found, owner, plan);
  }
  return {};
}

void forget_snapshots(const World& world, const Owner& owner, const Configured& wanted,
                      const api::PodTemplateSpec& pod_template,
                      const std::vector<Revision>& revisions, Plan& plan) {
  std::set<Key> mine;
  for (const Key& key : world.dependents(owner.metadata.uid)) {
    if (key.kind != Kind::ConfigMap && key.kind != Kind::Secret) continue;
    const api::ObjectMeta& m = meta(*world.find(key));
    const bool controlled = is_controlled_by(m, owner.metadata.uid);
    if (controlled && !m.deletionTimestamp && !snapshot_of(world, key).empty()) mine.insert(key);
  }
  if (mine.empty()) return;
  const auto keep = [&](const api::PodSpec& spec) {
    for (const Key& key : references_of(spec, owner.metadata.namespace_)) mine.erase(key);
  };
  keep(wanted.pod_template.spec);
  keep(pod_template.spec);
  for (const Revision& revision : revisions) {
    keep(revision.set->spec.template_.spec);
    for (const api::Pod* pod : pods_of(world, *revision.set)) keep(pod->spec);
  }
  for (const Key& key : mine) {
    plan.changes.push_back(DeleteObject{.key = key, .uid = meta(*world.find(key)).uid});
  }
}

void configure(api::ReplicaSet& set, const Configured& wanted) {
  if (wanted.names.empty()) {
    set.metadata.annotations.erase(annotation::kConfiguration);
  } else {
    set.metadata.annotations[annotation::kConfiguration] = joined(wanted.names);
  }
  api::PodTemplateSpec& pods = set.spec.template_;
  if (same_template(pods, wanted.pod_template)) return;
  pods.spec = wanted.pod_template.spec;
}

void say_cause(api::ReplicaSet& set, const std::string& change) {
  if (change.empty()) return;
  set.metadata.annotations[annotation::kChangeCause] = change;
  set.metadata.annotations[annotation::kConfigurationCause] = "true";
}

}  // namespace weir
