#include "reconcilers/object_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::sys_seconds, std::chrono::seconds;

api::Deployment web() {
  return {.metadata = {.labels = {{"app", "web"}}, .name = "web", .namespace_ = "default"},
          .spec = {.replicas = 3,
                   .selector = {.matchLabels = {{"app", "web"}}},
                   .template_ = {.spec = {.containers = {{.image = "web:1", .name = "web"}}}}}};
}

TEST(ObjectText, PrintsWhatDiffersFromTheDefaults) {
  EXPECT_EQ(to_text(web()),
            "Deployment{metadata: {labels: {app: \"web\"}, name: \"web\", namespace: \"default\"}, "
            "spec: {replicas: 3, selector: {matchLabels: {app: \"web\"}}, template: {spec: "
            "{containers: [{image: \"web:1\", name: \"web\"}]}}}}");
  EXPECT_EQ(to_text(api::Pod{}), "Pod{}");
  EXPECT_EQ(to_text(api::Deployment{.spec = {.replicas = 0}}), "Deployment{spec: {replicas: 0}}");
}

TEST(ObjectText, ValuesOfAllTypes) {
  api::Pod pod{.metadata = {.annotations = {{"a b", "x\"y\nz\x01"}},
                            .creationTimestamp = sys_seconds(seconds(1'700'000'000))}};
  pod.spec.activeDeadlineSeconds = 0;
  pod.spec.affinity.text = R"({"nodeAffinity":{}})";
  pod.spec.containers = {
      {.name = "a",
       .readinessProbe = api::Probe{.tcpSocket = api::TCPSocketAction{.port = {.is_string = true,
                                                                               .text = "http"}}},
       .stdin_ = true}};
  pod.spec.volumes = {{.emptyDir = api::EmptyDirVolumeSource{}, .name = "v"}};
  EXPECT_EQ(to_text(pod),
            "Pod{metadata: {annotations: {\"a b\": \"x\\\"y\\nz\\x01\"}, creationTimestamp: "
            "2023-11-14T22:13:20Z}, spec: {activeDeadlineSeconds: 0, affinity: "
            "{\"nodeAffinity\":{}}, containers: [{name: \"a\", readinessProbe: {tcpSocket: {port: "
            "\"http\"}}, stdin: true}], volumes: [{emptyDir: {}, name: \"v\"}]}}");
}

TEST(ObjectText, SecretsAreNeverShown) {
  api::Secret before{.data = {{"password", "aHVudGVyMg=="}}, .metadata = {.name = "s"}};
  api::Secret after = before;
  after.data = {{"password", "czNjcjN0"}, {"token", "YQ=="}};
  after.stringData = {{"plain", "visible?"}};
  EXPECT_EQ(to_text(before), "Secret{data: {password: <7 bytes>}, metadata: {name: \"s\"}}");
  const std::vector<std::string> want = {"data.password: <7 bytes> -> <6 bytes>",
                                         "data.token: (none) -> <1 bytes>",
                                         "stringData.plain: (none) -> <8 bytes>"};
  EXPECT_EQ(diff(before, after), want);
}

// kubectl's annotation repeats what was applied.
TEST(ObjectText, SecretsAreNotShownByWayOfAnnotations) {
  const std::string key = "kubectl.kubernetes.io/last-applied-configuration";
  const api::Secret before{.metadata = {.annotations = {{key, "hunter2"}}}};
  EXPECT_EQ(to_text(before), "Secret{metadata: {annotations: {" + key + ": <7 bytes>}}}");
  EXPECT_EQ(diff(before, api::Secret{.metadata = {.annotations = {{key, "s3cr3t"}}}}),
            (std::vector<std::string>{"metadata.annotations." + key + ": <7 bytes> -> <6 bytes>"}));
}

TEST(ObjectText, Differences) {
  api::Deployment after = web();
  after.metadata.labels = {{"app", "web2"}, {"example.com/tier", "front"}};
  after.spec.replicas = 5;
  after.spec.paused = true;
  after.spec.strategy.rollingUpdate = api::RollingUpdateDeployment{};
  auto& containers = after.spec.template_.spec.containers;
  containers[0].image = "web:2";
  containers[0].workingDir = "/srv";
  containers.push_back({.name = "second"});
  const std::vector<std::string> want = {
      "metadata.labels.app: \"web\" -> \"web2\"",
      "metadata.labels.example.com/tier: (none) -> \"front\"",
      "spec.paused: false -> true",
      "spec.replicas: 3 -> 5",
      "spec.strategy.rollingUpdate: (none) -> {}",
      "spec.template.spec.containers[0].image: \"web:1\" -> \"web:2\"",
      "spec.template.spec.containers[0].workingDir: (none) -> \"/srv\"",
      "spec.template.spec.containers[1]: (none) -> {name: \"second\"}"};
  EXPECT_EQ(diff(web(), after), want);
  EXPECT_EQ(diff(web(), web()), std::vector<std::string>{});
  EXPECT_EQ(diff(after, web()).size(), want.size());
  EXPECT_EQ(diff(api::Pod{}, api::Secret{}), (std::vector<std::string>{"kind: Pod{} -> Secret{}"}));
}

TEST(ObjectText, TemplateTextChangesWithEachField) {
  const api::PodTemplateSpec base = web().spec.template_;
  api::PodTemplateSpec other = base;
  other.spec.tolerations.text = "[{}]";
  EXPECT_EQ(template_text(base), "{spec: {containers: [{image: \"web:1\", name: \"web\"}]}}");
  EXPECT_NE(template_text(base), template_text(other));
}

TEST(TimeText, WritesAndReads) {
  struct Row {
    const char* text;
    const char* want;  // what it is when written again; empty: not a time
  };
  const Row rows[] = {
      {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"},
      {"2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59Z"},
      {"2024-03-01T01:00:00+02:30", "2024-02-29T22:30:00Z"},
      {"2024-02-29T22:30:00-01:00", "2024-02-29T23:30:00Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"2023-02-29T00:00:00Z", ""},
      {"2024-02-29 23:59:59Z", ""},
      {"2024-02-29T23:59:59", ""},
      {"2024-02-29T24:00:00Z", ""},
      {"2024-02-29T23:59:59.Z", ""},
      {"2024-02-29T23:59:59Zx", ""},
      {"2024-2-29T23:59:59Z", ""},
      {"+024-02-29T23:59:59Z", ""},
      {"2024-02-29T23:59:59+2:00", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    const auto time = parse_time(row.text);
    EXPECT_EQ(time ? time_text(*time) : "", row.want) << row.text;
  }
}

}  // namespace
}  // namespace weir
