// The verdict by both conditions.

#include "controller/analysis/judge.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::analysis {
namespace {

TEST(Judge, Table) {
  const struct {
    const char* name;
    const char* success;
    const char* failure;
    Judgement want;
  } rows[] = {
      {"none", "", "", {"Successful", ""}},
      {"success", "result == 5", "", {"Successful", ""}},
      {"no success", "result > 5", "", {"Failed", ""}},
      {"failure", "", "result == 5", {"Failed", ""}},
      {"no failure", "", "result > 5", {"Successful", ""}},
      {"success, no failure", "result == 5", "result > 5", {"Successful", ""}},
      {"failure, no success", "result > 5", "result == 5", {"Failed", ""}},
      {"both", "result == 5", "result == 5", {"Failed", ""}},
      {"neither", "result > 5", "result < 5", {"Inconclusive", ""}},
      {"success is no condition",
       "result >",
       "true",
       {"Error", "successCondition: at column 9: expected a value, not the end"}},
      {"success goes wrong",
       "result[0] > 1",
       "true",
       {"Error", "successCondition: there is no index 0 in a number"}},
      {"failure goes wrong",
       "true",
       "result.a > 1",
       {"Error", "failureCondition: there is no member \"a\" in a number"}},
  };
  for (const auto& row : rows) {
    const Judgement got = judge(row.success, row.failure, 5);
    EXPECT_EQ(got.phase, row.want.phase) << row.name;
    EXPECT_EQ(got.message, row.want.message) << row.name;
  }
}

}  // namespace
}  // namespace weir::analysis
