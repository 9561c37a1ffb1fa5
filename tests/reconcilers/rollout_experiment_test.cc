// Rollouts with a step that waits for an Experiment.

#include <gtest/gtest.h>

#include "reconcilers/claims.h"
#include "reconcilers/labels.h"
#include "reconcilers/reconciler.h"
#include "tests/support/rollout_story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::RolloutStory;

api::AnalysisTemplate template_of(const std::string& name, std::int64_t count = 3) {
  api::AnalysisTemplate made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  api::Metric metric;
  metric.name = name;
  metric.interval = "10s";
  metric.count = api::IntOrString{.number = count};
  metric.provider.weir.emplace().metric = "error-rate";
  made.spec.args = {{.name = "hash", .value = "none"}, {.name = "team", .value = "none"}};
  made.spec.metrics = {metric};
  return made;
}

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }

// Each of the two gets `weight`.
api::CanaryStep comparing(std::int64_t weight = 0) {
  api::CanaryStep step;
  api::RolloutExperimentStep& experiment = step.experiment.emplace();
  experiment.templates = {{.name = "baseline", .specRef = "stable"},
                          {.name = "canary", .specRef = "canary"}};
  if (weight > 0) {
    for (auto& one : experiment.templates) one.weight = weight;
  }
  experiment.analyses = {{.name = "compare", .templateName = "errors"}};
  return step;
}

api::Rollout canary(std::vector<api::CanaryStep> steps) {
  api::Rollout rollout = test::rollout_of_web(2);
  rollout.spec.strategy.canary.emplace().steps = std::move(steps);
  rollout.spec.strategy.canary->trafficRouting.emplace();
  return rollout;
}

void retry(api::Rollout& rollout) { rollout.status.abort = false; }
void abort(api::Rollout& rollout) { rollout.status.abort = true; }
void promote(api::Rollout& rollout) { rollout.status.pauseConditions.clear(); }
void promote_full(api::Rollout& rollout) { rollout.status.promoteFull = true; }

// A story that begins with a Rollout which is Healthy at v1.
RolloutStory begun(api::Rollout rollout) {
  RolloutStory story(std::move(rollout));
  story.write(template_of("errors"));
  story.run();
  story.told();
  story.events.clear();
  return story;
}

std::vector<const api::Experiment*> experiments(const RolloutStory& story) {
  std::vector<const api::Experiment*> all;
  for (const Key& key : story.world().keys(Kind::Experiment)) {
    all.push_back(story.world().get<api::Experiment>(key.ns, key.name));
  }
  return all;
}

std::string runs(const RolloutStory& story) {
  std::string out;
  for (const api::Experiment* one : experiments(story)) {
    out += "revision " + one->metadata.annotations.at("rollout.argoproj.io/revision") + " " +
           one->status.phase + (one->spec.terminate ? " terminated" : "") + "\n";
  }
  return out;
}

TEST(RolloutExperiment, AStepWaitsForIt) {
  RolloutStory story = begun(canary({comparing(), weight(50)}));
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 | Experiment "
            "Pending: baseline v1 1/0, canary v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 | Experiment "
            "Running: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 | Experiment "
            "Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: more replicas need to be updated | step 1 | 0% | v1 2/2 v2 1/0 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 2/1 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: waiting for all steps to complete | step 2 | 50% | v1 2/2 v2 2/1 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: waiting for all steps to complete | step 2 | 100% | v1 2/2 v2 2/2 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Healthy | step 2 | 100% | v1 2/2 v2 2/2 | Experiment Successful: baseline v1 1/1, "
            "canary v2 1/1\n"
            "50s Healthy | step 2 | 100% | v2 2/2\n");
  EXPECT_EQ(runs(story), "revision 2 Successful\n");
}

TEST(RolloutExperiment, IsMadeOfTheRevisions) {
  api::CanaryStep step = comparing();
  step.experiment->duration = "5m";
  step.experiment->scaleDownDelaySeconds = 7;
  step.experiment->dryRun = {{.metricName = "errors"}};
  step.experiment->analysisRunMetadata.emplace().labels = {{"team", "shop"}};
  auto& second = step.experiment->templates[1];
  second.replicas = 3;
  second.metadata.emplace().labels = {{"role", "canary"}};
  second.metadata->annotations = {{"note", "short-lived"}};
  second.selector.emplace().matchExpressions = {{.key = "role", .operator_ = "Exists"}};
  second.service.emplace().name = "next";
  auto& analysis = step.experiment->analyses[0];
  analysis.requiredForCompletion = true;
  analysis.args.resize(3);
  analysis.args[0].name = "hash";
  analysis.args[0].valueFrom.emplace().podTemplateHashValue = "Stable";
  analysis.args[1].name = "team";
  analysis.args[1].valueFrom.emplace().fieldRef.emplace().fieldPath = "metadata.labels['team']";
  analysis.args[2] = {.name = "other", .value = "{{templates.canary.podTemplateHash}}"};
  api::Rollout rollout = canary({step});
  rollout.metadata.labels = {{"team", "shop"}};
  rollout.spec.progressDeadlineSeconds = 300;
  rollout.spec.minReadySeconds = 2;
  RolloutStory story = begun(rollout);
  story.run(10).image("v2").run();
  ASSERT_EQ(experiments(story).size(), 1U);
  const api::Experiment& made = *experiments(story)[0];
  const std::string& hash = story.rollout().status.currentPodHash;
  EXPECT_EQ(made.metadata.name, "web-" + hash + "-2-0");
  EXPECT_EQ(story.rollout().status.canary.currentExperiment, made.metadata.name);
  EXPECT_TRUE(is_controlled_by(made.metadata, story.rollout().metadata.uid));
  EXPECT_EQ(
      made.metadata.labels,
      (Labels{{"rollout-type", "Step"}, {"step-index", "0"}, {kRolloutsPodTemplateHash, hash}}));
  EXPECT_EQ(made.spec.duration, "5m");
  EXPECT_EQ(made.spec.progressDeadlineSeconds, 300);
  EXPECT_EQ(made.spec.scaleDownDelaySeconds, 7);
  EXPECT_EQ(made.spec.dryRun, step.experiment->dryRun);
  EXPECT_EQ(made.spec.analysisRunMetadata, step.experiment->analysisRunMetadata);
  const api::ExperimentTemplate& first = made.spec.templates[0];
  EXPECT_EQ(first.name, "baseline");
  EXPECT_EQ(first.replicas, 1);
  EXPECT_EQ(first.minReadySeconds, 2);
  EXPECT_EQ(first.template_.spec.containers[0].image, "v1");
  EXPECT_EQ(first.template_.metadata.labels, (Labels{{"app", "web"}}));
  EXPECT_EQ(first.selector.matchLabels, (Labels{{"app", "web"}}));
  EXPECT_FALSE(first.service);
  const api::ExperimentTemplate& next = made.spec.templates[1];
  EXPECT_EQ(next.replicas, 3);
  EXPECT_EQ(next.template_.spec.containers[0].image, "v2");
  EXPECT_EQ(next.template_.metadata.labels, (Labels{{"app", "web"}, {"role", "canary"}}));
  EXPECT_EQ(next.template_.metadata.annotations.at("note"), "short-lived");
  EXPECT_EQ(next.selector.matchLabels, next.template_.metadata.labels);
  EXPECT_EQ(next.selector.matchExpressions.at(0).key, "role");
  EXPECT_EQ(next.service->name, "next");
  const api::ExperimentAnalysis& compare = made.spec.analyses.at(0);
  EXPECT_TRUE(compare.requiredForCompletion);
  EXPECT_EQ(compare.args.at(0).value, story.rollout().status.stableRS);
  EXPECT_EQ(compare.args.at(1).value, "{{templates.canary.podTemplateHash}}");
  EXPECT_EQ(compare.args.at(2).value, "shop");
}

TEST(RolloutExperiment, ItsTemplatesHaveSharesWhileItRuns) {
  api::CanaryStep step = comparing(5);
  step.experiment->scaleDownDelaySeconds = 0;
  RolloutStory story = begun(canary({weight(50), step, weight(80)}));
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 0 | 50% | v1 2/2 v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1 | "
            "Experiment Pending: baseline v1 1/0, canary v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1 | "
            "Experiment Running: baseline v1 1/1, canary v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1 | "
            "Experiment Running: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "20s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1 | "
            "Experiment Successful: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "20s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 2/1 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "20s Progressing: waiting for all steps to complete | step 2 | 50% | v1 2/2 v2 2/1\n"
            "20s Progressing: waiting for all steps to complete | step 2 | 80% | v1 2/2 v2 2/2\n"
            "20s Progressing: waiting for all steps to complete | step 3 | 100% | v1 2/2 v2 2/2\n"
            "20s Healthy | step 3 | 100% | v1 2/2 v2 2/2\n"
            "50s Healthy | step 3 | 100% | v2 2/2\n");
}

TEST(RolloutExperiment, SharesAreTakenBackBeforePodsGo) {
  api::CanaryStep step = comparing(5);
  step.experiment->scaleDownDelaySeconds = 0;
  RolloutStory story = begun(canary({step, weight(80)}));
  story.image("v2").run(10);
  story.told();
  story.gateway_is_slow(5);
  EXPECT_EQ(story.run(100).told(),
            "20s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 | Experiment "
            "Successful: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "20s Progressing: more replicas need to be updated | step 1 | 0% | v1 2/2 v2 2/0 | "
            "Experiment Successful: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "20s Progressing: waiting for all steps to complete | step 1 | 0% | v1 2/2 v2 2/0 | "
            "Experiment Successful: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "20s Progressing: waiting for all steps to complete | step 1 | 0% | v1 2/2 v2 2/2 | "
            "Experiment Successful: baseline v1 1/1 5%, canary v2 1/1 5%\n"
            "25s Progressing: waiting for all steps to complete | step 1 | 80% | v1 2/2 v2 2/2 | "
            "Experiment Successful: baseline v1 1/1, canary v2 1/1\n"
            "25s Progressing: waiting for all steps to complete | step 1 | 80% | v1 2/2 v2 2/2\n"
            "25s Progressing: waiting for all steps to complete | step 2 | 80% | v1 2/2 v2 2/2\n"
            "30s Progressing: waiting for all steps to complete | step 2 | 100% | v1 2/2 v2 2/2\n"
            "30s Healthy | step 2 | 100% | v1 2/2 v2 2/2\n"
            "60s Healthy | step 2 | 100% | v2 2/2\n");
}

// Though the Service picks the stable Pods only: they share what comes to it.
TEST(RolloutExperiment, TheServiceHearsOfItsPods) {
  api::Rollout rollout = canary({comparing(10)});
  rollout.spec.strategy.canary->stableService = "stable";
  rollout.spec.strategy.canary->canaryService = "canary";
  RolloutStory story = begun(rollout);
  story.image("v2").run(5);
  const api::Experiment& experiment = *experiments(story).at(0);
  const std::string& hash = experiment.status.templateStatuses.at(1).podTemplateHash;
  for (const Key& key : story.world().keys(Kind::Pod)) {
    const Object& pod = *story.world().find(key);
    if (text_at(meta(pod).labels, kRolloutsPodTemplateHash) != hash) continue;
    const auto keys = affected(story.world(), pod, false);
    const Key service{.kind = Kind::Service, .ns = "default", .name = "stable"};
    EXPECT_NE(std::find(keys.begin(), keys.end(), service), keys.end());
  }
}

TEST(RolloutExperiment, AFailureAborts) {
  RolloutStory story = begun(canary({weight(20), comparing(10)}));
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(story.image("v2").run(100).told(),
            "-- v2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2\n"
            "0s Progressing: more replicas need to be updated | step 0 | 0% | v1 2/2 v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 0 | 20% | v1 2/2 v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 1 | 20% | v1 2/2 v2 1/1 | "
            "Experiment Pending: baseline v1 1/0, canary v2 1/0\n"
            "0s Progressing: more replicas need to be updated | step 1 | 20% | v1 2/2 v2 1/1 | "
            "Experiment Running: baseline v1 1/1, canary v2 1/1\n"
            "0s Progressing: more replicas need to be updated | step 1 | 20% | v1 2/2 v2 1/1 | "
            "Experiment Running: baseline v1 1/1 10%, canary v2 1/1 10%\n"
            "0s Progressing: more replicas need to be updated | step 1 | 20% | v1 2/2 v2 1/1 | "
            "Experiment Failed: baseline v1 1/1 10%, canary v2 1/1 10%\n"
            "0s Degraded: RolloutAborted: Rollout aborted update to revision 2: Experiment phase "
            "error/failed: Analysis 'compare' Failed: Metric \"errors\" assessed Failed due to "
            "failed (1) > failureLimit (0) | step 0 | 0% | v1 2/2 v2 1/1 | Experiment Failed: "
            "baseline v1 1/1, canary v2 1/1\n"
            "30s Degraded: RolloutAborted: Rollout aborted update to revision 2: Experiment phase "
            "error/failed: Analysis 'compare' Failed: Metric \"errors\" assessed Failed due to "
            "failed (1) > failureLimit (0) | step 0 | 0% | v1 2/2\n");
  EXPECT_EQ(story.events,
            "RolloutAborted: Rollout aborted update to revision 2: Experiment phase error/failed: "
            "Analysis 'compare' Failed: Metric \"errors\" assessed Failed due to failed (1) > "
            "failureLimit (0)\n");
  story.measurements.clear();
  story.change("retry", retry).run(100);
  EXPECT_EQ(runs(story),
            "revision 2 Failed\n"
            "revision 2 Successful\n");
}

TEST(RolloutExperiment, AnInconclusiveOnePauses) {
  RolloutStory story = begun(canary({comparing(), weight(50)}));
  story.measurements["errors"] = "Inconclusive";
  story.image("v2").run(100);
  EXPECT_EQ(story.rollout().status.message, "InconclusiveExperiment");
  story.told();
  EXPECT_EQ(story.change("promote", promote).run(100).told(),
            "-- promote\n"
            "100s Progressing: more replicas need to be updated | step 1 | 0% | v1 2/2 v2 1/0\n"
            "100s Progressing: more replicas need to be updated | step 1 | 50% | v1 2/2 v2 1/1\n"
            "100s Progressing: more replicas need to be updated | step 2 | 50% | v1 2/2 v2 2/1\n"
            "100s Progressing: waiting for all steps to complete | step 2 | 50% | v1 2/2 v2 2/1\n"
            "100s Progressing: waiting for all steps to complete | step 2 | 100% | v1 2/2 v2 2/2\n"
            "100s Healthy | step 2 | 100% | v1 2/2 v2 2/2\n"
            "130s Healthy | step 2 | 100% | v2 2/2\n");
}

TEST(RolloutExperiment, ItEndsWhenNobodyWaitsForIt) {
  for (const auto& [title, change] : std::map<std::string, void (*)(api::Rollout&)>{
           {"abort", abort}, {"promote --full", promote_full}, {"promote", [](api::Rollout& r) {
                                                                  ++*r.status.currentStepIndex;
                                                                }}}) {
    RolloutStory story = begun(canary({comparing(10), weight(50)}));
    story.image("v2").run(5).change(title, change).run(100);
    EXPECT_EQ(runs(story), "revision 2 Successful terminated\n") << title;
    EXPECT_EQ(story.rollout().status.phase, title == "abort" ? "Degraded" : "Healthy");
  }
  RolloutStory story = begun(canary({comparing(10), weight(50)}));
  story.image("v2").run(5).image("v3").run(5);
  EXPECT_EQ(runs(story),
            "revision 3 Running\n"
            "revision 2 Successful terminated\n");
}

TEST(RolloutExperiment, ItsTimeIsNotTheRollouts) {
  api::CanaryStep step = comparing();
  step.experiment->duration = "1h";
  step.experiment->analyses.clear();
  api::Rollout rollout = canary({step});
  rollout.spec.progressDeadlineSeconds = 60;
  RolloutStory story = begun(rollout);
  story.image("v2").run(1800);
  EXPECT_EQ(story.rollout().status.phase, "Progressing");
  EXPECT_EQ(story.run(1900).rollout().status.phase, "Healthy");
}

TEST(RolloutExperiment, OneThatIsDeletedIsMadeAnew) {
  RolloutStory story = begun(canary({comparing()}));
  story.image("v2").run(5);
  story.erase({.kind = Kind::Experiment,
               .ns = "default",
               .name = story.rollout().status.canary.currentExperiment});
  story.run(100);
  EXPECT_EQ(runs(story), "revision 2 Successful\n");
  EXPECT_EQ(story.rollout().status.phase, "Healthy");
}

TEST(RolloutExperiment, WhatItNamesMustBeThere) {
  api::CanaryStep step = comparing();
  step.experiment->analyses[0].templateName = "latency";
  RolloutStory story = begun(canary({step}));
  EXPECT_EQ(story.rollout().status.message,
            "InvalidSpec: The Rollout \"web\" is invalid: "
            "spec.strategy.canary.steps[0].experiment.analyses: Invalid value: AnalysisTemplate "
            "'latency' not found");
}

TEST(RolloutExperiment, HistoryKeepsSome) {
  api::Rollout rollout = canary({comparing()});
  rollout.spec.analysis.emplace().successfulRunHistoryLimit = 1;
  RolloutStory story = begun(rollout);
  story.image("v2").run(100).image("v3").run(100);
  EXPECT_EQ(runs(story), "revision 3 Successful\n");
}

}  // namespace
}  // namespace weir
