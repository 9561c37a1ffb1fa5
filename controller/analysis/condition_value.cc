#include "controller/analysis/condition_value.h"

#include <nlohmann/json.hpp>

namespace weir::analysis {

namespace {

using nlohmann::json;

// A result is as deep as a server likes, and the stack is not.
constexpr int kDepthMax = 200;

bool equal_within(const Value& a, const Value& b, Budget& budget, int depth);

bool equal_objects(const json& a, const json& b, Budget& budget, int depth) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, value] : a.items()) {
    const auto other = b.find(name);
    if (other == b.end()) return false;
    if (!equal_within(value_of(value), value_of(*other), budget, depth)) return false;
  }
  return true;
}

bool equal_within(const Value& a, const Value& b, Budget& budget, int depth) {
  if (depth > kDepthMax) budget.spend(SIZE_MAX);
  if (!budget.spend(weight(a) + weight(b))) return false;
  if (const auto ordered = order(a, b)) return *ordered == std::partial_ordering::equivalent;
  if (a.is_nil() || b.is_nil()) return a.is_nil() && b.is_nil();
  if (const bool* left = a.as<bool>()) {
    const bool* right = b.as<bool>();
    return right && *left == *right;
  }
  if (const json* left = object_of(a)) {
    const json* right = object_of(b);
    return right && equal_objects(*left, *right, budget, depth + 1);
  }
  const auto size = array_size(a);
  if (!size || size != array_size(b)) return false;
  for (std::size_t i = 0; i < *size; ++i) {
    if (!equal_within(element_of(a, i), element_of(b, i), budget, depth + 1)) return false;
  }
  return true;
}

}  // namespace

std::optional<double> Value::number() const {
  if (const auto* integer = as<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* real = as<double>()) return *real;
  return std::nullopt;
}

Value value_of(const json& json) {
  switch (json.type()) {
    case json::value_t::boolean:
      return {json.get<bool>()};
    case json::value_t::number_integer:
      return {json.get<std::int64_t>()};
    case json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > INT64_MAX) return {json.get<double>()};
      return {json.get<std::int64_t>()};
    case json::value_t::number_float:
      return {json.get<double>()};
    case json::value_t::string:
      return {std::string_view(json.get_ref<const std::string&>())};
    case json::value_t::array:
    case json::value_t::object:
      return {&json};
    case json::value_t::null:
    case json::value_t::binary:  // no text becomes these two
    case json::value_t::discarded:
      break;
  }
  return {};
}

std::string_view type_of(const Value& value) {
  if (value.is_nil()) return "nil";
  if (value.as<bool>()) return "a boolean";
  if (value.number()) return "a number";
  if (value.as<std::string_view>()) return "a string";
  return object_of(value) ? "an object" : "an array";
}

std::optional<std::size_t> array_size(const Value& value) {
  if (const auto* made = value.as<const Array*>()) return (*made)->size();
  const auto* found = value.as<const json*>();
  if (found && (*found)->is_array()) return (*found)->size();
  return std::nullopt;
}

Value element_of(const Value& array, std::size_t index) {
  if (const auto* made = array.as<const Array*>()) return (**made)[index];
  return value_of((**array.as<const json*>())[index]);
}

const json* object_of(const Value& value) {
  const auto* found = value.as<const json*>();
  return found && (*found)->is_object() ? *found : nullptr;
}

bool Budget::spend(std::size_t steps) {
  left_ = steps < left_ ? left_ - steps : 0;
  return left_ > 0;
}

std::size_t weight(const Value& value) {
  const auto* text = value.as<std::string_view>();
  return text ? text->size() / 32 + 1 : 1;
}

bool equal(const Value& a, const Value& b, Budget& budget) { return equal_within(a, b, budget, 0); }

std::optional<std::partial_ordering> order(const Value& a, const Value& b) {
  const auto* left = a.as<std::string_view>();
  const auto* right = b.as<std::string_view>();
  if (left && right) return *left <=> *right;
  const auto* integer = a.as<std::int64_t>();
  const auto* other = b.as<std::int64_t>();
  if (integer && other) return *integer <=> *other;
  const auto number = a.number();
  const auto other_number = b.number();
  if (!number || !other_number) return std::nullopt;
  return *number <=> *other_number;
}

}  // namespace weir::analysis
