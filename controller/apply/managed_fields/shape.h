#pragma once

// How server-side apply takes a value apart. The schema says which maps and lists are granular
// (their parts have owners of their own) and which are atomic (owned and replaced as a whole).
// Unknown fields: maps are granular, lists atomic, as in Kubernetes. Pure; any thread.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controller/admission/schema.h"

namespace weir {

enum class Shape {
  leaf,    // a plain value, null, or something atomic
  fields,  // a map or struct, field by field
  items,   // a list whose elements are told apart by keys, or a set
};

struct Parts {
  Shape shape = Shape::leaf;
  // Of shape items, in the order of the list: k:{"name":"web"} or v:"x"; no two are equal.
  std::vector<std::string> elements = {};
  // Why a list that should be items is a leaf: an element lacks its key, or two have the same.
  // Objects that are written as a whole may have such lists; what a manager applies may not.
  std::string defect = {};
};

Parts take_apart(const SchemaNode* node, const nlohmann::json& value);

// Where each element is.
using Positions = std::unordered_map<std::string_view, std::size_t>;
Positions positions_of(const std::vector<std::string>& elements);

std::string field_element(std::string_view name);  // f:NAME
// A field that the type itself has, as opposed to a key of a map.
bool is_named(const SchemaNode* node, std::string_view name);
// The schema below `node`, null (anything) where there is none.
const SchemaNode* field_node(const SchemaNode* node, std::string_view name);
const SchemaNode* item_node(const SchemaNode* node);

}  // namespace weir
