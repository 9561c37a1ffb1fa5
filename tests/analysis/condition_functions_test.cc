// Functions, and predicates over arrays.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/analysis/condition_text.h"

namespace weir::analysis {
namespace {

using nlohmann::json;

const json kPods = {{{"name", "a"}, {"up", true}, {"load", {1, 2}}},
                    {{"name", "b"}, {"up", false}, {"load", {3}}}};

TEST(ConditionFunctions, Table) {
  const ConditionRow rows[] = {
      {"length", "len(result) == 2", {1, 2}, "true"},
      {"of nothing", "len(result) == 0", json::array(), "true"},
      {"of an object", "len(result) == 1", {{"a", 1}}, "true"},
      {"of a text, in characters", "len(result) == 3", "äöü", "true"},
      {"whole from text", "asInt(result) == 1", "1", "true"},
      {"whole from a float", "asInt(result) == -1", -1.9, "true"},
      {"signed", "asInt(result) == 7", "+7", "true"},
      {"float from text", "asFloat(result) >= 1.1", "1.1", "true"},
      {"float from a whole", "asFloat(result) == 1", 1, "true"},
      {"NaN from text", "isNaN(asFloat(result))", "NaN", "true"},
      {"infinity from text", "isInf(asFloat(result))", "+Inf", "true"},
      {"NaN", "isNaN(result)", std::nan(""), "true"},
      {"a number is not", "isNaN(result)", 1, "false"},
      {"infinite", "isInf(result)", -HUGE_VAL, "true"},
      {"finite", "isInf(result)", 1.5, "false"},
      {"nil", "isNil(result)", nullptr, "true"},
      {"not nil", "isNil(result)", json::array(), "false"},
      {"no member", "isNil(result.a)", json::object(), "true"},
      {"default for nil", "default(result, 1) == 1", nullptr, "true"},
      {"for NaN", "default(result, 1) == 1", std::nan(""), "true"},
      {"for no member", "default(result.a, 1) == 1", json::object(), "true"},
      {"not for zero", "default(result, 1) == 1", 0, "false"},
      {"not looked at in vain", "default(result, result.a) == 5", 5, "true"},

      {"all", "all(result, {# > 1})", {2, 3}, "true"},
      {"not all", "all(result, {# > 1})", {2, 1}, "false"},
      {"all of none", "all(result, {# > 1})", json::array(), "true"},
      {"any", "any(result, {# > 1})", {0, 3}, "true"},
      {"not any", "any(result, {# > 1})", {0, 1}, "false"},
      {"none", "none(result, {# > 1})", {0, 1}, "true"},
      {"one", "one(result, {# > 1})", {2, 1}, "true"},
      {"not two", "one(result, {# > 1})", {2, 2}, "false"},
      {"count", "count(result, {# > 1}) == 2", {1, 2, 3}, "true"},
      {"count of booleans", "count(result) == 1", {true, false}, "true"},
      {"filter", "filter(result, {# > 1}) == [2, 3]", {1, 2, 3}, "true"},
      {"map", "map(result, {# * 2}) == [2, 4]", {1, 2}, "true"},
      {"map to members", "map(result, {.name}) == ['a', 'b']", kPods, "true"},
      {"no braces", "any(result, .up)", kPods, "true"},
      {"a member of #", "any(result, {#.name == 'b' && !#.up})", kPods, "true"},
      {"any stops", "any(result, {# > 1})", {2, "x"}, "true"},
      {"nested", "all(result, {all(.load, {# > 0})})", kPods, "true"},
      {"result within", "all(result, {# <= result[-1]})", {1, 2, 3}, "true"},
      {"over the made", "len(filter(map(result, {.load[0]}), {# > 1})) == 1", kPods, "true"},

      {"length of a number", "len(result) == 1", 1,
       "error: len takes an array, an object or a string, not a number"},
      {"no whole number", "asInt(result) == 1", "1.1", "error: asInt: \"1.1\" is no number"},
      {"no number", "asFloat(result) == 1", "NotANum", "error: asFloat: \"NotANum\" is no number"},
      {"two signs", "asInt(result) == 1", "+-1", "error: asInt: \"+-1\" is no number"},
      {"nothing as a number", "asInt(result) == 1", nullptr,
       "error: asInt takes a number or a string, not nil"},
      {"NaN as a whole", "asInt(result) == 1", std::nan(""),
       "error: asInt: the number has no whole value"},
      {"too large a whole", "asInt(result) == 1", 1e19,
       "error: asInt: the number has no whole value"},
      {"NaN of a text", "isNaN(result)", "NaN", "error: isNaN takes a number, not a string"},
      {"all of a number", "all(result, {# > 1})", 1, "error: all takes an array, not a number"},
      {"a predicate of no boolean",
       "filter(result, {#}) == []",
       {1},
       "error: \"filter\" takes a boolean, not a number"},
      {"an error within",
       "any(result, {# > 1})",
       {"x", 2},
       "error: \">\" takes two numbers or two strings, not a string and a number"},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.text, row.result), row.want) << row.name;
}

TEST(ConditionFunctions, LongTextsAreNotRepeatedInErrors) {
  EXPECT_EQ(answer("asInt(result) == 1", std::string(1000, 'x')),
            "error: asInt: \"" + std::string(40, 'x') + "…\" is no number");
}

}  // namespace
}  // namespace weir::analysis
