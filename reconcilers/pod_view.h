#pragma once

// What the steps of the Pod reconciler look at and what they leave for one another. Private to the
// Pod's files.

#include <string>

#include "reconcilers/plan.h"
#include "reconcilers/pod_containers.h"

namespace weir {

// Made once a plan; const from then on.
struct PodView {
  const World& world;
  const Key& key;
  Time now;
  const api::Pod* pod = nullptr;                 // null: only its containers are left
  const api::Container* container = nullptr;     // the pod's one container
  const api::ContainerStatus* stored = nullptr;  // what was last written about it
  std::string hash = {};                         // of the container's spec
  PodContainers containers = {};

  bool deleting() const { return pod && pod->metadata.deletionTimestamp; }
};

// Filled by the steps, read by the ending that writes the status.
struct PodDraft {
  Plan plan = {};
  std::optional<api::ContainerStateWaiting> waiting = {};  // why there is no running container
  bool restarting = false;          // an ended container will have a successor
  int step = 0;                     // back-off step of that successor
  std::string phase = {};           // Succeeded or Failed: decided, for good
  std::string reason = {};          // of the phase
  std::string message = {};         // likewise
  std::string volume_trouble = {};  // why a volume cannot be mounted
  bool volumes_ready = true;        // all files are where the container will look for them
  bool gone = false;                // the plan ends the object: nothing is left to write about it
};

PodView view_of(const World& world, const Key& key, Time now);

// "web in pod web-1_default(uid)", as the kubelet names a container in its messages.
std::string full_name(const PodView& view);

}  // namespace weir
