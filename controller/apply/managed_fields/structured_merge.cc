#include "controller/apply/managed_fields/structured_merge.h"

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "controller/apply/managed_fields/shape.h"

namespace weir {

using nlohmann::json;

namespace {

const json::object_t& fields_in(const json& map) { return map.get_ref<const json::object_t&>(); }

json without_nulls(const json& value) {
  if (value.is_object()) {
    json result = json::object();
    for (const auto& [name, child] : fields_in(value)) {
      if (!child.is_null()) result[name] = without_nulls(child);
    }
    return result;
  }
  if (!value.is_array()) return value;
  json result = json::array();
  for (const json& item : value) result.push_back(without_nulls(item));
  return result;
}

void merge_values(json& live, const json& configuration, const SchemaNode* node);

void merge_fields(json& live, const json& configuration, const SchemaNode* node) {
  for (const auto& [name, wanted] : fields_in(configuration)) {
    const auto found = live.find(name);
    if (wanted.is_null()) {
      if (found != live.end()) live.erase(found);
    } else if (found == live.end()) {
      live[name] = without_nulls(wanted);
    } else {
      merge_values(*found, wanted, field_node(node, name));
    }
  }
}

// The live elements that the configuration does not have keep their place as far as its order lets
// them.
void merge_items(json& live, const Parts& live_parts, const json& configuration,
                 const Parts& wanted_parts, const SchemaNode* node) {
  if (live_parts.elements == wanted_parts.elements) {
    for (std::size_t i = 0; i < live.size(); ++i) {
      merge_values(live[i], configuration[i], item_node(node));
    }
    return;
  }
  const Positions live_places = positions_of(live_parts.elements);
  const Positions wanted_places = positions_of(wanted_parts.elements);
  const auto is_live = [&](std::size_t i) {
    return live_places.contains(wanted_parts.elements[i]);
  };
  json result = json::array();
  std::size_t next_live = 0;    // the first live element that has no place yet
  std::size_t next_shared = 0;  // the next wanted element that is live, too
  for (std::size_t i = 0; i < configuration.size(); ++i) {
    while (next_shared < i || (next_shared < configuration.size() && !is_live(next_shared))) {
      ++next_shared;
    }
    for (; next_live < live.size(); ++next_live) {
      const auto wanted = wanted_places.find(live_parts.elements[next_live]);
      if (wanted == wanted_places.end()) {
        result.push_back(std::move(live[next_live]));
      } else if (wanted->second == next_shared) {
        break;
      }
    }
    const auto place = live_places.find(wanted_parts.elements[i]);
    if (place == live_places.end()) {
      result.push_back(without_nulls(configuration[i]));
    } else {
      result.push_back(std::move(live[place->second]));
      merge_values(result.back(), configuration[i], item_node(node));
    }
  }
  for (; next_live < live.size(); ++next_live) {
    if (!wanted_places.contains(live_parts.elements[next_live])) {
      result.push_back(std::move(live[next_live]));
    }
  }
  live = std::move(result);
}

void merge_values(json& live, const json& configuration, const SchemaNode* node) {
  const Parts live_parts = take_apart(node, live);
  const Parts wanted_parts = take_apart(node, configuration);
  if (live_parts.shape != wanted_parts.shape || wanted_parts.shape == Shape::leaf) {
    live = without_nulls(configuration);
  } else if (wanted_parts.shape == Shape::fields) {
    merge_fields(live, configuration, node);
  } else {
    merge_items(live, live_parts, configuration, wanted_parts, node);
  }
}

const FieldSet& none() {
  static const FieldSet kNone;
  return kNone;
}

// A struct's field counts as owned when something below it is; a key or an element only itself.
bool holds(const FieldSet* fields, bool named) {
  return fields != nullptr && (fields->member || (named && !fields->children().empty()));
}

void prune_value(json& value, const FieldSet& previous, const FieldSet& owned,
                 const SchemaNode* node);

// A map or list of any keys, as opposed to a struct. Not all who write into one keep track: what
// the server itself puts there (the revision of a deployment, a finalizer) must not go with what a
// manager gives up.
bool is_open(const SchemaNode* node, const json& value) {
  const Shape shape = take_apart(node, value).shape;
  return shape == Shape::items ||
         (shape == Shape::fields && (node == nullptr || node->properties.empty()));
}

// Prunes below `value`; true when it must go itself.
bool goes(json& value, const FieldSet& previous, const FieldSet* owned, bool named,
          const SchemaNode* node) {
  const bool given_up = holds(&previous, named) && !holds(owned, named);
  if (given_up && !(named && is_open(node, value))) return true;
  if (value.empty()) return given_up;
  prune_value(value, previous, owned == nullptr ? none() : *owned, node);
  return value.empty() && (owned == nullptr || !owned->member);
}

void prune_value(json& value, const FieldSet& previous, const FieldSet& owned,
                 const SchemaNode* node) {
  const Parts parts = take_apart(node, value);
  if (parts.shape == Shape::fields) {
    for (auto field = value.begin(); field != value.end();) {
      const std::string element = field_element(field.key());
      const FieldSet* was = previous.find(element);
      const bool gone =
          was != nullptr && goes(*field, *was, owned.find(element), is_named(node, field.key()),
                                 field_node(node, field.key()));
      field = gone ? value.erase(field) : std::next(field);
    }
  } else if (parts.shape == Shape::items) {
    json kept = json::array();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const FieldSet* was = previous.find(parts.elements[i]);
      if (was != nullptr &&
          goes(value[i], *was, owned.find(parts.elements[i]), false, item_node(node))) {
        continue;
      }
      kept.push_back(std::move(value[i]));
    }
    value = std::move(kept);
  }
}

}  // namespace

void merge_configuration(json& live, const json& configuration, const SchemaNode& kind) {
  merge_values(live, configuration, &kind);
}

void prune(json& merged, const FieldSet& previous, const FieldSet& owned, const SchemaNode& kind) {
  prune_value(merged, previous, owned, &kind);
}

}  // namespace weir
