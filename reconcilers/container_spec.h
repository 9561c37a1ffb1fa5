#pragma once

// The container that a pod asks for, in the engine's words.

#include <string>
#include <vector>

#include "reconcilers/pod_view.h"

namespace weir {

// What the successor in a row of containers differs by.
struct Incarnation {
  std::string name = {};
  int attempt = 0;
  int backoff = 0;
};

struct BuiltSpec {
  ContainerSpec spec = {};
  std::string error = {};  // a configuration that cannot be carried out, and why
  std::vector<EventNote> notes = {};
};

// `image`: as the engine knows it.
BuiltSpec build_spec(const PodView& view, const Incarnation& incarnation, const Image& image);

// weir_web_web-5d9c-x2x4z_default_0
std::string container_name(const PodView& view, int attempt);

// The parts of it: each adds to `spec`; the text says why it cannot be done.
std::string add_security(const PodView& view, const Image& image, ContainerSpec& spec);
std::string add_resources(const PodView& view, ContainerSpec& spec);
void add_network(const PodView& view, ContainerSpec& spec);

// The pod's controller as label dev.weir.owner has it: "ReplicaSet/web-5d9c"; empty: none.
std::string owner_of(const api::Pod& pod);

}  // namespace weir
