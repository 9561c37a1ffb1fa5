#include "controller/analysis/condition_functions.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace weir::analysis {

namespace {

tl::unexpected<Error> error(std::string why) { return fail(Code::invalid, std::move(why)); }

tl::unexpected<Error> not_these(Operator op, std::string_view takes, const Value& left,
                                const Value& right) {
  return error("\"" + std::string(word_of(op)) + "\" takes " + std::string(takes) + ", not " +
               std::string(type_of(left)) + " and " + std::string(type_of(right)));
}

tl::unexpected<Error> not_this(Function function, std::string_view takes, const Value& argument) {
  return error(std::string(name_of(function)) + " takes " + std::string(takes) + ", not " +
               std::string(type_of(argument)));
}

Result<Value> remainder(const Value& left, const Value& right) {
  const auto* a = left.as<std::int64_t>();
  const auto* b = right.as<std::int64_t>();
  if (!a || !b) return not_these(Operator::modulo, "two whole numbers", left, right);
  if (*b == 0) return error("\"%\" by zero");
  return Value{*b == -1 ? std::int64_t{0} : *a % *b};  // the smallest % -1 traps
}

// Of two whole numbers: + - *.
Result<Value> whole(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t value = 0;
  const bool over = op == Operator::plus    ? __builtin_add_overflow(a, b, &value)
                    : op == Operator::minus ? __builtin_sub_overflow(a, b, &value)
                                            : __builtin_mul_overflow(a, b, &value);
  if (over) return error("\"" + std::string(word_of(op)) + "\" exceeds 64 bits");
  return Value{value};
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; });
}

Result<Value> length(const Value& value) {
  if (const auto* text = value.as<std::string_view>()) return Value{characters(*text)};
  const nlohmann::json* object = object_of(value);
  const auto size = object ? object->size() : array_size(value);
  if (!size) return not_this(Function::len, "an array, an object or a string", value);
  return Value{static_cast<std::int64_t>(*size)};
}

// The whole text as a number, in Go's notation: a sign may stand before it.
template <class Number>
std::optional<Number> read(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

tl::unexpected<Error> no_number(Function function, std::string_view text) {
  constexpr std::size_t kShown = 40;  // of what a server may have sent
  return error(std::string(name_of(function)) + ": \"" + std::string(text.substr(0, kShown)) +
               (text.size() > kShown ? "…" : "") + "\" is no number");
}

Result<Value> as_int(const Value& value) {
  constexpr double kEnd = 9223372036854775808.0;
  if (value.as<std::int64_t>()) return value;
  if (const auto* text = value.as<std::string_view>()) {
    if (const auto number = read<std::int64_t>(*text)) return Value{*number};
    return no_number(Function::as_int, *text);
  }
  const auto* real = value.as<double>();
  if (!real) return not_this(Function::as_int, "a number or a string", value);
  if (!(*real >= -kEnd && *real < kEnd)) return error("asInt: the number has no whole value");
  return Value{static_cast<std::int64_t>(*real)};
}

Result<Value> as_float(const Value& value) {
  if (const auto number = value.number()) return Value{*number};
  const auto* text = value.as<std::string_view>();
  if (!text) return not_this(Function::as_float, "a number or a string", value);
  if (const auto number = read<double>(*text)) return Value{*number};
  return no_number(Function::as_float, *text);
}

}  // namespace

Result<Value> calculated(Operator op, const Value& left, const Value& right) {
  if (op == Operator::modulo) return remainder(left, right);
  const auto a = left.number();
  const auto b = right.number();
  if (!a || !b) {
    const bool adds = op == Operator::plus;
    return not_these(op, adds ? "two numbers or two strings" : "two numbers", left, right);
  }
  if (op == Operator::divide) return Value{*a / *b};
  if (op == Operator::power) return Value{std::pow(*a, *b)};
  const auto* whole_a = left.as<std::int64_t>();
  const auto* whole_b = right.as<std::int64_t>();
  if (whole_a && whole_b) return whole(op, *whole_a, *whole_b);
  if (op == Operator::plus) return Value{*a + *b};
  return Value{op == Operator::minus ? *a - *b : *a * *b};
}

Result<Value> negated(const Value& operand) {
  if (const auto* number = operand.as<std::int64_t>()) return whole(Operator::minus, 0, *number);
  if (const auto* number = operand.as<double>()) return Value{-*number};
  return error("\"-\" takes a number, not " + std::string(type_of(operand)));
}

Result<Value> compared(Operator op, const Value& left, const Value& right) {
  const auto ordered = order(left, right);
  if (!ordered) return not_these(op, "two numbers or two strings", left, right);
  if (op == Operator::less) return Value{*ordered < 0};
  if (op == Operator::greater) return Value{*ordered > 0};
  return Value{op == Operator::at_most ? *ordered <= 0 : *ordered >= 0};
}

Result<Value> called(Function function, const Value& argument) {
  if (function == Function::len) return length(argument);
  if (function == Function::as_int) return as_int(argument);
  if (function == Function::as_float) return as_float(argument);
  if (function == Function::is_nil) return Value{argument.is_nil()};
  const auto number = argument.number();
  if (!number) return not_this(function, "a number", argument);
  return Value{function == Function::is_nan ? std::isnan(*number) : std::isinf(*number)};
}

}  // namespace weir::analysis
