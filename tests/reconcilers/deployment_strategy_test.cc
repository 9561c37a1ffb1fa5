// Deployments that are rolled out by weights (annotation weir.dev/strategy).

#include "reconcilers/deployment_strategy.h"

#include <gtest/gtest.h>

#include "reconcilers/conditions.h"
#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"
#include "reconcilers/reconciler.h"
#include "tests/support/rollout_story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::RolloutStory;

api::Deployment web(std::int64_t replicas, const char* strategy) {
  api::Deployment deployment = test::deployment_of_web(replicas);
  deployment.metadata.annotations[annotation::kStrategy] = strategy;
  return deployment;
}
void annotate(api::Deployment& deployment) {
  deployment.metadata.annotations[annotation::kStrategy] = "canary";
}
void take_away(api::Deployment& deployment) {
  deployment.metadata.annotations.erase(annotation::kStrategy);
}
void abort(api::Rollout& rollout) { rollout.status.abort = true; }

TEST(DeploymentStrategy, ACanaryPromotesItself) {
  RolloutStory story(web(3, "canary"));
  EXPECT_EQ(story.run().told(),
            "0s Progressing: more replicas need to be updated | step 4 | 0% | v1 3/0 | "
            "ReplicaSetUpdated 0/0/0\n"
            "0s Progressing: updated replicas are still becoming available | step 4 | 0% | v1 3/0 "
            "| ReplicaSetUpdated 3/0/3\n"
            "0s Healthy | step 4 | 100% | v1 3/3 | ReplicaSetUpdated 3/3/3\n"
            "0s Healthy | step 4 | 100% | v1 3/3 | NewReplicaSetAvailable 3/3/3\n");
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 3/3 v2 1/0 | "
            "Background Pending | ReplicaSetUpdated 0/3/3\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 3/3 v2 1/0 | "
            "Background Pending | ReplicaSetUpdated 1/3/4\n"
            "0s Progressing: more replicas need to be updated | step 0 | 10% | v1 3/3 v2 1/1 | "
            "Background Running | ReplicaSetUpdated 1/4/4\n"
            "0s Paused: CanaryPauseStep | step 1 | 10% | v1 3/3 v2 1/1 | Background Running | "
            "ReplicaSetUpdated 1/4/4\n"
            "30s Progressing: more replicas need to be updated | step 2 | 33% | v1 3/3 v2 1/1 | "
            "Background Running | ReplicaSetUpdated 1/4/4\n"
            "30s Progressing: more replicas need to be updated | step 2 | 33% | v1 2/2 v2 1/1 | "
            "Background Running | ReplicaSetUpdated 1/4/4\n"
            "30s Progressing: more replicas need to be updated | step 2 | 33% | v1 2/2 v2 2/1 | "
            "Background Running | ReplicaSetUpdated 1/3/3\n"
            "30s Progressing: more replicas need to be updated | step 2 | 33% | v1 2/2 v2 2/1 | "
            "Background Running | ReplicaSetUpdated 2/3/4\n"
            "30s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 2/2 | "
            "Background Running | ReplicaSetUpdated 2/4/4\n"
            "30s Paused: CanaryPauseStep | step 3 | 50% | v1 2/2 v2 2/2 | Background Running | "
            "ReplicaSetUpdated 2/4/4\n"
            "60s Progressing: more replicas need to be updated | step 4 | 66% | v1 2/2 v2 2/2 | "
            "Background Running | ReplicaSetUpdated 2/4/4\n"
            "60s Progressing: more replicas need to be updated | step 4 | 66% | v1 1/1 v2 2/2 | "
            "Background Running | ReplicaSetUpdated 2/4/4\n"
            "60s Progressing: more replicas need to be updated | step 4 | 66% | v1 1/1 v2 3/2 | "
            "Background Running | ReplicaSetUpdated 2/3/3\n"
            "60s Progressing: waiting for all steps to complete | step 4 | 66% | v1 1/1 v2 3/2 | "
            "Background Running | ReplicaSetUpdated 3/3/4\n"
            "60s Progressing: waiting for all steps to complete | step 4 | 100% | v1 1/1 v2 3/3 | "
            "Background Running | ReplicaSetUpdated 3/4/4\n"
            "60s Healthy | step 4 | 100% | v2 3/3 | ReplicaSetUpdated 3/4/4\n"
            "60s Healthy | step 4 | 100% | v2 3/3 | NewReplicaSetAvailable 3/3/3\n");
}

TEST(DeploymentStrategy, AndAbortsItself) {
  RolloutStory story(web(2, "canary"));
  story.run();
  story.told();
  story.measurements["error-rate"] = "Failed";
  EXPECT_EQ(
      story.image("v2").run(100).told(),
      "-- v2\n"
      "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0 | Background "
      "Pending | ReplicaSetUpdated 0/2/2\n"
      "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0 | Background "
      "Pending | ReplicaSetUpdated 1/2/3\n"
      "0s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background analysis "
      "phase error/failed: Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit "
      "(0) | step 0 | 0% | v1 2/2 v2 1/1 | Background Failed | ReplicaSetUpdated 1/3/3\n"
      "0s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background analysis "
      "phase error/failed: Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit "
      "(0) | step 0 | 0% | v1 2/2 v2 1/1 | Background Failed | ProgressDeadlineExceeded 1/3/3\n"
      "30s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background analysis "
      "phase error/failed: Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit "
      "(0) | step 0 | 0% | v1 2/2 | Background Failed | ProgressDeadlineExceeded 1/3/3\n"
      "30s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background analysis "
      "phase error/failed: Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit "
      "(0) | step 0 | 0% | v1 2/2 | Background Failed | ProgressDeadlineExceeded 0/2/2\n");
  story.measurements.clear();
  EXPECT_EQ(story.image("v1").run(100).told(),
            "-- v1\n"
            "100s Healthy | step 4 | 100% | v1 2/2 | ReplicaSetUpdated 2/2/2\n"
            "100s Healthy | step 4 | 100% | v1 2/2 | NewReplicaSetAvailable 2/2/2\n");
  EXPECT_EQ(
      story.image("bad").run(1000).told(),
      "-- bad\n"
      "200s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 bad 1/0 | "
      "Background Pending | ReplicaSetUpdated 0/2/2\n"
      "200s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 bad 1/0 | "
      "Background Pending | ReplicaSetUpdated 1/2/3\n"
      "200s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 bad 1/0 | "
      "Background Running | ReplicaSetUpdated 1/2/3\n"
      "800s Degraded: ProgressDeadlineExceeded: ReplicaSet \"web-98cd9fdfb\" has timed out "
      "progressing. | step 0 | 0% | v1 2/2 bad 1/0 | Background Running | ReplicaSetUpdated 1/2/3\n"
      "800s Degraded: RolloutAborted: Rollout aborted update to revision 4: ReplicaSet "
      "\"web-98cd9fdfb\" has timed out progressing. | step 0 | 0% | v1 2/2 bad 1/0 | Background "
      "Running | ProgressDeadlineExceeded 1/2/3\n"
      "800s Degraded: RolloutAborted: Rollout aborted update to revision 4: ReplicaSet "
      "\"web-98cd9fdfb\" has timed out progressing. | step 0 | 0% | v1 2/2 bad 1/0 | Background "
      "Successful | ProgressDeadlineExceeded 1/2/3\n"
      "830s Degraded: RolloutAborted: Rollout aborted update to revision 4: ReplicaSet "
      "\"web-98cd9fdfb\" has timed out progressing. | step 0 | 0% | v1 2/2 | Background Successful "
      "| ProgressDeadlineExceeded 1/2/3\n"
      "830s Degraded: RolloutAborted: Rollout aborted update to revision 4: ReplicaSet "
      "\"web-98cd9fdfb\" has timed out progressing. | step 0 | 0% | v1 2/2 | Background Successful "
      "| ProgressDeadlineExceeded 0/2/2\n");
}

TEST(DeploymentStrategy, BlueGreenChangesOverAtOnce) {
  RolloutStory story(web(2, "blue-green"));
  story.run();
  story.told();
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 2/0 | "
            "Background Pending | ReplicaSetUpdated 0/2/2\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 2/2 v2 2/0 | "
            "Background Pending | ReplicaSetUpdated 2/2/4\n"
            "0s Progressing: waiting for all steps to complete | step 1 | 100% | v1 2/2 v2 2/2 | "
            "Background Running | ReplicaSetUpdated 2/4/4\n"
            "0s Paused: CanaryPauseStep | step 2 | 100% | v1 2/2 v2 2/2 | Background Running | "
            "ReplicaSetUpdated 2/4/4\n"
            "30s Healthy | step 3 | 100% | v1 2/2 v2 2/2 | ReplicaSetUpdated 2/4/4\n"
            "30s Healthy | step 3 | 100% | v1 2/2 v2 2/2 | NewReplicaSetAvailable 2/4/4\n"
            "60s Healthy | step 3 | 100% | v2 2/2 | NewReplicaSetAvailable 2/4/4\n"
            "60s Healthy | step 3 | 100% | v2 2/2 | NewReplicaSetAvailable 2/2/2\n");
  story.measurements["p99"] = "Failed";
  EXPECT_EQ(
      story.image("v3").run(100).told(),
      "-- v3\n"
      "100s Progressing: more replicas need to be updated | step 0 | 0% | v2 2/2 v3 2/0 | "
      "Background Pending | ReplicaSetUpdated 0/2/2\n"
      "100s Progressing: waiting for all steps to complete | step 0 | 0% | v2 2/2 v3 2/0 | "
      "Background Pending | ReplicaSetUpdated 2/2/4\n"
      "100s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background analysis "
      "phase error/failed: Metric \"p99\" assessed Failed due to failed (1) > failureLimit (0) | "
      "step 0 | 0% | v2 2/2 v3 2/2 | Background Failed | ReplicaSetUpdated 2/4/4\n"
      "100s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background analysis "
      "phase error/failed: Metric \"p99\" assessed Failed due to failed (1) > failureLimit (0) | "
      "step 0 | 0% | v2 2/2 v3 2/2 | Background Failed | ProgressDeadlineExceeded 2/4/4\n"
      "130s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background analysis "
      "phase error/failed: Metric \"p99\" assessed Failed due to failed (1) > failureLimit (0) | "
      "step 0 | 0% | v2 2/2 | Background Failed | ProgressDeadlineExceeded 2/4/4\n"
      "130s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background analysis "
      "phase error/failed: Metric \"p99\" assessed Failed due to failed (1) > failureLimit (0) | "
      "step 0 | 0% | v2 2/2 | Background Failed | ProgressDeadlineExceeded 0/2/2\n");
}

TEST(DeploymentStrategy, ComesAndGoesWithoutAnyPod) {
  RolloutStory story(test::deployment_of_web(2));
  story.run();
  story.told();
  EXPECT_EQ(story.change_deployment("annotated", annotate).run(10).told(),
            "-- annotated\n"
            "0s Healthy | step 4 | 100% | v1 2/2 | ReplicaSetUpdated 2/2/2\n"
            "0s Healthy | step 4 | 100% | v1 2/2 | NewReplicaSetAvailable 2/2/2\n");
  EXPECT_EQ(story.change_deployment("no more", take_away).run(10).told(),
            "-- no more\n"
            "10s  | 0% | v1 2/2 | NewReplicaSetAvailable 2/2/2\n");
  EXPECT_EQ(story.image("v2").run(10).told(),
            "-- v2\n"
            "20s  | 0% | v1 2/2 v2 1/0 | NewReplicaSetCreated 0/2/2\n"
            "20s  | 0% | v1 2/2 v2 1/0 | ReplicaSetUpdated 1/2/3\n"
            "20s  | 0% | v1 1/1 v2 1/1 | ReplicaSetUpdated 1/3/3\n"
            "20s  | 0% | v1 1/1 v2 2/1 | ReplicaSetUpdated 1/2/2\n"
            "20s  | 0% | v1 1/1 v2 2/1 | ReplicaSetUpdated 2/2/3\n"
            "20s  | 0% | v2 2/2 | ReplicaSetUpdated 2/3/3\n"
            "20s  | 0% | v2 2/2 | NewReplicaSetAvailable 2/2/2\n");
}

TEST(DeploymentStrategy, TheFirstChangeIsACanaryAlready) {
  RolloutStory story(test::deployment_of_web(2));
  story.run();
  story.told();
  story.change_deployment("annotated", annotate);
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- annotated\n"
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0 | "
            "Background Pending | ReplicaSetUpdated 0/2/2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0 | "
            "Background Pending | ReplicaSetUpdated 1/2/3\n"
            "0s Progressing: more replicas need to be updated | step 0 | 10% | v1 2/2 v2 1/1 | "
            "Background Running | ReplicaSetUpdated 1/3/3\n"
            "0s Paused: CanaryPauseStep | step 1 | 10% | v1 2/2 v2 1/1 | Background Running | "
            "ReplicaSetUpdated 1/3/3\n"
            "30s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 1/1 | "
            "Background Running | ReplicaSetUpdated 1/3/3\n"
            "30s Paused: CanaryPauseStep | step 3 | 50% | v1 1/1 v2 1/1 | Background Running | "
            "ReplicaSetUpdated 1/3/3\n"
            "30s Paused: CanaryPauseStep | step 3 | 50% | v1 1/1 v2 1/1 | Background Running | "
            "ReplicaSetUpdated 1/2/2\n"
            "60s Progressing: more replicas need to be updated | step 4 | 50% | v1 1/1 v2 2/1 | "
            "Background Running | ReplicaSetUpdated 1/2/2\n"
            "60s Progressing: waiting for all steps to complete | step 4 | 50% | v1 1/1 v2 2/1 | "
            "Background Running | ReplicaSetUpdated 2/2/3\n"
            "60s Progressing: waiting for all steps to complete | step 4 | 100% | v1 1/1 v2 2/2 | "
            "Background Running | ReplicaSetUpdated 2/3/3\n"
            "60s Healthy | step 4 | 100% | v2 2/2 | ReplicaSetUpdated 2/3/3\n"
            "60s Healthy | step 4 | 100% | v2 2/2 | NewReplicaSetAvailable 2/2/2\n");
}

TEST(DeploymentStrategy, InTheMiddleItGoesOnWithout) {
  RolloutStory story(web(3, "canary"));
  story.run().image("v2").run(10);
  story.told();
  EXPECT_EQ(story.change_deployment("no more", take_away).run(10).told(),
            "-- no more\n"
            "10s  | 0% | v1 2/2 v2 1/1 | ReplicaSetUpdated 1/4/4\n"
            "10s  | 0% | v1 2/2 v2 2/1 | ReplicaSetUpdated 1/3/3\n"
            "10s  | 0% | v1 2/2 v2 2/1 | ReplicaSetUpdated 2/3/4\n"
            "10s  | 0% | v1 1/1 v2 2/2 | ReplicaSetUpdated 2/4/4\n"
            "10s  | 0% | v1 1/1 v2 3/2 | ReplicaSetUpdated 2/3/3\n"
            "10s  | 0% | v1 1/1 v2 3/2 | ReplicaSetUpdated 3/3/4\n"
            "10s  | 0% | v2 3/3 | ReplicaSetUpdated 3/4/4\n"
            "10s  | 0% | v2 3/3 | NewReplicaSetAvailable 3/3/3\n");
}

TEST(DeploymentStrategy, IsScaledAndPaused) {
  RolloutStory story(web(2, "canary"));
  story.run();
  story.told();
  EXPECT_EQ(story.change_deployment("scale", [](api::Deployment& d) { d.spec.replicas = 4; })
                .run()
                .told(),

            "-- scale\n"
            "0s Progressing: more replicas need to be updated | step 4 | 100% | v1 4/2 | "
            "NewReplicaSetAvailable 2/2/2\n"
            "0s Progressing: updated replicas are still becoming available | step 4 | 100% | v1 "
            "4/2 | ReplicaSetUpdated 4/2/4\n"
            "0s Healthy | step 4 | 100% | v1 4/4 | ReplicaSetUpdated 4/4/4\n"
            "0s Healthy | step 4 | 100% | v1 4/4 | NewReplicaSetAvailable 4/4/4\n");
  story.change_deployment("pause", [](api::Deployment& d) { d.spec.paused = true; });
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- pause\n"
            "-- v2\n"
            "0s Paused: manually paused | step 4 | 100% | v1 4/4 | DeploymentPaused 0/4/4\n");
}

TEST(DeploymentStrategy, AnAbortByHand) {
  RolloutStory story(web(2, "canary"));
  story.run().image("v2").run(10);
  story.told();
  EXPECT_EQ(story.change("abort", abort).run(100).told(),
            "-- abort\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 v2 1/1 | Background Running | ReplicaSetUpdated 1/3/3\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 | Background Successful | ProgressDeadlineExceeded 1/3/3\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 | Background Successful | ProgressDeadlineExceeded 0/2/2\n");
}

// kubectl rollout undo brings the annotations of the revision that it goes back to.
TEST(DeploymentStrategy, IsUndoneAtOnce) {
  RolloutStory story(web(2, "blue-green"));
  story.run().image("v2").run(45);
  story.told();
  const auto undo = [&](api::Deployment& d) {
    for (const Key& key : story.world().keys(Kind::ReplicaSet)) {
      const auto& set = *story.world().get<api::ReplicaSet>(key.ns, key.name);
      if (set.spec.template_.spec.containers.at(0).image != "v1") continue;
      d.metadata.annotations = set.metadata.annotations;
    }
    d.spec.template_.spec.containers.at(0).image = "v1";
  };
  EXPECT_EQ(story.change_deployment("undo", undo).run(100).told(),
            "-- undo\n"
            "45s Progressing: waiting for all steps to complete | step 1 | 100% | v2 2/2 v1 2/2 | "
            "Background Pending | ReplicaSetUpdated 2/4/4\n"
            "45s Paused: CanaryPauseStep | step 2 | 100% | v2 2/2 v1 2/2 | Background Running | "
            "ReplicaSetUpdated 2/4/4\n"
            "75s Healthy | step 3 | 100% | v2 2/2 v1 2/2 | ReplicaSetUpdated 2/4/4\n"
            "75s Healthy | step 3 | 100% | v2 2/2 v1 2/2 | NewReplicaSetAvailable 2/4/4\n"
            "105s Healthy | step 3 | 100% | v1 2/2 | NewReplicaSetAvailable 2/4/4\n"
            "105s Healthy | step 3 | 100% | v1 2/2 | NewReplicaSetAvailable 2/2/2\n");
  EXPECT_EQ(story.deployment()->metadata.annotations.at(annotation::kStrategy), "blue-green");
}

TEST(DeploymentStrategy, AnAbortHoldsWhileAnotherTemplateWaits) {
  RolloutStory story(web(2, "canary"));
  story.run().image("v2").run(10);
  story.change_deployment("pause", [](api::Deployment& d) { d.spec.paused = true; });
  story.image("v3").run();
  story.told();
  EXPECT_EQ(story.change("abort", abort).run(40).told(),
            "-- abort\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 v2 1/1 | Background Running | DeploymentPaused 0/3/3\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 | Background Successful | DeploymentPaused 0/3/3\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 2 | step 0 | 0% | v1 "
            "2/2 | Background Successful | DeploymentPaused 0/2/2\n");
}

TEST(DeploymentStrategy, ItsOwnAbortIsNoReasonToRollBack) {
  RolloutStory story(test::deployment_of_web(1));
  story.run().image("v2").run().change_deployment("annotated", annotate).run();
  story.image("v3").run(100).image("v4").run(100);
  story.change_deployment("auto-rollback", [](api::Deployment& d) {
    d.metadata.annotations[annotation::kAutoRollback] = "true";
  });
  story.measurements["p99"] = "Failed";
  story.image("v5").run(100);
  EXPECT_EQ(story.deployment()->spec.template_.spec.containers.at(0).image, "v5");
}

TEST(DeploymentStrategy, WhatItMeasuresMayBeReplaced) {
  RolloutStory story(test::deployment_of_web(1));
  api::AnalysisTemplate own;
  own.metadata.name = "web";
  own.metadata.namespace_ = "default";
  own.spec.metrics.resize(1);
  own.spec.metrics[0].name = "mine";
  story.write(own);
  story.change_deployment("annotated", annotate).run();
  const auto* kept = story.world().get<api::AnalysisTemplate>("default", "web");
  EXPECT_EQ(kept->spec, own.spec);
}

TEST(DeploymentStrategy, ARolloutOfSomebodyElseIsLeftAlone) {
  RolloutStory story(test::deployment_of_web(1));
  api::Rollout other = test::rollout_of_web(1);
  other.spec.selector->matchLabels = {{"app", "other"}};
  other.spec.template_.metadata.labels = {{"app", "other"}};
  story.write(other);
  story.change_deployment("annotated", annotate).run();
  const auto* said = find_condition(story.deployment()->status.conditions, "Progressing");
  EXPECT_EQ(said->reason + ": " + said->message,
            "RolloutNotOwned: Rollout \"web\" belongs to somebody else: rename it, or take the "
            "annotation weir.dev/strategy away");
  EXPECT_FALSE(story.rollout().spec.workloadRef);
}

TEST(DeploymentStrategy, TheRolloutThatItHas) {
  RolloutStory story(web(4, "canary"));
  story.change_deployment("form", [](api::Deployment& d) {
    d.metadata.annotations[annotation::kStrategyPause] = "5s";
    d.spec.minReadySeconds = 3;
    d.spec.progressDeadlineSeconds = 77;
  });
  const Key key{.kind = Kind::Deployment, .ns = "default", .name = "web"};
  const Plan plan = weir::plan(story.world(), key, test::kNow);
  std::string created;
  for (const Change& change : plan.changes) {
    const auto* object = std::get_if<CreateObject>(&change);
    if (object && kind_of(object->object) != Kind::ReplicaSet)
      created += to_text(object->object) + "\n";
  }
  EXPECT_EQ(
      created,
      "Rollout{metadata: {name: \"web\", namespace: \"default\", ownerReferences: [{apiVersion: "
      "\"apps/v1\", blockOwnerDeletion: true, controller: true, kind: \"Deployment\", name: "
      "\"web\", uid: \"uid-4\"}]}, spec: {minReadySeconds: 3, progressDeadlineAbort: true, "
      "progressDeadlineSeconds: 77, replicas: 4, strategy: {canary: {analysis: {templates: "
      "[{templateName: \"web\"}]}, maxSurge: 1, steps: [{setWeight: 10}, {pause: {duration: "
      "\"5s\"}}, {setWeight: 50}, {pause: {duration: \"5s\"}}], trafficRouting: {plugins: "
      "{weir.dev/gateway: {}}}}}, workloadRef: {kind: \"Deployment\", name: \"web\"}}}\n"
      "AnalysisTemplate{metadata: {name: \"web\", namespace: \"default\", ownerReferences: "
      "[{apiVersion: \"apps/v1\", blockOwnerDeletion: true, controller: true, kind: "
      "\"Deployment\", name: \"web\", uid: \"uid-4\"}]}, spec: {metrics: [{failureCondition: "
      "\"result.canary > default(result.stable, 0.05) + 0.05\", interval: \"2s\", name: "
      "\"error-rate\", provider: {weir: {metric: \"error-rate\", window: \"1m\"}}}, "
      "{failureCondition: \"result.stable != nil && result.canary > 2 * result.stable + 0.1\", "
      "interval: \"2s\", name: \"p99\", provider: {weir: {metric: \"latency\", quantile: \"0.99\", "
      "window: \"1m\"}}}]}}\n");
}

}  // namespace
}  // namespace weir
