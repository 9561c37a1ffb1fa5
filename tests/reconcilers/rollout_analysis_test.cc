// Rollouts that an analysis lets go on, aborts, or pauses.

#include <gtest/gtest.h>

#include "tests/support/rollout_story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::RolloutStory;

api::AnalysisTemplate template_of(const std::string& name, const std::string& interval = {},
                                  std::optional<std::int64_t> count = {}) {
  api::AnalysisTemplate made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  api::Metric metric;
  metric.name = name;
  metric.interval = interval;
  if (count) metric.count = api::IntOrString{.number = *count};
  metric.provider.weir.emplace().metric = "error-rate";
  made.spec.metrics = {metric};
  return made;
}

api::RolloutAnalysis by(const std::string& name) {
  api::RolloutAnalysis analysis;
  analysis.templates = {{.templateName = name}};
  return analysis;
}

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }
api::CanaryStep analysed(const std::string& name) {
  api::CanaryStep step;
  step.analysis = by(name);
  return step;
}

api::Rollout canary(std::vector<api::CanaryStep> steps) {
  api::Rollout rollout = test::rollout_of_web(1);
  rollout.spec.strategy.canary.emplace().steps = std::move(steps);
  rollout.spec.strategy.canary->trafficRouting.emplace();
  return rollout;
}

api::Rollout blue_green() {
  api::Rollout rollout = test::rollout_of_web(2);
  auto& strategy = rollout.spec.strategy.blueGreen.emplace();
  strategy.activeService = "web";
  strategy.previewService = "canary";
  return rollout;
}

void retry(api::Rollout& rollout) { rollout.status.abort = false; }
void promote(api::Rollout& rollout) { rollout.status.pauseConditions.clear(); }
void promote_full(api::Rollout& rollout) { rollout.status.promoteFull = true; }

// A story that begins with a Rollout which is Healthy at v1.
RolloutStory begun(api::Rollout rollout, std::vector<api::AnalysisTemplate> templates) {
  RolloutStory story(std::move(rollout));
  for (api::AnalysisTemplate& one : templates) story.write(std::move(one));
  story.run();
  story.told();
  story.events.clear();
  return story;
}

std::string runs(const RolloutStory& story) {
  std::string out;
  for (const Key& key : story.world().keys(Kind::AnalysisRun)) {
    const auto& run = *story.world().get<api::AnalysisRun>(key.ns, key.name);
    out += run.metadata.labels.at("rollout-type") + " of revision " +
           run.metadata.annotations.at("rollout.argoproj.io/revision") + " " + run.status.phase +
           (run.spec.terminate ? " terminated" : "") + "\n";
  }
  return out;
}

TEST(RolloutAnalysis, AStepWaitsForIt) {
  RolloutStory story = begun(canary({weight(20), analysed("errors"), weight(60)}),
                             {template_of("errors", "10s", 3)});
  EXPECT_EQ(story.image("v2").run(60).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 20% | v1 1/1 v2 1/1\n"
            "0s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | "
            "Step Pending\n"
            "0s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | "
            "Step Running\n"
            "20s Progressing: waiting for all steps to complete | step 2 | 60% | v1 1/1 v2 1/1\n"
            "20s Progressing: waiting for all steps to complete | step 3 | 100% | v1 1/1 v2 1/1\n"
            "20s Healthy | step 3 | 100% | v1 1/1 v2 1/1\n"
            "50s Healthy | step 3 | 100% | v2 1/1\n");
  EXPECT_EQ(runs(story), "Step of revision 2 Successful\n");
}

TEST(RolloutAnalysis, AFailureAborts) {
  RolloutStory story =
      begun(canary({weight(20), analysed("errors")}), {template_of("errors", "10s", 3)});
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(story.image("v2").run(60).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 20% | v1 1/1 v2 1/1\n"
            "0s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | "
            "Step Pending\n"
            "0s Degraded: RolloutAborted: Rollout aborted update to revision 2: Step-based "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v1 1/1 v2 1/1 | Step Failed\n"
            "30s Degraded: RolloutAborted: Rollout aborted update to revision 2: Step-based "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v1 1/1 | Step Failed\n");
  EXPECT_EQ(
      story.events,
      "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase "
      "error/failed: Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)\n");
  story.measurements.clear();
  EXPECT_EQ(story.change("retry", retry).run(60).told(),
            "-- retry\n"
            "60s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
            "60s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
            "60s Progressing: waiting for all steps to complete | step 0 | 20% | v1 1/1 v2 1/1\n"
            "60s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | "
            "Step Pending\n"
            "60s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | "
            "Step Running\n"
            "80s Progressing: waiting for all steps to complete | step 2 | 100% | v1 1/1 v2 1/1\n"
            "80s Healthy | step 2 | 100% | v1 1/1 v2 1/1\n"
            "110s Healthy | step 2 | 100% | v2 1/1\n");
  EXPECT_EQ(runs(story),
            "Step of revision 2 Failed\n"
            "Step of revision 2 Successful\n");
}

TEST(RolloutAnalysis, AnInconclusiveOnePauses) {
  RolloutStory story =
      begun(canary({weight(20), analysed("errors"), weight(60)}), {template_of("errors")});
  story.measurements["errors"] = "Inconclusive";
  EXPECT_EQ(
      story.image("v2").run(60).told(),
      "-- v2\n"
      "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
      "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
      "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
      "0s Progressing: waiting for all steps to complete | step 0 | 20% | v1 1/1 v2 1/1\n"
      "0s Progressing: waiting for all steps to complete | step 1 | 20% | v1 1/1 v2 1/1 | Step "
      "Pending\n"
      "0s Paused: InconclusiveAnalysisRun | step 1 | 20% | v1 1/1 v2 1/1 | Step Inconclusive\n");
  EXPECT_EQ(story.change("promote", promote).run(60).told(),
            "-- promote\n"
            "60s Progressing: waiting for all steps to complete | step 2 | 60% | v1 1/1 v2 1/1\n"
            "60s Progressing: waiting for all steps to complete | step 3 | 100% | v1 1/1 v2 1/1\n"
            "60s Healthy | step 3 | 100% | v1 1/1 v2 1/1\n"
            "90s Healthy | step 3 | 100% | v2 1/1\n");
}

TEST(RolloutAnalysis, InTheBackgroundItWatchesUntilTheEnd) {
  api::Rollout rollout = canary({weight(20), weight(60)});
  api::CanaryStep pause;
  pause.pause.emplace().duration = api::IntOrString{.number = 60};
  rollout.spec.strategy.canary->steps.push_back(pause);
  auto& background = rollout.spec.strategy.canary->analysis.emplace();
  background.templates = {{.templateName = "errors"}};
  background.startingStep = 1;
  RolloutStory story = begun(rollout, {template_of("errors", "10s")});
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 20% | v1 1/1 v2 1/1\n"
            "0s Progressing: waiting for all steps to complete | step 1 | 60% | v1 1/1 v2 1/1 | "
            "Background Pending\n"
            "0s Paused: CanaryPauseStep | step 2 | 60% | v1 1/1 v2 1/1 | Background Running\n"
            "60s Progressing: waiting for all steps to complete | step 3 | 100% | v1 1/1 v2 1/1 | "
            "Background Running\n"
            "60s Healthy | step 3 | 100% | v1 1/1 v2 1/1\n"
            "90s Healthy | step 3 | 100% | v2 1/1\n");
  EXPECT_EQ(runs(story), "Background of revision 2 Successful terminated\n");
  story.image("v3").run(10);
  story.told();
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(story.run(100).told(),
            "120s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v2 1/1 v3 1/1 | Background Failed\n"
            "150s Degraded: RolloutAborted: Rollout aborted update to revision 3: Background "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v2 1/1 | Background Failed\n");
  EXPECT_EQ(runs(story),
            "Background of revision 3 Failed\n"
            "Background of revision 2 Successful terminated\n");
}

TEST(RolloutAnalysis, FullPromotionDoesNotWait) {
  RolloutStory story =
      begun(canary({weight(20), analysed("errors")}), {template_of("errors", "10s")});
  story.image("v2").run(10);
  story.told();
  EXPECT_EQ(story.change("promote --full", promote_full).run(60).told(),
            "-- promote --full\n"
            "10s Progressing: waiting for all steps to complete | step 2 | 100% | v1 1/1 v2 1/1\n"
            "10s Healthy | step 2 | 100% | v1 1/1 v2 1/1\n"
            "40s Healthy | step 2 | 100% | v2 1/1\n");
  EXPECT_EQ(runs(story), "Step of revision 2 Successful terminated\n");
}

TEST(RolloutAnalysis, AnotherTemplateEndsIt) {
  RolloutStory story =
      begun(canary({weight(20), analysed("errors")}), {template_of("errors", "10s")});
  story.image("v2").run(10).image("v3").run(10);
  EXPECT_EQ(runs(story),
            "Step of revision 3 Running\n"
            "Step of revision 2 Successful terminated\n");
}

TEST(RolloutAnalysis, BeforeAndAfterTheSwitch) {
  api::Rollout rollout = blue_green();
  rollout.spec.strategy.blueGreen->prePromotionAnalysis = by("smoke");
  rollout.spec.strategy.blueGreen->postPromotionAnalysis = by("errors");
  RolloutStory story = begun(rollout, {template_of("smoke"), template_of("errors", "20s", 3)});
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 2/2\n"
            "0s Progressing: more replicas need to be updated | 0% | v1 2/2 v2 2/0\n"
            "0s Progressing: active service cutover pending | 0% | v1 2/2 v2 2/0\n"
            "0s Progressing: waiting for analysis to complete | 0% | v1 2/2 v2 2/2 | PrePromotion "
            "Pending\n"
            "0s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2 "
            "v2 2/2 | PrePromotion Successful\n"
            "0s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2 "
            "v2 2/2 | PrePromotion Successful | PostPromotion Pending\n"
            "0s Progressing: waiting for post-promotion verification to complete | 100% | v1 2/2 "
            "v2 2/2 | PrePromotion Successful | PostPromotion Running\n"
            "40s Healthy | 100% | v1 2/2 v2 2/2\n"
            "40s Healthy | 100% | v2 2/2\n");
  story.measurements["smoke"] = "Failed";
  EXPECT_EQ(story.image("v3").run(100).told(),
            "-- v3\n"
            "100s Progressing: more replicas need to be updated | 0% | v2 2/2\n"
            "100s Progressing: more replicas need to be updated | 0% | v2 2/2 v3 2/0\n"
            "100s Progressing: active service cutover pending | 0% | v2 2/2 v3 2/0\n"
            "100s Progressing: waiting for analysis to complete | 0% | v2 2/2 v3 2/2 | "
            "PrePromotion Pending\n"
            "100s Degraded: RolloutAborted: Rollout aborted update to revision 3: Pre-promotion "
            "analysis phase error/failed: Metric \"smoke\" assessed Failed due to failed (1) > "
            "failureLimit (0) | 0% | v2 2/2 v3 2/2 | PrePromotion Failed\n"
            "130s Degraded: RolloutAborted: Rollout aborted update to revision 3: Pre-promotion "
            "analysis phase error/failed: Metric \"smoke\" assessed Failed due to failed (1) > "
            "failureLimit (0) | 0% | v2 2/2 | PrePromotion Failed\n");
  story.measurements.clear();
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(
      story.image("v4").run(100).told(),
      "-- v4\n"
      "200s Progressing: more replicas need to be updated | 0% | v2 2/2\n"
      "200s Progressing: more replicas need to be updated | 0% | v2 2/2 v4 2/0\n"
      "200s Progressing: active service cutover pending | 0% | v2 2/2 v4 2/0\n"
      "200s Progressing: waiting for analysis to complete | 0% | v2 2/2 v4 2/2 | PrePromotion "
      "Pending\n"
      "200s Progressing: waiting for post-promotion verification to complete | 100% | v2 2/2 v4 "
      "2/2 | PrePromotion Successful\n"
      "200s Progressing: waiting for post-promotion verification to complete | 100% | v2 2/2 v4 "
      "2/2 | PrePromotion Successful | PostPromotion Pending\n"
      "200s Degraded: RolloutAborted: Rollout aborted update to revision 4: Post-promotion "
      "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
      "failureLimit (0) | 0% | v2 2/2 v4 2/2 | PrePromotion Successful | PostPromotion Failed\n"
      "230s Degraded: RolloutAborted: Rollout aborted update to revision 4: Post-promotion "
      "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
      "failureLimit (0) | 0% | v2 2/2 | PrePromotion Successful | PostPromotion Failed\n");
  EXPECT_EQ(
      story.events,
      "SwitchService: Switched selector for service 'canary' from '689bc4894b' to '78bfcd6855'\n"
      "SwitchService: Switched selector for service 'web' from '689bc4894b' to '78bfcd6855'\n"
      "RolloutCompleted: Rollout completed update to revision 2 (78bfcd6855): Completed blue-green "
      "update\n"
      "SwitchService: Switched selector for service 'canary' from '78bfcd6855' to '755dbb5d4d'\n"
      "RolloutAborted: Rollout aborted update to revision 3: Pre-promotion analysis phase "
      "error/failed: Metric \"smoke\" assessed Failed due to failed (1) > failureLimit (0)\n"
      "SwitchService: Switched selector for service 'canary' from '755dbb5d4d' to '78bfcd6855'\n"
      "SwitchService: Switched selector for service 'canary' from '78bfcd6855' to '5b7664488f'\n"
      "SwitchService: Switched selector for service 'web' from '78bfcd6855' to '5b7664488f'\n"
      "RolloutAborted: Rollout aborted update to revision 4: Post-promotion analysis phase "
      "error/failed: Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)\n"
      "SwitchService: Switched selector for service 'canary' from '5b7664488f' to '78bfcd6855'\n"
      "SwitchService: Switched selector for service 'web' from '5b7664488f' to '78bfcd6855'\n");
}

// One that failed stands by for a while, as one that served does: it is not gone back to unseen.
TEST(RolloutAnalysis, WhatHasFailedHasToProveItselfAgain) {
  api::Rollout rollout = blue_green();
  rollout.spec.strategy.blueGreen->prePromotionAnalysis = by("smoke");
  RolloutStory story = begun(rollout, {template_of("smoke")});
  story.measurements["smoke"] = "Failed";
  story.image("v2").run(5).image("v1").run(5);
  story.told();
  EXPECT_EQ(story.image("v2").run(5).told(),
            "-- v2\n"
            "10s Progressing: waiting for analysis to complete | 0% | v1 2/2 v2 2/2 | PrePromotion "
            "Pending\n"
            "10s Degraded: RolloutAborted: Rollout aborted update to revision 4: Pre-promotion "
            "analysis phase error/failed: Metric \"smoke\" assessed Failed due to failed (1) > "
            "failureLimit (0) | 0% | v1 2/2 v2 2/2 | PrePromotion Failed\n");
}

TEST(RolloutAnalysis, OneThatIsTakenOutAbortsNothing) {
  api::Rollout rollout = canary({weight(20), weight(60)});
  api::CanaryStep pause;
  pause.pause.emplace();
  rollout.spec.strategy.canary->steps.push_back(pause);
  rollout.spec.strategy.canary->analysis.emplace().templates = {{.templateName = "errors"}};
  RolloutStory story = begun(rollout, {template_of("errors", "10s")});
  story.image("v2").run(5);
  story.told();
  story.measurements["errors"] = "Failed";
  const auto take_out = [](api::Rollout& r) { r.spec.strategy.canary->analysis.reset(); };
  EXPECT_EQ(story.change("taken out", take_out).run(60).told(),
            "-- taken out\n"
            "5s Paused: CanaryPauseStep | step 2 | 60% | v1 1/1 v2 1/1\n");
  EXPECT_EQ(runs(story), "Background of revision 2 Successful terminated\n");
}

TEST(RolloutAnalysis, InTheBackgroundItGoesOnAfterAPause) {
  api::Rollout rollout = canary({weight(20), weight(60)});
  api::CanaryStep pause;
  pause.pause.emplace();
  rollout.spec.strategy.canary->steps.push_back(pause);
  rollout.spec.strategy.canary->analysis.emplace().templates = {{.templateName = "errors"}};
  RolloutStory story = begun(rollout, {template_of("errors", "10s")});
  story.measurements["errors"] = "Inconclusive";
  EXPECT_EQ(story.image("v2").run(5).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 1/1 v2 1/0 | "
            "Background Pending\n"
            "0s Progressing: waiting for all steps to complete | step 0 | 0% | v1 1/1 v2 1/0 | "
            "Background Pending\n"
            "0s Paused: InconclusiveAnalysisRun | step 0 | 20% | v1 1/1 v2 1/1 | Background "
            "Inconclusive\n");
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(story.change("promote", promote).run(30).told(),
            "-- promote\n"
            "5s Progressing: waiting for all steps to complete | step 1 | 60% | v1 1/1 v2 1/1 | "
            "Background Pending\n"
            "5s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v1 1/1 v2 1/1 | Background Failed\n"
            "35s Degraded: RolloutAborted: Rollout aborted update to revision 2: Background "
            "analysis phase error/failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0) | step 0 | 0% | v1 1/1 | Background Failed\n");
  EXPECT_EQ(runs(story),
            "Background of revision 2 Inconclusive\n"
            "Background of revision 2 Failed\n");
}

TEST(RolloutAnalysis, WhatIsMissingIsSaid) {
  EXPECT_EQ(begun(canary({analysed("errors")}), {}).rollout().status.message,
            "InvalidSpec: The Rollout \"web\" is invalid: "
            "spec.strategy.canary.steps[0].analysis.templates: Invalid value: AnalysisTemplate "
            "'errors' not found");
  api::AnalysisTemplate with = template_of("errors");
  with.spec.args = {{.name = "service"}};
  EXPECT_EQ(begun(canary({analysed("errors")}), {with}).rollout().status.message,
            "InvalidSpec: The Rollout \"web\" is invalid: "
            "spec.strategy.canary.steps[0].analysis.templates: Invalid value: args.service was not "
            "resolved");
  api::AnalysisTemplate nested = template_of("errors");
  nested.spec.templates = {{.templateName = "other"}, {.templateName = "errors"}};
  EXPECT_EQ(begun(canary({analysed("errors")}), {nested}).rollout().status.message,
            "InvalidSpec: The Rollout \"web\" is invalid: "
            "spec.strategy.canary.steps[0].analysis.templates: Invalid value: AnalysisTemplate "
            "'other' not found");
}

TEST(RolloutAnalysis, ItsArguments) {
  api::CanaryStep step = analysed("errors");
  step.analysis->args = {{.name = "fixed", .value = "1"},
                         {.name = "stable"},
                         {.name = "latest"},
                         {.name = "team"},
                         {.name = "unasked", .value = "x"}};
  step.analysis->args[1].valueFrom.emplace().podTemplateHashValue = "Stable";
  step.analysis->args[2].valueFrom.emplace().podTemplateHashValue = "Latest";
  step.analysis->args[3].valueFrom.emplace().fieldRef.emplace().fieldPath =
      "metadata.labels['team']";
  api::AnalysisTemplate with = template_of("errors", "10s");
  with.spec.args = {{.name = "fixed", .value = "0"},
                    {.name = "stable"},
                    {.name = "latest"},
                    {.name = "team"},
                    {.name = "own", .value = "y"}};
  api::Rollout rollout = canary({weight(20), step});
  rollout.metadata.labels = {{"team", "shop"}};
  RolloutStory story = begun(rollout, {with});
  const std::string stable = story.rollout().status.stableRS;
  story.image("v2").run(5);
  const std::string latest = story.rollout().status.currentPodHash;
  const Key key = story.world().keys(Kind::AnalysisRun).at(0);
  EXPECT_EQ(key.name, "web-" + latest + "-2-1");
  const auto& run = *story.world().get<api::AnalysisRun>(key.ns, key.name);
  std::map<std::string, std::string> args;
  for (const auto& argument : run.spec.args) args[argument.name] = argument.value.value_or("?");
  EXPECT_EQ(
      args,
      (std::map<std::string, std::string>{
          {"fixed", "1"}, {"stable", stable}, {"latest", latest}, {"team", "shop"}, {"own", "y"}}));
  EXPECT_EQ(run.spec.metrics.at(0).provider.weir->canary, latest);
  EXPECT_EQ(run.spec.metrics.at(0).provider.weir->stable, stable);
}

}  // namespace
}  // namespace weir
