#pragma once

// Names that controllers give. All are derived, so that a plan made again names the same things.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/world.h"

namespace weir {

// What a name of an object may hold at most (a DNS subdomain).
inline constexpr std::size_t kObjectNameMax = 253;

std::uint32_t fnv1a_32(std::string_view bytes);

// Which template a ReplicaSet and its Pods are made from: the pod-template-hash label and the end
// of the ReplicaSet's name. `collision_count` gives another hash when a name is taken.
std::string pod_template_hash(const api::PodTemplateSpec& pod_template,
                              std::optional<std::int64_t> collision_count);

// "web-5d9c-x2v7k": the Pod in this slot of this owner. Slots are numbered from 0. The name is cut
// to 63 characters, as Kubernetes cuts it, so that it can be a host name.
std::string pod_name(const std::string& owner, std::int64_t slot);

// The key's own name, or, if there is such an object, the first of NAME.1, NAME.2 … that is free.
std::string free_name(const World& world, Key key);

}  // namespace weir
