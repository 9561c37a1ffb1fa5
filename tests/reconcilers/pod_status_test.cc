// The status of a pod, whole: what stands there after the plan, by what its container is.

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

PodWorld policy(const char* policy) {
  return pod().pod([&](api::Pod& pod) { pod.spec.restartPolicy = policy; });
}

const std::string kUnready =
    "Ready False ContainersNotReady: containers with unready status: [app]\n"
    "ContainersReady False ContainersNotReady: containers with unready status: [app]\n";
const std::string kReady = "Ready True\nContainersReady True\n";

std::vector<Row> rows() {
  return {
      {"nothing_yet", pod(),
       "Pending\napp unready restarts=0 \nstate waiting ContainerCreating\n" + kUnready},
      {"created", pod().with({.state = created}),
       "Pending\napp unready restarts=0 \nstate waiting ContainerCreating\n" + kUnready},
      {"running", pod().with({}),
       "Running ip=10.0.0.7\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\n" +
           kReady},
      {"running_on_the_hosts_network",
       pod().pod([](api::Pod& p) { p.spec.hostNetwork = true; }).with({.ip = ""}),
       "Running ip=192.168.0.5\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\n" +
           kReady},
      {"paused", pod().with({.state = paused}),
       "Running ip=10.0.0.7\napp unready started restarts=0 docker://c0\n"
       "state running since -100s\n" +
           kUnready},
      {"failed_and_restarting_at_once", pod().with({.state = exited, .exit_code = 3}),
       "Running\napp unready restarts=0 docker://c0\n"
       "state terminated Error 3 at 0s docker://c0\n" +
           kUnready},
      {"its_successor_is_made_and_not_started",
       pod()
           .with({.state = exited, .exit_code = 3})
           .settle()
           .with({.id = "c1", .state = created, .attempt = 1}),
       "Running\napp unready restarts=0 docker://c0\n"
       "state terminated Error 3 at 0s docker://c0\n" +
           kUnready},
      {"its_successor_runs",
       pod()
           .with({.state = exited, .exit_code = 3, .started = 50, .finished = 20})
           .settle()
           .with({.id = "c1", .attempt = 1, .started = 10}),
       "Running ip=10.0.0.7\napp ready started restarts=1 docker://c1\n"
       "state running since -10s\nlast terminated Error 3 at -20s docker://c0\n" +
           kReady},
      {"the_ended_one_is_gone_and_still_known",
       pod()
           .with({.state = exited, .exit_code = 3, .started = 50, .finished = 20})
           .settle()
           .without("c0")
           .with({.id = "c1", .attempt = 1, .started = 10}),
       "Running ip=10.0.0.7\napp ready started restarts=1 docker://c1\n"
       "state running since -10s\nlast terminated Error 3 at -20s docker://c0\n" +
           kReady},
      {"back_off",
       pod().with({.id = "c4",
                   .state = exited,
                   .attempt = 4,
                   .backoff = 3,
                   .exit_code = 1,
                   .finished = 5}),
       "Running\napp unready restarts=4 docker://c4\n"
       "state waiting CrashLoopBackOff \"back-off 40s restarting failed container=app "
       "pod=web_default(u1)\"\nlast terminated Error 1 at -5s docker://c4\n" +
           kUnready},
      {"back_off_is_over_and_the_successor_is_not_there",
       pod()
           .with({.id = "c4", .state = exited, .backoff = 3, .exit_code = 1, .finished = 5})
           .settle()
           .with({.id = "c4", .state = exited, .backoff = 3, .exit_code = 1, .finished = 41}),
       "Running\napp unready restarts=0 docker://c4\n"
       "state waiting CrashLoopBackOff \"back-off 40s restarting failed container=app "
       "pod=web_default(u1)\"\nlast terminated Error 1 at -41s docker://c4\n" +
           kUnready},
      {"out_of_memory", policy("Never").with({.state = exited, .exit_code = 137, .oom = true}),
       "Failed\napp unready restarts=0 docker://c0\n"
       "state terminated OOMKilled 137 at 0s docker://c0\n"
       "Ready False PodFailed\nContainersReady False PodFailed\n"},
      {"succeeded", policy("OnFailure").with({.state = exited, .finished = 4}),
       "Succeeded\napp unready restarts=0 docker://c0\n"
       "state terminated Completed 0 at -4s docker://c0\n"
       "Ready False PodCompleted\nContainersReady False PodCompleted\n"},
      {"succeeded_and_its_container_pruned",
       policy("OnFailure").with({.state = exited, .finished = 4}).settle().without("c0"),
       "Succeeded\napp unready restarts=0 docker://c0\n"
       "state terminated Completed 0 at -4s docker://c0\n"
       "Ready False PodCompleted\nContainersReady False PodCompleted\n"},
      {"vanished_and_not_restarted", policy("Never").with({}).settle().without("c0"),
       "Failed\napp unready restarts=0 docker://c0\n"
       "state terminated ContainerStatusUnknown 137 at ? docker://c0\n"
       "Ready False PodFailed\nContainersReady False PodFailed\n"},
      {"vanished_and_replaced",
       pod().with({}).settle().without("c0").with({.id = "c1", .attempt = 1, .started = 1}),
       "Running ip=10.0.0.7\napp ready started restarts=1 docker://c1\n"
       "state running since -1s\nlast terminated ContainerStatusUnknown 137 at ? docker://c0\n" +
           kReady},
      {"start_refused",
       pod().with({.state = created, .backoff = 1, .exit_code = 128, .error = "port is taken"}),
       "Running\napp unready restarts=0 docker://c0\n"
       "state terminated StartError 128 at ? docker://c0\n" +
           kUnready},
      {"start_refused_and_backing_off",
       pod()
           .with({.state = created, .backoff = 1, .exit_code = 128, .error = "port is taken"})
           .attempt("start c0", 1, 4, "PortConflict"),
       "Running\napp unready restarts=0 docker://c0\n"
       "state waiting RunContainerError \"port is taken\"\n"
       "last terminated StartError 128 at ? docker://c0\n" +
           kUnready},
      {"create_refused",
       pod().attempt("create weir_app_web_default_0", 1, 0, "CreateContainerError", "no space"),
       "Pending\napp unready restarts=0 \n"
       "state waiting CreateContainerError \"no space\"\n" +
           kUnready},
      {"deadline_exceeded", pod().with({}).settle().pod([](api::Pod& p) {
         p.status.startTime = to_seconds(kNow) - seconds(60);
         p.spec.activeDeadlineSeconds = 60;
       }),
       "Failed DeadlineExceeded ip=10.0.0.7\napp unready started restarts=0 docker://c0\n"
       "state running since -100s\n"
       "Ready False PodFailed\nContainersReady False PodFailed\n"},
      {"deleted_and_running", pod().with({}).settle().deleting(),
       "Running ip=10.0.0.7\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\n" +
           kReady},
      {"deleted_and_stopped",
       pod().with({}).settle().deleting().with({.state = exited, .exit_code = 143}),
       "Failed\napp unready restarts=0 docker://c0\n"
       "state terminated Error 143 at 0s docker://c0\n"
       "Ready False PodFailed\nContainersReady False PodFailed\n"},
      {"gate_without_condition",
       pod()
           .pod([](api::Pod& p) { p.spec.readinessGates = {{.conditionType = "lb/ok"}}; })
           .with({}),
       "Running ip=10.0.0.7\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\nReady False ReadinessGatesNotReady: corresponding condition of "
       "pod readiness gate \"lb/ok\" does not exist.\nContainersReady True\n"},
      {"gate_closed",
       pod()
           .pod([](api::Pod& p) {
             p.spec.readinessGates = {{.conditionType = "lb/ok"}};
             p.status.conditions = {{.status = "False", .type = "lb/ok"}};
           })
           .with({}),
       "Running ip=10.0.0.7\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\nlb/ok False\nReady False ReadinessGatesNotReady: the status of "
       "pod readiness gate \"lb/ok\" is not \"True\", but False\nContainersReady True\n"},
      {"gate_open",
       pod()
           .pod([](api::Pod& p) {
             p.spec.readinessGates = {{.conditionType = "lb/ok"}};
             p.status.conditions = {{.status = "True", .type = "lb/ok"}};
           })
           .with({}),
       "Running ip=10.0.0.7\napp ready started restarts=0 docker://c0\n"
       "state running since -100s\nlb/ok True\n" +
           kReady},
      {"adopted_keeps_its_count", pod().with({.attempt = 5, .uid = "gone", .store = "lost"}),
       "Running ip=10.0.0.7\napp ready started restarts=5 docker://c0\n"
       "state running since -100s\n" +
           kReady},
      {"the_count_never_falls", pod().with({.attempt = 5}).settle().with({.attempt = 4}),
       "Running ip=10.0.0.7\napp ready started restarts=5 docker://c0\n"
       "state running since -100s\n" +
           kReady},
      {"post_start_is_not_over",
       pod()
           .spec([](api::Container& c) {
             c.lifecycle = {
                 .postStart = api::LifecycleHandler{.exec = api::ExecAction{.command = {"warm"}}}};
           })
           .with({}),
       "Pending\napp unready restarts=0 docker://c0\nstate waiting ContainerCreating\n" + kUnready},
  };
}

class PodStatusTable : public testing::TestWithParam<Row> {};
TEST_P(PodStatusTable, Is) { EXPECT_EQ(pod_status(GetParam().world), GetParam().want); }
// Written once, a status is not written again.
TEST_P(PodStatusTable, IsWrittenOnce) {
  World world = GetParam().world;
  for (const Change& change : plan_of(world).changes) {
    if (const auto* status = std::get_if<UpdateStatus>(&change)) world.put(status->object);
  }
  for (const Change& change : plan_of(world).changes) {
    EXPECT_FALSE(std::holds_alternative<UpdateStatus>(change)) << text(change, world);
  }
}
INSTANTIATE_TEST_SUITE_P(Table, PodStatusTable, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

api::PodStatus status_of(const World& world) {
  return world.get<api::Pod>("default", "web")->status;
}

TEST(PodStatus, FirstStatusIsWhole) {
  EXPECT_EQ(text(plan_of(pod().with({})), pod().with({})),
            "status Pod default/web\n"
            "    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "status: \"True\", type: \"Initialized\"}\n"
            "    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "status: \"True\", type: \"Ready\"}\n"
            "    status.conditions[2]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "status: \"True\", type: \"ContainersReady\"}\n"
            "    status.conditions[3]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, "
            "status: \"True\", type: \"PodScheduled\"}\n"
            "    status.containerStatuses[0]: (none) -> {containerID: \"docker://c0\", image: "
            "\"app:1\", imageID: \"sha256:aa\", name: \"app\", ready: true, started: true, state: "
            "{running: {startedAt: 2023-11-14T22:11:40Z}}}\n"
            "    status.hostIP: (none) -> \"192.168.0.5\"\n"
            "    status.hostIPs[0]: (none) -> {ip: \"192.168.0.5\"}\n"
            "    status.phase: (none) -> \"Running\"\n"
            "    status.podIP: (none) -> \"10.0.0.7\"\n"
            "    status.podIPs[0]: (none) -> {ip: \"10.0.0.7\"}\n"
            "    status.qosClass: (none) -> \"BestEffort\"\n"
            "    status.startTime: (none) -> 2023-11-14T22:13:20Z\n"
            "event Normal Scheduled Pod default/web: Successfully assigned default/web to "
            "host-1\n");
}

TEST(PodStatus, TransitionTimesMoveWithTheStatusOnly) {
  PodWorld was = pod().with({}).settle().pod([](api::Pod& p) {
    for (api::PodCondition& c : p.status.conditions) c.lastTransitionTime = to_seconds(kSettled);
  });
  const api::PodStatus after = status_of(was.with({.state = exited}).settle());
  std::string changed;
  for (const api::PodCondition& c : after.conditions) {
    if (c.lastTransitionTime == to_seconds(kNow)) changed += c.type + " ";
  }
  EXPECT_EQ(changed, "Ready ContainersReady ");
}

TEST(PodStatus, ImageIdIsTheDigestAndStaysWhenItIsForgotten) {
  PodWorld running = pod()
                         .change([](World& w) { w.images["app:1"].digests = {"app@sha256:dd"}; })
                         .with({})
                         .settle();
  EXPECT_EQ(status_of(running).containerStatuses[0].imageID, "app@sha256:dd");
  running.change([](World& w) { w.images.clear(); });
  EXPECT_EQ(pod_deeds(running), "");
  EXPECT_TRUE(plan_of(running).changes.empty());
}

TEST(PodStatus, QosClasses) {
  const auto qos = [](std::map<std::string, std::string> requests,
                      std::map<std::string, std::string> limits) {
    return status_of(pod()
                         .spec([&](api::Container& c) {
                           c.resources.requests = requests;
                           c.resources.limits = limits;
                         })
                         .settle())
        .qosClass;
  };
  EXPECT_EQ(qos({}, {}), "BestEffort");
  EXPECT_EQ(qos({{"cpu", "100m"}}, {}), "Burstable");
  EXPECT_EQ(qos({}, {{"cpu", "1"}}), "Burstable");
  EXPECT_EQ(qos({}, {{"cpu", "1"}, {"memory", "1Gi"}}), "Guaranteed");
  EXPECT_EQ(qos({{"cpu", "1000m"}}, {{"cpu", "1"}, {"memory", "1Gi"}}), "Guaranteed");
  EXPECT_EQ(qos({{"cpu", "500m"}}, {{"cpu", "1"}, {"memory", "1Gi"}}), "Burstable");
}

TEST(PodStatus, BackOffIsToldOnce) {
  const auto crashed = [] {
    return pod().with({}).settle().with(
        {.state = exited, .backoff = 1, .exit_code = 1, .finished = 2});
  };
  EXPECT_EQ(pod_deeds(crashed()),
            "event Warning BackOff Pod default/web: Back-off restarting failed container app in "
            "pod web_default(u1)\nwake in 8s\n");
  EXPECT_EQ(pod_deeds(crashed().settle()), "wake in 8s\n");
}

}  // namespace
}  // namespace weir::test
