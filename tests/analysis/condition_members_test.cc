// Members and indexes: what is missing is nil, what cannot be is an error.

#include <gtest/gtest.h>

#include "tests/analysis/condition_text.h"

namespace weir::analysis {
namespace {

using nlohmann::json;

TEST(ConditionMembers, Table) {
  const json nested = {{"a", {{"b", {1, 2, 3}}, {"in", true}}}, {"x y", 4}, {"ä", 5}};
  const ConditionRow rows[] = {
      {"by dot", "result.a.b[0] == 1", nested, "true"},
      {"by name", "result['a'][\"b\"][2] == 3", nested, "true"},
      {"any name", "result['x y'] == 4 && result['ä'] == 5", nested, "true"},
      {"an operator's name", "result.a.in", nested, "true"},
      {"from the end", "result.a.b[-1] == 3", nested, "true"},
      {"a computed index", "result.a.b[1 + 1] == 3", nested, "true"},
      {"a computed name", "result['x' + ' y'] == 4", nested, "true"},
      {"of a list", "[1, 2][1] == 2", nullptr, "true"},
      {"missing", "result.c == nil", nested, "true"},
      {"missing on the way", "result?.c?.d?.e == nil", nested, "true"},
      {"the rest of the way is not gone", "result.c?.d.e[0] == nil", nested, "true"},
      {"an optional index", "result.c?.[0] == nil", nested, "true"},
      {"there", "result?.a?.b?.[0] == 1", nested, "true"},

      {"of nil", "result.c.d == nil", nested, "error: there is no member \"d\" in nil"},
      {"index of nil", "result[0] > 1", nullptr, "error: there is no index 0 in nil"},
      {"of a number", "result.a > 1", 7, "error: there is no member \"a\" in a number"},
      {"of an array", "result.a > 1", {1}, "error: there is no member \"a\" in an array"},
      {"index of an object", "result[0] > 1", nested, "error: there is no index 0 in an object"},
      {"index of a text", "result[0] == 'a'", "abc", "error: there is no index 0 in a string"},
      {"of nothing", "result[0] >= 0.95", json::array(),
       "error: index 0 is out of range: the result has 0 elements"},
      {"past the end",
       "result[1] > 1",
       {1},
       "error: index 1 is out of range: the result has 1 element"},
      {"before the start",
       "result[-3] > 1",
       {1, 2},
       "error: index -3 is out of range: the result has 2 elements"},
      {"past an inner end", "result.a.b[3] > 1", nested,
       "error: index 3 is out of range: the array has 3 elements"},
      {"half an index",
       "result[0.5] > 1",
       {1},
       "error: a member has a name or a whole number, not a number"},
      {"an array as index",
       "result[[]] > 1",
       {1},
       "error: a member has a name or a whole number, not an array"},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.text, row.result), row.want) << row.name;
}

}  // namespace
}  // namespace weir::analysis
