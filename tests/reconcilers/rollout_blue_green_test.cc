// Blue-green from beginning to end. The percentage is of the Service "web", which is the active
// one.

#include <gtest/gtest.h>

#include "tests/support/rollout_story.h"

namespace weir {
namespace {

using test::RolloutStory;

api::Rollout blue_green(std::int64_t replicas) {
  api::Rollout rollout = test::rollout_of_web(replicas);
  api::BlueGreenStrategy& strategy = rollout.spec.strategy.blueGreen.emplace();
  strategy.activeService = "web";
  strategy.previewService = "canary";
  return rollout;
}

api::Rollout by_hand(std::int64_t replicas) {
  api::Rollout rollout = blue_green(replicas);
  rollout.spec.strategy.blueGreen->autoPromotionEnabled = false;
  return rollout;
}

void promote(api::Rollout& rollout) { rollout.status.pauseConditions.clear(); }
void abort(api::Rollout& rollout) { rollout.status.abort = true; }

TEST(RolloutBlueGreen, ChangesOverWhenTheNewOneIsFull) {
  RolloutStory story(blue_green(2));
  EXPECT_EQ(story.run().told(),
            "0s Progressing: more replicas need to be updated | 0% |\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 2/0\n"
            "0s Progressing: updated replicas are still becoming available | 0% | v1 2/0\n"
            "0s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2\n"
            "0s Healthy | 100% | v1 2/2\n");
  EXPECT_EQ(
      story.image("v2").run(40).told(),
      "-- v2\n"
      "0s Progressing: more replicas need to be updated | 0% | v1 2/2\n"
      "0s Progressing: more replicas need to be updated | 0% | v1 2/2 v2 2/0\n"
      "0s Progressing: active service cutover pending | 0% | v1 2/2 v2 2/0\n"
      "0s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2 v2 2/2\n"
      "0s Healthy | 100% | v1 2/2 v2 2/2\n"
      "30s Healthy | 100% | v2 2/2\n");
  EXPECT_EQ(
      story.events,
      "SwitchService: Switched selector for service 'canary' from '' to '689bc4894b'\n"
      "SwitchService: Switched selector for service 'web' from '' to '689bc4894b'\n"
      "RolloutCompleted: Rollout completed update to revision 1 (689bc4894b): Completed blue-green "
      "update\n"
      "SwitchService: Switched selector for service 'canary' from '689bc4894b' to '78bfcd6855'\n"
      "SwitchService: Switched selector for service 'web' from '689bc4894b' to '78bfcd6855'\n"
      "RolloutCompleted: Rollout completed update to revision 2 (78bfcd6855): Completed blue-green "
      "update\n");
}

TEST(RolloutBlueGreen, WaitsForPeople) {
  api::Rollout rollout = by_hand(4);
  rollout.spec.strategy.blueGreen->previewReplicaCount = 1;
  RolloutStory story(rollout);
  story.run().told();
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 4/4\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 4/4 v2 1/0\n"
            "0s Paused: BlueGreenPause | 0% | v1 4/4 v2 1/1\n");
  EXPECT_EQ(story.change("promote", promote).run(40).told(),
            "-- promote\n"
            "100s Progressing: more replicas need to be updated | 0% | v1 4/4 v2 4/1\n"
            "100s Progressing: active service cutover pending | 0% | v1 4/4 v2 4/1\n"
            "100s Progressing: waiting for post-promotion verification to complete | 100% | v1 4/4 "
            "v2 4/4\n"
            "100s Healthy | 100% | v1 4/4 v2 4/4\n"
            "130s Healthy | 100% | v2 4/4\n");
}

TEST(RolloutBlueGreen, OrForTheClock) {
  api::Rollout rollout = blue_green(1);
  rollout.spec.strategy.blueGreen->autoPromotionSeconds = 20;
  RolloutStory story(rollout);
  story.run().told();
  EXPECT_EQ(story.image("v2").run(60).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: active service cutover pending | 0% | v1 1/1 v2 1/0\n"
            "0s Paused: BlueGreenPause | 0% | v1 1/1 v2 1/1\n"
            "20s Progressing: waiting for post-promotion verification to complete | 100% | v1 1/1 "
            "v2 1/1\n"
            "20s Healthy | 100% | v1 1/1 v2 1/1\n"
            "50s Healthy | 100% | v2 1/1\n");
}

TEST(RolloutBlueGreen, SwitchesBackAtOnceWhileTheOldOneStandsBy) {
  RolloutStory story(by_hand(2));
  story.run();
  story.image("v2").run();
  story.change("promote", promote).run(10).told();
  EXPECT_EQ(story.image("v1").run(40).told(),
            "-- v1\n"
            "10s Progressing: waiting for post-promotion verification to complete | 100% | v2 2/2 "
            "v1 2/2\n"
            "10s Healthy | 100% | v2 2/2 v1 2/2\n"
            "40s Healthy | 100% | v1 2/2\n");
}

TEST(RolloutBlueGreen, AbortsBeforeTheSwitch) {
  RolloutStory story(by_hand(2));
  story.run();
  story.image("v2").run().told();
  EXPECT_EQ(
      story.change("abort", abort).run(40).told(),
      "-- abort\n"
      "0s Degraded: RolloutAborted: Rollout aborted update to revision 2 | 0% | v1 2/2 v2 2/2\n"
      "30s Degraded: RolloutAborted: Rollout aborted update to revision 2 | 0% | v1 2/2\n");
  EXPECT_EQ(story.change("retry", [](api::Rollout& r) { r.status.abort = false; }).run().told(),
            "-- retry\n"
            "40s Progressing: more replicas need to be updated | 0% | v1 2/2 v2 2/0\n"
            "40s Progressing: active service cutover pending | 0% | v1 2/2 v2 2/0\n"
            "40s Paused: BlueGreenPause | 0% | v1 2/2 v2 2/2\n");
}

TEST(RolloutBlueGreen, ABadOneNeverGetsThere) {
  RolloutStory story(blue_green(2));
  story.run().told();
  EXPECT_EQ(story.image("bad").run(700).told(),
            "-- bad\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 2/2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 2/2 bad 2/0\n"
            "0s Progressing: active service cutover pending | 0% | v1 2/2 bad 2/0\n"
            "600s Degraded: ProgressDeadlineExceeded: ReplicaSet \"web-98cd9fdfb\" has timed out "
            "progressing. | 0% | v1 2/2 bad 2/0\n");
  EXPECT_EQ(story.image("v3").run(40).told(),
            "-- v3\n"
            "700s Progressing: more replicas need to be updated | 0% | v1 2/2 bad 2/0\n"
            "700s Progressing: more replicas need to be updated | 0% | v1 2/2 v3 2/0\n"
            "700s Progressing: active service cutover pending | 0% | v1 2/2 v3 2/0\n"
            "700s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2 "
            "v3 2/2\n"
            "700s Healthy | 100% | v1 2/2 v3 2/2\n"
            "730s Healthy | 100% | v3 2/2\n");
}

TEST(RolloutBlueGreen, RestartsWithinItsLimits) {
  RolloutStory story(blue_green(3));
  story.run(10).told();
  EXPECT_EQ(story
                .change("restart",
                        [](api::Rollout& r) {
                          r.spec.restartAt = to_seconds(Time(std::chrono::seconds(1'700'000'005)));
                        })
                .run()
                .told(),
            "-- restart\n"
            "10s Progressing: rollout is restarting | 100% | v1 3/2\n"
            "10s Progressing: updated replicas are still becoming available | 100% | v1 3/2\n"
            "10s Healthy | 100% | v1 3/3\n");
}

}  // namespace
}  // namespace weir
