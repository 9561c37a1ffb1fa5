#pragma once

// The four walks of server-side apply over a document and its schema: which fields a document
// has, how two documents differ, what a configuration makes of a live object, and what falls away
// when a manager no longer asks for it. Pure; depth is bounded by the documents'.

#include <nlohmann/json_fwd.hpp>

#include "controller/admission/schema.h"
#include "controller/apply/managed_fields/field_set.h"
#include "controller/result.h"

namespace weir {

// All fields of an object that was written as a whole.
FieldSet fields_of(const nlohmann::json& document, const SchemaNode& kind);
// All fields that a manager applies. invalid for a list with two equal keys, or without one.
Result<FieldSet> applied_fields_of(const nlohmann::json& configuration, const SchemaNode& kind);

struct Comparison {
  FieldSet added;
  FieldSet removed;
  FieldSet modified;
  bool empty() const { return added.empty() && removed.empty() && modified.empty(); }
};
// The order of granular lists does not count.
Comparison compare(const nlohmann::json& before, const nlohmann::json& after,
                   const SchemaNode& kind);

// Puts a configuration into a live object. null deletes. Elements that only the live list has keep
// their place; otherwise the configuration's order holds.
void merge_configuration(nlohmann::json& live, const nlohmann::json& configuration,
                         const SchemaNode& kind);

// Takes out of `merged` what was in `previous` and is not in `owned` any more: elements and structs
// with all that is in them, and maps and lists that this leaves empty.
void prune(nlohmann::json& merged, const FieldSet& previous, const FieldSet& owned,
           const SchemaNode& kind);

}  // namespace weir
