// Jobs and Rollouts: what their schema cannot say.

#include <gtest/gtest.h>

#include "tests/admission/documents.h"

namespace weir {
namespace {

using testing::verdict;
using testing::yaml;

struct Row {
  const char* name;
  std::string document;
  std::string want;  // how the verdict begins
};

std::string job(const std::string& spec, const std::string& restart = "Never") {
  return "{apiVersion: batch/v1, kind: Job, metadata: {name: work, namespace: a}, spec: {" + spec +
         (spec.empty() ? "" : ", ") + "template: {spec: {restartPolicy: " + restart +
         ", containers: [{name: c, image: i}]}}}}";
}

std::string rollout(const std::string& strategy, const std::string& more = "") {
  return "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: web, namespace: a}, "
         "spec: {" +
         more +
         "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "
         "{containers: [{name: c, image: i}]}}, strategy: {" +
         strategy + "}}}";
}

std::string steps(const std::string& steps, const std::string& more = "") {
  return rollout("canary: {" + more + "steps: [" + steps + "]}");
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string got = verdict(admission::create(yaml(row.document), {.ns = "a"}));
    EXPECT_EQ(got.substr(0, row.want.size()), row.want) << row.name << "\n" << got;
  }
}

TEST(Validate, Jobs) {
  check({
      {"the smallest", job(""), "admitted"},
      {"always is no end", job("", "Always"),
       "spec.template.spec.restartPolicy: Unsupported value: \"Always\": supported values: "},
      {"indexed without completions", job("completionMode: Indexed, parallelism: 2"),
       "spec.completions: Required value: when completion mode is Indexed"},
      {"limits of indexes without indexes", job("backoffLimitPerIndex: 1"),
       "spec.backoffLimitPerIndex: Invalid value"},
      {"a policy for pods that restart",
       job("podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: "
           "[1]}}]}",
           "OnFailure"),
       "spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is "
       "supported when podFailurePolicy is specified"},
      {"a rule about nothing", job("podFailurePolicy: {rules: [{action: FailJob}]}"),
       "spec.podFailurePolicy.rules[0]: Invalid value: \"FailJob\": specifying one of OnExitCodes "
       "and OnPodConditions is required"},
      {"success is no failure",
       job("podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: "
           "[0]}}]}"),
       "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: 0: must not be 0"},
      {"another's pods", job("manualSelector: true"), "spec.selector: Required value"},
  });
}

TEST(Validate, WhatAJobDoesIsDecidedWhenItIsMade) {
  const auto made = admission::create(yaml(job("completions: 2")), {.ns = "a"});
  ASSERT_TRUE(made);
  const auto changed = [&](const std::string& spec) {
    return verdict(admission::update(made->document, yaml(job(spec)), {.ns = "a"}));
  };
  EXPECT_EQ(changed("completions: 2, parallelism: 5"), "admitted");
  EXPECT_TRUE(changed("completions: 3").starts_with("spec.completions: Invalid value"));
}

TEST(Validate, Rollouts) {
  const std::string routed = "trafficRouting: {managedRoutes: [{name: testers}]}, ";
  check({
      {"a canary",
       steps("{setWeight: 20}, {pause: {}}, {pause: {duration: 10}}, {pause: "
             "{duration: 1h}}"),
       "admitted"},
      {"blue-green", rollout("blueGreen: {activeService: web, previewService: next}"), "admitted"},
      {"another's router, and weir's own name for itself",
       rollout("canary: {stableService: s, canaryService: c, trafficRouting: {istio: "
               "{virtualService: {name: v}}, plugins: {weir.dev/gateway: {}}}}"),
       "admitted"},
      {"a percentage by Argo's habit", rollout("canary: {maxSurge: \"25\"}"), "admitted"},
      {"no strategy", rollout(""), "spec.strategy: Invalid value: {}: must have one of"},
      {"both", rollout("canary: {}, blueGreen: {activeService: web}"),
       "spec.strategy: Invalid value: {}: must have one of"},
      {"a step that is two", steps("{setWeight: 20, pause: {}}"),
       "spec.strategy.canary.steps[0]: Invalid value: {}: must have exactly one kind of step"},
      {"too much", steps("{setWeight: 101}"), "spec.strategy.canary.steps[0].setWeight: Invalid"},
      {"no time", steps("{pause: {duration: soon}}"),
       "spec.strategy.canary.steps[0].pause.duration: Invalid value: \"soon\""},
      {"its size needs a router", steps("{setCanaryScale: {replicas: 1}}"),
       "spec.strategy.canary.steps[0].setCanaryScale: Invalid value: {}: needs spec.strategy"},
      {"two sizes", steps("{setCanaryScale: {replicas: 1, weight: 5}}", routed),
       "spec.strategy.canary.steps[0].setCanaryScale: Invalid value: {}: must have one of"},
      {"a route that nobody manages",
       steps("{setHeaderRoute: {name: others, match: [{headerName: a, headerValue: {exact: b}}]}}",
             routed),
       "spec.strategy.canary.steps[0].setHeaderRoute.name: Invalid value: \"others\""},
      {"a regular expression, and how a value begins",
       steps("{setHeaderRoute: {name: testers, match: [{headerName: a, headerValue: {regex: "
             "b.*}}, {headerName: c, headerValue: {prefix: d}}]}}",
             routed),
       "admitted"},
      {"one that is none",
       steps("{setHeaderRoute: {name: testers, match: [{headerName: a, headerValue: {regex: "
             "\"b(\"}}]}}",
             routed),
       "spec.strategy.canary.steps[0].setHeaderRoute.match[0].regex: Invalid value: \"b(\": is no "
       "regular expression: missing )"},
      {"two ways at once",
       steps("{setHeaderRoute: {name: testers, match: [{headerName: a, headerValue: {regex: b, "
             "exact: b}}]}}",
             routed),
       "spec.strategy.canary.steps[0].setHeaderRoute.match[0]: Invalid value: {}: must have one "
       "of"},
      {"one Service of two", rollout("canary: {stableService: s, trafficRouting: {}}"),
       "spec.strategy.canary.canaryService: Required value"},
      {"one Service twice", rollout("canary: {stableService: s, canaryService: s}"),
       "spec.strategy.canary.stableService: Invalid value"},
      {"an analysis",
       steps("{analysis: {templates: [{templateName: t}], args: [{name: a, valueFrom: "
             "{podTemplateHashValue: Latest}}]}}"),
       "admitted"},
      {"an analysis of nothing", steps("{analysis: {}}"),
       "spec.strategy.canary.steps[0].analysis.templates: Required value"},
      {"an argument without a value",
       steps("{analysis: {templates: [{templateName: t}], args: [{name: a}]}}"),
       "spec.strategy.canary.steps[0].analysis.args[0]: Invalid value: \"a\": must have one of"},
      {"no experiments yet", steps("{experiment: {templates: []}}"),
       "spec.strategy.canary.steps[0].experiment: Forbidden: weir runs no experiments"},
      {"another's labels",
       rollout("canary: {}", "revisionHistoryLimit: 3, ")
           .replace(rollout("canary: {}", "revisionHistoryLimit: 3, ").find("labels: {app: web}"),
                    18, "labels: {app: x}"),
       "spec.template.metadata.labels: Invalid value"},
  });
}

TEST(Validate, WhatHasNoEffectInARolloutIsSaid) {
  const auto warnings = [](const std::string& document) {
    const auto made = admission::create(yaml(document), {.ns = "a"});
    return made ? testing::lines(made->warnings) : verdict(made);
  };
  EXPECT_EQ(warnings(rollout("canary: {trafficRouting: {plugins: {weir.dev/gateway: {}}}}")), "");
  EXPECT_EQ(warnings(rollout("canary: {minPodsPerReplicaSet: 2}", "analysis: {}, ")),
            "spec.strategy.canary.minPodsPerReplicaSet: has no effect without trafficRouting\n");
  EXPECT_EQ(warnings(rollout("canary: {maxUnavailable: 1, trafficRouting: {plugins: {x/y: {}}}}")),
            "spec.strategy.canary.maxUnavailable: has no effect with trafficRouting\n"
            "spec.strategy.canary.trafficRouting.plugins.x/y: has no effect: weir's own gateway "
            "divides the requests\n");
}

}  // namespace
}  // namespace weir
