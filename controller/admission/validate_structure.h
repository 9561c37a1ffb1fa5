#pragma once

// What follows from the schema alone, for every kind: fields that do not exist, defaults, types,
// allowed values, and fields without effect on one Docker host. Documents are walked together with
// the schema; they come from parse_json or parse_manifest, so recursion has an end.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/admission/causes.h"
#include "controller/admission/schema.h"

namespace weir {

// Paths of fields that the schema does not have: "spec.replicaz". At most Causes::kMax.
std::vector<std::string> unknown_fields(const SchemaNode& node, const nlohmann::json& document);

// Removes unknown fields and nulls: what a typed decoder would not see either.
void prune(const SchemaNode& node, nlohmann::json& document);

// Fills in what the schema gives a default. Expects a pruned document. An empty text counts as
// absent, as it does for Kubernetes; so does 0 where the schema says so.
void apply_defaults(const SchemaNode& node, nlohmann::json& document);

// Types, required fields, enums, ranges, and the formats byte, date-time and quantity.
void check_structure(const SchemaNode& node, const nlohmann::json& document, Causes& causes);

// "spec.template.spec.affinity: has no effect on a single Docker host (there is …)". Fields at
// their default, false and empty ones say nothing.
std::vector<std::string> effects(const SchemaNode& node, const nlohmann::json& document);

}  // namespace weir
