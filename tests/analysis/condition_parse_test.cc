// What is no condition, and where it goes wrong.

#include <gtest/gtest.h>

#include "tests/analysis/condition_text.h"

namespace weir::analysis {
namespace {

std::string refusal(const std::string& text) {
  const auto condition = parse_condition(text);
  return condition ? "none" : condition.error().message;
}

TEST(ConditionParse, SaysWhereItGoesWrong) {
  const struct {
    const char* name;
    const char* text;
    const char* want;
  } rows[] = {
      {"empty", "", "at column 1: expected a value, not the end"},
      {"blank", "  \n", "at column 4: expected a value, not the end"},
      {"no right side", "result >=", "at column 10: expected a value, not the end"},
      {"a bracket for a value", "result >= 1)", "at column 12: expected an operator, not \")\""},
      {"nothing in brackets", "result && ()", "at column 12: expected a value, not \")\""},
      {"an open bracket", "(result", "at column 8: expected \")\", not the end"},
      {"an open index", "result[0", "at column 9: expected \"]\", not the end"},
      {"an open list", "result in [1, 2", "at column 16: expected \",\" or \"]\", not the end"},
      {"no comma", "result in [1 2]", "at column 14: expected \",\" or \"]\", not \"2\""},
      {"two values", "result 1", "at column 8: expected an operator, not \"1\""},
      {"an assignment", "result = 1", "at column 8: expected \"==\", not \"=\""},
      {"one &", "result & 1", "at column 8: this character means nothing here"},
      {"a pipe", "result | len()", "at column 8: expected an operator, not \"|\""},
      {"no text end", "result == 'a", "at column 11: this string does not end"},
      {"an escape", "result == 'a\\q'", "at column 13: unknown escape in a string"},
      {"half an escape", "result == '\\u00e'", "at column 12: unknown escape in a string"},
      {"columns are characters", "'äöü' == }", "at column 10: expected a value, not \"}\""},
      {"a name", "results > 1",
       "at column 1: unknown name \"results\": what was measured is \"result\""},
      {"an operator as a name", "in > 1", "at column 1: expected a value, not \"in\""},
      {"a member without a name", "result.", "at column 8: expected a name, not the end"},
      {"a member that is a number", "result.0 > 1",
       "at column 7: expected an operator, not \".0\""},
      {"a function", "now() > 1", "at column 1: unknown function \"now\""},
      {"a method", "result.Name() == 'hi'", "at column 12: expected an operator, not \"(\""},
      {"too few arguments", "default(result)", "at column 1: default takes 2 arguments, not 1"},
      {"too many", "true || len(result, 1)", "at column 9: len takes 1 argument, not 2"},
      {"none", "isNaN()", "at column 1: isNaN takes 1 argument, not 0"},
      {"no predicate", "all(result)", "at column 1: all takes 2 arguments, not 1"},
      {"an open predicate", "all(result, {# > 1)", "at column 19: expected \"}\", not \")\""},
      {"an element outside", "# > 1", "at column 1: \"#\" stands in a predicate only: {# > 0}"},
      {"after a predicate", "all(result, {# > 1}) && .a",
       "at column 25: \".\" stands in a predicate only: {# > 0}"},
      {"half a choice", "result ? 1", "at column 11: expected \":\", not the end"},
      {"not what", "result not 1", "at column 8: expected an operator, not \"not\""},
      {"regular expressions", "result matches 'a+'",
       "at column 8: \"matches\" is not supported: use contains, startsWith or endsWith"},
      {"not even none", "result not matches 'a+'",
       "at column 8: \"matches\" is not supported: use contains, startsWith or endsWith"},
      {"a whole number", "result == 9223372036854775808",
       "at column 11: this number is out of range"},
      {"a float", "result == 1e999", "at column 11: this number is out of range"},
  };
  for (const auto& row : rows) EXPECT_EQ(refusal(row.text), row.want) << row.name;
}

TEST(ConditionParse, TakesWhatArgosExamplesSay) {
  for (const char* text : {
           "result[0] >= 0.95",
           "result[0] <= 0.05",
           "len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95",
           "asInt(result) == 1",
           "asFloat(result) >= 1.1",
           "result == true",
           "result.ok && result.successPercent >= 0.90",
           "all(result.service_apdex.values.values, {# > 1})",
           "default(result, 0) < 0.05",
           "isNil(result) ? false : result < 0.05",
           "result.successRate\n  > 0.5\n",
           "result?.data?.[0].b ?? true",
           "result.matches and result.not",
       }) {
    EXPECT_EQ(refusal(text), "none") << text;
  }
}

}  // namespace
}  // namespace weir::analysis
