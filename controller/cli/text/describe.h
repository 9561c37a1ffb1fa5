#pragma once

// Objects in kubectl describe's layout. Pure. Kinds without a layout of their own are printed
// field by field.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reconcilers/time.h"

namespace weir::cli {

// What belongs to the object; verbs/describe.cc asks the server for it.
struct Described {
  const nlohmann::json& object;
  const std::vector<nlohmann::json>& events;        // about the object
  const std::vector<nlohmann::json>& replica_sets;  // of a Deployment, oldest first
  const std::vector<nlohmann::json>& pods;          // of a ReplicaSet
  bool show_events = true;
  Time now = {};
};

std::string describe_object(const Described& described);

// A PodTemplateSpec, as `rollout history --revision` shows it.
std::string describe_template(const nlohmann::json& pod_template);

}  // namespace weir::cli
