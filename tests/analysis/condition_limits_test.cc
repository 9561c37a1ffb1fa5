// Conditions and results that are meant to cost: each gets an error, none our time or our stack.

#include <gtest/gtest.h>

#include "tests/analysis/condition_text.h"

namespace weir::analysis {
namespace {

using nlohmann::json;

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ConditionLimits, Depth) {
  const std::string deep = "refused: at column 65: more than 64 levels deep";
  EXPECT_EQ(answer(repeated("(", 63) + "true" + repeated(")", 63), nullptr), "true");
  EXPECT_EQ(answer(repeated("(", 64) + "true" + repeated(")", 64), nullptr), deep);
  EXPECT_EQ(answer(repeated("!", 3000) + "true", nullptr), deep);
  EXPECT_EQ(answer(repeated("[", 4000), nullptr), deep);
  EXPECT_EQ(answer(repeated("2**", 1000) + "1", nullptr),
            "refused: at column 193: more than 64 levels deep");
  EXPECT_EQ(answer(repeated("true?", 800), nullptr),
            "refused: at column 321: more than 64 levels deep");
}

TEST(ConditionLimits, ManyOperatorsInARowAreNotDeep) {
  EXPECT_EQ(answer(repeated("1+", 2000) + "1 == 2001", nullptr), "true");
  EXPECT_EQ(answer("true" + repeated("&&true", 600), nullptr), "true");
  EXPECT_EQ(answer("result" + repeated("?.a", 1000) + " == nil", nullptr), "true");
  EXPECT_EQ(answer(repeated("1<", 1500) + "1", nullptr), "false");
}

TEST(ConditionLimits, Length) {
  EXPECT_EQ(answer("true" + std::string(4092, ' '), nullptr), "true");
  EXPECT_EQ(answer("true" + std::string(4093, ' '), nullptr),
            "refused: a condition is at most 4096 bytes long, not 4097");
}

TEST(ConditionLimits, Work) {
  const std::string spent = "error: the condition takes too many steps";
  const json many(100'000, 1);
  const json text = std::string(1 << 20, 'x');
  json deep = 1;
  for (int i = 0; i < 100'000; ++i) deep = json::array({std::move(deep)});
  const struct {
    const char* name;
    std::string text;
    const json& result;
    std::string want;
  } rows[] = {
      {"a large result", "all(result, {# > 0})", many, "true"},
      {"nested predicates", "all(result, {all(result, {# > 0})})", many, spent},
      {"arrays of arrays", "len(map(result, {map(result, {#})})) == 1", many, spent},
      {"equal in each", "all(result, {result == result})", many, spent},
      {"in each", "all(result, {2 not in result})", many, spent},
      {"equal once", "result == result", many, "true"},
      {"a large text", "result contains 'y'", text, "false"},
      {"a large part", "result contains (result + 'y')", text, spent},
      {"texts that grow", "len(" + repeated("result+", 500) + "result) > 0", text, spent},
      {"a deep result", "result == result", deep, spent},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.text, row.result), row.want) << row.name;
}

}  // namespace
}  // namespace weir::analysis
