#include "controller/apply/managed_fields/shape.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "controller/apply/managed_fields/field_set.h"

namespace weir {

using nlohmann::json;

namespace {

// The keys of a granular list, sorted as in FieldsV1; of a set there are none. Lists that say
// nothing of server-side apply follow their strategic merge key, as in Kubernetes.
std::vector<std::string> list_keys(const SchemaNode& node) {
  if (node.list_type == SchemaNode::ListType::map) {
    std::vector<std::string> keys = node.list_map_keys;
    std::sort(keys.begin(), keys.end());
    return keys;
  }
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

// As json::dump() writes it. Keys are short plain texts and numbers, there are many of them, and
// each walk over a document makes them again.
void append_json(std::string& out, const json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (text != nullptr && std::all_of(text->begin(), text->end(), plain)) {
    out.append(1, '"').append(*text).append(1, '"');
  } else if (value.is_number_integer()) {
    out += value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                      : std::to_string(value.get<std::int64_t>());
  } else {
    out += value.dump();
  }
}

// Empty, with a defect, when the item cannot be told apart.
std::string element_of(const SchemaNode& node, const std::vector<std::string>& keys,
                       const json& item, std::string& defect) {
  if (keys.empty()) {
    if (item.is_structured()) defect = "an element of a set must be a plain value";
    std::string element = "v:";
    append_json(element, item);
    return element;
  }
  if (!item.is_object()) {
    defect = "an element must be an object";
    return {};
  }
  std::string element = "k:{";
  for (const std::string& key : keys) {
    const json* value = key_value(node.items, item, key);
    if (value == nullptr) {
      defect = "an element omits its key field \"" + key + "\"";
      return {};
    }
    element.append(element.back() == '{' ? "\"" : ",\"").append(key).append("\":");
    append_json(element, *value);
  }
  return element.append(1, '}');
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

Positions positions_of(const std::vector<std::string>& elements) {
  Positions positions;
  positions.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) positions.emplace(elements[i], i);
  return positions;
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
