// Canaries from beginning to end.

#include <gtest/gtest.h>

#include "reconcilers/rollout.h"
#include "tests/support/rollout_story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::RolloutStory;

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }
api::CanaryStep wait(std::optional<std::int64_t> seconds = {}) {
  api::CanaryStep step;
  step.pause.emplace();
  if (seconds) step.pause->duration = api::IntOrString{.number = *seconds};
  return step;
}

api::Rollout canary(std::int64_t replicas, std::vector<api::CanaryStep> steps) {
  api::Rollout rollout = test::rollout_of_web(replicas);
  rollout.spec.strategy.canary.emplace().steps = std::move(steps);
  return rollout;
}

api::Rollout routed(std::int64_t replicas, std::vector<api::CanaryStep> steps) {
  api::Rollout rollout = canary(replicas, std::move(steps));
  rollout.spec.strategy.canary->trafficRouting.emplace();
  return rollout;
}

void promote(api::Rollout& rollout) { rollout.status.pauseConditions.clear(); }
void abort(api::Rollout& rollout) { rollout.status.abort = true; }
void retry(api::Rollout& rollout) { rollout.status.abort = false; }

TEST(RolloutCanary, DividesRequestsByWeight) {
  RolloutStory story(routed(1, {weight(10), wait(), weight(50), wait(60)}));
  story.run();
  EXPECT_EQ(story.told(),
            "0s Progressing: more replicas need to be updated | step 4 | 0% |\n"
            "0s Progressing: more replicas need to be updated | step 4 | 0% | v1 1/0\n"
            "0s Progressing: updated replicas are still becoming available | step 4 | 0% | v1 1/0\n"
            "0s Healthy | step 4 | 100% | v1 1/1\n");
  EXPECT_EQ(story.image("v2").run().told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 10% | v1 1/1 v2 1/1\n"
            "0s Paused: CanaryPauseStep | step 1 | 10% | v1 1/1 v2 1/1\n");
  EXPECT_EQ(story.change("promote", promote).run(100).told(),
            "-- promote\n"
            "0s Progressing: waiting for all steps to complete | step 2 | 50% | v1 1/1 v2 1/1\n"
            "0s Paused: CanaryPauseStep | step 3 | 50% | v1 1/1 v2 1/1\n"
            "60s Progressing: waiting for all steps to complete | step 4 | 100% | v1 1/1 v2 1/1\n"
            "60s Healthy | step 4 | 100% | v1 1/1 v2 1/1\n"
            "90s Healthy | step 4 | 100% | v2 1/1\n");
  EXPECT_EQ(
      story.events,
      "RolloutCompleted: Rollout completed update to revision 1 (689bc4894b): Initial deploy\n"
      "RolloutCompleted: Rollout completed update to revision 2 (78bfcd6855): Completed all 4 "
      "canary steps\n");
}

TEST(RolloutCanary, AbortsAndTriesAgain) {
  RolloutStory story(routed(4, {weight(25), wait()}));
  story.run();
  story.image("v2").run().told();
  EXPECT_EQ(story.change("abort", abort).run(40).told(),
            "-- abort\n"
            "0s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "4/4 v2 1/1\n"
            "30s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "4/4\n");
  EXPECT_EQ(story.change("retry", retry).run().told(),
            "-- retry\n"
            "40s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 v2 1/0\n"
            "40s Progressing: more replicas need to be updated | step 0 | 25% | v1 4/4 v2 1/1\n"
            "40s Paused: CanaryPauseStep | step 1 | 25% | v1 4/4 v2 1/1\n");
  EXPECT_EQ(story.image("v1").run(40).told(),
            "-- v1\n"
            "40s Healthy | step 2 | 100% | v1 4/4\n");
  EXPECT_EQ(
      story.events,
      "RolloutCompleted: Rollout completed update to revision 1 (689bc4894b): Initial deploy\n"
      "RolloutAborted: Rollout aborted update to revision 2\n"
      "RolloutRetry: Retrying Rollout after abort\n");
}

TEST(RolloutCanary, ByRatioWithoutARouter) {
  RolloutStory story(canary(4, {weight(25), wait(10), weight(50)}));
  story.run();
  EXPECT_EQ(story.told(),
            "0s Progressing: more replicas need to be updated | step 3 | 0% |\n"
            "0s Progressing: more replicas need to be updated | step 3 | 0% | v1 4/0\n"
            "0s Progressing: updated replicas are still becoming available | step 3 | 0% | v1 4/0\n"
            "0s Healthy | step 3 | 100% | v1 4/4\n");
  EXPECT_EQ(story.image("v2").run(20).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 3/3 v2 1/0\n"
            "0s Paused: CanaryPauseStep | step 1 | 25% | v1 3/3 v2 1/1\n"
            "10s Progressing: more replicas need to be updated | step 2 | 33% | v1 2/2 v2 2/1\n"
            "10s Progressing: more replicas need to be updated | step 3 | 67% | v1 1/1 v2 3/2\n"
            "10s Progressing: more replicas need to be updated | step 3 | 67% | v1 1/1 v2 4/2\n"
            "10s Progressing: old replicas are pending termination | step 3 | 100% | v2 4/3\n"
            "10s Healthy | step 3 | 100% | v2 4/4\n");
}

TEST(RolloutCanary, WithoutStepsItIsARollingUpdate) {
  RolloutStory story(canary(3, {}));
  story.run().told();
  EXPECT_EQ(story.image("v2").run().told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 3/3\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 3/3 v2 1/0\n"
            "0s Progressing: more replicas need to be updated | 33% | v1 2/2 v2 1/1\n"
            "0s Progressing: more replicas need to be updated | 33% | v1 2/2 v2 2/1\n"
            "0s Progressing: more replicas need to be updated | 67% | v1 1/1 v2 2/2\n"
            "0s Progressing: more replicas need to be updated | 67% | v1 1/1 v2 3/2\n"
            "0s Progressing: old replicas are pending termination | 67% | v1 1/1 v2 3/2\n"
            "0s Progressing: old replicas are pending termination | 100% | v2 3/3\n"
            "0s Healthy | 100% | v2 3/3\n");
  EXPECT_EQ(story.image("bad").run(700).told(),
            "-- bad\n"
            "0s Progressing: more replicas need to be updated | 0% | v2 3/3\n"
            "0s Progressing: more replicas need to be updated | 0% | v2 3/3 bad 1/0\n"
            "600s Degraded: ProgressDeadlineExceeded: ReplicaSet \"web-98cd9fdfb\" has timed out "
            "progressing. | 0% | v2 3/3 bad 1/0\n");
  EXPECT_EQ(story.image("v2").run().told(),
            "-- v2\n"
            "700s Progressing: old replicas are pending termination | 100% | v2 3/3\n"
            "700s Healthy | 100% | v2 3/3\n");
}

TEST(RolloutCanary, GivesNothingToWhoIsNotReady) {
  RolloutStory story(routed(4, {weight(50), wait()}));
  story.run();
  EXPECT_EQ(story.told(),
            "0s Progressing: more replicas need to be updated | step 2 | 0% |\n"
            "0s Progressing: more replicas need to be updated | step 2 | 0% | v1 4/0\n"
            "0s Progressing: updated replicas are still becoming available | step 2 | 0% | v1 4/0\n"
            "0s Healthy | step 2 | 100% | v1 4/4\n");
  EXPECT_EQ(story.image("bad").run(700).told(),
            "-- bad\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 bad 2/0\n"
            "600s Degraded: ProgressDeadlineExceeded: ReplicaSet \"web-98cd9fdfb\" has timed out "
            "progressing. | step 0 | 0% | v1 4/4 bad 2/0\n");
  EXPECT_EQ(story.heal("bad").run().told(),
            "700s Progressing: more replicas need to be updated | step 0 | 50% | v1 4/4 bad 2/2\n"
            "700s Paused: CanaryPauseStep | step 1 | 50% | v1 4/4 bad 2/2\n");
}

TEST(RolloutCanary, SupersededBeginsAnew) {
  RolloutStory story(routed(4, {weight(25), wait(), weight(75), wait()}));
  story.run();
  story.image("v2").run();
  story.change("promote", promote).run().told();
  EXPECT_EQ(story.image("v3").run(40).told(),
            "-- v3\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 v2 3/3\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 v3 1/0\n"
            "0s Progressing: more replicas need to be updated | step 0 | 25% | v1 4/4 v3 1/1\n"
            "0s Paused: CanaryPauseStep | step 1 | 25% | v1 4/4 v3 1/1\n");
  EXPECT_EQ(story.image("v1").run(40).told(),
            "-- v1\n"
            "40s Healthy | step 4 | 100% | v1 4/4\n");
}

TEST(RolloutCanary, WithASurgeSharesAndPodsGrowTogether) {
  api::Rollout rollout = routed(4, {weight(50), wait()});
  rollout.spec.strategy.canary->maxSurge = api::IntOrString{.number = 1};
  RolloutStory story(rollout);
  story.run().told();
  EXPECT_EQ(story.image("v2").run().told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 0 | 25% | v1 4/4 v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 25% | v1 3/3 v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 25% | v1 3/3 v2 2/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 50% | v1 3/3 v2 2/2\n"
            "0s Paused: CanaryPauseStep | step 1 | 50% | v1 2/2 v2 2/2\n");
  EXPECT_EQ(story.change("promote", promote).run(60).told(),
            "-- promote\n"
            "0s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 3/2\n"
            "0s Progressing: more replicas need to be updated | step 2 | 75% | v1 2/2 v2 3/3\n"
            "0s Progressing: more replicas need to be updated | step 2 | 75% | v1 1/1 v2 3/3\n"
            "0s Progressing: more replicas need to be updated | step 2 | 75% | v1 1/1 v2 4/3\n"
            "0s Progressing: waiting for all steps to complete | step 2 | 75% | v1 1/1 v2 4/3\n"
            "0s Progressing: waiting for all steps to complete | step 2 | 100% | v1 1/1 v2 4/4\n"
            "0s Healthy | step 2 | 100% | v2 4/4\n");
  story.image("v3").run().told();
  EXPECT_EQ(story.change("abort", abort).run(60).told(),
            "-- abort\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 50% | "
            "v2 3/2 v3 2/2\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 25% | "
            "v2 3/3 v3 2/2\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 25% | "
            "v2 3/3 v3 1/1\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 25% | "
            "v2 4/3 v3 1/1\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 0% | v2 "
            "4/4 v3 1/1\n"
            "60s Degraded: RolloutAborted: Rollout aborted update to revision 3 | step 0 | 0% | v2 "
            "4/4\n");
}

// A third of the Pods has 33 of 100 requests, and the others carry 67.
TEST(RolloutCanary, WithASurgeSharesThatDoNotComeOutEvenDoNotHoldItUp) {
  for (const std::int64_t replicas : {1, 3, 6, 7}) {
    api::Rollout rollout = routed(replicas, {weight(80), wait(1)});
    rollout.spec.strategy.canary->maxSurge = api::IntOrString{.number = 1};
    RolloutStory story(rollout);
    story.run();
    EXPECT_EQ(story.image("v2").run(60).rollout().status.phase, "Healthy") << replicas;
    story.image("v3").run().change("abort", abort).run(60).told();
    EXPECT_EQ(story.rollout().status.canary.weights->canary.weight, 0) << replicas;
    EXPECT_EQ(story.rollout().status.replicas, replicas);
  }
}

// A third template before the stable revision has taken back what went to the second: there is room
// for three revisions only as the second becomes smaller.
TEST(RolloutCanary, WithASurgeAFormerCanaryLeavesItsRoom) {
  api::Rollout rollout = routed(5, {weight(40), wait()});
  rollout.spec.strategy.canary->maxSurge = api::IntOrString{.number = 1};
  RolloutStory story(rollout);
  story.run();
  story.image("v2").run();
  EXPECT_EQ(story.image("v3").run(60).rollout().status.phase, "Paused");
  EXPECT_EQ(story.rollout().status.canary.weights->canary.weight, 40);
  EXPECT_EQ(story.rollout().status.replicas, 5);
}

// What it names is not there: it says so once, and goes on when it has come.
TEST(RolloutCanary, WaitsForTheServicesThatItNames) {
  api::Rollout rollout = canary(1, {});
  rollout.spec.strategy.canary->stableService = "missing";
  RolloutStory story(rollout);
  EXPECT_EQ(story.run().told(),
            "0s Degraded: InvalidSpec: The Rollout \"web\" is invalid: "
            "spec.strategy.canary.stableService: Invalid value: \"missing\": service \"missing\" "
            "not found | 0% |\n");
  const Key key{.kind = Kind::Rollout, .ns = "default", .name = "web"};
  const Time later = test::kNow + std::chrono::hours(1);
  EXPECT_EQ(plan_rollout(story.world(), key, later).changes.size(), 0u);
  story.change("another",
               [](api::Rollout& r) { r.spec.strategy.canary->stableService = "stable"; });
  EXPECT_NE(story.run().told().find("Healthy"), std::string::npos);
}

// The stable revision has become small: it takes over only what it can carry.
TEST(RolloutCanary, GoesBackAsTheStableOneGrows) {
  api::Rollout rollout = routed(4, {weight(75), wait()});
  rollout.spec.strategy.canary->dynamicStableScale = true;
  RolloutStory story(rollout);
  story.run();
  story.image("v2").run().told();
  EXPECT_EQ(story.image("v1").run(40).told(),
            "-- v1\n"
            "0s Progressing: more replicas need to be updated | step 2 | 25% | v2 3/3 v1 4/1\n"
            "0s Progressing: updated replicas are still becoming available | step 2 | 25% | v2 3/3 "
            "v1 4/1\n"
            "0s Healthy | step 2 | 100% | v1 4/4\n");
  story.image("v2").run().told();
  EXPECT_EQ(
      story.image("v3").run(40).told(),
      "-- v3\n"
      "40s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 3/3\n"
      "40s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/1 v2 3/3 v3 3/0\n"
      "40s Progressing: more replicas need to be updated | step 0 | 0% | v1 4/4 v3 3/3\n"
      "40s Progressing: more replicas need to be updated | step 0 | 75% | v1 4/4 v3 3/3\n"
      "40s Paused: CanaryPauseStep | step 1 | 75% | v1 1/1 v3 3/3\n");
}

TEST(RolloutCanary, OfNothingHasNothingToCarry) {
  api::Rollout rollout = routed(0, {weight(80), weight(20), wait(1)});
  rollout.spec.strategy.canary->dynamicStableScale = true;
  RolloutStory story(rollout);
  story.run();
  EXPECT_EQ(story.image("v2").run(10).rollout().status.phase, "Healthy");
}

TEST(RolloutCanary, OfNothingIsDoneAtOnce) {
  RolloutStory story(routed(0, {weight(20), wait(1)}));
  story.run().told();
  EXPECT_EQ(story.image("v2").run(40).told(),
            "-- v2\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% |\n"
            "0s Paused: CanaryPauseStep | step 1 | 0% |\n"
            "1s Progressing: waiting for all steps to complete | step 2 | 0% |\n"
            "1s Healthy | step 2 | 0% |\n");
}

TEST(RolloutCanary, IsScaledWhileItIsPaused) {
  RolloutStory story(canary(4, {weight(25), wait()}));
  story.run();
  story.image("v2").run().told();
  EXPECT_EQ(story
                .change("pause and scale",
                        [](api::Rollout& r) {
                          r.spec.paused = true;
                          r.spec.replicas = 8;
                        })
                .run()
                .told(),
            "-- pause and scale\n"
            "0s Paused: manually paused | step 1 | 25% | v1 6/3 v2 2/1\n"
            "0s Paused: manually paused | step 1 | 25% | v1 6/6 v2 2/2\n");
}

TEST(RolloutCanary, PromotesInFull) {
  RolloutStory story(routed(2, {weight(10), wait(), weight(50), wait()}));
  story.run();
  story.image("v2").run().told();
  EXPECT_EQ(story.change("promote --full", [](api::Rollout& r) { r.status.promoteFull = true; })
                .run(40)
                .told(),
            "-- promote --full\n"
            "0s Progressing: more replicas need to be updated | step 4 | 10% | v1 2/2 v2 2/1\n"
            "0s Progressing: waiting for all steps to complete | step 4 | 10% | v1 2/2 v2 2/1\n"
            "0s Progressing: waiting for all steps to complete | step 4 | 100% | v1 2/2 v2 2/2\n"
            "0s Healthy | step 4 | 100% | v1 2/2 v2 2/2\n"
            "30s Healthy | step 4 | 100% | v2 2/2\n");
}

TEST(RolloutCanary, PointsTheServicesAtTheirRevisions) {
  api::Rollout rollout = routed(2, {weight(50), wait()});
  rollout.spec.strategy.canary->stableService = "stable";
  rollout.spec.strategy.canary->canaryService = "canary";
  RolloutStory story(rollout);
  story.run();
  story.image("v2").run();
  story.change("abort", abort).run(40);
  story.change("retry", retry).run();
  story.change("promote", promote).run(40);
  EXPECT_EQ(
      story.events,
      "SwitchService: Switched selector for service 'canary' from '' to '689bc4894b'\n"
      "RolloutCompleted: Rollout completed update to revision 1 (689bc4894b): Initial deploy\n"
      "SwitchService: Switched selector for service 'stable' from '' to '689bc4894b'\n"
      "SwitchService: Switched selector for service 'canary' from '689bc4894b' to '78bfcd6855'\n"
      "RolloutAborted: Rollout aborted update to revision 2\n"
      "SwitchService: Switched selector for service 'canary' from '78bfcd6855' to '689bc4894b'\n"
      "RolloutRetry: Retrying Rollout after abort\n"
      "SwitchService: Switched selector for service 'canary' from '689bc4894b' to '78bfcd6855'\n"
      "RolloutCompleted: Rollout completed update to revision 2 (78bfcd6855): Completed all 2 "
      "canary steps\n"
      "SwitchService: Switched selector for service 'stable' from '689bc4894b' to '78bfcd6855'\n");
}

// "Promoted 90s, 30s of them paused"
std::string duration(const RolloutStory& story) {
  const auto& took = story.rollout().status.duration;
  if (!took) return "none";
  const auto seconds = [&](const auto& at) {
    return at ? std::to_string((*at - *took->rolloutStartedAt).count()) + "s" : std::string("?");
  };
  return took->completionStatus + " " + seconds(took->finishedAt) + ", " +
         std::to_string(took->totalManualPauseDurationSeconds) + "s of them paused";
}

TEST(RolloutCanary, SaysHowLongItTook) {
  RolloutStory story(routed(1, {weight(20), wait(), weight(60), wait(30)}));
  EXPECT_EQ(duration(story.run()), "Promoted 0s, 0s of them paused");
  EXPECT_EQ(duration(story.image("v2").run(50)), " ?, 0s of them paused");
  EXPECT_EQ(duration(story.change("promote", promote).run(100)),
            "Promoted 80s, 80s of them paused");
  story.image("v3").run(10);
  EXPECT_EQ(duration(story.change("abort", abort).run(10)), "Aborted 10s, 10s of them paused");
  EXPECT_EQ(duration(story.change("retry", retry).run(20)), " ?, 0s of them paused");
  EXPECT_EQ(duration(story.image("v2").run(5)), "RolledBack 0s, 0s of them paused");
  const auto in_full = [](api::Rollout& rollout) { rollout.status.promoteFull = true; };
  story.image("v4").run(10);
  EXPECT_EQ(duration(story.change("promote --full", in_full).run(10)),
            "FastPromoted 10s, 10s of them paused");
}

}  // namespace
}  // namespace weir
