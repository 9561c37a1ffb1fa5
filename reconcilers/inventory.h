#pragma once

// The inventory of a Kustomization: what it has applied, as Flux writes it down.

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace weir {

// "default_web_apps_Deployment", v1.
api::InventoryEntry entry_of(const Key& key);
// nullopt: of a kind that weir does not have.
std::optional<Key> key_of(const api::InventoryEntry& entry);
// "Deployment/default/web": how Flux names an object.
std::string subject(const Key& key);

}  // namespace weir
