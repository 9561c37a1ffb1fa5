#pragma once

// The operators and functions of conditions that look at their operands alone. Pure; errors say
// which types do not fit.

#include "controller/analysis/condition_tree.h"

namespace weir::analysis {

// + - * / % ** on numbers. As in expr: / and ** yield a float, % takes whole numbers.
Result<Value> calculated(Operator op, const Value& left, const Value& right);
Result<Value> negated(const Value& operand);
// < > <= >= on two numbers or two strings; with NaN all of them are false.
Result<Value> compared(Operator op, const Value& left, const Value& right);
// len, asInt, asFloat, isNaN, isInf, isNil.
Result<Value> called(Function function, const Value& argument);

}  // namespace weir::analysis
