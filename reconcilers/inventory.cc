#include "reconcilers/inventory.h"

#include <algorithm>

namespace weir {

api::InventoryEntry entry_of(const Key& key) {
  const KindInfo& kind = info(key.kind);
  api::InventoryEntry entry;
  entry.id = key.ns + "_" + key.name + "_" + std::string(kind.group) + "_" + std::string(kind.name);
  entry.v = kind.version;
  return entry;
}

// No part of it may have an underscore.
std::optional<Key> key_of(const api::InventoryEntry& entry) {
  std::vector<std::string> parts{""};
  for (const char c : entry.id) {
    if (c == '_') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() != 4) return std::nullopt;
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const KindInfo& kind) {
    return kind.group == parts[2] && kind.name == parts[3];
  });
  if (found == kinds().end()) return std::nullopt;
  return Key{.kind = found->kind, .ns = parts[0], .name = parts[1]};
}

std::string subject(const Key& key) {
  return std::string(info(key.kind).name) + "/" + (key.ns.empty() ? "" : key.ns + "/") + key.name;
}

}  // namespace weir
