#pragma once

// A pod's volumes: the files that must be on the host before its container is made, kept up to date
// while it runs, and the mounts that show them inside. What the files were made from is told by a
// hash over the volume and the versions of the objects it reads: a quiet pod compares hashes and
// reads no content.

#include <string>
#include <vector>

#include "reconcilers/environment.h"
#include "reconcilers/pod_view.h"

namespace weir {

struct Volumes {
  std::vector<WriteVolume> writes = {};  // not there yet, or made from something older
  bool ready = true;                     // nothing to write, nothing in trouble
  std::string trouble = {};              // the first volume that cannot be made, and why
};

Volumes volumes_of(const PodView& view);

struct Mounts {
  std::vector<Mount> mounts = {};
  std::string error = {};
};

// `values` is for subPathExpr.
Mounts mounts_of(const PodView& view, const EnvValues& values);

// The names under which World::volumes knows this pod's volumes begin with this.
std::string volume_prefix(const api::Pod& pod);

}  // namespace weir
