// The numbers of Argo Rollouts' canary, and where weir's differ: never no canary by rounding.

#include "reconcilers/canary_size.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string shown(const CanarySizes& sizes) {
  return std::to_string(sizes.canary) + "/" + std::to_string(sizes.stable);
}

TEST(CanarySize, ByRatioComesNearestToTheWeight) {
  constexpr int kWeights[] = {1, 5, 10, 20, 25, 33, 50, 66, 75, 90, 99, 100};
  struct Row {
    std::int64_t replicas;
    std::int64_t surge;
    const char* want;
  };
  const Row rows[] = {
      {1, 0, "0/1 0/1 0/1 0/1 0/1 0/1 1/0 1/0 1/0 1/0 1/0 1/0"},
      {1, 1, "1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/0"},
      {2, 0, "1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 2/0"},
      {2, 1, "1/2 1/2 1/2 1/2 1/2 1/2 1/1 2/1 2/1 2/1 2/1 2/0"},
      {3, 0, "1/2 1/2 1/2 1/2 1/2 1/2 2/1 2/1 2/1 2/1 2/1 3/0"},
      {3, 1, "1/3 1/3 1/3 1/3 1/3 1/2 2/2 2/1 3/1 3/1 3/1 3/0"},
      {4, 0, "1/3 1/3 1/3 1/3 1/3 1/3 2/2 3/1 3/1 3/1 3/1 4/0"},
      {4, 1, "1/4 1/4 1/4 1/4 1/3 2/3 2/2 3/2 3/1 4/1 4/1 4/0"},
      {5, 0, "1/4 1/4 1/4 1/4 1/4 2/3 3/2 3/2 4/1 4/1 4/1 5/0"},
      {5, 1, "1/5 1/5 1/5 1/4 1/4 2/4 3/3 4/2 4/1 5/1 5/1 5/0"},
      {10, 0, "1/9 1/9 1/9 2/8 3/7 3/7 5/5 7/3 8/2 9/1 9/1 10/0"},
      {10, 1, "1/10 1/10 1/9 2/8 3/8 3/7 5/5 7/4 8/3 9/1 10/1 10/0"},
  };
  for (const Row& row : rows) {
    std::string got;
    for (const int weight : kWeights) {
      got += (got.empty() ? "" : " ") + shown(sizes_by_ratio(row.replicas, row.surge, weight));
    }
    EXPECT_EQ(got, row.want) << row.replicas << " replicas, surge " << row.surge;
  }
}

TEST(CanarySize, ByRatioNeverRoundsACanaryAway) {
  for (std::int64_t replicas = 2; replicas <= 40; ++replicas) {
    for (std::int64_t weight = 1; weight < 100; ++weight) {
      for (const std::int64_t surge : {0, 1, 3}) {
        const CanarySizes sizes = sizes_by_ratio(replicas, surge, weight);
        EXPECT_GE(sizes.canary, 1) << replicas << " " << weight << " " << surge;
        EXPECT_GE(sizes.stable, 1) << replicas << " " << weight << " " << surge;
        EXPECT_LE(sizes.canary + sizes.stable, replicas + std::min<std::int64_t>(surge, 1));
      }
    }
  }
}

struct Step {
  const char* name;
  RolloutLimits limits;
  std::int64_t weight;
  CanaryState now;
  const char* want;
};

SetSize all(std::int64_t size) { return {.size = size, .pods = size, .available = size}; }

TEST(CanarySize, GoesNoFasterThanTheLimits) {
  const RolloutLimits u1s1{.replicas = 10, .surge = 1, .unavailable = 1};
  const Step steps[] = {
      {"one more and one less at a time", u1s1, 10, {.stable = all(10)}, "1/9"},
      {"only more",
       {.replicas = 10, .surge = 3, .unavailable = 0},
       30,
       {.stable = all(10)},
       "3/10"},
      {"first less",
       {.replicas = 10, .surge = 0, .unavailable = 5},
       30,
       {.stable = all(10)},
       "0/7"},
      {"one Pod", {.replicas = 1, .surge = 1, .unavailable = 0}, 5, {.stable = all(1)}, "1/1"},
      {"not before the new ones serve",
       u1s1,
       50,
       {.canary = {.size = 2, .pods = 2, .available = 0}, .stable = all(9)},
       "2/9"},
      {"ailing stable Pods do not hold it up",
       u1s1,
       50,
       {.canary = all(3), .stable = {.size = 8, .pods = 8, .available = 2}},
       "3/6"},
      {"back: the stable ones first", u1s1, 0, {.canary = all(5), .stable = all(5)}, "4/6"},
      {"an ailing canary goes as fast",
       u1s1,
       0,
       {.canary = {.size = 5, .pods = 5, .available = 0}, .stable = all(6)},
       "3/6"},
      {"older Pods go before anything shrinks", u1s1, 10, {.stable = all(10), .older = 1}, "0/10"},
      {"older Pods, and what is to go serves nobody",
       {.replicas = 4, .surge = 1, .unavailable = 0},
       0,
       {.canary = {.size = 1, .pods = 1, .available = 0}, .stable = all(2), .older = 2},
       "0/2"},
      {"older Pods, and what is to go serves",
       u1s1,
       0,
       {.canary = all(2), .stable = all(7), .older = 2},
       "2/7"},
      {"nothing but new", u1s1, 100, {.canary = all(10), .stable = all(1)}, "10/0"},
  };
  for (const Step& step : steps) {
    const CanarySizes wanted = sizes_by_ratio(step.limits.replicas, step.limits.surge, step.weight);
    EXPECT_EQ(shown(next_sizes(step.limits, wanted, step.now)), step.want) << step.name;
  }
}

TEST(CanarySize, CarriesItsWeight) {
  EXPECT_EQ(pods_for_weight(4, 0, 100, 1), 0);
  EXPECT_EQ(pods_for_weight(4, 1, 100, 1), 1);
  EXPECT_EQ(pods_for_weight(4, 26, 100, 1), 2);
  EXPECT_EQ(pods_for_weight(4, 10, 100, 3), 3);
  EXPECT_EQ(pods_for_weight(2, 10, 100, 3), 2);
  EXPECT_EQ(pods_for_weight(4, 50, 1000, 1), 1);
}

// What one side has of Pods, the other need not have: no rounding takes a Pod for both.
TEST(CanarySize, SharesThatFollowPodsNeedNoMoreOfThem) {
  EXPECT_EQ(pods_for_rounded_weight(3, 67, 100), 2);
  EXPECT_EQ(pods_for_rounded_weight(4, 26, 100), 2);
  EXPECT_EQ(pods_for_rounded_weight(0, 50, 100), 0);
  for (const std::int64_t most : {100, 1000}) {
    for (std::int64_t replicas = 1; replicas <= 20; ++replicas) {
      for (std::int64_t pods = 0; pods <= replicas; ++pods) {
        const std::int64_t share = pods * most / replicas;
        EXPECT_EQ(pods_for_rounded_weight(replicas, share, most), pods);
        EXPECT_EQ(pods_for_rounded_weight(replicas, most - share, most), replicas - pods);
      }
    }
  }
}

}  // namespace
}  // namespace weir
