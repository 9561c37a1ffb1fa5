#pragma once

// What a configuration makes of a live object, and what falls away when its manager no longer asks
// for it: the writing half of server-side apply. Pure; any thread; depth is bounded by the
// documents'.

#include <nlohmann/json_fwd.hpp>

#include "controller/admission/schema.h"
#include "controller/apply/managed_fields/field_set.h"

namespace weir {

// Puts a configuration into a live object. null deletes. Elements that only the live list has keep
// their place; otherwise the configuration's order holds.
void merge_configuration(nlohmann::json& live, const nlohmann::json& configuration,
                         const SchemaNode& kind);

// Takes out of `merged` what was in `previous` and is not in `owned` any more: elements and structs
// with all that is in them, and maps and lists that this leaves empty.
void prune(nlohmann::json& merged, const FieldSet& previous, const FieldSet& owned,
           const SchemaNode& kind);

}  // namespace weir
