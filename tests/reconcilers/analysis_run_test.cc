// AnalysisRuns from their first plan to their last.

#include "reconcilers/analysis_run.h"

#include <gtest/gtest.h>

#include <functional>

#include "reconcilers/reconciler.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::kNow;
using test::seconds;

const Key kRun{.kind = Kind::AnalysisRun, .ns = "default", .name = "run"};

api::Metric web(const std::string& name) {
  api::Metric metric;
  metric.name = name;
  metric.successCondition = "result";
  metric.provider.web.emplace().url = "http://checks/" + name;
  return metric;
}

api::AnalysisRun run_of(std::vector<api::Metric> metrics) {
  api::AnalysisRun run;
  run.metadata.name = "run";
  run.metadata.namespace_ = "default";
  run.metadata.uid = "uid-run";
  run.spec.metrics = std::move(metrics);
  return run;
}

// Plans are carried out at once, and what is measured is what the story says; each state of the
// status is one line.
class RunStory {
 public:
  explicit RunStory(api::AnalysisRun run) { world_.put(Object(std::move(run))); }

  // What the metric's measurements come to, a letter each; the last one from then on.
  RunStory& measures(const std::string& metric, const std::string& letters) {
    letters_[metric] = letters;
    return *this;
  }
  RunStory& put(Object object) {
    world_.put(std::move(object));
    return *this;
  }
  RunStory& change(const std::function<void(api::AnalysisRun&)>& change) {
    api::AnalysisRun next = run();
    change(next);
    world_.put(Object(std::move(next)));
    return *this;
  }

  std::string run_for(int length) {
    const Time end = now_ + seconds(length);
    for (int round = 0; round < 200; ++round) {
      const bool moved = turn();
      tell();
      if (moved) continue;
      if (!wake_ || *wake_ > end) break;
      now_ = *wake_;
    }
    now_ = end;
    return std::exchange(lines_, {});
  }

  const api::AnalysisRun& run() const { return *world_.get<api::AnalysisRun>("default", "run"); }
  const World& world() const { return world_; }
  std::string events = {};

 private:
  bool turn() {
    const Plan made = plan(world_, kRun, now_);
    wake_ = made.wake_at;
    for (const Change& change : made.changes) {
      if (const auto* c = std::get_if<CreateObject>(&change)) world_.put(c->object);
      if (const auto* c = std::get_if<UpdateStatus>(&change)) world_.put(c->object);
      if (const auto* c = std::get_if<DeleteObject>(&change)) world_.erase(c->key);
    }
    for (const Action& action : made.actions) take(std::get<Measure>(action));
    for (const EventNote& event : made.events) {
      events += (event.warning ? "Warning " : "") + event.reason + ": " + event.message + "\n";
    }
    return !made.changes.empty() || !made.actions.empty();
  }

  void take(const Measure& measure) {
    std::string& letters = letters_[measure.metric.name];
    const char letter = letters.empty() ? 'S' : letters.front();
    if (letters.size() > 1) letters.erase(0, 1);
    const char* phase = letter == 'S'   ? "Successful"
                        : letter == 'F' ? "Failed"
                        : letter == 'I' ? "Inconclusive"
                        : letter == 'E' ? "Error"
                                        : "";
    world_.readings[{measure.uid, measure.metric.name}] = {
        .number = measure.number,
        .started_at = now_,
        .finished_at = now_,
        .phase = phase,
        .value = "1",
        .message = letter == 'E'   ? "connection refused"
                   : letter == '-' ? "waits for requests"
                                   : ""};
  }

  void tell() {
    const api::AnalysisRunStatus& status = run().status;
    std::string line = status.phase;
    for (const api::MetricResult& result : status.metricResults) {
      line += " | " + result.name + " " + result.phase + " ";
      for (const api::Measurement& m : result.measurements) line += m.phase.substr(0, 1);
    }
    if (!status.message.empty()) line += " | " + status.message;
    if (line == last_) return;
    last_ = line;
    const auto age = std::chrono::floor<std::chrono::seconds>(now_ - kNow);
    lines_ += std::to_string(age.count()) + "s " + line + "\n";
  }

  World world_;
  Time now_ = kNow;
  std::optional<Time> wake_ = {};
  std::map<std::string, std::string> letters_ = {};
  std::string lines_ = {};
  std::string last_ = {};
};

std::string counts(const api::RunSummary& s) {
  return std::to_string(s.count) + " S" + std::to_string(s.successful) + " F" +
         std::to_string(s.failed) + " I" + std::to_string(s.inconclusive) + " E" +
         std::to_string(s.error);
}

api::IntOrString whole(std::int64_t number) { return {.number = number}; }

TEST(AnalysisRun, MeasuresOnce) {
  RunStory story(run_of({web("health")}));
  EXPECT_EQ(story.run_for(0),
            "0s Pending | health Pending \n"
            "0s Successful | health Successful S\n");
  EXPECT_EQ(story.events,
            "MetricSuccessful: Metric 'health' Completed. Result: Successful\n"
            "AnalysisRunSuccessful: Analysis Completed. Result: Successful\n");
  EXPECT_EQ(counts(story.run().status.runSummary), "1 S1 F0 I0 E0");
  EXPECT_TRUE(story.run().status.completedAt);
}

TEST(AnalysisRun, MeasuresAgainAndAgain) {
  api::Metric metric = web("health");
  metric.interval = "10s";
  metric.count = whole(3);
  metric.initialDelay = "5s";
  EXPECT_EQ(RunStory(run_of({metric})).run_for(100),
            "0s Pending | health Pending \n"
            "5s Running | health Running S\n"
            "15s Running | health Running SS\n"
            "25s Successful | health Successful SSS\n");
}

TEST(AnalysisRun, OneThatIsBadEndsTheOthers) {
  api::Metric errors = web("errors");
  errors.interval = "10s";
  api::Metric latency = web("latency");
  latency.interval = "3s";
  latency.failureLimit = whole(1);
  RunStory story(run_of({errors, latency}));
  story.measures("latency", "SFSF");
  EXPECT_EQ(story.run_for(100),
            "0s Pending | errors Pending  | latency Pending \n"
            "0s Running | errors Running S | latency Running S\n"
            "3s Running | errors Running S | latency Running SF\n"
            "6s Running | errors Running S | latency Running SFS\n"
            "9s Failed | errors Successful S | latency Failed SFSF | Metric \"latency\" assessed "
            "Failed due to failed (2) > failureLimit (1)\n");
  EXPECT_EQ(story.events,
            "Warning MetricFailed: Metric 'latency' Completed. Result: Failed\n"
            "MetricSuccessful: Metric 'errors' Completed. Result: Successful\n"
            "Warning AnalysisRunFailed: Analysis Completed. Result: Failed\n");
  EXPECT_EQ(counts(story.run().status.runSummary), "2 S1 F1 I0 E0");
}

TEST(AnalysisRun, AnErrorIsToldWithItsCause) {
  api::Metric metric = web("health");
  metric.consecutiveErrorLimit = whole(1);
  RunStory story(run_of({metric}));
  EXPECT_EQ(
      story.measures("health", "E").run_for(100),
      "0s Pending | health Pending \n"
      "0s Running | health Running E\n"
      "10s Error | health Error EE | Metric \"health\" assessed Error due to consecutiveErrors (2) "
      "> consecutiveErrorLimit (1): \"Error Message: connection refused\"\n");
}

TEST(AnalysisRun, TooLittleToMeasureIsNoMeasurement) {
  RunStory story(run_of({web("health")}));
  EXPECT_EQ(story.measures("health", "--S").run_for(10),
            "0s Pending | health Pending \n"
            "2s Successful | health Successful S\n");
}

TEST(AnalysisRun, DryRunsDecideNothing) {
  api::AnalysisRun run = run_of({web("errors"), web("latency"), web("latency-p50")});
  run.spec.dryRun = {{.metricName = "latency.*"}};
  RunStory story(run);
  story.measures("latency", "F").measures("latency-p50", "F");
  EXPECT_EQ(story.run_for(0),
            "0s Pending | errors Pending  | latency Pending  | latency-p50 Pending \n"
            "0s Successful | errors Successful S | latency Failed F | latency-p50 Failed F\n");
  EXPECT_EQ(counts(story.run().status.runSummary), "1 S1 F0 I0 E0");
  EXPECT_EQ(counts(*story.run().status.dryRunSummary), "2 S0 F2 I0 E0");
}

TEST(AnalysisRun, EndsWhenItIsToldTo) {
  api::Metric metric = web("health");
  metric.interval = "10s";
  RunStory story(run_of({metric}));
  story.run_for(15);
  EXPECT_EQ(story.change([](api::AnalysisRun& r) { r.spec.terminate = true; }).run_for(0),
            "15s Successful | health Successful SS\n");
}

TEST(AnalysisRun, KeepsTheLastMeasurements) {
  api::Metric metric = web("health");
  metric.interval = "1s";
  metric.count = whole(30);
  api::AnalysisRun run = run_of({metric, web("other")});
  run.spec.measurementRetention = {{.limit = 3, .metricName = "health"}};
  RunStory story(run);
  story.run_for(20);
  EXPECT_EQ(story.run().status.metricResults.at(0).measurements.size(), 3U);
  EXPECT_EQ(story.run().status.metricResults.at(0).count, 21);
}

TEST(AnalysisRun, FillsItsArgumentsIn) {
  api::Metric metric = web("health");
  metric.provider.web->url = "http://{{args.host}}/{{ args.path }}?q={{other}}";
  metric.provider.web->jsonBody.text = R"({"token":"{{args.token}}"})";
  metric.provider.web->headers = {{.key = "Authorization", .value = "Bearer {{args.token}}"}};
  metric.count = api::IntOrString{true, 0, "{{args.count}}"};
  metric.interval = "1s";
  api::AnalysisRun run = run_of({metric});
  run.spec.args = {{.name = "host", .value = "checks"},
                   {.name = "path", .value = "a b"},
                   {.name = "count", .value = "2"},
                   {.name = "token"}};
  run.spec.args[3].valueFrom.emplace().secretKeyRef.emplace() = {.key = "t", .name = "login"};
  RunStory story(run);
  EXPECT_EQ(story.run_for(0), "0s Error | args.token: secret \"login\" not found\n");
  EXPECT_EQ(story.run().status.message, "args.token: secret \"login\" not found");

  api::Secret secret;
  secret.metadata.name = "login";
  secret.metadata.namespace_ = "default";
  secret.data = {{"t", "cyJj"}};  // s"c
  RunStory with(run);
  with.put(Object(secret));
  const Plan begun = plan(with.world(), kRun, kNow);
  const auto& measure = std::get<Measure>(begun.actions.at(0));
  EXPECT_EQ(measure.metric.provider.web->url, "http://checks/a b?q={{other}}");
  EXPECT_EQ(measure.metric.provider.web->jsonBody.text, R"({"token":"s\"c"})");
  EXPECT_EQ(measure.metric.provider.web->headers.at(0).value, "Bearer s\"c");
  EXPECT_EQ(text(begun.actions.at(0)), "measure health of AnalysisRun default/run #1");
  EXPECT_EQ(text(begun, with.world()).find("s\"c"), std::string::npos);
}

TEST(AnalysisRun, AnArgumentThatIsNoneIsAnError) {
  api::Metric metric = web("health");
  metric.provider.web->url = "http://{{args.host}}/";
  EXPECT_EQ(RunStory(run_of({metric})).run_for(0),
            "0s Error | metric \"health\": failed to resolve {{args.host}}\n");
  api::AnalysisRun run = run_of({web("health")});
  run.spec.args = {{.name = "host"}};
  EXPECT_EQ(RunStory(run).run_for(0), "0s Error | args.host was not resolved\n");
}

TEST(AnalysisRun, IsDeletedWhenItsTimeIsOver) {
  api::AnalysisRun run = run_of({web("health")});
  run.spec.ttlStrategy.emplace().secondsAfterFailure = 60;
  run.spec.ttlStrategy->secondsAfterCompletion = 10;
  RunStory good(run);
  good.run_for(0);
  Plan next = plan(good.world(), kRun, kNow + seconds(9));
  EXPECT_EQ(text(next, good.world()), "wake at 1700000010000\n");
  next = plan(good.world(), kRun, kNow + seconds(10));
  EXPECT_EQ(text(next, good.world()), "delete AnalysisRun default/run (background)\n");
}

api::AnalysisRun run_with_job() {
  api::Metric metric;
  metric.name = "smoke";
  metric.interval = "10s";
  metric.count = whole(2);
  api::JobMetric& job = metric.provider.job.emplace();
  job.spec.template_ = test::pod_template("smoke", "{{args.image}}");
  job.metadata.emplace().labels = {{"kind", "smoke"}};
  api::AnalysisRun run = run_of({metric});
  run.spec.args = {{.name = "image", .value = "smoke:2"}};
  return run;
}

api::Job job_of(const RunStory& story, const std::string& name) {
  const auto* job = story.world().get<api::Job>("default", name);
  return job ? *job : api::Job{};
}

TEST(AnalysisRun, MeasuresByAJob) {
  RunStory story(run_with_job());
  EXPECT_EQ(story.run_for(0),
            "0s Pending | smoke Pending R\n"
            "0s Running | smoke Running R\n");
  api::Job job = job_of(story, "uid-run.smoke.1");
  EXPECT_EQ(job.spec.template_.spec.containers.at(0).image, "smoke:2");
  EXPECT_EQ(job.metadata.labels,
            (std::map<std::string, std::string>{{"kind", "smoke"},
                                                {"analysisrun.argoproj.io/uid", "uid-run"}}));
  EXPECT_EQ(job.metadata.ownerReferences.at(0).uid, "uid-run");
  job.status.conditions = {{.status = "True", .type = "Complete"}};
  EXPECT_EQ(story.put(Object(job)).run_for(10),
            "0s Running | smoke Running S\n"
            "10s Running | smoke Running SR\n");
  job = job_of(story, "uid-run.smoke.2");
  job.status.conditions = {{.message = "too many", .status = "True", .type = "Failed"}};
  EXPECT_EQ(story.put(Object(job)).run_for(0),
            "10s Failed | smoke Failed SF | Metric \"smoke\" assessed Failed due to failed (1) > "
            "failureLimit (0): \"Error Message: too many\"\n");
}

TEST(AnalysisRun, AJobThatSomebodyDeletesIsAnError) {
  RunStory story(run_with_job());
  story.run_for(0);
  RunStory without(story.run());
  EXPECT_EQ(without.run_for(0), "0s Running | smoke Running E\n");
}

TEST(AnalysisRun, AJobEndsWhenItsRunCannotGoOn) {
  api::AnalysisRun run = run_with_job();
  run.spec.args.push_back({.name = "token"});
  run.spec.args[1].valueFrom.emplace().secretKeyRef.emplace() = {.key = "t", .name = "login"};
  api::Secret secret;
  secret.metadata.name = "login";
  secret.metadata.namespace_ = "default";
  secret.data = {{"t", "cw=="}};
  RunStory story(run);
  story.put(Object(secret)).run_for(0);
  EXPECT_NE(job_of(story, "uid-run.smoke.1").metadata.name, "");
  secret.data.clear();
  EXPECT_EQ(story.put(Object(secret)).change([](api::AnalysisRun&) {}).run_for(0),
            "0s Error | smoke Running S | args.token: secret \"login\" has no key \"t\"\n");
  EXPECT_EQ(job_of(story, "uid-run.smoke.1").metadata.name, "");
}

TEST(AnalysisRun, AJobIsGivenNoSecret) {
  api::AnalysisRun run = run_with_job();
  run.spec.args = {{.name = "image"}};
  run.spec.args[0].valueFrom.emplace().secretKeyRef.emplace() = {.key = "t", .name = "login"};
  api::Secret secret;
  secret.metadata.name = "login";
  secret.metadata.namespace_ = "default";
  secret.data = {{"t", "cw=="}};
  EXPECT_EQ(RunStory(run).put(Object(secret)).run_for(0),
            "0s Error | metric \"smoke\": failed to resolve {{args.image}}\n");
}

TEST(AnalysisRun, AJobEndsWithItsRun) {
  RunStory story(run_with_job());
  story.run_for(0);
  EXPECT_EQ(story.change([](api::AnalysisRun& r) { r.spec.terminate = true; }).run_for(0),
            "0s Successful | smoke Successful S\n");
  EXPECT_EQ(job_of(story, "uid-run.smoke.1").metadata.name, "");
}

}  // namespace
}  // namespace weir
