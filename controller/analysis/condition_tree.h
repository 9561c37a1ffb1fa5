#pragma once

// The parsed form of a condition, between condition_parse.cc (text in, nodes out) and condition.cc
// (nodes and a result in, true or false out). Nobody else includes it.

#include <string>
#include <string_view>
#include <vector>

#include "controller/analysis/condition.h"
#include "controller/analysis/condition_value.h"

namespace weir::analysis {

enum class Operator {
  logical_or,
  logical_and,
  equal,
  not_equal,
  less,
  greater,
  at_most,
  at_least,
  in,
  contains,
  starts_with,
  ends_with,
  plus,
  minus,
  times,
  divide,
  modulo,
  power,
  coalesce,
  member,           // a.b, a[b]
  optional_member,  // a?.b: nil where a is
  negate,
  identity,
  logical_not,
};
std::string_view word_of(Operator op);  // as it is written

enum class Function {
  len,
  as_int,
  as_float,
  is_nan,
  is_inf,
  is_nil,
  or_default,
  all,
  any,
  none,
  one,
  filter,
  map,
  count,
};

struct Signature {
  std::string_view name;
  Function function;
  std::size_t least, most;  // arguments
  bool has_predicate;       // as its second argument
};
const Signature* find_signature(std::string_view name);
std::string_view name_of(Function function);

struct Condition::Node {
  enum class Kind {
    constant,    // `constant`
    text,        // `text`, a string
    result,      // the variable
    element,     // #, what a predicate looks at
    array,       // of the operands
    unary,       // operators[0] operands[0]
    operations,  // operands[0] operators[0] operands[1] operators[1] …, from left to right
    choice,      // operands[0] ? operands[1] : operands[2]
    call,        // function(operands…)
  };
  Kind kind = Kind::constant;
  Value constant = {};
  std::string text = {};
  Function function = {};
  std::vector<Operator> operators = {};
  std::vector<Node> operands = {};
};

}  // namespace weir::analysis
