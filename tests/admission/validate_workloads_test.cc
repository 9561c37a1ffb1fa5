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
      {"a pattern that would name no metric",
       steps("{analysis: {templates: [{templateName: t}], dryRun: [{metricName: \"a|b\"}]}}"),
       "spec.strategy.canary.steps[0].analysis.dryRun[0].metricName: Invalid value: \"a|b\""},
      {"an argument without a value",
       steps("{analysis: {templates: [{templateName: t}], args: [{name: a}]}}"),
       "spec.strategy.canary.steps[0].analysis.args[0]: Invalid value: \"a\": must have one of"},
      {"another's labels",
       rollout("canary: {}", "revisionHistoryLimit: 3, ")
           .replace(rollout("canary: {}", "revisionHistoryLimit: 3, ").find("labels: {app: web}"),
                    18, "labels: {app: x}"),
       "spec.template.metadata.labels: Invalid value"},
  });
}

TEST(Validate, ExperimentsOfRollouts) {
  const std::string routed = "trafficRouting: {}, ";
  const std::string path = "spec.strategy.canary.steps[0].experiment.";
  const auto step = [](const std::string& templates, const std::string& more = "duration: 5m") {
    return "{experiment: {" + more + ", templates: [" + templates + "]}}";
  };
  const std::string analyses = "analyses: [{name: a, templateName: t}]";
  check({
      {"both revisions, compared",
       steps(step("{name: stable, specRef: stable}, {name: canary, specRef: canary, replicas: 2, "
                  "metadata: {labels: {role: x}}, selector: {matchLabels: {role: x, app: web}}}",
                  analyses)),
       "admitted"},
      {"with shares",
       steps("{setWeight: 90}, " + step("{name: a, specRef: stable, weight: 5}, {name: b, specRef: "
                                        "canary, weight: 5}"),
             routed),
       "admitted"},
      {"too much",
       steps(step("{name: a, specRef: stable, weight: 60}, {name: b, specRef: canary, "
                  "weight: 50}"),
             routed),
       path + "templates[1].weight: Invalid value: 50: must leave something"},
      {"shares need a router", steps(step("{name: a, specRef: stable, weight: 5}")),
       path + "templates[0].weight: Invalid value: 5: needs spec.strategy.canary.trafficRouting"},
      {"no templates", steps(step("")), path + "templates: Required value"},
      {"one name twice", steps(step("{name: a, specRef: stable}, {name: a, specRef: canary}")),
       path + "templates[1].name: Duplicate value: \"a\""},
      {"a revision that is none", steps(step("{name: a, specRef: newest}")),
       path + "templates[0].specRef: Unsupported value: \"newest\""},
      {"no end", steps("{experiment: {templates: [{name: a, specRef: stable}]}}"),
       path + "duration: Required value: or analyses"},
      {"no time", steps(step("{name: a, specRef: stable}", "duration: soon")),
       path + "duration: Invalid value: \"soon\""},
      {"others' pods",
       steps(step("{name: a, specRef: stable, selector: {matchLabels: {role: x}}}")),
       path + "templates[0].selector: Invalid value: {}: does not match the labels of its pods"},
      {"an argument without a value",
       steps(step("{name: a, specRef: stable}",
                  "analyses: [{name: a, templateName: t, args: [{name: x}]}]")),
       path + "analyses[0].args[0]: Invalid value: \"x\": must have one of"},
  });
}

std::string experiment(const std::string& spec,
                       const std::string& pods = "containers: [{name: c, image: i}]") {
  return "{apiVersion: argoproj.io/v1alpha1, kind: Experiment, metadata: {name: e, namespace: a}, "
         "spec: {" +
         spec + (spec.empty() ? "" : ", ") +
         "templates: [{name: one, selector: {matchLabels: {app: web}}, template: "
         "{metadata: {labels: {app: web}}, spec: {" +
         pods + "}}}]}}";
}

TEST(Validate, Experiments) {
  check({
      {"the smallest", experiment(""), "admitted"},
      {"compared",
       experiment(
           "duration: 1h, analyses: [{name: a, templateName: t, requiredForCompletion: true, "
           "args: [{name: x, value: \"{{templates.one.podTemplateHash}}\"}]}]"),
       "admitted"},
      {"no templates",
       "{apiVersion: argoproj.io/v1alpha1, kind: Experiment, metadata: {name: e, namespace: a}, "
       "spec: {templates: []}}",
       "spec.templates: Required value"},
      {"no time", experiment("duration: soon"), "spec.duration: Invalid value: \"soon\""},
      {"one analysis twice",
       experiment("analyses: [{name: a, templateName: t}, {name: a, templateName: u}]"),
       "spec.analyses[1].name: Duplicate value: \"a\""},
      {"a name that is none", experiment("analyses: [{name: A_B, templateName: t}]"),
       "spec.analyses[0].name: Invalid value: \"A_B\""},
      {"a field of whom?",
       experiment("analyses: [{name: a, templateName: t, args: [{name: x, valueFrom: {fieldRef: "
                  "{fieldPath: metadata.name}}}]}]"),
       "spec.analyses[0].args[0].valueFrom.fieldRef: Forbidden"},
      {"patterns", experiment("dryRun: [{metricName: \"a|b\"}]"),
       "spec.dryRun[0].metricName: Invalid value"},
      {"another's labels",
       experiment("").replace(experiment("").find("labels: {app: web}"), 18, "labels: {app: x}"),
       "spec.templates[0].template.metadata.labels: Invalid value"},
      {"pods that end", experiment("", "restartPolicy: Never, containers: [{name: c, image: i}]"),
       "spec.templates[0].template.spec.restartPolicy: Unsupported value: \"Never\""},
      {"the engine's socket",
       experiment("",
                  "containers: [{name: c, image: i}], volumes: [{name: v, hostPath: {path: "
                  "/var/run/docker.sock}}]"),
       "spec.templates[0].template.spec.volumes[0].hostPath.path: Forbidden"},
  });
}

TEST(Validate, AnExperimentThatEndsDoesNotGoOn) {
  const auto made = admission::create(yaml(experiment("terminate: true")), {.ns = "a"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(
      verdict(admission::update(made->document, yaml(experiment("terminate: false")), {.ns = "a"}))
          .starts_with("spec.terminate: Invalid value"));
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

TEST(Validate, WhatHasNoEffectInADeploymentWithAStrategyIsSaid) {
  const auto warnings = [](const std::string& annotations, const std::string& spec = "{}") {
    const auto made = admission::create(
        testing::deployment("{metadata: {annotations: {" + annotations + "}}, spec: " + spec + "}"),
        {});
    return made ? testing::lines(made->warnings) : verdict(made);
  };
  const std::string no_surge = "{strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}";
  EXPECT_EQ(warnings("weir.dev/auto-rollback: \"true\"", no_surge), "");
  EXPECT_EQ(warnings("weir.dev/strategy: canary"), "");
  EXPECT_EQ(warnings("weir.dev/strategy: canary", no_surge),
            "spec.strategy.rollingUpdate.maxSurge: is 1 for a canary: it needs a pod\n");
  EXPECT_EQ(warnings("weir.dev/strategy: canary, weir.dev/auto-rollback: \"true\""),
            "metadata.annotations[weir.dev/auto-rollback]: has no effect: what is rolled out by "
            "weights goes back by itself\n");
  EXPECT_EQ(warnings("weir.dev/strategy: blue-green"),
            "metadata.annotations[weir.dev/strategy]: all pods of both versions run beside each "
            "other, whatever maxSurge says\n");
}

}  // namespace
}  // namespace weir
