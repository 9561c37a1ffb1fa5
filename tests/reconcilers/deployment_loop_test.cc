// Rollouts from beginning to end: plans are carried out, Pods start and end, in random orders, and
// the bounds hold after every move.

#include <gtest/gtest.h>

#include "reconcilers/labels.h"
#include "tests/support/pretend_cluster.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::pod_template;
using test::PretendCluster;

constexpr std::uint64_t kSeeds = 24;

api::Deployment web(std::int64_t replicas, const std::string& image = "web:1") {
  api::Deployment d;
  d.metadata.name = "web";
  d.metadata.namespace_ = "default";
  d.spec.replicas = replicas;
  d.spec.selector.matchLabels = {{"app", "web"}};
  d.spec.template_ = pod_template("web", image);
  return d;
}

void use(api::Deployment& d, const std::string& image) {
  d.spec.template_.spec.containers.at(0).image = image;
}

std::string violations_of(const PretendCluster& cluster) {
  std::string out;
  for (const std::string& violation : cluster.violations) out += violation + "\n";
  return out;
}

// What a quiet cluster must look like.
void expect_settled(PretendCluster& cluster, const std::string& pods, const std::string& progress,
                    std::uint64_t seed) {
  EXPECT_TRUE(cluster.run_until_quiet()) << "seed " << seed;
  EXPECT_EQ(cluster.pods(), pods) << "seed " << seed;
  EXPECT_EQ(cluster.progress(), progress) << "seed " << seed;
  EXPECT_EQ(violations_of(cluster), "") << "seed " << seed;
  EXPECT_EQ(cluster.deployment().status.observedGeneration,
            cluster.deployment().metadata.generation);
}

constexpr char kDone[] = "True NewReplicaSetAvailable";

TEST(RolloutLoop, RollsOut) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    PretendCluster cluster(seed, web(1 + static_cast<std::int64_t>(seed % 12)));
    const std::string all = " x" + std::to_string(1 + seed % 12);
    expect_settled(cluster, "web:1" + all, kDone, seed);
    cluster.change([](auto& d) { use(d, "web:2"); });
    expect_settled(cluster, "web:2" + all, kDone, seed);
    EXPECT_EQ(cluster.revisions_made, 2);
  }
}

TEST(RolloutLoop, KeepsEveryKindOfLimit) {
  const std::pair<const char*, const char*> limits[] = {{"0", "1"},    {"1", "0"}, {"0", "100%"},
                                                        {"100%", "0"}, {"3", "2"}, {"50%", "50%"}};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto& [surge, unavailable] = limits[seed % std::size(limits)];
    const auto parsed = [](const std::string& text) -> api::IntOrString {
      if (text.ends_with('%')) return {.is_string = true, .text = text};
      return {.number = std::stoll(text)};
    };
    api::Deployment d = web(7);
    d.spec.minReadySeconds = static_cast<std::int64_t>(seed % 3) * 5;
    d.spec.strategy.rollingUpdate = {.maxSurge = parsed(surge),
                                     .maxUnavailable = parsed(unavailable)};
    PretendCluster cluster(seed, d);
    expect_settled(cluster, "web:1 x7", kDone, seed);
    cluster.change([](auto& x) { use(x, "web:2"); });
    expect_settled(cluster, "web:2 x7", kDone, seed);
  }
}

TEST(RolloutLoop, Recreates) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    api::Deployment d = web(3);
    d.spec.strategy.type = "Recreate";
    PretendCluster cluster(seed, d);
    expect_settled(cluster, "web:1 x3", kDone, seed);
    cluster.change([](auto& x) { use(x, "web:2"); });
    expect_settled(cluster, "web:2 x3", kDone, seed);
  }
}

TEST(RolloutLoop, RollsOverAndBack) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    PretendCluster cluster(seed, web(5));
    expect_settled(cluster, "web:1 x5", kDone, seed);
    cluster.change([](auto& d) { use(d, "web:2"); });
    cluster.steps(static_cast<int>(cluster.random(60)));
    cluster.change([](auto& d) { use(d, "bad:3"); });
    cluster.steps(static_cast<int>(cluster.random(60)));
    cluster.change([](auto& d) { use(d, "web:4"); });
    cluster.steps(static_cast<int>(cluster.random(60)));
    cluster.change([](auto& d) { use(d, "web:1"); });
    expect_settled(cluster, "web:1 x5", kDone, seed);
  }
}

TEST(RolloutLoop, ScalesInTheMiddle) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    PretendCluster cluster(seed, web(10));
    expect_settled(cluster, "web:1 x10", kDone, seed);
    cluster.change([](auto& d) { use(d, "web:2"); });
    cluster.steps(static_cast<int>(cluster.random(100)));
    const std::int64_t replicas = static_cast<std::int64_t>(cluster.random(20));
    cluster.change([&](auto& d) { d.spec.replicas = replicas; });
    const std::string want = replicas == 0 ? "" : "web:2 x" + std::to_string(replicas);
    expect_settled(cluster, want, kDone, seed);
  }
}

TEST(RolloutLoop, AFailedRolloutOnlySaysSo) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    PretendCluster cluster(seed, web(3));
    expect_settled(cluster, "web:1 x3", kDone, seed);
    cluster.change([](auto& d) { use(d, "bad:2"); });
    expect_settled(cluster, "bad:2 x1, web:1 x3", "False ProgressDeadlineExceeded", seed);
    EXPECT_EQ(cluster.rollbacks, 0);
  }
}

TEST(RolloutLoop, RollsBackOnceAndStays) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    api::Deployment d = web(3);
    d.metadata.annotations[annotation::kAutoRollback] = "true";
    if (seed % 2) d.spec.strategy.type = "Recreate";
    PretendCluster cluster(seed, d);
    expect_settled(cluster, "web:1 x3", kDone, seed);
    const api::PodTemplateSpec good = cluster.deployment().spec.template_;
    cluster.change([](auto& x) { use(x, "bad:2"); });
    expect_settled(cluster, "web:1 x3", "False ProgressDeadlineExceeded", seed);
    EXPECT_EQ(cluster.rollbacks, 1);
    EXPECT_EQ(cluster.deployment().spec.template_, good);
    // The same mistake again is answered again, and a correct change ends it.
    cluster.change([](auto& x) { use(x, "bad:2"); });
    expect_settled(cluster, "web:1 x3", "False ProgressDeadlineExceeded", seed);
    EXPECT_EQ(cluster.rollbacks, 2);
    cluster.change([](auto& x) { use(x, "web:3"); });
    expect_settled(cluster, "web:3 x3", kDone, seed);
    EXPECT_EQ(cluster.rollbacks, 2);
    EXPECT_EQ(cluster.revisions_made, 3);
  }
}

TEST(RolloutLoop, ATargetThatFailsIsNotLeftAgain) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    api::Deployment d = web(2);
    d.metadata.annotations[annotation::kAutoRollback] = "true";
    d.spec.strategy.type = "Recreate";
    PretendCluster cluster(seed, d);
    ASSERT_TRUE(cluster.run_until_quiet());
    cluster.failing = "web:1";
    cluster.change([](auto& x) { use(x, "bad:2"); });
    expect_settled(cluster, "web:1 x2", "False ProgressDeadlineExceeded", seed);
    EXPECT_EQ(cluster.rollbacks, 1) << "seed " << seed;
  }
}

// Twenty random changes by a user, with faults, and then quiet: it converges to the last wish.
TEST(RolloutLoop, ConvergesAfterRandomChanges) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    PretendCluster cluster(seed, web(4));
    for (int i = 0; i < 20; ++i) {
      const std::size_t dice = cluster.random(8);
      if (dice == 0) cluster.delete_random_pod();
      if (dice == 1) cluster.break_random_pod();
      cluster.change([&](api::Deployment& d) {
        if (dice == 2) d.spec.replicas = static_cast<std::int64_t>(cluster.random(12));
        if (dice == 3) use(d, "web:" + std::to_string(cluster.random(5)));
        if (dice == 4) use(d, "bad:" + std::to_string(cluster.random(3)));
        if (dice == 5) d.spec.paused = !d.spec.paused;
        if (dice == 6) d.spec.revisionHistoryLimit = static_cast<std::int64_t>(cluster.random(4));
        if (dice == 7) {
          d.metadata.annotations[annotation::kAutoRollback] = cluster.random(2) ? "true" : "false";
        }
      });
      cluster.steps(static_cast<int>(cluster.random(80)));
    }
    cluster.change([](api::Deployment& d) {
      d.spec.paused = false;
      d.spec.replicas = 3;
      use(d, "web:last");
    });
    expect_settled(cluster, "web:last x3", kDone, seed);
  }
}

// The same seed gives the same history: nothing here depends on anything but the World and the
// time.
TEST(RolloutLoop, IsDeterministic) {
  const auto history = [] {
    PretendCluster cluster(7, web(6));
    cluster.steps(200);
    cluster.change([](auto& d) { use(d, "web:2"); });
    cluster.steps(200);
    return cluster.pods() + cluster.progress() +
           std::to_string(cluster.now().time_since_epoch().count());
  };
  EXPECT_EQ(history(), history());
}

}  // namespace
}  // namespace weir
