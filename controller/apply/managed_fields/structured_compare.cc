#include "controller/apply/managed_fields/structured_compare.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/apply/managed_fields/shape.h"

namespace weir {

using nlohmann::json;

namespace {

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

}  // namespace weir
