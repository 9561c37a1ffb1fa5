// Experiments that stand alone, from their first plan to their last.

#include "reconcilers/experiment.h"

#include <gtest/gtest.h>

#include "reconcilers/claims.h"
#include "reconcilers/experiment_view.h"
#include "reconcilers/labels.h"
#include "reconcilers/reconciler.h"
#include "tests/support/story.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

const Key kCompare{.kind = Kind::Experiment, .ns = "default", .name = "compare"};

api::AnalysisTemplate template_of(const std::string& name, std::int64_t count = 1) {
  api::AnalysisTemplate made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  api::Metric metric;
  metric.name = name;
  metric.interval = "10s";
  metric.count = api::IntOrString{.number = count};
  metric.provider.weir.emplace().metric = "error-rate";
  made.spec.metrics = {metric};
  return made;
}

api::ExperimentTemplate pods(const std::string& name, const std::string& image) {
  api::ExperimentTemplate made;
  made.name = name;
  made.selector.matchLabels = {{"app", "web"}};
  made.template_ = test::pod_template("web", image);
  return made;
}

api::ExperimentAnalysis by(const std::string& name) { return {.name = name, .templateName = name}; }

api::Experiment compare() {
  api::Experiment experiment;
  experiment.metadata.name = "compare";
  experiment.metadata.namespace_ = "default";
  experiment.spec.templates = {pods("stable", "v1"), pods("canary", "v2")};
  return experiment;
}

// 0s Running | stable Running 1/1 | canary Running 1/1 | errors Running
//
// Sizes are wanted/available.
class ExperimentStory : public test::Story {
 public:
  explicit ExperimentStory(api::Experiment experiment) { write(std::move(experiment)); }

  ExperimentStory& change(const std::function<void(api::Experiment&)>& change) {
    api::Experiment next = experiment();
    change(next);
    write(std::move(next));
    return *this;
  }
  std::string run(int seconds = 0) {
    go_on(seconds);
    return told();
  }
  ExperimentStory& heal(const std::string& image) {
    heal_pods(image);
    return *this;
  }
  const api::Experiment& experiment() const {
    return *world().get<api::Experiment>("default", "compare");
  }
  const api::ReplicaSet* set(const std::string& name) const {
    return world().get<api::ReplicaSet>("default", "compare-" + name);
  }
  std::string hash(const std::string& name) const {
    return set(name)->metadata.labels.at(kRolloutsPodTemplateHash);
  }

 protected:
  std::string line() const override {
    const api::ExperimentStatus& status = experiment().status;
    std::string line = status.phase;
    if (!status.message.empty()) line += ": " + status.message;
    for (const api::ExperimentTemplateStatus& one : status.templateStatuses) {
      const auto* of = set(one.name);
      line += " | " + one.name + " " + one.status + " " +
              (of ? std::to_string(of->spec.replicas) : "-") + "/" +
              std::to_string(one.availableReplicas);
    }
    for (const api::ExperimentAnalysisRunStatus& one : status.analysisRuns) {
      if (!one.phase.empty()) line += " | " + one.name + " " + one.phase;
    }
    return line;
  }
  bool tells(const EventNote& event) const override { return event.about.kind == Kind::Experiment; }
};

TEST(Experiment, RunsForItsDuration) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "1m";
  ExperimentStory story(experiment);
  EXPECT_EQ(story.run(200),
            "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
            "0s Running | stable Running 1/1 | canary Running 1/1\n"
            "60s Successful | stable Successful 1/1 | canary Successful 1/1\n"
            "90s Successful | stable Successful 0/1 | canary Successful 0/1\n"
            "90s Successful | stable Successful 0/0 | canary Successful 0/0\n");
  EXPECT_EQ(story.events,
            "NewReplicaSetCreated: Created ReplicaSet compare-stable with size 1\n"
            "NewReplicaSetCreated: Created ReplicaSet compare-canary with size 1\n"
            "TemplateProgressing: Template 'stable' transitioned from  -> Progressing\n"
            "TemplateProgressing: Template 'canary' transitioned from  -> Progressing\n"
            "ExperimentPending: Experiment transitioned from  -> Pending\n"
            "TemplateRunning: Template 'stable' transitioned from Progressing -> Running\n"
            "TemplateRunning: Template 'canary' transitioned from Progressing -> Running\n"
            "ExperimentRunning: Experiment transitioned from Pending -> Running\n"
            "TemplateSuccessful: Template 'stable' transitioned from Running -> Successful\n"
            "TemplateSuccessful: Template 'canary' transitioned from Running -> Successful\n"
            "ExperimentSuccessful: Experiment transitioned from Running -> Successful\n"
            "ScalingReplicaSet: Scaled down ReplicaSet compare-stable from 1 to 0\n"
            "ScalingReplicaSet: Scaled down ReplicaSet compare-canary from 1 to 0\n");
  const api::ExperimentStatus& status = story.experiment().status;
  EXPECT_EQ(status.availableAt, to_seconds(test::kNow));
  EXPECT_EQ(status.conditions.at(0).reason, "ExperimentCompleted");
  EXPECT_EQ(status.conditions.at(0).status, "False");
}

TEST(Experiment, ItsReplicaSetsAreItsOwn) {
  api::Experiment experiment = compare();
  experiment.spec.templates.push_back(pods("baseline", "v1"));
  experiment.spec.templates[1].replicas = 3;
  experiment.spec.templates[1].minReadySeconds = 5;
  ExperimentStory story(experiment);
  story.run();
  const api::ReplicaSet& set = *story.set("canary");
  EXPECT_TRUE(is_controlled_by(set.metadata, story.experiment().metadata.uid));
  EXPECT_EQ(set.metadata.annotations.at("experiment.argoproj.io/experiment-name"), "compare");
  EXPECT_EQ(set.metadata.annotations.at("experiment.argoproj.io/template-name"), "canary");
  const std::string hash = story.hash("canary");
  EXPECT_EQ(set.metadata.labels, (Labels{{"app", "web"}, {kRolloutsPodTemplateHash, hash}}));
  EXPECT_EQ(set.spec.selector.matchLabels, set.metadata.labels);
  EXPECT_EQ(set.spec.template_.metadata.labels, set.metadata.labels);
  EXPECT_EQ(set.spec.replicas, 3);
  EXPECT_EQ(set.spec.minReadySeconds, 5);
  // Equal templates have Pods of their own, too.
  EXPECT_NE(story.hash("stable"), story.hash("baseline"));
  EXPECT_EQ(story.experiment().status.templateStatuses.at(1).podTemplateHash, hash);
}

TEST(Experiment, EndsWhenItsAnalysesAreDone) {
  api::Experiment experiment = compare();
  experiment.spec.analyses = {by("errors"), by("latency")};
  ExperimentStory story(experiment);
  story.write(template_of("errors"));
  story.write(template_of("latency", 3));
  EXPECT_EQ(
      story.run(100),
      "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
      "0s Running | stable Running 1/1 | canary Running 1/1 | errors Pending | latency Pending\n"
      "0s Running | stable Running 1/1 | canary Running 1/1 | errors Successful | latency Running\n"
      "20s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Successful | "
      "latency Successful\n"
      "50s Successful | stable Successful 0/1 | canary Successful 0/1 | errors Successful | "
      "latency Successful\n"
      "50s Successful | stable Successful 0/0 | canary Successful 0/0 | errors Successful | "
      "latency Successful\n");
}

TEST(Experiment, TheDurationEndsAnalysesThatAreUnderWay) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "15s";
  experiment.spec.analyses = {by("errors")};
  experiment.spec.scaleDownDelaySeconds = 0;
  ExperimentStory story(experiment);
  story.write(template_of("errors", 10));
  EXPECT_EQ(story.run(100),
            "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
            "0s Running | stable Running 1/1 | canary Running 1/1 | errors Pending\n"
            "0s Running | stable Running 1/1 | canary Running 1/1 | errors Running\n"
            "15s Successful | stable Successful 0/1 | canary Successful 0/1 | errors Running\n"
            "15s Successful | stable Successful 0/0 | canary Successful 0/0 | errors Successful\n");
  EXPECT_TRUE(story.world().get<api::AnalysisRun>("default", "compare-errors")->spec.terminate);
}

TEST(Experiment, WaitsForAnalysesThatAreRequired) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "5s";
  experiment.spec.analyses = {by("errors"), by("latency")};
  experiment.spec.analyses[1].requiredForCompletion = true;
  ExperimentStory story(experiment);
  story.write(template_of("errors", 10));
  story.write(template_of("latency", 2));
  EXPECT_EQ(
      story.run(12),
      "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
      "0s Running | stable Running 1/1 | canary Running 1/1 | errors Pending | latency Pending\n"
      "0s Running | stable Running 1/1 | canary Running 1/1 | errors Running | latency Running\n"
      "10s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Running | latency "
      "Successful\n"
      "10s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Successful | "
      "latency Successful\n");
}

TEST(Experiment, AnAnalysisThatFailsEndsIt) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "1h";
  experiment.spec.analyses = {by("errors"), by("latency")};
  ExperimentStory story(experiment);
  story.write(template_of("errors", 3));
  story.write(template_of("latency", 9));
  story.measurements["errors"] = "Failed";
  EXPECT_EQ(
      story.run(20),
      "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
      "0s Running | stable Running 1/1 | canary Running 1/1 | errors Pending | latency Pending\n"
      "0s Failed: Analysis 'errors' Failed: Metric \"errors\" assessed Failed due to failed (1) > "
      "failureLimit (0) | stable Successful 1/1 | canary Successful 1/1 | errors Failed | latency "
      "Running\n"
      "0s Failed: Analysis 'errors' Failed: Metric \"errors\" assessed Failed due to failed (1) > "
      "failureLimit (0) | stable Successful 1/1 | canary Successful 1/1 | errors Failed | latency "
      "Successful\n");
  EXPECT_EQ(story.experiment().status.conditions.at(0).message,
            "Experiment \"compare\" has ended: Failed");

  ExperimentStory other(experiment);
  other.write(template_of("errors", 3));
  other.write(template_of("latency", 9));
  other.measurements["latency"] = "Inconclusive";
  other.run();
  EXPECT_EQ(other.experiment().status.phase, "Inconclusive");
}

TEST(Experiment, ATemplateThatIsNotAvailableInTimeFailsIt) {
  api::Experiment experiment = compare();
  experiment.spec.templates[1] = pods("canary", "bad");
  experiment.spec.progressDeadlineSeconds = 60;
  experiment.spec.analyses = {by("errors")};
  ExperimentStory story(experiment);
  story.write(template_of("errors"));
  EXPECT_EQ(story.run(100),
            "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
            "0s Pending | stable Running 1/1 | canary Progressing 1/0\n"
            "60s Failed: Template 'canary' exceeded its progressDeadlineSeconds (60) | stable "
            "Successful 1/1 | canary Failed 1/0\n"
            "90s Failed: Template 'canary' exceeded its progressDeadlineSeconds (60) | stable "
            "Successful 0/1 | canary Failed 0/0\n"
            "90s Failed: Template 'canary' exceeded its progressDeadlineSeconds (60) | stable "
            "Successful 0/0 | canary Failed 0/0\n");
  EXPECT_EQ(story.world().keys(Kind::AnalysisRun).size(), 0U);
  EXPECT_EQ(story.events,
            "NewReplicaSetCreated: Created ReplicaSet compare-stable with size 1\n"
            "NewReplicaSetCreated: Created ReplicaSet compare-canary with size 1\n"
            "TemplateProgressing: Template 'stable' transitioned from  -> Progressing\n"
            "TemplateProgressing: Template 'canary' transitioned from  -> Progressing\n"
            "ExperimentPending: Experiment transitioned from  -> Pending\n"
            "TemplateRunning: Template 'stable' transitioned from Progressing -> Running\n"
            "TemplateSuccessful: Template 'stable' transitioned from Running -> Successful\n"
            "TemplateFailed: Template 'canary' transitioned from Progressing -> Failed: Template "
            "'canary' exceeded its progressDeadlineSeconds (60)\n"
            "ExperimentFailed: Experiment transitioned from Pending -> Failed: Template 'canary' "
            "exceeded its progressDeadlineSeconds (60)\n"
            "ScalingReplicaSet: Scaled down ReplicaSet compare-stable from 1 to 0\n"
            "ScalingReplicaSet: Scaled down ReplicaSet compare-canary from 1 to 0\n");
}

TEST(Experiment, BeginsWhenWhatItNamesIsThere) {
  api::Experiment experiment = compare();
  experiment.spec.analyses = {by("errors")};
  ExperimentStory story(experiment);
  EXPECT_EQ(story.run(), "0s Pending: Analysis 'errors': AnalysisTemplate 'errors' not found\n");
  const auto keys = affected(story.world(), Object(template_of("errors")), false);
  EXPECT_NE(std::find(keys.begin(), keys.end(), kCompare), keys.end());
  story.write(template_of("errors"));
  EXPECT_EQ(story.run(),
            "0s Pending | stable Progressing 1/0 | canary Progressing 1/0\n"
            "0s Running | stable Running 1/1 | canary Running 1/1 | errors Pending\n"
            "0s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Successful\n");
}

TEST(Experiment, IsToldToEnd) {
  api::Experiment experiment = compare();
  experiment.spec.analyses = {by("errors")};
  ExperimentStory story(experiment);
  story.write(template_of("errors", 5));
  story.run(12);
  EXPECT_EQ(story.change([](api::Experiment& e) { e.spec.terminate = true; }).run(60),
            "12s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Running\n"
            "12s Successful | stable Successful 1/1 | canary Successful 1/1 | errors Successful\n"
            "42s Successful | stable Successful 0/1 | canary Successful 0/1 | errors Successful\n"
            "42s Successful | stable Successful 0/0 | canary Successful 0/0 | errors Successful\n");

  ExperimentStory at_once(compare());
  EXPECT_EQ(at_once.change([](api::Experiment& e) { e.spec.terminate = true; }).run(60),
            "0s Successful | stable Successful -/0 | canary Successful -/0\n");
}

TEST(Experiment, PodsThatGoMissingComeBack) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "1m";
  ExperimentStory story(experiment);
  story.run(10);
  api::Pod pod = *story.world().get<api::Pod>("default", story.world().keys(Kind::Pod)[0].name);
  pod.metadata.deletionTimestamp = to_seconds(test::kNow);
  pod.status.conditions.clear();
  story.write(pod);
  EXPECT_EQ(story.run(60),
            "10s Pending | stable Running 1/1 | canary Progressing 1/0\n"
            "10s Running | stable Running 1/1 | canary Running 1/1\n"
            "60s Successful | stable Successful 1/1 | canary Successful 1/1\n");
}

TEST(Experiment, AServiceLeadsToATemplate) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "1m";
  experiment.spec.templates[0].service.emplace();
  experiment.spec.templates[1].service.emplace().name = "next";
  for (api::ExperimentTemplate& one : experiment.spec.templates) {
    one.template_.spec.containers.at(0).ports = {
        {.containerPort = 8080, .name = "http", .protocol = "TCP"}};
  }
  ExperimentStory story(experiment);
  story.run();
  const auto* service = story.world().get<api::Service>("default", "next");
  ASSERT_TRUE(service && story.world().get<api::Service>("default", "compare-stable"));
  EXPECT_TRUE(is_controlled_by(service->metadata, story.experiment().metadata.uid));
  EXPECT_EQ(service->spec.selector,
            (Labels{{"app", "web"}, {kRolloutsPodTemplateHash, story.hash("canary")}}));
  EXPECT_EQ(service->spec.ports.at(0).port, 8080);
  EXPECT_EQ(story.experiment().status.templateStatuses.at(1).serviceName, "next");
  story.run(89);
  EXPECT_EQ(story.world().keys(Kind::Service).size(), 2U);  // its Pods still stand by
  story.run(10);
  EXPECT_EQ(story.world().keys(Kind::Service).size(), 0U);
}

TEST(Experiment, NamesThatAreTakenAreErrors) {
  api::ReplicaSet other;
  other.metadata.name = "compare-canary";
  other.metadata.namespace_ = "default";
  ExperimentStory story(compare());
  story.write(other);
  EXPECT_EQ(story.run(60),
            "0s Error: Failed to create ReplicaSet compare-canary for template 'canary': it "
            "already exists | stable Successful 1/0 | canary Error 1/0\n"
            "0s Error: Failed to create ReplicaSet compare-canary for template 'canary': it "
            "already exists | stable Successful 1/1 | canary Error 1/0\n"
            "30s Error: Failed to create ReplicaSet compare-canary for template 'canary': it "
            "already exists | stable Successful 0/1 | canary Error 1/0\n"
            "30s Error: Failed to create ReplicaSet compare-canary for template 'canary': it "
            "already exists | stable Successful 0/0 | canary Error 1/0\n");

  api::Experiment experiment = compare();
  experiment.spec.templates[1].service.emplace();
  EXPECT_EQ(ExperimentStory(experiment).run(),
            "0s Error: Failed to create Service compare-canary for template 'canary': its "
            "containers name no ports | stable Successful 1/0 | canary Error 1/0\n"
            "0s Error: Failed to create Service compare-canary for template 'canary': its "
            "containers name no ports | stable Successful 1/1 | canary Error 1/1\n");
}

TEST(Experiment, ItsAnalysesKnowItsTemplates) {
  api::AnalysisTemplate made = template_of("errors");
  made.metadata.annotations = {};
  made.spec.args = {{.name = "hash"}, {.name = "until"}, {.name = "token"}};
  made.spec.args[2].valueFrom.emplace().secretKeyRef.emplace() = {.key = "t", .name = "login"};
  api::Experiment experiment = compare();
  experiment.spec.duration = "1m";
  experiment.spec.dryRun = {{.metricName = "errors"}};
  experiment.spec.measurementRetention = {{.limit = 3, .metricName = "errors"}};
  experiment.spec.analysisRunMetadata.emplace().labels = {{"team", "shop"}};
  experiment.spec.analyses = {by("errors")};
  experiment.spec.analyses[0].args = {
      {.name = "hash", .value = "{{templates.canary.podTemplateHash}} {{other}}"},
      {.name = "until", .value = "{{ experiment.finishedAt }}"}};
  ExperimentStory story(experiment);
  story.write(made);
  story.run();
  const auto& run = *story.world().get<api::AnalysisRun>("default", "compare-errors");
  EXPECT_TRUE(is_controlled_by(run.metadata, story.experiment().metadata.uid));
  EXPECT_EQ(run.metadata.labels, (Labels{{"team", "shop"}}));
  EXPECT_EQ(run.spec.args.at(0).value, story.hash("canary") + " {{other}}");
  EXPECT_EQ(run.spec.args.at(1).valueFrom->secretKeyRef->name, "login");
  EXPECT_EQ(run.spec.args.at(2).value, "2023-11-14T22:14:20Z");
  EXPECT_EQ(run.spec.dryRun, experiment.spec.dryRun);
  EXPECT_EQ(run.spec.measurementRetention, experiment.spec.measurementRetention);
  EXPECT_EQ(run.spec.metrics.at(0).provider.weir->canary, story.hash("canary"));
  EXPECT_EQ(run.spec.metrics.at(0).provider.weir->stable, story.hash("stable"));
}

TEST(Experiment, AnAnalysisThatSomebodyDeletesIsAnError) {
  api::Experiment experiment = compare();
  experiment.spec.analyses = {by("errors")};
  ExperimentStory story(experiment);
  story.write(template_of("errors", 5));
  story.run(12);
  api::Experiment other = story.experiment();
  ExperimentStory without(other);
  without.write(template_of("errors", 5));
  EXPECT_EQ(without.run(),
            "0s Error: Analysis 'errors' Error: analysisruns \"compare-errors\" not found | stable "
            "Successful 1/0 | canary Successful 1/0 | errors Error\n"
            "0s Error: Analysis 'errors' Error: analysisruns \"compare-errors\" not found | stable "
            "Successful 1/1 | canary Successful 1/1 | errors Error\n");
}

TEST(Experiment, TemplatesComeGoAndGrow) {
  api::Experiment experiment = compare();
  experiment.spec.duration = "1m";
  ExperimentStory story(experiment);
  story.run();
  EXPECT_EQ(story
                .change([](api::Experiment& e) {
                  e.spec.templates[0].replicas = 2;
                  e.spec.templates[1] = pods("next", "v3");
                })
                .run(),
            "0s Pending | stable Progressing 2/1 | next Progressing 1/0\n"
            "0s Running | stable Running 2/2 | next Running 1/1\n");
  EXPECT_EQ(story.set("canary"), nullptr);
}

}  // namespace
}  // namespace weir
