#pragma once

// The downward API: what fieldRef and resourceFieldRef stand for, in environments and in volumes.

#include <optional>
#include <string>

#include "reconcilers/pod_view.h"

namespace weir {

// A text, or why there is none. Absent without an error: the reference is optional.
struct Lookup {
  std::optional<std::string> value = {};
  std::string error = {};
};

Lookup field_value(const PodView& view, const std::string& path);
// metadata.name, metadata.labels['app'] …, of any object.
Lookup metadata_value(const api::ObjectMeta& metadata, const std::string& path);
Lookup resource_value(const PodView& view, const api::ResourceFieldSelector& selector);

// requests.cpu and the like; a request that is not given is the limit. Empty: neither is.
std::string requested(const api::Container& container, const std::string& resource);
std::string limit_of(const api::Container& container, const std::string& resource);

// Guaranteed, Burstable or BestEffort.
std::string qos_class(const api::PodSpec& pod);

}  // namespace weir
