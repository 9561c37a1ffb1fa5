#pragma once

// What managers can own, and metadata.managedFields in a document: shared by track_update() and
// apply(). Pure; any thread.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "controller/admission/schema.h"
#include "controller/apply/managed_fields/field_set.h"
#include "controller/apply/managed_fields/managers.h"
#include "controller/apply/managed_fields/structured_compare.h"

namespace weir {

inline constexpr const char* kManagedFields = "managedFields";

// Fields that belong to the server.
const FieldSet& never_owned();
// Leaves the fields that a write to this subresource can own.
void keep_own(FieldSet& fields, const std::string& subresource);
// The difference in fields that a write to this subresource can own. `before` is null for a create.
Comparison compare_owned(const nlohmann::json& before, const nlohmann::json& after,
                         const SchemaNode& kind, const std::string& subresource);

// metadata.managedFields as it stands; null when there is none.
const nlohmann::json* managed_fields_in(const nlohmann::json& object);
// The same, read; nobody when there is none or it cannot be read.
Managers managers_in(const nlohmann::json& object);
void set_managers(nlohmann::json& object, const Managers& managers);
// A copy of an object (or of nothing) without its owners, which are often more than half of it.
nlohmann::json without_managers(const nlohmann::json& object);

// Takes from all entries what a write changed or removed.
void take_from_all(Managers& managers, const Comparison& difference);

}  // namespace weir
