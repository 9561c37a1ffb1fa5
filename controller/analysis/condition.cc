#include "controller/analysis/condition.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>

#include "controller/analysis/condition_functions.h"
#include "controller/analysis/condition_tree.h"

namespace weir::analysis {

namespace {

using nlohmann::json;
using Node = Condition::Node;

tl::unexpected<Error> error(std::string why) { return fail(Code::invalid, std::move(why)); }

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

tl::unexpected<Error> too_much() { return error("the condition takes too many steps"); }

bool is_ordering(Operator op) {
  return op == Operator::less || op == Operator::greater || op == Operator::at_most ||
         op == Operator::at_least;
}

// One look of a condition at a result. What it makes on the way lives as long as it does.
class Evaluation {
 public:
  explicit Evaluation(const json& result) : result_(result) {}

  Result<Value> value(const Node& node) {
    if (!budget_.spend(1)) return too_much();
    switch (node.kind) {
      case Node::Kind::constant:
        return node.constant;
      case Node::Kind::text:
        return Value{std::string_view(node.text)};
      case Node::Kind::result:
        return value_of(result_);
      case Node::Kind::element:
        return elements_.back();
      case Node::Kind::array:
        return array(node);
      case Node::Kind::unary:
        return unary(node);
      case Node::Kind::operations:
        return operations(node);
      case Node::Kind::choice: {
        TRY(bool yes, boolean(node.operands[0], "?"));
        return value(node.operands[yes ? 1 : 2]);
      }
      case Node::Kind::call:
        return call(node);
    }
    return Value{};
  }

  bool used_up() const { return budget_.used_up(); }

 private:
  Result<bool> boolean(const Node& node, std::string_view taker) {
    TRY(Value value, this->value(node));
    return boolean(value, taker);
  }
  Result<bool> boolean(const Value& value, std::string_view taker) {
    if (const bool* yes = value.as<bool>()) return *yes;
    return error(quoted(taker) + " takes a boolean, not " + std::string(type_of(value)));
  }

  Result<Value> array(const Node& node) {
    Array elements;
    for (const Node& operand : node.operands) {
      TRY(Value element, value(operand));
      elements.push_back(element);
    }
    return keep(std::move(elements));
  }
  Value keep(Array elements) { return Value{&arrays_.emplace_back(std::move(elements))}; }

  Result<Value> unary(const Node& node) {
    const Operator op = node.operators[0];
    TRY(Value operand, value(node.operands[0]));
    if (op == Operator::logical_not) {
      TRY(bool yes, boolean(operand, "not"));
      return Value{!yes};
    }
    return op == Operator::negate ? negated(operand) : Result<Value>(operand);
  }

  // Operators of one precedence, from the left. `a < b < c` means `a < b && b < c`.
  Result<Value> operations(const Node& node) {
    TRY(Value left, value(node.operands[0]));
    Value before = left;  // the operand to the left of the operator
    for (std::size_t i = 0; i < node.operators.size(); ++i) {
      const Operator op = node.operators[i];
      const Node& operand = node.operands[i + 1];
      if (op == Operator::optional_member && left.is_nil()) return left;
      if (op == Operator::logical_or || op == Operator::logical_and) {
        TRY(bool yes, boolean(left, word_of(op)));
        if (yes == (op == Operator::logical_or)) continue;
        TRY(bool right, boolean(operand, word_of(op)));
        left = Value{right};
        continue;
      }
      if (op == Operator::coalesce) {
        if (!left.is_nil()) continue;
        TRY(left, value(operand));
        continue;
      }
      TRY(Value right, value(operand));
      const bool continues = i > 0 && is_ordering(op) && is_ordering(node.operators[i - 1]);
      if (!continues || *left.as<bool>()) {
        TRY(left, applied(op, continues ? before : left, right));
      }
      before = right;
    }
    return left;
  }

  Result<Value> applied(Operator op, const Value& left, const Value& right) {
    if (!budget_.spend(weight(left) + weight(right))) return too_much();
    switch (op) {
      case Operator::member:
      case Operator::optional_member:
        return member(left, right);
      case Operator::equal:
        return Value{equal(left, right, budget_)};
      case Operator::not_equal:
        return Value{!equal(left, right, budget_)};
      case Operator::less:
      case Operator::greater:
      case Operator::at_most:
      case Operator::at_least:
        return compared(op, left, right);
      case Operator::in:
        return in(left, right);
      case Operator::contains:
      case Operator::starts_with:
      case Operator::ends_with:
        return searched(op, left, right);
      case Operator::plus:
        if (left.as<std::string_view>() && right.as<std::string_view>()) {
          return joined(*left.as<std::string_view>(), *right.as<std::string_view>());
        }
        [[fallthrough]];
      default:
        return calculated(op, left, right);
    }
  }

  Result<Value> joined(std::string_view left, std::string_view right) {
    return Value{std::string_view(strings_.emplace_back(left).append(right))};
  }

  Result<Value> member(const Value& base, const Value& key) {
    const auto* index = key.as<std::int64_t>();
    const auto* name = key.as<std::string_view>();
    if (!index && !name) {
      return error("a member has a name or a whole number, not " + std::string(type_of(key)));
    }
    if (const json* object = object_of(base); object && name) {
      const auto found = object->find(*name);
      return found == object->end() ? Value{} : value_of(*found);
    }
    const auto size = array_size(base);
    if (size && index) {
      const auto count = static_cast<std::int64_t>(*size);
      const std::int64_t at = *index < 0 ? *index + count : *index;
      if (at >= 0 && at < count) return element_of(base, static_cast<std::size_t>(at));
      const auto* found = base.as<const json*>();
      return error("index " + std::to_string(*index) + " is out of range: " +
                   (found && *found == &result_ ? "the result" : "the array") + " has " +
                   std::to_string(count) + (count == 1 ? " element" : " elements"));
    }
    const std::string what = name ? "member " + quoted(*name) : "index " + std::to_string(*index);
    return error("there is no " + what + " in " + std::string(type_of(base)));
  }

  Result<Value> in(const Value& what, const Value& where) {
    if (where.is_nil()) return Value{false};
    if (const json* object = object_of(where)) {
      const auto* name = what.as<std::string_view>();
      return Value{name && object->contains(*name)};
    }
    const auto size = array_size(where);
    if (!size)
      return error("\"in\" takes an array or an object, not " + std::string(type_of(where)));
    for (std::size_t i = 0; i < *size && !budget_.used_up(); ++i) {
      if (equal(what, element_of(where, i), budget_)) return Value{true};
    }
    return Value{false};
  }

  Result<Value> searched(Operator op, const Value& where, const Value& what) {
    const auto* text = where.as<std::string_view>();
    const auto* part = what.as<std::string_view>();
    if (!text || !part) {
      return error(quoted(word_of(op)) + " takes two strings, not " + std::string(type_of(where)) +
                   " and " + std::string(type_of(what)));
    }
    // At its worst the search compares every byte of the one with every byte of the other.
    if (!budget_.spend(weight(where) * weight(what))) return too_much();
    if (op == Operator::contains) return Value{text->find(*part) != text->npos};
    return Value{op == Operator::starts_with ? text->starts_with(*part) : text->ends_with(*part)};
  }

  Result<Value> call(const Node& node) {
    TRY(Value first, value(node.operands[0]));
    switch (node.function) {
      case Function::or_default: {
        const auto* real = first.as<double>();
        if (!first.is_nil() && !(real && std::isnan(*real))) return first;
        return value(node.operands[1]);
      }
      case Function::len:
      case Function::as_int:
      case Function::as_float:
      case Function::is_nan:
      case Function::is_inf:
      case Function::is_nil:
        if (!budget_.spend(weight(first))) return too_much();
        return called(node.function, first);
      default:
        return over_elements(node, first);
    }
  }

  Result<Value> over_elements(const Node& node, const Value& array) {
    const auto size = array_size(array);
    const std::string_view name = name_of(node.function);
    if (!size) {
      return error(std::string(name) + " takes an array, not " + std::string(type_of(array)));
    }
    Array found;  // by filter and map
    std::int64_t yes = 0;
    for (std::size_t i = 0; i < *size; ++i) {
      const Value element = element_of(array, i);
      Result<Value> said = element;
      if (node.operands.size() > 1) {
        elements_.push_back(element);
        said = value(node.operands[1]);
        elements_.pop_back();
        if (!said) return said;
      }
      if (node.function == Function::map) {
        found.push_back(*said);
        continue;
      }
      TRY(bool is_so, boolean(*said, name));
      if (is_so) ++yes;
      if (is_so && node.function == Function::filter) found.push_back(element);
      if (is_so ? node.function == Function::any : node.function == Function::all) break;
    }
    switch (node.function) {
      case Function::all:
        return Value{yes == static_cast<std::int64_t>(*size)};
      case Function::any:
        return Value{yes > 0};
      case Function::none:
        return Value{yes == 0};
      case Function::one:
        return Value{yes == 1};
      case Function::count:
        return Value{yes};
      default:
        return keep(std::move(found));
    }
  }

  const json& result_;
  Budget budget_;
  std::deque<std::string> strings_;
  std::deque<Array> arrays_;
  std::vector<Value> elements_;  // that predicates look at, the innermost last
};

}  // namespace

Result<bool> Condition::holds(const json& result) const {
  Evaluation evaluation(result);
  TRY(Value value, evaluation.value(*root_));
  if (evaluation.used_up()) return too_much();
  if (const bool* yes = value.as<bool>()) return *yes;
  return error("the condition yields " + std::string(type_of(value)) + ", not a boolean");
}

}  // namespace weir::analysis
