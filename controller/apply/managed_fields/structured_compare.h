#pragma once

// What a document has, seen as fields, and how two documents differ: the reading half of
// server-side apply. Walks a document and its schema together. Pure; any thread; depth is bounded
// by the documents'.

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

}  // namespace weir
