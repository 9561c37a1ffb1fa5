#include "controller/apply/managed_fields/shape.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "controller/apply/managed_fields/field_set.h"

namespace weir {

using nlohmann::json;

namespace {

// The keys of a granular list; of a set there are none. Lists that say nothing of server-side
// apply follow their strategic merge key, as in Kubernetes.
std::vector<std::string> list_keys(const SchemaNode& node) {
  if (node.list_type == SchemaNode::ListType::map) return node.list_map_keys;
  if (node.list_type == SchemaNode::ListType::set || node.patch_merge_key.empty()) return {};
  return {node.patch_merge_key};
}

bool is_granular(const SchemaNode& node) {
  return node.list_type != SchemaNode::ListType::atomic || node.patch_merge;
}

const json* key_value(const SchemaNode* items, const json& item, const std::string& key) {
  const auto found = item.find(key);
  if (found != item.end()) return &*found;
  const SchemaNode* field = field_node(items, key);
  return field == nullptr ? nullptr : field->default_value.get();
}

// Empty, with a defect, when the item cannot be told apart.
std::string element_of(const SchemaNode& node, const std::vector<std::string>& keys,
                       const json& item, std::string& defect) {
  if (keys.empty()) {
    if (item.is_structured()) defect = "an element of a set must be a plain value";
    return "v:" + item.dump();
  }
  if (!item.is_object()) {
    defect = "an element must be an object";
    return {};
  }
  json values = json::object();
  for (const std::string& key : keys) {
    const json* value = key_value(node.items, item, key);
    if (value == nullptr) {
      defect = "an element omits its key field \"" + key + "\"";
      return {};
    }
    values[key] = *value;
  }
  return "k:" + values.dump();
}

}  // namespace

Parts take_apart(const SchemaNode* node, const json& value) {
  if (value.is_object()) {
    return {.shape = node != nullptr && node->atomic_map ? Shape::leaf : Shape::fields};
  }
  if (!value.is_array() || node == nullptr || !is_granular(*node)) return {};
  Parts parts;
  const std::vector<std::string> keys = list_keys(*node);
  parts.elements.reserve(value.size());
  for (const json& item : value) {
    parts.elements.push_back(element_of(*node, keys, item, parts.defect));
    if (!parts.defect.empty()) return {.defect = parts.defect};
  }
  std::vector<std::string_view> sorted(parts.elements.begin(), parts.elements.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    return {.defect = "duplicate entries for key " + FieldSet::path_text(*twice)};
  }
  parts.shape = Shape::items;
  return parts;
}

std::string field_element(std::string_view name) { return "f:" + std::string(name); }

bool is_named(const SchemaNode* node, std::string_view name) {
  return node != nullptr && node->properties.contains(name);
}

const SchemaNode* field_node(const SchemaNode* node, std::string_view name) {
  return node == nullptr ? nullptr : node->field(name);
}

const SchemaNode* item_node(const SchemaNode* node) {
  return node == nullptr ? nullptr : node->items;
}

}  // namespace weir
