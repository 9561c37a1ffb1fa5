#pragma once

// Key: the name of an object. The work queue, events and plans carry keys, never objects.

#include <compare>
#include <string>

#include "gen/kinds.h"

namespace weir {

struct Key {
  Kind kind = Kind::Pod;
  std::string ns = {};  // empty for cluster-scoped kinds
  std::string name = {};
  auto operator<=>(const Key&) const = default;
};

// "Deployment default/web", "Namespace prod": how errors, logs and plans name an object.
std::string text(const Key& key);

Key key_of(const Object& object);

}  // namespace weir
