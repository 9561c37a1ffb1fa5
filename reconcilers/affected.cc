#include <algorithm>

#include "reconcilers/attachment.h"
#include "reconcilers/configuration.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/flux.h"
#include "reconcilers/labels.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/sandbox.h"

namespace weir {

namespace {

bool reads(const api::Pod& pod, const Key& config) {
  const bool secret = config.kind == Kind::Secret;
  const auto env_reads = [&](const api::EnvVar& env) {
    if (!env.valueFrom) return false;
    const auto& map_ref = env.valueFrom->configMapKeyRef;
    const auto& secret_ref = env.valueFrom->secretKeyRef;
    return secret ? secret_ref && secret_ref->name == config.name
                  : map_ref && map_ref->name == config.name;
  };
  const auto env_from_reads = [&](const api::EnvFromSource& from) {
    return secret ? from.secretRef && from.secretRef->name == config.name
                  : from.configMapRef && from.configMapRef->name == config.name;
  };
  const auto projection_reads = [&](const api::VolumeProjection& source) {
    return secret ? source.secret && source.secret->name == config.name
                  : source.configMap && source.configMap->name == config.name;
  };
  const auto volume_reads = [&](const api::Volume& volume) {
    if (secret ? volume.secret && volume.secret->secretName == config.name
               : volume.configMap && volume.configMap->name == config.name) {
      return true;
    }
    return volume.projected && std::any_of(volume.projected->sources.begin(),
                                           volume.projected->sources.end(), projection_reads);
  };
  const api::PodSpec& spec = pod.spec;
  const auto container_reads = [&](const api::Container& container) {
    return std::any_of(container.env.begin(), container.env.end(), env_reads) ||
           std::any_of(container.envFrom.begin(), container.envFrom.end(), env_from_reads);
  };
  return std::any_of(spec.containers.begin(), spec.containers.end(), container_reads) ||
         std::any_of(spec.volumes.begin(), spec.volumes.end(), volume_reads);
}

// Whose revisions contain it, or may, as their Namespace says.
std::vector<Key> configured_by(const World& world, const Key& key) {
  std::vector<Key> keys;
  const bool config = key.kind == Kind::ConfigMap || key.kind == Kind::Secret;
  if (!config && key.kind != Kind::Namespace) return keys;
  const std::string& ns = config ? key.ns : key.name;
  for (const Kind kind : {Kind::Deployment, Kind::Rollout}) {
    for (Key& owner : world.keys(kind, ns)) {
      if (!config || rolls_out_on_config_change(world, meta(*world.find(owner)))) {
        keys.push_back(std::move(owner));
      }
    }
  }
  return keys;
}

bool has_controller(const api::ObjectMeta& m) {
  return std::any_of(m.ownerReferences.begin(), m.ownerReferences.end(),
                     [](const api::OwnerReference& owner) { return owner.controller == true; });
}

void append(std::vector<Key>& keys, const std::vector<Key>& more) {
  keys.insert(keys.end(), more.begin(), more.end());
}

template <class Route>
std::vector<Key> parents_of(const Object& object) {
  std::vector<Key> keys;
  const auto& route = std::get<Route>(object);
  for (const api::ParentReference& parent : route.spec.parentRefs) {
    keys.push_back(key_of(parent, route.metadata.namespace_));
  }
  return keys;
}

// Whose routes or listeners this is a part of. There are few of them: all of a namespace look.
std::vector<Key> routed_by(const World& world, const Object& object) {
  const Key key = key_of(object);
  std::vector<Key> keys;
  const auto all_of = [&](std::initializer_list<Kind> kinds, const std::string& ns) {
    for (const Kind kind : kinds) append(keys, world.keys(kind, ns));
  };
  switch (key.kind) {
    case Kind::HTTPRoute:
      return parents_of<api::HTTPRoute>(object);
    case Kind::TCPRoute:
      return parents_of<api::TCPRoute>(object);
    case Kind::Rollout:  // it divides what comes to them
      all_of({Kind::Service}, key.ns);
      break;
    case Kind::Service:
      all_of({Kind::Rollout, Kind::HTTPRoute, Kind::TCPRoute, Kind::Ingress,
              Kind::BackendTrafficPolicy, Kind::ClientTrafficPolicy},
             key.ns);
      break;
    case Kind::BackendTrafficPolicy:  // they share targets
      all_of({Kind::BackendTrafficPolicy}, key.ns);
      break;
    case Kind::ClientTrafficPolicy:
      all_of({Kind::ClientTrafficPolicy}, key.ns);
      break;
    case Kind::Secret:
      all_of({Kind::Gateway, Kind::Ingress}, key.ns);
      break;
    case Kind::Namespace:  // listeners choose routes by its labels
      all_of({Kind::HTTPRoute, Kind::TCPRoute}, key.name);
      all_of({Kind::Gateway}, {});
      break;
    case Kind::Gateway:
    case Kind::Ingress:  // they share ports
      all_of({Kind::Gateway, Kind::Ingress, Kind::HTTPRoute, Kind::TCPRoute,
              Kind::ClientTrafficPolicy},
             {});
      break;
    default:
      break;
  }
  return keys;
}

// Whose files, whose values, or whose order it is a part of; and whose it is.
std::vector<Key> awaited_by(const World& world, const Object& object) {
  const Key key = key_of(object);
  std::vector<Key> keys;
  if (key.kind == Kind::GitRepository || key.kind == Kind::Kustomization) {
    append(keys, world.keys(Kind::Kustomization));
  }
  if (key.kind == Kind::GitRepository || key.kind == Kind::Secret) {
    append(keys, world.keys(Kind::GitRepository, key.ns));
    append(keys, world.keys(Kind::Receiver, key.ns));
  }
  if (key.kind == Kind::Secret || key.kind == Kind::ConfigMap) {
    append(keys, world.keys(Kind::Kustomization, key.ns));
  }
  const Labels& labels = meta(object).labels;
  if (const auto by = labels.find(flux::kNameLabel); by != labels.end()) {
    const Key own{.kind = Kind::Kustomization,
                  .ns = text_at(labels, flux::kNamespaceLabel),
                  .name = by->second};
    if (world.find(own)) keys.push_back(own);
  }
  // The Rollout of a Deployment that is rolled out by weights stands for it.
  if (const auto* rollout = std::get_if<api::Rollout>(&object)) {
    const Key workload{.kind = Kind::Deployment, .ns = key.ns, .name = key.name};
    if (rollout->spec.workloadRef && world.find(workload)) {
      append(keys, awaited_by(world, *world.find(workload)));
    }
  }
  return keys;
}

}  // namespace

std::vector<Key> affected(const World& world, const Object& object, bool removed) {
  const Key key = key_of(object);
  const api::ObjectMeta& m = meta(object);
  if (key.kind == Kind::Event) return removed ? std::vector<Key>{} : std::vector<Key>{key};
  std::vector<Key> keys{key};
  for (const api::OwnerReference& owner : m.ownerReferences) {
    if (const Key* found = world.find_uid(owner.uid)) keys.push_back(*found);
  }
  // A Rollout sizes the ReplicaSets of the Deployment whose name it has.
  if (key.kind == Kind::ReplicaSet) {
    for (const api::OwnerReference& owner : m.ownerReferences) {
      const Key rollout{.kind = Kind::Rollout, .ns = key.ns, .name = owner.name};
      if (owner.kind == "Deployment" && world.find(rollout)) keys.push_back(rollout);
    }
  }
  // A removed owner leaves its dependents to the garbage steps.
  if (removed) {
    const std::set<Key>& dependents = world.dependents(m.uid);
    keys.insert(keys.end(), dependents.begin(), dependents.end());
  }
  // Nobody's controller owns it: whoever selects it may adopt it.
  if (key.kind == Kind::Pod && !has_controller(m))
    append(keys, world.keys(Kind::ReplicaSet, key.ns));
  if (key.kind == Kind::ReplicaSet && !has_controller(m)) {
    append(keys, world.keys(Kind::Deployment, key.ns));
    append(keys, world.keys(Kind::Rollout, key.ns));
  }
  // What its metrics are decides whether Rollouts are valid, and whether Experiments can begin.
  if (key.kind == Kind::AnalysisTemplate || key.kind == Kind::ClusterAnalysisTemplate) {
    append(keys, world.keys(Kind::Rollout, key.ns));
    append(keys, world.keys(Kind::Experiment, key.ns));
  }
  if (key.kind == Kind::Deployment) append(keys, world.keys(Kind::Rollout, key.ns));
  if (key.kind == Kind::Pod) {
    append(keys, services_of_any_revision(world, key.ns, m.labels));
    if (const auto service = service_of_sandbox(std::get<api::Pod>(object))) {
      keys.push_back(*service);
    }
  }
  if (key.kind == Kind::EndpointSlice) {
    keys.push_back(
        {.kind = Kind::Service, .ns = key.ns, .name = text_at(m.labels, kServiceNameLabel)});
  }
  append(keys, routed_by(world, object));
  append(keys, awaited_by(world, object));
  append(keys, configured_by(world, key));
  if (key.kind == Kind::ConfigMap || key.kind == Kind::Secret) {
    for (const Key& pod : world.keys(Kind::Pod, key.ns)) {
      if (reads(*world.get<api::Pod>(pod.ns, pod.name), key)) keys.push_back(pod);
    }
  }
  const Key ns{.kind = Kind::Namespace, .name = key.ns};
  const Object* home = key.ns.empty() ? nullptr : world.find(ns);
  if (home && meta(*home).deletionTimestamp) keys.push_back(ns);
  return keys;
}

}  // namespace weir
