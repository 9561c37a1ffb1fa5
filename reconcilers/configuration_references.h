#pragma once

// Where a pod's spec names ConfigMaps and Secrets whose contents its containers see: env, envFrom
// and volumes. What pulls an image (imagePullSecrets) is none of theirs.

#include <algorithm>
#include <string>
#include <vector>

#include "reconcilers/key.h"

namespace weir {

// Calls see(kind, name, optional) for each place, always in the same order. Spec is api::PodSpec,
// const or not: of one that is not, `see` may change the name.
template <class Spec, class See>
void for_each_reference(Spec& spec, const See& see) {
  const auto map = [&](auto& source) {
    see(Kind::ConfigMap, source.name, source.optional.value_or(false));
  };
  const auto secret = [&](auto& source) {
    see(Kind::Secret, source.name, source.optional.value_or(false));
  };
  const auto container = [&](auto& c) {
    for (auto& env : c.env) {
      if (!env.valueFrom) continue;
      if (env.valueFrom->configMapKeyRef) map(*env.valueFrom->configMapKeyRef);
      if (env.valueFrom->secretKeyRef) secret(*env.valueFrom->secretKeyRef);
    }
    for (auto& from : c.envFrom) {
      if (from.configMapRef) map(*from.configMapRef);
      if (from.secretRef) secret(*from.secretRef);
    }
  };
  for (auto& c : spec.initContainers) container(c);
  for (auto& c : spec.containers) container(c);
  for (auto& volume : spec.volumes) {
    if (volume.configMap) map(*volume.configMap);
    if (volume.secret) {
      see(Kind::Secret, volume.secret->secretName, volume.secret->optional.value_or(false));
    }
    if (!volume.projected) continue;
    for (auto& part : volume.projected->sources) {
      if (part.configMap) map(*part.configMap);
      if (part.secret) secret(*part.secret);
    }
  }
}

// The same places as keys in this namespace, as often as they are named.
std::vector<Key> references_of(const api::PodSpec& spec, const std::string& ns);

}  // namespace weir
