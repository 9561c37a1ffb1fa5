// Operators: what binds first, which types fit.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/analysis/condition_text.h"

namespace weir::analysis {
namespace {

using nlohmann::json;

TEST(ConditionOperators, Table) {
  const ConditionRow rows[] = {
      {"at least", "result >= 0.95", 0.95, "true"},
      {"an integer and a float", "result == 5", 5.0, "true"},
      {"less", "result < 1", 1, "false"},
      {"at most", "result <= 1", 1, "true"},
      {"more", "result > 1e-3", 0.002, "true"},
      {"unlike", "result != 1", 2, "true"},
      {"a range", "0.9 <= result <= 1", 0.95, "true"},
      {"below a range", "0.9 <= result <= 1", 0.8, "false"},
      {"above a range", "0.9 <= result <= 1", 1.1, "false"},
      {"a range and more", "0.9 <= result <= 1 == false", 0.8, "true"},
      {"texts in order", "'a' < result", "b", "true"},
      {"texts", "result == \"b\"", "b", "true"},
      {"types are different", "result == 1", "1", "false"},
      {"true is not 1", "result == 1", true, "false"},
      {"nil is not 0", "result == 0", nullptr, "false"},
      {"nil is nil", "result == nil", nullptr, "true"},
      {"something is not nil", "result != nil", 0, "true"},
      {"arrays", "result == [1, 2.0]", {1, 2}, "true"},
      {"other arrays", "result == [1, 3]", {1, 2}, "false"},
      {"longer arrays", "result == [1]", {1, 2}, "false"},
      {"objects", "result.a == result.b", {{"a", {{"x", 1}}}, {"b", {{"x", 1.0}}}}, "true"},
      {"other objects", "result.a == result.b", {{"a", {{"x", 1}}}, {"b", {{"y", 1}}}}, "false"},
      {"booleans", "result == false", false, "true"},
      {"and before or", "true || false && false", nullptr, "true"},
      {"words", "true or false and not true", nullptr, "true"},
      {"compare before and", "1 < 2 && 2 < 3", nullptr, "true"},
      {"plus before compare", "1 + 1 == 2", nullptr, "true"},
      {"times before plus", "1 + 2 * 3 == 7", nullptr, "true"},
      {"brackets", "(1 + 2) * 3 == 9", nullptr, "true"},
      {"from the left", "7 - 2 - 1 == 4", nullptr, "true"},
      {"power from the right", "2 ** 3 ** 2 == 512", nullptr, "true"},
      {"power by another name", "2 ^ 10 == 1024", nullptr, "true"},
      {"minus after power", "-2 ** 2 == -4", nullptr, "true"},
      {"not before compare", "!result == true", false, "true"},
      {"signs", "- -1 == +1", nullptr, "true"},
      {"division is exact", "1 / 2 == 0.5", nullptr, "true"},
      {"by zero", "1 / 0 > 1e300", nullptr, "true"},
      {"remainder", "-7 % 3 == -1", nullptr, "true"},
      {"texts joined", "'a' + 'b' == result", "ab", "true"},
      {"choice", "result > 1 ? true : false", 2, "true"},
      {"choice from the right", "result ? false : result ? false : true", false, "true"},
      {"choice of numbers", "(result ?.5 : 1) == 0.5", true, "true"},
      {"nil gives way", "result.a ?? true", json::object(), "true"},
      {"what is there stays", "result ?? true", false, "false"},
      {"or stops", "true || result[0] > 1", json::array(), "true"},
      {"and stops", "false && result[0] > 1", json::array(), "false"},
      {"in", "2 in result", {1, 2.0}, "true"},
      {"not in", "3 not in result", {1, 2}, "true"},
      {"in a list", "result in ['a', 'b']", "c", "false"},
      {"a name in an object", "'a' in result", {{"a", nullptr}}, "true"},
      {"in nil", "1 in result", nullptr, "false"},
      {"contains", "result contains 'ell'", "hello", "true"},
      {"not contains", "result not contains 'ell'", "hello", "false"},
      {"starts", "result startsWith 'he'", "hello", "true"},
      {"ends", "result endsWith 'he'", "hello", "false"},
      {"NaN is not itself", "result == result", std::nan(""), "false"},
      {"NaN has no order", "result < 1 || result >= 1", std::nan(""), "false"},
      {"infinity", "result > 1e308", HUGE_VAL, "true"},
      {"escapes", R"(result == "\"\tä\u00e4\x41\n")", "\"\tää\x41\n", "true"},
      {"raw", R"(result == `\t'"`)", R"(\t'")", "true"},

      {"no boolean", "1", nullptr, "error: the condition yields a number, not a boolean"},
      {"and of a number", "result && true", 1, "error: \"&&\" takes a boolean, not a number"},
      {"or's right side", "false || result", "x", "error: \"||\" takes a boolean, not a string"},
      {"not a text", "!result", "x", "error: \"not\" takes a boolean, not a string"},
      {"minus a text", "-result == 1", "x", "error: \"-\" takes a number, not a string"},
      {"choice of a number", "result ? true : false", 1,
       "error: \"?\" takes a boolean, not a number"},
      {"less than nil", "result < 1", nullptr,
       "error: \"<\" takes two numbers or two strings, not nil and a number"},
      {"an array",
       "result > 1",
       {1},
       "error: \">\" takes two numbers or two strings, not an array and a number"},
      {"plus of both", "result + 1 == 2", "1",
       "error: \"+\" takes two numbers or two strings, not a string and a number"},
      {"times a boolean", "result * 2 == 2", true,
       "error: \"*\" takes two numbers, not a boolean and a number"},
      {"remainder of a float", "result % 2 == 1", 1.5,
       "error: \"%\" takes two whole numbers, not a number and a number"},
      {"remainder by zero", "1 % 0 == 0", nullptr, "error: \"%\" by zero"},
      {"too large", "result * 2 > 0", INT64_MAX, "error: \"*\" exceeds 64 bits"},
      {"the smallest", "result % -1 == 0 && -result > 0", INT64_MIN,
       "error: \"-\" exceeds 64 bits"},
      {"in a text", "'a' in result", "abc",
       "error: \"in\" takes an array or an object, not a string"},
      {"contains in a list",
       "result contains 'a'",
       {"a"},
       "error: \"contains\" takes two strings, not an array and a string"},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.text, row.result), row.want) << row.name;
}

}  // namespace
}  // namespace weir::analysis
