#pragma once

// A story about an object and those who write it: `apply NAME`, `force NAME` (apply that takes
// over), `update NAME` (the whole object) and `patch NAME` (a JSON merge patch), one after the
// other, a second apart.

#include <string>
#include <vector>

#include "gen/kinds.h"

namespace weir {

struct Write {
  std::string how_and_who;  // "apply ci", "patch hpa/scale" for the subresource scale
  std::string yaml;
};

// The object after all writes, without managedFields, in one line of JSON, and its owners, one
// in a line: `ci Apply 1: .spec.replicas .spec.paused`. A write that is refused ends the story
// with its error.
std::string story(Kind kind, const std::vector<Write>& writes);

}  // namespace weir
