// When an ended container gets a successor, and what a pod looks like in between.

#include <gtest/gtest.h>

#include "reconcilers/restart.h"
#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

const char kSuccessor[] = "create container weir_app_web_default_1 image=app:1\n";

PodWorld policy(const char* policy) {
  return pod().pod([&](api::Pod& pod) { pod.spec.restartPolicy = policy; });
}
const auto kLiveness = [](api::Container& c) {
  c.livenessProbe = {.tcpSocket = api::TCPSocketAction{.port = {.number = 80}}};
};

std::vector<Row> rows() {
  return {
      {"first_end_restarts_at_once", pod().with({.state = exited, .exit_code = 1}).settle(),
       kSuccessor},
      {"clean_end_restarts_too", pod().with({.state = exited}).settle(), kSuccessor},
      {"second_waits_10s",
       pod().with({.state = exited, .backoff = 1, .exit_code = 1, .finished = 3}).settle(),
       "wake in 7s\n"},
      {"second_after_10s",
       pod().with({.state = exited, .backoff = 1, .exit_code = 1, .finished = 10}).settle(),
       kSuccessor},
      {"third_waits_20s",
       pod().with({.state = exited, .backoff = 2, .exit_code = 1, .finished = 3}).settle(),
       "wake in 17s\n"},
      {"sixth_waits_160s",
       pod().with({.state = exited, .backoff = 5, .exit_code = 1, .finished = 3}).settle(),
       "wake in 157s\n"},
      {"later_ones_wait_300s",
       pod().with({.state = exited, .backoff = 6, .exit_code = 1, .finished = 3}).settle(),
       "wake in 297s\n"},
      {"a_label_beyond_the_last_step_waits_300s",
       pod().with({.state = exited, .backoff = 1000000, .exit_code = 1, .finished = 3}).settle(),
       "wake in 297s\n"},
      {"ten_minutes_of_running_start_anew",
       pod()
           .with({.state = exited, .backoff = 6, .exit_code = 1, .started = 603, .finished = 3})
           .settle(),
       kSuccessor},
      {"a_second_less_does_not",
       pod()
           .with({.state = exited, .backoff = 6, .exit_code = 1, .started = 602, .finished = 3})
           .settle(),
       "wake in 297s\n"},
      {"an_engine_whose_clock_is_ahead_delays_no_first_restart",
       pod().with({.state = exited, .exit_code = 1, .finished = -3600}).settle(), kSuccessor},
      {"nor_the_next_ones",
       pod()
           .with({.state = exited,
                  .backoff = 2,
                  .exit_code = 1,
                  .started = -3540,
                  .finished = -3600,
                  .state_since = 5})
           .settle(),
       "wake in 15s\n"},
      {"nor_the_replacement_of_one_that_vanished",
       pod().with({.started = -3600}).settle().without("c0"), kSuccessor},
      {"never_stays_failed",
       policy("Never").with({.state = exited, .exit_code = 1, .finished = 3}).settle(), ""},
      {"never_stays_succeeded", policy("Never").with({.state = exited, .finished = 3}).settle(),
       ""},
      {"on_failure_stays_succeeded",
       policy("OnFailure").with({.state = exited, .finished = 3}).settle(), ""},
      {"on_failure_restarts_a_failure",
       policy("OnFailure").with({.state = exited, .exit_code = 1, .finished = 3}).settle(),
       kSuccessor},
      {"on_failure_restarts_what_a_probe_ended",
       policy("OnFailure")
           .spec(kLiveness)
           .with({.state = exited, .finished = 3})
           .probe(ProbeKind::liveness, 0, 3, 40)
           .settle(),
       kSuccessor},
      {"removed_by_hand_is_replaced_at_once", pod().with({}).settle().without("c0"), kSuccessor},
      {"removed_by_hand_counts_on_from_the_status",
       pod()
           .with({})
           .settle()
           .pod([](api::Pod& p) { p.status.containerStatuses[0].restartCount = 7; })
           .without("c0"),
       "create container weir_app_web_default_8 image=app:1\n"},
      {"removed_right_after_its_start_pauses", pod().with({.started = 0}).settle().without("c0"),
       "wake in 1s\n"},
      {"removed_before_its_start", pod().with({.state = created}).settle().without("c0"),
       "create container weir_app_web_default_0 image=app:1\n"},
      {"removed_by_hand_with_never_stays_away", policy("Never").with({}).settle().without("c0"),
       ""},
      {"ended_and_removed_with_on_failure_stays_succeeded",
       policy("OnFailure").with({.state = exited}).settle().without("c0"), ""},
      {"start_refused_restarts_at_once",
       pod().with({.state = created, .exit_code = 128, .error = "port is taken"}).settle(),
       kSuccessor},
      {"start_refused_again_waits",
       pod()
           .with({.state = created, .backoff = 1, .exit_code = 128, .error = "port is taken"})
           .attempt("start c0", 1, 4, "PortConflict")
           .settle(),
       "wake in 6s\n"},
      {"start_refused_has_the_time_of_its_creation_after_a_restart_of_weir",
       pod()
           .with({.state = created,
                  .backoff = 2,
                  .exit_code = 128,
                  .started = 4,
                  .error = "port is taken"})
           .settle(),
       "wake in 15s\n"},
      {"start_refused_with_never_fails",
       policy("Never").with({.state = created, .exit_code = 128, .error = "no"}).settle(), ""},
  };
}

class PodRestart : public testing::TestWithParam<Row> {};
TEST_P(PodRestart, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, PodRestart, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PodRestartPause, DoublesUpToFiveMinutes) {
  std::string steps;
  for (int step = -1; step < 9; ++step) {
    steps += std::to_string(restart_pause(step) / seconds(1)) + " ";
  }
  EXPECT_EQ(steps, "0 0 10 20 40 80 160 300 300 300 ");
}

// The step is on the label, so that it survives a crash of weir.
TEST(PodRestartPause, StepAndAttemptAreWrittenOnTheSuccessor) {
  const World world = pod().with({.state = exited, .attempt = 4, .backoff = 2, .finished = 30});
  const std::string labels = created_labels(world);
  EXPECT_NE(labels.find("dev.weir.attempt=5\n"), std::string::npos) << labels;
  EXPECT_NE(labels.find("dev.weir.backoff=3\n"), std::string::npos) << labels;
}

TEST(PodRestartPause, AReplacedSpecStartsWithACleanRecord) {
  const World world = pod().with({.state = exited, .backoff = 5, .finished = 0, .hash = "old"});
  EXPECT_NE(created_labels(world).find("dev.weir.backoff=0\n"), std::string::npos);
}

}  // namespace
}  // namespace weir::test
