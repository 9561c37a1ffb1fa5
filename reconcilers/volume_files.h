#pragma once

// The files of configMap, secret, downwardAPI and projected volumes.

#include <string>
#include <vector>

#include "reconcilers/pod_view.h"

namespace weir {

struct VolumeContent {
  std::vector<VolumeFile> files = {};
  std::string error = {};  // a source or key that is missing and not optional
};

VolumeContent files_of(const PodView& view, const api::Volume& volume);

// A hash over all that files_of reads: cheap, and different whenever a source was written.
std::string version_of(const PodView& view, const api::Volume& volume);

// Holds a Secret's bytes, or was asked to be in memory: must not reach a disk.
bool in_memory(const api::Volume& volume);

}  // namespace weir
