#include "controller/api/cells.h"

#include <gtest/gtest.h>

#include "controller/admission/schema.h"
#include "tests/api/support.h"

namespace weir::rest {
namespace {

using std::chrono::seconds;

TEST(HumanDuration, AsKubectlWritesIt) {
  constexpr int kMinute = 60, kHour = 3600, kDay = 86400, kYear = 365 * kDay;
  struct Row {
    int seconds;
    const char* want;
  };
  const Row rows[] = {
      {-5, "<invalid>"},
      {-1, "0s"},
      {0, "0s"},
      {119, "119s"},
      {120, "2m"},
      {121, "2m1s"},
      {10 * kMinute - 1, "9m59s"},
      {10 * kMinute + 30, "10m"},
      {3 * kHour - 1, "179m"},
      {3 * kHour, "3h"},
      {3 * kHour + 5 * kMinute, "3h5m"},
      {8 * kHour + 5 * kMinute, "8h"},
      {2 * kDay - 1, "47h"},
      {2 * kDay, "2d"},
      {2 * kDay + 3 * kHour, "2d3h"},
      {8 * kDay + 3 * kHour, "8d"},
      {2 * kYear - 1, "729d"},
      {2 * kYear + 5 * kDay, "2y5d"},
      {8 * kYear + 5 * kDay, "8y"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(human_duration(seconds(row.seconds)), row.want) << row.seconds;
  }
}

std::string text(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  return std::get<std::string>(cell);
}

api::ContainerStatus running(bool ready) {
  return {.ready = ready, .state = {.running = api::ContainerStateRunning{}}};
}
api::ContainerStatus waiting(const std::string& reason) {
  return {.state = {.waiting = api::ContainerStateWaiting{.reason = reason}}};
}
api::ContainerStatus terminated(api::ContainerStateTerminated end) {
  return {.state = {.terminated = std::move(end)}};
}

struct PodRow {
  const char* name;
  api::PodStatus status;
  bool deleted;
  const char* want;  // READY STATUS RESTARTS
};

TEST(Cells, OfPods) {
  const auto minutes_ago = to_seconds(kNow) - std::chrono::minutes(3);
  const PodRow rows[] = {
      {"no status yet", {.phase = "Pending"}, false, "0/2 Pending 0"},
      {"being made",
       {.containerStatuses = {waiting("ContainerCreating")}, .phase = "Pending"},
       false,
       "0/2 ContainerCreating 0"},
      {"one ready",
       {.containerStatuses = {running(true), running(false)}, .phase = "Running"},
       false,
       "1/2 Running 0"},
      {"the first container's reason counts",
       {.containerStatuses = {waiting("ErrImagePull"), waiting("CrashLoopBackOff")},
        .phase = "Pending"},
       false,
       "0/2 ErrImagePull 0"},
      {"ended well",
       {.containerStatuses = {terminated({.reason = "Completed"})}, .phase = "Succeeded"},
       false,
       "0/2 Completed 0"},
      {"ended, and another runs and is ready",
       {.conditions = {{.status = "True", .type = "Ready"}},
        .containerStatuses = {terminated({.reason = "Completed"}), running(true)},
        .phase = "Running"},
       false,
       "1/2 Running 0"},
      {"ended, and another runs and the pod is not ready",
       {.containerStatuses = {terminated({.reason = "Completed"}), running(true)},
        .phase = "Running"},
       false,
       "1/2 NotReady 0"},
      {"killed without a reason",
       {.containerStatuses = {terminated({.signal = 9})}, .phase = "Failed"},
       false,
       "0/2 Signal:9 0"},
      {"failed without a reason",
       {.containerStatuses = {terminated({.exitCode = 3})}, .phase = "Failed"},
       false,
       "0/2 ExitCode:3 0"},
      {"the pod's own reason", {.phase = "Failed", .reason = "Evicted"}, false, "0/2 Evicted 0"},
      {"deleted",
       {.containerStatuses = {running(true)}, .phase = "Running"},
       true,
       "1/2 Terminating 0"},
      {"deleted after its end",
       {.containerStatuses = {terminated({.reason = "Error"})}, .phase = "Failed"},
       true,
       "0/2 Error 0"},
      {"restarted",
       {.containerStatuses =
            {{.lastState = {.terminated = api::ContainerStateTerminated{.finishedAt = minutes_ago}},
              .ready = true,
              .restartCount = 3,
              .state = {.running = api::ContainerStateRunning{}}}},
        .phase = "Running"},
       false,
       "1/2 Running 3 (3m ago)"},
  };
  for (const PodRow& row : rows) {
    api::Pod pod = {.spec = {.containers = {{.name = "a"}, {.name = "b"}}}, .status = row.status};
    if (row.deleted) pod.metadata.deletionTimestamp = to_seconds(kNow);
    const Object object = pod;
    EXPECT_EQ(text(cell("podReady", object, kNow)) + " " + text(cell("podStatus", object, kNow)) +
                  " " + text(cell("restarts", object, kNow)),
              row.want)
        << row.name;
  }
}

TEST(Cells, OfSelectors) {
  using Requirement = api::LabelSelectorRequirement;
  struct Row {
    api::LabelSelector selector;
    const char* want;
  };
  const Row rows[] = {
      {{}, "<none>"},
      {{.matchLabels = {{"a", "1"}, {"b", "2"}}}, "a=1,b=2"},
      {{.matchExpressions = {Requirement{.key = "t", .operator_ = "In", .values = {"x", "y"}}}},
       "t in (x,y)"},
      {{.matchExpressions = {Requirement{.key = "t", .operator_ = "NotIn", .values = {"x"}},
                             Requirement{.key = "u", .operator_ = "Exists"},
                             Requirement{.key = "v", .operator_ = "DoesNotExist"}},
        .matchLabels = {{"a", "1"}}},
       "a=1,t notin (x),u,!v"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(text(cell("selector", api::Deployment{.spec = {.selector = row.selector}}, kNow)),
              row.want);
    EXPECT_EQ(text(cell("selector", api::ReplicaSet{.spec = {.selector = row.selector}}, kNow)),
              row.want);
  }
}

TEST(Cells, OfEvents) {
  const auto ago = [](int seconds_) { return to_seconds(kNow) - seconds(seconds_); };
  struct Row {
    const char* name;
    api::Event event;
    const char* want;  // LAST SEEN | FIRST SEEN | OBJECT | SOURCE | COUNT
  };
  const Row rows[] = {
      {"counted",
       {.count = 5,
        .firstTimestamp = ago(600),
        .involvedObject = {.kind = "Pod", .name = "web-1"},
        .lastTimestamp = ago(30),
        .source = {.component = "kubelet", .host = "node"}},
       "30s|10m|pod/web-1|kubelet, node|5"},
      {"of the new API",
       {.eventTime = "2026-01-02T03:03:05.123456Z",
        .involvedObject = {.kind = "ReplicaSet"},
        .reportingComponent = "weir"},
       "60s|60s|replicaset|weir|1"},
      {"without any time",
       {.involvedObject = {.kind = "Pod", .name = "x"}},
       "<unknown>|<unknown>|pod/x||1"},
  };
  for (const Row& row : rows) {
    std::string got;
    for (const char* function :
         {"lastSeen", "firstSeen", "eventObject", "eventSource", "eventCount"}) {
      got += (got.empty() ? "" : "|") + text(cell(function, row.event, kNow));
    }
    EXPECT_EQ(got, row.want) << row.name;
  }
}

TEST(Cells, OfPolicies) {
  api::BackendTrafficPolicy policy;
  policy.spec.targetRefs = {{.name = "web"}, {.name = "api"}};
  EXPECT_EQ(text(cell("policyTargets", policy, kNow)), "web,api");
  EXPECT_EQ(text(cell("policyStatus", policy, kNow)), "");
  const auto at_target = [](const char* reason) {
    api::PolicyAncestorStatus one;
    one.conditions = {{.reason = reason, .type = "Accepted"}};
    return one;
  };
  policy.status.ancestors = {at_target("Accepted")};
  EXPECT_EQ(text(cell("policyStatus", policy, kNow)), "Accepted");
  policy.status.ancestors = {at_target("Accepted"), at_target("Conflicted"), at_target("Accepted")};
  EXPECT_EQ(text(cell("policyStatus", policy, kNow)), "Conflicted");
}

TEST(Cells, EveryFunctionOfEveryColumnIsKnown) {
  for (const KindInfo& kind : kinds()) {
    for (const PrinterColumn& column : Schema::get().columns(kind.kind)) {
      if (column.function.empty()) continue;
      EXPECT_TRUE(is_cell_function(column.function)) << kind.name << " " << column.name;
      EXPECT_NE(text(cell(column.function, make_object(kind.kind), kNow)), "<unknown function>")
          << kind.name << " " << column.name;
    }
  }
}

}  // namespace
}  // namespace weir::rest
