// Where a rollout stands, its history, and its live picture: all decided from documents.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/cli/text/progress.h"
#include "controller/cli/text/rollout_history.h"
#include "controller/cli/text/rollout_status.h"
#include "controller/cli/text/wait_condition.h"

namespace weir::cli {
namespace {

using nlohmann::json;

struct Counts {
  int desired = 3, total = 3, updated = 3, available = 3;
  int generation = 2, observed = 2;
  std::string progressing = "ReplicaSetUpdated";
};

json deployment(const Counts& c) {
  return {{"metadata",
           {{"name", "web"},
            {"generation", c.generation},
            {"annotations", {{"deployment.kubernetes.io/revision", "4"}}}}},
          {"spec", {{"replicas", c.desired}}},
          {"status",
           {{"observedGeneration", c.observed},
            {"replicas", c.total},
            {"updatedReplicas", c.updated},
            {"availableReplicas", c.available},
            {"conditions",
             {{{"type", "Available"}, {"reason", "MinimumReplicasAvailable"}},
              {{"type", "Progressing"}, {"reason", c.progressing}}}}}}};
}

std::string status_text(const json& object, std::int64_t revision = 0) {
  const auto status = rollout_status(object, revision);
  if (!status) return "failed: " + status.error().message;
  return (status->done ? "done: " : "goes on: ") + status->message;
}

TEST(RolloutStatus, DecidesInKubectlsOrder) {
  const struct {
    const char* name;
    Counts counts;
    const char* want;
  } rows[] = {
      {"everything is there", {}, "done: deployment \"web\" successfully rolled out"},
      {"the spec was not seen yet, before all else",
       {.generation = 3, .progressing = "ProgressDeadlineExceeded"},
       "goes on: Waiting for deployment spec update to be observed..."},
      {"the deadline, before the counts",
       {.updated = 0, .progressing = "ProgressDeadlineExceeded"},
       "failed: error: deployment \"web\" exceeded its progress deadline"},
      {"not all updated",
       {.total = 4, .updated = 1, .available = 3},
       "goes on: Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have "
       "been updated..."},
      {"old ones left",
       {.total = 5, .available = 0},
       "goes on: Waiting for deployment \"web\" rollout to finish: 2 old replicas are pending "
       "termination..."},
      {"not all available",
       {.available = 2},
       "goes on: Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are "
       "available..."},
      {"scaled to nothing",
       {.desired = 0, .total = 0, .updated = 0, .available = 0},
       "done: deployment \"web\" successfully rolled out"},
  };
  for (const auto& row : rows) EXPECT_EQ(status_text(deployment(row.counts)), row.want) << row.name;
}

TEST(RolloutStatus, OfARevision) {
  EXPECT_EQ(status_text(deployment({}), 4), "done: deployment \"web\" successfully rolled out");
  EXPECT_EQ(status_text(deployment({}), 3),
            "failed: error: desired revision (3) is different from the running revision (4)");
  EXPECT_EQ(status_text(json::parse(R"({"metadata": {"name": "web", "generation": 1}})")),
            "goes on: Waiting for deployment spec update to be observed...");
}

json replica_set(const std::string& name, int revision, int created, int available,
                 const std::string& cause = "") {
  json annotations{{"deployment.kubernetes.io/revision", std::to_string(revision)},
                   {"deployment.kubernetes.io/desired-replicas", "3"}};
  if (!cause.empty()) annotations["kubernetes.io/change-cause"] = cause;
  return {
      {"metadata", {{"name", name}, {"annotations", annotations}}},
      {"spec",
       {{"replicas", created},
        {"template", {{"metadata", {{"labels", {{"app", "web"}, {"pod-template-hash", "x"}}}}}}}}},
      {"status",
       {{"replicas", created}, {"readyReplicas", available}, {"availableReplicas", available}}}};
}

TEST(RolloutHistory, Table) {
  EXPECT_EQ(history_table({}), "No rollout history found.");
  EXPECT_EQ(history_table({replica_set("a", 1, 0, 0), replica_set("b", 12, 3, 3, "image v2")}),
            "REVISION  CHANGE-CAUSE\n1         <none>\n12        image v2\n");
}

TEST(RolloutHistory, WhereUndoGoes) {
  const std::vector<json> history{replica_set("a", 1, 0, 0), replica_set("b", 5, 3, 3),
                                  replica_set("c", 3, 0, 0)};
  const auto name = [&](std::int64_t revision) {
    const auto found = rollback_target(deployment({}), history, revision);
    return found ? (*found)["metadata"]["name"].get<std::string>() : found.error().message;
  };
  EXPECT_EQ(name(0), "c");
  EXPECT_EQ(name(1), "a");
  EXPECT_EQ(name(2), "error: unable to find specified revision 2 in history");
  const auto alone = rollback_target(deployment({}), {replica_set("a", 1, 0, 0)}, 0);
  EXPECT_EQ(alone.error().message, "error: no rollout history found for deployment \"web\"");
}

TEST(RolloutHistory, WhatUndoPutsBack) {
  const json old = replica_set("a", 1, 0, 0, "image v1");
  EXPECT_EQ(template_without_hash(old).dump(), R"({"metadata":{"labels":{"app":"web"}}})");
  json now = deployment({});
  now["metadata"]["annotations"]["kubernetes.io/change-cause"] = "image v2";
  now["metadata"]["annotations"]["mine"] = "gone";
  EXPECT_EQ(rollback_annotations(now, old).dump(),
            R"({"deployment.kubernetes.io/revision":"4","kubernetes.io/change-cause":"image v1"})");
}

TEST(RolloutHistory, OfRevisionsThatContainTheirConfiguration) {
  json old = replica_set("a", 1, 0, 0);
  EXPECT_EQ(describe_configuration(old), "");
  old["metadata"]["annotations"]["weir.dev/configuration"] =
      "ConfigMap/app=app-1, Secret/app=app-2, Secret/db=db-1";
  old["metadata"]["annotations"]["weir.dev/image-digests"] = "web:1=web@sha256:abc";
  EXPECT_EQ(describe_configuration(old),
            "Configuration:\n"
            "  ConfigMap/app  app-1\n"
            "  Secret/app     app-2\n"
            "  Secret/db      db-1\n"
            "Image digests:\n"
            "  web:1  web@sha256:abc\n");
  const json pods = json::parse(R"({"spec": {
    "containers": [{"name": "app-1", "envFrom": [{"configMapRef": {"name": "app-1"}},
                                                 {"secretRef": {"name": "app-2"}}],
                    "env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "db-1"}}}]}],
    "volumes": [{"name": "v", "secret": {"secretName": "db-1"}},
                {"name": "w", "projected": {"sources": [{"configMap": {"name": "app-1"}},
                                                        {"secret": {"name": "app-1"}}]}}]}})");
  EXPECT_EQ(template_without_snapshots(pods, {old}), json::parse(R"({"spec": {
    "containers": [{"name": "app-1", "envFrom": [{"configMapRef": {"name": "app"}},
                                                 {"secretRef": {"name": "app"}}],
                    "env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "db"}}}]}],
    "volumes": [{"name": "v", "secret": {"secretName": "db"}},
                {"name": "w", "projected": {"sources": [{"configMap": {"name": "app"}},
                                                        {"secret": {"name": "app-1"}}]}}]}})"));
}

TEST(Progress, FrameOfARunningRollout) {
  const std::vector<json> events{{{"involvedObject", {{"name", "web-b-1"}}},
                                  {"reason", "Pulled"},
                                  {"message", "newer"},
                                  {"lastTimestamp", "2026-01-02T03:04:05Z"}},
                                 {{"involvedObject", {{"name", "web"}}},
                                  {"reason", "ScalingReplicaSet"},
                                  {"message", "older"},
                                  {"lastTimestamp", "2026-01-02T03:04:01Z"}},
                                 {{"involvedObject", {{"name", "webber"}}},
                                  {"reason", "Other"},
                                  {"message", "not ours"},
                                  {"lastTimestamp", "2026-01-02T03:09:05Z"}}};
  RolloutView view = rollout_view(deployment({.updated = 1}),
                                  {replica_set("web-old", 1, 0, 0), replica_set("web-a", 3, 2, 2),
                                   replica_set("web-b", 4, 2, 1)},
                                  events);
  view.title = "deployment.apps/web";
  view.message = "Waiting...";
  view.elapsed = std::chrono::seconds{12};
  const std::string frame =
      "deployment.apps/web  12s\n"
      "  new  revision 4  [=====>              ]  1/3 available  1 ready  2 created\n"
      "  old  revision 3  [============>       ]  2/3 available  2 ready  2 created\n"
      "  Pulled: newer\n"
      "  Waiting...\n";
  EXPECT_EQ(rollout_frame(view, 100), frame);
  EXPECT_EQ(rollout_frame(view, 30),
            "deployment.apps/web  12s\n"
            "  new  revision 4  [=====>...\n"
            "  old  revision 3  [======...\n"
            "  Pulled: newer\n"
            "  Waiting...\n");
  EXPECT_EQ(redraw(0, frame), frame);
  EXPECT_EQ(redraw(5, frame), "\x1b[5A\r\x1b[J" + frame);
}

TEST(Progress, HostileTextsCannotDraw) {
  const RolloutView view{.title = "t", .message = "m", .last_event = "a\x1b[2Jb\nsecond line"};
  EXPECT_EQ(rollout_frame(view, 80), "t  0s\n  a^[[2Jb\n  m\n");
}

TEST(Progress, Bars) {
  const struct {
    long done, total;
    const char* want;
  } rows[] = {{0, 4, "[        ]"}, {1, 4, "[=>      ]"}, {4, 4, "[========]"},
              {9, 4, "[========]"}, {0, 0, "[========]"}, {-1, 4, "[        ]"}};
  for (const auto& row : rows) EXPECT_EQ(progress_bar(row.done, row.total, 8), row.want);
}

TEST(WaitCondition, Holds) {
  const json pod = json::parse(R"({"metadata": {"uid": "u1", "generation": 2},
    "status": {"phase": "Running", "observedGeneration": 2, "conditions": [
      {"type": "Ready", "status": "True"}, {"type": "Old", "status": "True", "observedGeneration": 1},
      {"type": "Off", "status": "False"}]}})");
  json behind = pod;
  behind["metadata"]["generation"] = 3;
  const struct {
    const char* condition;
    const json& object;
    bool want;
  } rows[] = {
      {"condition=Ready", pod, true},
      {"condition=ready=TRUE", pod, true},
      {"condition=Ready=False", pod, false},
      {"condition=Off", pod, false},
      {"condition=Off=false", pod, true},
      {"condition=Old", pod, false},
      {"condition=Missing", pod, false},
      {"condition=Ready", behind, false},
      {"jsonpath={.status.phase}=Running", pod, true},
      {"jsonpath='.status.phase'='Running'", pod, false},
      {"jsonpath=.status.phase=Pending", pod, false},
      {"jsonpath={.status.phase}", pod, true},
      {"jsonpath={.status.nothing}", pod, false},
      {R"(jsonpath={.status.conditions[?(@.type=="Ready")].status}=True)", pod, true},
      {"delete", pod, false},
      {"delete", json(), true},
      {"create", pod, true},
      {"create", json(), false},
  };
  for (const auto& row : rows) {
    const auto condition = parse_wait_condition(row.condition);
    ASSERT_TRUE(condition) << row.condition;
    EXPECT_EQ(condition_met(*condition, row.object, "u1"), row.want) << row.condition;
  }
  // Another object of that name: the one that was waited for is gone.
  EXPECT_TRUE(condition_met(*parse_wait_condition("delete"), pod, "u0"));
  for (const char* bad : {"", "Ready", "jsonpath={.a", "jsonpath={.a}="}) {
    EXPECT_FALSE(parse_wait_condition(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir::cli
