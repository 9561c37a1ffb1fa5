// Probes: which is due when, and what their results do.

#include "reconcilers/probes.h"

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

using enum ProbeKind;

api::Probe tcp(const api::Probe& with = {}) {
  api::Probe probe = with;
  probe.tcpSocket = api::TCPSocketAction{.port = {.number = 80}};
  return probe;
}

// A running container whose start is 100 s ago, and whose status is written.
PodWorld with_probes(const std::optional<api::Probe>& startup_probe,
                     const std::optional<api::Probe>& readiness_probe,
                     const std::optional<api::Probe>& liveness_probe) {
  return pod()
      .spec([&](api::Container& c) {
        c.startupProbe = startup_probe;
        c.readinessProbe = readiness_probe;
        c.livenessProbe = liveness_probe;
      })
      .with({})
      .settle();
}
constexpr std::nullopt_t none = std::nullopt;

std::vector<Row> rows() {
  return {
      {"no_probes", with_probes(none, none, none), ""},
      {"first_is_due_at_the_start", with_probes(none, tcp(), none), "run readiness probe of c0\n"},
      {"initial_delay", with_probes(none, tcp({.initialDelaySeconds = 130}), none),
       "wake in 30s\n"},
      {"initial_delay_over", with_probes(none, tcp({.initialDelaySeconds = 100}), none),
       "run readiness probe of c0\n"},
      {"an_engine_whose_clock_is_ahead_delays_no_probe",
       with_probes(none, tcp({.initialDelaySeconds = 60}), none)
           .with({.started = -3600, .state_since = 50})
           .settle(),
       "wake in 10s\n"},
      {"next_after_the_period", with_probes(none, tcp(), none).probe(readiness, 1, 0, 4).settle(),
       "wake in 6s\n"},
      {"period_over", with_probes(none, tcp(), none).probe(readiness, 1, 0, 10).settle(),
       "run readiness probe of c0\n"},
      {"readiness_and_liveness_side_by_side",
       with_probes(none, tcp(), tcp({.periodSeconds = 3}))
           .probe(readiness, 1, 0, 4)
           .probe(liveness, 1, 0, 3)
           .settle(),
       "run liveness probe of c0\nwake in 6s\n"},
      {"startup_holds_the_others", with_probes(tcp(), tcp(), tcp()), "run startup probe of c0\n"},
      {"startup_done_lets_the_others_run",
       with_probes(tcp(), tcp(), tcp()).probe(startup, 1, 0, 1).settle(),
       "run readiness probe of c0\nrun liveness probe of c0\n"},
      {"startup_done_is_remembered_in_the_status",
       with_probes(tcp(), tcp(), none).probe(startup, 1, 0, 1).settle().change([](World& w) {
         w.probes.clear();
       }),
       "run readiness probe of c0\n"},
      {"startup_below_its_threshold",
       with_probes(tcp({.failureThreshold = 5}), none, none).probe(startup, 0, 4, 10).settle(),
       "run startup probe of c0\n"},
      {"startup_failed_ends_it",
       with_probes(tcp({.failureThreshold = 5}), none, none).probe(startup, 0, 5, 1).settle(),
       "stop container c0 grace=30s\n"},
      {"liveness_below_its_threshold",
       with_probes(none, none, tcp()).probe(liveness, 0, 2, 1).settle(), "wake in 9s\n"},
      {"liveness_failed_ends_it", with_probes(none, none, tcp()).probe(liveness, 0, 3, 1).settle(),
       "stop container c0 grace=30s\n"},
      {"liveness_has_its_own_grace",
       with_probes(none, none, tcp({.terminationGracePeriodSeconds = 5}))
           .probe(liveness, 0, 3, 1)
           .settle(),
       "stop container c0 grace=5s\n"},
      {"readiness_failed_ends_nothing",
       with_probes(none, tcp(), none).probe(readiness, 0, 30, 1).settle(), "wake in 9s\n"},
      {"none_while_it_is_paused", with_probes(none, tcp(), tcp()).with({.state = paused}).settle(),
       "unpause container c0\n"},
      {"none_while_it_is_deleted", with_probes(none, tcp(), tcp()).deleting(),
       "stop container c0 grace=30s\n"},
      {"waits_for_the_address",
       pod().spec([](api::Container& c) { c.readinessProbe = tcp(); }).with({.ip = ""}).settle(),
       "wake in 1s\n"},
      {"exec_needs_no_address",
       pod()
           .spec([](api::Container& c) {
             c.readinessProbe = {.exec = api::ExecAction{.command = {"true"}}};
           })
           .with({.ip = ""})
           .settle(),
       "run readiness probe of c0\n"},
      {"a_grpc_probe_is_not_run",
       with_probes(none, none, api::Probe{.grpc = api::GRPCAction{.port = 1}}), ""},
      {"a_port_that_nobody_named_is_not_run",
       with_probes(none, none,
                   api::Probe{.tcpSocket = api::TCPSocketAction{.port = {.is_string = true,
                                                                         .text = "web"}}}),
       ""},
  };
}

class Probes : public testing::TestWithParam<Row> {};
TEST_P(Probes, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, Probes, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

bool ready(const World& world) { return pod_status(world).find("app ready") != std::string::npos; }

struct ReadyRow {
  const char* name;
  World world;
  bool want;
};
std::vector<ReadyRow> ready_rows() {
  const auto probed = [] { return with_probes(none, tcp(), none); };
  const auto was_ready = [=] { return probed().probe(readiness, 1, 0, 1).settle(); };
  const auto forget = [](World& w) { w.probes.clear(); };
  return {
      {"no_probe_is_ready", pod().with({}), true},
      {"before_the_first_result", probed(), false},
      {"one_success", probed().probe(readiness, 1, 0, 1), true},
      {"successes_below_the_threshold",
       with_probes(none, tcp({.successThreshold = 3}), none).probe(readiness, 2, 0, 1), false},
      {"successes_at_the_threshold",
       with_probes(none, tcp({.successThreshold = 3}), none).probe(readiness, 3, 0, 1), true},
      {"failures_below_the_threshold_change_nothing", was_ready().probe(readiness, 0, 2, 1), true},
      {"failures_at_the_threshold", was_ready().probe(readiness, 0, 3, 1), false},
      {"a_restart_of_weir_changes_nothing", was_ready().change(forget), true},
      {"nor_does_the_first_failure_after_it", was_ready().change(forget).probe(readiness, 0, 1, 1),
       true},
      {"a_new_container_is_not_ready_because_the_old_one_was",
       was_ready().without("c0").with({.id = "c1", .attempt = 1}), false},
      {"paused", was_ready().with({.state = paused}), false},
      {"not_before_startup", with_probes(tcp(), none, none), false},
      {"after_startup", with_probes(tcp(), none, none).probe(startup, 1, 0, 1), true},
      {"doomed_by_liveness", with_probes(none, none, tcp()).probe(liveness, 0, 3, 1), false},
      {"healthcheck_of_the_image_starting", pod().with({.health = "starting"}), false},
      {"healthcheck_of_the_image_healthy", pod().with({.health = "healthy"}), true},
      {"healthcheck_of_the_image_unhealthy", pod().with({.health = "unhealthy"}), false},
      {"healthcheck_counts_only_without_probes",
       with_probes(none, none, tcp()).with({.health = "unhealthy"}), true},
      {"grpc_is_never_ready",
       with_probes(none, api::Probe{.grpc = api::GRPCAction{.port = 1}}, none), false},
      {"as_it_was_while_being_deleted", was_ready().change(forget).deleting(), true},
      {"not_when_it_has_ended", was_ready().with({.state = exited}).deleting(), false},
  };
}

class Readiness : public testing::TestWithParam<ReadyRow> {};
TEST_P(Readiness, Is) {
  EXPECT_EQ(ready(GetParam().world), GetParam().want) << pod_status(GetParam().world);
}
INSTANTIATE_TEST_SUITE_P(Table, Readiness, testing::ValuesIn(ready_rows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ProbeTarget, IsTheContainersOwnAddressAndANumber) {
  const auto change = [](api::Container& c) {
    c.ports = {{.containerPort = 8080, .name = "http"}};
    c.readinessProbe = {.httpGet = api::HTTPGetAction{.port = {.is_string = true, .text = "http"}}};
  };
  Plan plan = plan_of(pod().spec(change).with({}).settle());
  EXPECT_EQ(std::get<RunProbe>(plan.actions.at(0)).ip, "10.0.0.7");
  EXPECT_EQ(std::get<RunProbe>(plan.actions.at(0)).port, 8080);
  plan = plan_of(pod()
                     .spec(change)
                     .pod([](api::Pod& p) { p.spec.hostNetwork = true; })
                     .with({.ip = ""})
                     .settle());
  EXPECT_EQ(std::get<RunProbe>(plan.actions.at(0)).ip, "192.168.0.5");
}

TEST(ProbeTarget, UnusableProbesAreTold) {
  const World world =
      pod()
          .spec([](api::Container& c) {
            c.readinessProbe = api::Probe{.grpc = api::GRPCAction{.port = 1}};
            c.livenessProbe = api::Probe{
                .tcpSocket = api::TCPSocketAction{.port = {.is_string = true, .text = "web"}}};
          })
          .with({});
  EXPECT_NE(pod_deeds(world).find("event Warning UnusableProbe Pod default/web: readiness probe: "
                                  "gRPC probes are not supported; liveness probe: port \"web\" is "
                                  "not a port of the container\n"),
            std::string::npos)
      << pod_deeds(world);
}

TEST(ProbeKilling, SaysWhy) {
  const Plan plan = plan_of(with_probes(none, none, tcp()).probe(liveness, 0, 3, 1).settle());
  EXPECT_EQ(std::get<StopContainer>(plan.actions.at(0)).reason,
            "Container app failed liveness probe, will be restarted");
}

}  // namespace
}  // namespace weir::test
