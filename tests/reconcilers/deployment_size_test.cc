#include "reconcilers/deployment_size.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

api::IntOrString percent(std::string text) { return {.is_string = true, .text = std::move(text)}; }
api::IntOrString number(std::int64_t n) { return {.number = n}; }

api::DeploymentSpec rolling(std::int64_t replicas, api::IntOrString surge,
                            api::IntOrString unavailable) {
  api::DeploymentSpec spec;
  spec.replicas = replicas;
  spec.strategy.rollingUpdate = {.maxSurge = std::move(surge),
                                 .maxUnavailable = std::move(unavailable)};
  return spec;
}

// "2,1": surge 2, unavailable 1.
std::string limits_text(const api::DeploymentSpec& spec) {
  const RolloutLimits limits = limits_of(spec);
  return std::to_string(limits.surge) + "," + std::to_string(limits.unavailable);
}

TEST(RolloutLimits, PercentagesRoundSurgeUpAndUnavailableDown) {
  struct Row {
    const char* name;
    api::IntOrString surge, unavailable;
    const char* want;  // for 0, 1, 2, 3, 4, 5, 7 and 10 replicas
  };
  const Row rows[] = {
      {"25/25", percent("25%"), percent("25%"), "0,0 1,0 1,0 1,0 1,1 2,1 2,1 3,2"},
      {"0/1", percent("0%"), percent("1%"), "0,0 0,1 0,1 0,1 0,1 0,1 0,1 0,1"},
      {"1/0", percent("1%"), percent("0%"), "0,0 1,0 1,0 1,0 1,0 1,0 1,0 1,0"},
      {"50/50", percent("50%"), percent("50%"), "0,0 1,0 1,1 2,1 2,2 3,2 4,3 5,5"},
      {"100/0", percent("100%"), number(0), "0,0 1,0 2,0 3,0 4,0 5,0 7,0 10,0"},
      {"numbers as they are", number(2), number(3), "2,0 2,1 2,2 2,3 2,3 2,3 2,3 2,3"},
      {"never both zero", number(0), number(0), "0,0 0,1 0,1 0,1 0,1 0,1 0,1 0,1"},
      {"more than all", percent("0%"), percent("100%"), "0,0 0,1 0,2 0,3 0,4 0,5 0,7 0,10"},
      {"surge above 100%", percent("150%"), number(0), "0,0 2,0 3,0 5,0 6,0 8,0 11,0 15,0"},
      {"nonsense is 0", percent("many"), percent("-5%"), "0,0 0,1 0,1 0,1 0,1 0,1 0,1 0,1"},
      {"no percent sign is nonsense", percent("25"), number(1), "0,0 0,1 0,1 0,1 0,1 0,1 0,1 0,1"},
  };
  for (const Row& row : rows) {
    std::string got;
    for (const int n : {0, 1, 2, 3, 4, 5, 7, 10}) {
      got += (n == 0 ? "" : " ") + limits_text(rolling(n, row.surge, row.unavailable));
    }
    EXPECT_EQ(got, row.want) << row.name;
  }
}

TEST(RolloutLimits, HugeNumbersStayWithinBounds) {
  const RolloutLimits limits =
      limits_of(rolling(2147483647, percent("99999999999999999999%"), number(1LL << 60)));
  EXPECT_EQ(limits.surge, 2147483647);
  EXPECT_EQ(limits.unavailable, 2147483647);
  EXPECT_EQ(limits_text(rolling(-5, number(-3), number(-3))), "0,0");
}

TEST(RolloutLimits, OtherStrategiesHaveNone) {
  api::DeploymentSpec spec = rolling(10, number(3), number(2));
  spec.strategy.type = "Recreate";
  EXPECT_EQ(limits_text(spec), "0,0");
}

TEST(RolloutLimits, DefaultsAre25Percent) {
  api::DeploymentSpec spec;
  spec.replicas = 10;
  EXPECT_EQ(limits_text(spec), "3,2");
}

std::string text(const std::vector<std::int64_t>& sizes) {
  std::string out;
  for (const std::int64_t size : sizes) out += (out.empty() ? "" : " ") + std::to_string(size);
  return out;
}

SetSize healthy(std::int64_t size) { return {.size = size, .pods = size, .available = size}; }

TEST(NextNewSize, GrowsIntoTheRoomThatIsLeft) {
  struct Row {
    const char* name;
    std::int64_t replicas, surge, unavailable;
    SetSize newest;
    std::vector<SetSize> old;
    std::int64_t want;
  };
  const Row rows[] = {
      {"a first rollout is sized at once", 10, 3, 2, {}, {}, 10},
      {"beside old ones: the surge", 10, 3, 2, {}, {healthy(10)}, 3},
      {"no surge, no room", 10, 0, 2, {}, {healthy(10)}, 0},
      {"room that shrinking made", 10, 3, 2, {.size = 3}, {healthy(8)}, 5},
      {"a shrinking set counts with the pods it has", 10, 3, 2, {.size = 3}, {{8, 10, 10, {}}}, 3},
      {"never above replicas", 10, 5, 2, {.size = 8}, {healthy(1)}, 10},
      {"above replicas: down to them", 5, 2, 0, healthy(8), {}, 5},
      {"overfull: stays", 10, 3, 2, {.size = 2}, {healthy(15)}, 2},
      {"two old ones share the room", 10, 3, 2, {}, {healthy(5), healthy(6)}, 2},
      {"Recreate, old ones gone", 10, 0, 0, {}, {healthy(0)}, 10},
      {"to zero", 0, 0, 0, healthy(4), {}, 0},
  };
  for (const Row& row : rows) {
    const RolloutLimits limits{row.replicas, row.surge, row.unavailable};
    std::vector<SetSize> all = row.old;
    all.push_back(row.newest);
    EXPECT_EQ(next_new_size(limits, row.newest.size, all), row.want) << row.name;
  }
}

TEST(ShrinkOld, UnhealthyFirstThenOldestFirst) {
  struct Row {
    const char* name;
    std::int64_t replicas, surge, unavailable;
    SetSize newest;
    std::vector<SetSize> old;
    const char* want;
  };
  const Row rows[] = {
      {"nothing new is available: what may be unavailable goes",
       10,
       3,
       2,
       {3, 3, 0, {}},
       {healthy(10)},
       "8"},
      {"each available new one frees an old one", 10, 3, 2, {5, 5, 5, {}}, {healthy(8)}, "3"},
      {"unavailable zero: nothing goes before a new one serves",
       10,
       3,
       0,
       {3, 3, 0, {}},
       {healthy(10)},
       "10"},
      {"unhealthy old ones cost nothing", 10, 3, 2, {3, 3, 0, {}}, {{10, 10, 8, {}}}, "8"},
      {"an entirely broken old revision goes at once",
       10,
       3,
       2,
       {3, 3, 0, {}},
       {healthy(8), {2, 2, 0, {}}},
       "8 0"},
      {"the budget bounds the clean-up", 10, 0, 0, {0, 0, 0, {}}, {{10, 10, 4, {}}}, "10"},
      {"clean-up takes the oldest first",
       4,
       2,
       1,
       {2, 2, 0, {}},
       {{2, 2, 0, {}}, {2, 2, 0, {}}},
       "1 2"},
      {"the oldest goes first", 10, 3, 2, {3, 3, 3, {}}, {healthy(4), healthy(6)}, "0 5"},
      {"below the minimum: nothing available goes", 10, 3, 2, {5, 5, 1, {}}, {{8, 8, 6, {}}}, "7"},
      {"pods beyond the size do not count as available",
       10,
       3,
       2,
       {5, 5, 3, {}},
       {{8, 10, 10, {}}},
       "5"},
      {"complete: the rest goes", 3, 1, 0, healthy(3), {healthy(1)}, "0"},
      {"nothing old", 3, 1, 0, healthy(3), {}, ""},
      {"to zero replicas", 0, 0, 0, {}, {healthy(3)}, "0"},
  };
  for (const Row& row : rows) {
    const RolloutLimits limits{row.replicas, row.surge, row.unavailable};
    EXPECT_EQ(text(shrink_old(limits, row.newest, row.old)), row.want) << row.name;
  }
}

SetSize shared(std::int64_t size, std::int64_t max) {
  return {.size = size, .pods = size, .available = size, .max_replicas = max};
}

TEST(Proportional, KeepsSharesAndGivesTheRestToTheLargest) {
  struct Row {
    const char* name;
    std::int64_t replicas, surge;
    std::vector<SetSize> active;  // oldest first
    const char* want;
  };
  const Row rows[] = {
      {"10 to 15, surge 3", 15, 3, {shared(8, 13), shared(5, 13)}, "11 7"},
      {"10 to 5, surge 3", 5, 3, {shared(8, 13), shared(5, 13)}, "5 3"},
      {"10 to 20, no surge, 5 and 5: the newer rounds first",
       20,
       0,
       {shared(5, 10), shared(5, 10)},
       "10 10"},
      {"odd growth of equals: the newer", 11, 0, {shared(5, 10), shared(5, 10)}, "5 6"},
      {"odd shrinking of equals: the older", 9, 0, {shared(5, 10), shared(5, 10)}, "4 5"},
      {"three of different sizes up",
       20,
       0,
       {shared(5, 10), shared(3, 10), shared(2, 10)},
       "10 6 4"},
      {"three of different sizes down",
       5,
       0,
       {shared(5, 10), shared(3, 10), shared(2, 10)},
       "2 2 1"},
      {"to zero", 0, 0, {shared(7, 10), shared(3, 10)}, "0 0"},
      {"no change", 10, 3, {shared(8, 13), shared(5, 13)}, "8 5"},
      {"without annotation: by the pods there are", 20, 0, {{6, 6, 6, {}}, {4, 4, 4, {}}}, "12 8"},
      {"an annotation of zero decides nothing: the rest is the largest's",
       12,
       0,
       {shared(6, 0), shared(4, 0)},
       "8 4"},
  };
  for (const Row& row : rows) {
    const RolloutLimits limits{row.replicas, row.surge, 0};
    EXPECT_EQ(text(proportional(limits, 10, row.active)), row.want) << row.name;
  }
}

}  // namespace
}  // namespace weir
