#pragma once

// What the parts of a condition evaluate to. A Value is small and owns nothing: strings and arrays
// lie in the result, in the parsed condition, or in the Evaluation that made them.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::analysis {

struct Nil {};

// An array is a `const Array*` (made by a condition) or, like an object, a `const json*`.
struct Value;
using Array = std::vector<Value>;
struct Value {
  std::variant<Nil, bool, std::int64_t, double, std::string_view, const nlohmann::json*,
               const Array*>
      is = {};

  template <class T>
  const T* as() const {
    return std::get_if<T>(&is);
  }
  bool is_nil() const { return as<Nil>() != nullptr; }
  std::optional<double> number() const;
};

Value value_of(const nlohmann::json& json);    // refers to it
std::string_view type_of(const Value& value);  // "nil", "a number", "an array"

std::optional<std::size_t> array_size(const Value& value);  // nullopt: it is no array
Value element_of(const Value& array, std::size_t index);
const nlohmann::json* object_of(const Value& value);  // null: it is no object

// How much work a condition may still cause: a result may be large, and predicates nest.
class Budget {
 public:
  bool spend(std::size_t steps);  // false: it is used up, for good
  bool used_up() const { return left_ == 0; }

 private:
  std::size_t left_ = 1'000'000;
};

// The steps that a look at the whole of a string takes; of anything else one.
std::size_t weight(const Value& value);

// Numbers by their value, whatever their type; arrays and objects by what is in them; values of
// different types are different. Nothing is equal any more when the budget is used up.
bool equal(const Value& a, const Value& b, Budget& budget);

// Of two numbers or two strings; nullopt: other values have no order. NaN is `unordered`.
std::optional<std::partial_ordering> order(const Value& a, const Value& b);

}  // namespace weir::analysis
