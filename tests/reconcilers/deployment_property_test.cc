// What holds for every World, however odd: random ones, from seeds.

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "reconcilers/deployment.h"
#include "reconcilers/deployment_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/replica_set.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::kNow;
using test::world;
using test::WorldBuilder;

const Key kWeb{.kind = Kind::Deployment, .ns = "default", .name = "web"};
constexpr std::uint64_t kWorlds = 400;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <class T, std::size_t N>
  const T& of(const T (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  std::mt19937_64 random_;
};

World random_world(std::uint64_t seed) {
  Dice dice(seed);
  const char* const numbers[] = {"0", "1", "3", "25%", "50%", "100%"};
  const char* const reasons[] = {"",
                                 "NewReplicaSetAvailable",
                                 "ReplicaSetUpdated",
                                 "ProgressDeadlineExceeded",
                                 "DeploymentPaused",
                                 "NewReplicaSetCreated"};
  const std::int64_t replicas = dice.below(12);
  WorldBuilder builder = world();
  builder.deployment("web", {.replicas = replicas,
                             .image = "web:" + std::to_string(dice.below(4)),
                             .surge = dice.of(numbers),
                             .unavailable = dice.of(numbers),
                             .strategy = dice.one_in(4) ? "Recreate" : "RollingUpdate",
                             .min_ready = dice.below(3) * 400,
                             .history = dice.below(4),
                             .paused = dice.one_in(5),
                             .rollback = dice.one_in(2),
                             .progressing = dice.of(reasons)});
  const std::int64_t sets = dice.below(4);
  for (std::int64_t i = 0; i < sets; ++i) {
    const std::int64_t size = dice.below(8);
    test::ReplicaSetForm form{.image = "web:" + std::to_string(i),
                              .size = size,
                              .available = dice.below(8),
                              .unready = dice.below(3),
                              .terminating = dice.below(3),
                              .revision = dice.one_in(5) ? 0 : 1 + dice.below(6),
                              .min_ready = dice.below(3) * 400};
    if (dice.one_in(4)) form.desired = dice.below(12);
    if (dice.one_in(4)) form.max = dice.below(15);
    form.deleting = dice.one_in(10);
    form.orphan = dice.one_in(10);
    form.unobserved = dice.one_in(10);
    if (dice.one_in(2)) {
      form.annotations[annotation::kAvailableRevision] = std::to_string(1 + dice.below(6));
    }
    if (dice.one_in(6)) {
      form.annotations[annotation::kRollbackRevision] = std::to_string(1 + dice.below(6));
    }
    builder.replica_set("web-" + std::to_string(i), form);
  }
  return builder;
}

// The sizes after the plan of the ReplicaSets that are the Deployment's then.
std::map<std::string, std::int64_t> sizes_after(const World& world, const Plan& plan) {
  std::map<std::string, std::int64_t> sizes;
  const auto& deployment = *world.get<api::Deployment>("default", "web");
  for (const Revision& revision : view_of_deployment(world, kWeb, deployment, kNow).revisions) {
    sizes[revision.name()] = revision.size();
  }
  for (const Change& change : plan.changes) {
    const Object* object = nullptr;
    if (const auto* create = std::get_if<CreateObject>(&change)) object = &create->object;
    if (const auto* update = std::get_if<UpdateObject>(&change)) object = &update->object;
    if (const auto* gone = std::get_if<DeleteObject>(&change)) sizes.erase(gone->key.name);
    const auto* set = object ? std::get_if<api::ReplicaSet>(object) : nullptr;
    if (set && !set->metadata.ownerReferences.empty())
      sizes[set->metadata.name] = set->spec.replicas;
  }
  return sizes;
}

std::string what(std::uint64_t seed, const World& world, const Plan& plan) {
  std::string out = "seed " + std::to_string(seed) + "\n";
  for (const Key& key : world.keys(Kind::ReplicaSet)) {
    const auto& set = *world.get<api::ReplicaSet>(key.ns, key.name);
    const std::chrono::seconds min_ready(set.spec.minReadySeconds);
    const Replicas r = count(pods_of(world, set), set, min_ready, kNow);
    out += key.name + " size " + std::to_string(set.spec.replicas) + " pods " +
           std::to_string(r.pods) + " available " + std::to_string(r.available) + "\n";
  }
  for (const Reason& reason : plan.reasons) out += reason.step + ": " + reason.verdict + "\n";
  return out + test::brief(plan, world, kNow);
}

bool was_scaled(const Plan& plan) {
  return std::any_of(plan.reasons.begin(), plan.reasons.end(),
                     [](const Reason& reason) { return reason.step == "scale"; });
}

TEST(AnyWorld, APlanMadeAgainIsTheSame) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    const World one = random_world(seed);
    const World two = random_world(seed);
    const Plan plan = plan_deployment(one, kWeb, kNow);
    ASSERT_EQ(plan, plan_deployment(one, kWeb, kNow)) << seed;
    ASSERT_EQ(text(plan, one), text(plan_deployment(two, kWeb, kNow), two)) << seed;
    for (const Key& key : one.keys(Kind::ReplicaSet)) {
      ASSERT_EQ(text(plan_replica_set(one, key, kNow), one),
                text(plan_replica_set(two, key, kNow), two));
    }
  }
}

TEST(AnyWorld, NothingGrowsBeyondTheSurge) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    const World w = random_world(seed);
    const DeploymentView rollout =
        view_of_deployment(w, kWeb, *w.get<api::Deployment>("default", "web"), kNow);
    const Plan plan = plan_deployment(w, kWeb, kNow);
    const auto after = sizes_after(w, plan);
    std::int64_t before_total = 0, after_total = 0, held = 0;
    bool grew = false;
    for (const Revision& revision : rollout.revisions) {
      before_total += revision.size();
      held += std::max(revision.size(), revision.replicas.pods);
    }
    for (const auto& [name, size] : after) {
      const auto* set = w.get<api::ReplicaSet>("default", name);
      after_total += size;
      grew |= size > (set ? set->spec.replicas : 0);
    }
    ASSERT_LE(after_total, std::max(before_total, rollout.limits.max_total()))
        << what(seed, w, plan);
    // Growth for the rollout's sake also respects pods that are still there.
    if (grew && !was_scaled(plan)) {
      ASSERT_LE(after_total - before_total + held, std::max(held, rollout.limits.max_total()))
          << what(seed, w, plan);
    }
  }
}

// After the ReplicaSets have carried the plan out, as many are available as must be, if as many
// were.
TEST(AnyWorld, NothingAvailableIsGivenUpTooEarly) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    World w = random_world(seed);
    const api::Deployment deployment = *w.get<api::Deployment>("default", "web");
    const Plan plan = plan_deployment(w, kWeb, kNow);
    if (deployment.spec.strategy.type != "RollingUpdate" || was_scaled(plan)) continue;
    const DeploymentView rollout = view_of_deployment(w, kWeb, deployment, kNow);
    // What lasts even if every surplus pod goes.
    std::int64_t before = 0, after = 0;
    const auto sizes = sizes_after(w, plan);
    bool shrank = false;
    for (const Revision& revision : rollout.revisions) {
      const auto now = sizes.find(revision.name());
      const std::int64_t size = now == sizes.end() ? 0 : now->second;
      before += std::min(revision.replicas.available, revision.size());
      after += std::min(revision.replicas.available, size);
      shrank |= size < revision.size() && &revision != rollout.current();
    }
    if (shrank) {
      ASSERT_GE(after, std::min(before, rollout.limits.min_available())) << what(seed, w, plan);
    }
  }
}

TEST(AnyWorld, VictimsAreNeverAvailableWhileOthersAreNot) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    const World w = random_world(seed);
    for (const Key& key : w.keys(Kind::ReplicaSet)) {
      const auto& set = *w.get<api::ReplicaSet>(key.ns, key.name);
      std::set<std::string> leaving;
      const Plan plan = plan_replica_set(w, key, kNow);
      for (const Change& change : plan.changes) {
        if (const auto* gone = std::get_if<DeleteObject>(&change)) leaving.insert(gone->key.name);
      }
      bool ready_leaves = false, unready_stays = false;
      for (const api::Pod* pod : pods_of(w, set)) {
        if (!is_active(*pod)) continue;
        const bool leaves = leaving.count(pod->metadata.name) > 0;
        ready_leaves |= leaves && is_ready(*pod);
        unready_stays |= !leaves && !is_ready(*pod);
      }
      ASSERT_FALSE(ready_leaves && unready_stays) << seed << " " << text(plan, w);
    }
  }
}

TEST(AnyWorld, PausedMeansNoRollout) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    World w = random_world(seed);
    api::Deployment deployment = *w.get<api::Deployment>("default", "web");
    deployment.spec.paused = true;
    w.put(deployment);
    const Plan plan = plan_deployment(w, kWeb, kNow);
    for (const Change& change : plan.changes) {
      ASSERT_FALSE(std::holds_alternative<CreateObject>(change)) << what(seed, w, plan);
      if (const auto* update = std::get_if<UpdateObject>(&change)) {
        if (const auto* d = std::get_if<api::Deployment>(&update->object)) {
          ASSERT_EQ(d->spec, deployment.spec) << what(seed, w, plan);
        }
      }
    }
    for (const EventNote& event : plan.events) {
      ASSERT_TRUE(was_scaled(plan)) << what(seed, w, plan) << event.message;
    }
  }
}

// The status that was just written needs no second writing: plans come to rest.
TEST(AnyWorld, AStatusIsWrittenOnce) {
  for (std::uint64_t seed = 0; seed < kWorlds; ++seed) {
    World w = random_world(seed);
    const Plan plan = plan_deployment(w, kWeb, kNow);
    for (const Change& change : plan.changes) {
      if (const auto* update = std::get_if<UpdateObject>(&change)) w.put(update->object);
      if (const auto* create = std::get_if<CreateObject>(&change)) {
        Object object = create->object;
        meta(object).uid = "uid-new";
        meta(object).creationTimestamp = to_seconds(kNow);
        w.put(object);
      }
      if (const auto* gone = std::get_if<DeleteObject>(&change)) w.erase(gone->key);
      if (const auto* update = std::get_if<UpdateStatus>(&change)) {
        api::Deployment now = *w.get<api::Deployment>("default", "web");
        now.status = std::get<api::Deployment>(update->object).status;
        w.put(now);
      }
    }
    const Plan again = plan_deployment(w, kWeb, kNow);
    for (const EventNote& event : again.events) {
      // A second plan may move on, but must not repeat the first.
      for (const EventNote& said : plan.events) ASSERT_NE(said, event) << what(seed, w, again);
    }
  }
}

}  // namespace
}  // namespace weir
