#pragma once

// Key: the name of an object. The work queue, events and plans carry keys, never objects.

#include <compare>
#include <functional>
#include <string>

#include "gen/kinds.h"

namespace weir {

struct Key {
  Kind kind = Kind::Pod;
  std::string ns = {};  // empty for cluster-scoped kinds
  std::string name = {};
  auto operator<=>(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::hash<std::string> hash;
    return (hash(key.ns) * 31 + hash(key.name)) * 31 + static_cast<std::size_t>(key.kind);
  }
};

// "Deployment default/web", "Namespace prod": how errors, logs and plans name an object.
std::string text(const Key& key);

Key key_of(const Object& object);

}  // namespace weir
