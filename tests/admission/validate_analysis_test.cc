// What admission says of AnalysisTemplates and AnalysisRuns.

#include <gtest/gtest.h>

#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::verdict;
using testing::yaml;

constexpr char kWeb[] = "provider: {web: {url: \"http://checks/\"}}";

// One metric, "m", with these fields.
std::string metric(const std::string& fields, const std::string& more = {}) {
  return "{apiVersion: argoproj.io/v1alpha1, kind: AnalysisTemplate, metadata: {name: t}, spec: {" +
         more + "metrics: [{name: m, " + fields + "}]}}";
}

struct Row {
  const char* name;
  std::string document;
  const char* want;  // how it begins
};

TEST(Validate, Analyses) {
  const std::vector<Row> rows{
      {"a question to a web server", metric(kWeb), "admitted"},
      {"with arguments everywhere",
       metric("count: \"{{args.n}}\", interval: \"{{args.i}}\", successCondition: \"result < "
              "{{args.max}}\", provider: {web: {url: \"{{args.url}}\", jsonPath: \"{$.a}\"}}"),
       "admitted"},
      {"nothing to measure",
       "{apiVersion: argoproj.io/v1alpha1, kind: AnalysisTemplate, metadata: {name: t}, spec: {}}",
       "spec.metrics: Required value: or spec.templates"},
      {"other templates",
       "{apiVersion: argoproj.io/v1alpha1, kind: ClusterAnalysisTemplate, metadata: {name: t}, "
       "spec: {templates: [{templateName: a}]}}",
       "admitted"},
      {"no provider", metric("provider: {}"),
       "spec.metrics[0].provider: Invalid value: {}: must have exactly one provider"},
      {"two", metric("provider: {web: {url: \"http://a/\"}, weir: {metric: error-rate}}"),
       "spec.metrics[0].provider: Invalid value: {}: must have exactly one provider"},
      {"one that weir has not", metric("provider: {datadog: {query: q}}"),
       "spec.metrics[0].provider.datadog: Forbidden: weir has prometheus, web, job and weir"},
      {"a condition that is none", metric(std::string("successCondition: \"result >\", ") + kWeb),
       "spec.metrics[0].successCondition: Invalid value: \"result >\": at column"},
      {"often, but when?", metric(std::string("count: 3, ") + kWeb),
       "spec.metrics[0].interval: Required value: when count is greater than 1"},
      {"a time that is none", metric(std::string("interval: often, ") + kWeb),
       "spec.metrics[0].interval: Invalid value: \"often\""},
      {"a limit that is none", metric(std::string("failureLimit: few, ") + kWeb),
       "spec.metrics[0].failureLimit: Invalid value: \"few\": must be a number"},
      {"too often", metric(std::string("interval: 0s, ") + kWeb),
       "spec.metrics[0].interval: Invalid value: \"0s\": must be 1s at least"},
      {"any number of failures, and no successes", metric(std::string("failureLimit: -1, ") + kWeb),
       "spec.metrics[0].failureLimit: Invalid value: -1: needs a consecutiveSuccessLimit"},
      {"more failures than measurements",
       metric(std::string("count: 2, interval: 1s, failureLimit: 3, ") + kWeb),
       "spec.metrics[0].failureLimit: Invalid value: 3: is more than count"},
      {"less than nothing", metric(std::string("inconclusiveLimit: -1, ") + kWeb),
       "spec.metrics[0].inconclusiveLimit: Invalid value: -1: must be greater than or equal to 0"},
      {"a body of a GET", metric("provider: {web: {url: \"http://a/\", body: x}}"),
       "spec.metrics[0].provider.web.method: Invalid value: \"\": must be POST or PUT with a body"},
      {"another scheme", metric("provider: {web: {url: \"file:///etc/passwd\"}}"),
       "spec.metrics[0].provider.web.url: Invalid value"},
      {"two bodies",
       metric("provider: {web: {method: POST, url: \"http://a/\", body: x, jsonBody: {a: 1}}}"),
       "spec.metrics[0].provider.web.jsonBody: Invalid value"},
      {"a path that is none", metric("provider: {web: {url: \"http://a/\", jsonPath: \"{$.a\"}}"),
       "spec.metrics[0].provider.web.jsonPath: Invalid value"},
      {"tokens of others",
       metric("provider: {web: {url: \"http://a/\", authentication: {oauth2: {}}}}"),
       "spec.metrics[0].provider.web.authentication.oauth2: Forbidden"},
      {"no query", metric("provider: {prometheus: {address: \"http://p:9090\"}}"),
       "spec.metrics[0].provider.prometheus.query: Required value"},
      {"the gateway's numbers",
       metric("provider: {weir: {metric: latency, quantile: \"0.95\", window: 5m}}"), "admitted"},
      {"more than all", metric("provider: {weir: {metric: latency, quantile: \"1.5\"}}"),
       "spec.metrics[0].provider.weir.quantile: Invalid value: \"1.5\""},
      {"a quantile of nothing", metric("provider: {weir: {metric: error-rate, quantile: \"0.5\"}}"),
       "spec.metrics[0].provider.weir.quantile: Invalid value: \"0.5\": is for latency"},
      {"longer than is kept", metric("provider: {weir: {metric: error-rate, window: 1h}}"),
       "spec.metrics[0].provider.weir.window: Invalid value: \"1h\": must be between 1s and 10m"},
      {"a pattern of names", metric(kWeb, "dryRun: [{metricName: \"m|n\"}], "),
       "spec.dryRun[0].metricName: Invalid value: \"m|n\""},
      {"how names begin", metric(kWeb, "dryRun: [{metricName: m.*}], "), "admitted"},
      {"an argument twice", metric(kWeb, "args: [{name: a}, {name: a}], "),
       "spec.args[1].name: Duplicate value: \"a\""},
      {"a Job",
       metric("provider: {job: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: "
              "c, image: \"{{args.image}}\", args: [\"{{args.a}}\"]}]}}}}}"),
       "admitted"},
      {"a Job that never ends",
       metric("provider: {job: {spec: {template: {spec: {containers: [{name: c, image: i}]}}}}}"),
       "spec.metrics[0].provider.job.spec.template.spec.restartPolicy: Unsupported value"},
      {"an argument that could be the Docker socket",
       metric("provider: {job: {spec: {template: {spec: {restartPolicy: Never, volumes: [{name: v, "
              "hostPath: {path: \"/{{args.p}}\"}}], containers: [{name: c, image: i}]}}}}}"),
       "spec.metrics[0].provider.job.spec.template.spec: Forbidden: arguments may stand in"},
  };
  for (const Row& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document), {.ns = "a"}));
    EXPECT_EQ(got.substr(0, std::string_view(row.want).size()), row.want) << row.name;
  }
}

TEST(Validate, ARunMeasuresWhatItBeganWith) {
  const std::string head =
      "{apiVersion: argoproj.io/v1alpha1, kind: AnalysisRun, metadata: {name: r}, spec: {";
  const auto changed = [&](const std::string& from, const std::string& to) {
    const auto made = admission::create(yaml(head + from + "}}"), {.ns = "a"});
    return verdict(admission::update(made->document, yaml(head + to + "}}"), {.ns = "a"}));
  };
  const std::string metrics = std::string("metrics: [{name: m, ") + kWeb + "}]";
  EXPECT_EQ(changed(metrics, metrics + ", terminate: true"), "admitted");
  EXPECT_TRUE(changed(metrics + ", terminate: true", metrics)
                  .starts_with("spec.terminate: Invalid value: false"));
  EXPECT_TRUE(changed(metrics, std::string("metrics: [{name: n, ") + kWeb + "}]")
                  .starts_with("spec.metrics: Invalid value"));
}

TEST(Validate, AMetricWithoutAConditionIsWarnedOf) {
  const auto made = admission::create(yaml(metric(kWeb)), {.ns = "a"});
  ASSERT_TRUE(made);
  EXPECT_EQ(testing::lines(made->warnings),
            "spec.metrics[0]: has no condition, so each of its measurements is Successful\n");
}

}  // namespace
}  // namespace weir
