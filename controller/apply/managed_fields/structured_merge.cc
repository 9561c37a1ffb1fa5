#include "controller/apply/managed_fields/structured_merge.h"

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/apply/managed_fields/shape.h"

namespace weir {

using nlohmann::json;

namespace {

using Positions = std::unordered_map<std::string_view, std::size_t>;

Positions positions_of(const std::vector<std::string>& elements) {
  Positions positions;
  positions.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) positions.emplace(elements[i], i);
  return positions;
}

const json::object_t& fields_in(const json& map) { return map.get_ref<const json::object_t&>(); }

FieldSet just_member() {
  FieldSet fields;
  fields.member = true;
  return fields;
}

// Which fields a document has.
class Collector {
 public:
  // The way down to a value, for errors; lives on the stack of the walk.
  struct Step {
    const Step* parent;
    std::string_view element;
  };

  FieldSet collect(const json& value, const SchemaNode* node, const Step* at) {
    const Parts parts = take_apart(node, value);
    if (defect_.empty() && !parts.defect.empty()) defect_ = path_of(at) + ": " + parts.defect;
    switch (parts.shape) {
      case Shape::fields:
        return collect_fields(value, node, at);
      case Shape::items:
        return collect_items(value, node, parts, at);
      case Shape::leaf:
        break;
    }
    return just_member();
  }

  const std::string& defect() const { return defect_; }

 private:
  static std::string path_of(const Step* at) {
    return at == nullptr ? std::string() : path_of(at->parent) + FieldSet::path_text(at->element);
  }

  FieldSet collect_fields(const json& value, const SchemaNode* node, const Step* at) {
    FieldSet fields;
    for (const auto& [name, child] : fields_in(value)) {
      std::string element = field_element(name);
      const Step step{at, element};
      FieldSet below = collect(child, field_node(node, name), &step);
      // A struct's field is owned through what is in it, if anything is; a key of a map is there by
      // choice.
      if (child.empty() || !is_named(node, name)) below.member = true;
      fields.append(std::move(element), std::move(below));
    }
    fields.sort();
    return fields;
  }

  FieldSet collect_items(const json& list, const SchemaNode* node, const Parts& parts,
                         const Step* at) {
    FieldSet fields;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Step step{at, parts.elements[i]};
      FieldSet below = collect(list[i], item_node(node), &step);
      below.member = true;
      fields.append(parts.elements[i], std::move(below));
    }
    fields.sort();
    return fields;
  }

  std::string defect_;
};

void append(Comparison& to, const std::string& element, Comparison below) {
  to.added.append(element, std::move(below.added));
  to.removed.append(element, std::move(below.removed));
  to.modified.append(element, std::move(below.modified));
}

void sort(Comparison& comparison) {
  comparison.added.sort();
  comparison.removed.sort();
  comparison.modified.sort();
}

Comparison compare_values(const json* before, const json* after, const SchemaNode* node);

// Fields of one of them, or of both.
Comparison compare_fields(const json* before, const json* after, const SchemaNode* node) {
  Comparison result;
  const auto child_in = [](const json* map, const std::string& name) -> const json* {
    if (map == nullptr) return nullptr;
    const auto found = map->find(name);
    return found == map->end() ? nullptr : &*found;
  };
  const auto compare_child = [&](const std::string& name, const json* old, const json* now) {
    Comparison below = compare_values(old, now, field_node(node, name));
    if (!below.empty()) append(result, field_element(name), std::move(below));
  };
  if (before != nullptr) {
    for (const auto& [name, child] : fields_in(*before)) {
      compare_child(name, &child, child_in(after, name));
    }
  }
  if (after != nullptr) {
    for (const auto& [name, child] : fields_in(*after)) {
      if (child_in(before, name) == nullptr) compare_child(name, nullptr, &child);
    }
  }
  sort(result);
  return result;
}

Comparison compare_items(const json* before, const Parts& old_parts, const json* after,
                         const Parts& new_parts, const SchemaNode* node) {
  Comparison result;
  const Positions places = positions_of(new_parts.elements);
  std::vector<bool> met(new_parts.elements.size(), false);
  for (std::size_t i = 0; before != nullptr && i < before->size(); ++i) {
    const std::string& element = old_parts.elements[i];
    const auto place = places.find(element);
    const json* now = nullptr;
    if (place != places.end()) {
      met[place->second] = true;
      now = &(*after)[place->second];
    }
    append(result, element, compare_values(&(*before)[i], now, item_node(node)));
  }
  for (std::size_t i = 0; after != nullptr && i < after->size(); ++i) {
    if (met[i]) continue;
    append(result, new_parts.elements[i], compare_values(nullptr, &(*after)[i], item_node(node)));
  }
  sort(result);
  return result;
}

// The parts of values of one shape; a null one has none of them.
Comparison compare_parts(const json* before, const Parts& old_parts, const json* after,
                         const Parts& new_parts, const SchemaNode* node) {
  const Shape shape = before != nullptr ? old_parts.shape : new_parts.shape;
  if (shape == Shape::fields) return compare_fields(before, after, node);
  if (shape == Shape::items) return compare_items(before, old_parts, after, new_parts, node);
  Comparison result;
  result.modified.member = before != nullptr && after != nullptr && *before != *after;
  return result;
}

Comparison compare_values(const json* before, const json* after, const SchemaNode* node) {
  // Taking lists apart costs more than seeing that they are equal, as most are.
  if (before != nullptr && after != nullptr && before->is_array() && *before == *after) return {};
  const Parts old_parts = before == nullptr ? Parts{} : take_apart(node, *before);
  const Parts new_parts = after == nullptr ? Parts{} : take_apart(node, *after);
  if (before != nullptr && after != nullptr) {
    if (old_parts.shape == new_parts.shape) {
      return compare_parts(before, old_parts, after, new_parts, node);
    }
    // It was taken apart and is atomic now, or the other way round.
    Comparison result = compare_parts(before, old_parts, nullptr, {}, node);
    result.added = compare_parts(nullptr, {}, after, new_parts, node).added;
    result.modified.member = true;
    return result;
  }
  Comparison result = compare_parts(before, old_parts, after, new_parts, node);
  (before == nullptr ? result.added : result.removed).member = true;
  return result;
}

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

FieldSet fields_of(const json& document, const SchemaNode& kind) {
  return Collector().collect(document, &kind, nullptr);
}

Result<FieldSet> applied_fields_of(const json& configuration, const SchemaNode& kind) {
  Collector collector;
  FieldSet fields = collector.collect(configuration, &kind, nullptr);
  if (!collector.defect().empty()) return fail(Code::invalid, collector.defect());
  return fields;
}

Comparison compare(const json& before, const json& after, const SchemaNode& kind) {
  return compare_values(&before, &after, &kind);
}

void merge_configuration(json& live, const json& configuration, const SchemaNode& kind) {
  merge_values(live, configuration, &kind);
}

void prune(json& merged, const FieldSet& previous, const FieldSet& owned, const SchemaNode& kind) {
  prune_value(merged, previous, owned, &kind);
}

}  // namespace weir
