// The life of a pod without faults: from nothing to a running container, and what is done about a
// container that somebody meddled with. Each row is one behaviour; the whole plan is compared.

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

const auto postStart = [](api::Container& c) {
  c.lifecycle = {.postStart = api::LifecycleHandler{.exec = api::ExecAction{.command = {"warm"}}}};
};

class PodLife : public testing::TestWithParam<Row> {};

TEST_P(PodLife, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }

std::vector<Row> rows() {
  return {
      {"engine_not_synced_decides_nothing", pod().change([](World& w) { w.engine.synced = false; }),
       ""},
      {"image_unknown_is_looked_at", pod().change([](World& w) { w.images.clear(); }).settle(),
       "inspect image app:1\n"},
      {"first_container", pod().settle(), "create container weir_app_web_default_0 image=app:1\n"},
      {"first_status_tells_the_node", pod(),
       "create container weir_app_web_default_0 image=app:1\n"
       "event Normal Scheduled Pod default/web: Successfully assigned default/web to host-1\n"},
      {"created_is_started", pod().with({.state = created}).settle(), "start container c0\n"},
      {"running_is_left_alone", pod().with({}).settle(), ""},
      {"renamed_is_still_ours", pod().with({.name = "something_else"}).settle(), ""},
      {"paused_goes_on", pod().with({.state = paused}).settle(), "unpause container c0\n"},
      {"paused_unpause_failed_waits",
       pod().with({.state = paused}).attempt("unpause c0", 3, 1, "Failed").settle(),
       "wake in 3s\n"},
      {"restarted_by_the_engine_is_stopped", pod().with({.state = restarting}).settle(),
       "stop container c0 grace=30s\n"},
      {"changed_image_stops_the_old",
       pod().with({}).settle().spec([](api::Container& c) { c.image = "app:2"; }),
       "stop container c0 grace=30s\n"},
      {"changed_image_then_makes_the_new_at_once",
       pod().with({.state = exited, .backoff = 4, .exit_code = 137, .hash = "old"}).settle(),
       "create container weir_app_web_default_1 image=app:1\n"},
      {"changed_before_the_start_is_made_anew",
       pod().with({.state = created, .hash = "old"}).settle(),
       "remove container c0 (a newer one took its place)\n"
       "create container weir_app_web_default_1 image=app:1\n"},
      {"older_ended_ones_go",
       pod()
           .with({.id = "c0", .state = exited, .started = 90, .finished = 80})
           .with({.id = "c1", .state = exited, .attempt = 1, .started = 70, .finished = 60})
           .with({.id = "c2", .attempt = 2})
           .settle(),
       "remove container c0 (a newer one took its place)\n"},
      {"one_that_runs_twice_is_stopped",
       pod().with({.id = "c0"}).with({.id = "c1", .attempt = 1}).settle(),
       "stop container c0 grace=30s\n"},
      {"a_created_twin_of_a_running_one_goes",
       pod().with({.id = "c0"}).with({.id = "c1", .state = created, .attempt = 1}).settle(),
       "remove container c1 (a newer one took its place)\n"},
      {"dead_blocks_nothing",
       pod().with({.id = "c0", .state = dead, .exit_code = 1, .finished = 5}).settle(),
       "remove container c0 (its removal did not end)\n"
       "create container weir_app_web_default_1 image=app:1\n"},
      {"dead_removal_is_retried_with_a_pause",
       pod()
           .with({.id = "c0", .state = dead})
           .with({.id = "c1", .attempt = 1})
           .attempt("remove c0", 4, 2, "Failed")
           .settle(),
       "wake in 6s\n"},
      {"being_removed_is_replaced", pod().with({}).settle().with({.state = removing}),
       "remove container c0 (its removal did not end)\n"
       "create container weir_app_web_default_1 image=app:1\n"},
      {"name_held_by_a_stranger",
       pod().attempt("create weir_app_web_default_0", 1, 0, "NameConflict").settle(),
       "create container weir_app_web_default_0_1 image=app:1\n"},
      {"name_held_twice",
       pod()
           .attempt("create weir_app_web_default_0", 1, 0, "NameConflict")
           .attempt("create weir_app_web_default_0_1", 1, 0, "NameConflict")
           .settle(),
       "create container weir_app_web_default_0_2 image=app:1\n"},
      {"name_held_by_a_leftover_of_ours",
       pod().with({.state = exited, .uid = "u0", .listed = 1}).settle(),
       "create container weir_app_web_default_0_1 image=app:1\n"
       "wake in 10s\n"},
      {"create_failed_waits",
       pod().attempt("create weir_app_web_default_0", 2, 1, "CreateContainerError").settle(),
       "wake in 1s\n"},
      {"create_failed_is_tried_again",
       pod().attempt("create weir_app_web_default_0", 2, 2, "CreateContainerError").settle(),
       "create container weir_app_web_default_0 image=app:1\n"},
      {"start_lost_is_tried_again_on_the_same_container",
       pod().with({.state = created}).attempt("start c0", 1, 1, "RunContainerError").settle(),
       "start container c0\n"},
      {"start_lost_waits",
       pod().with({.state = created}).attempt("start c0", 2, 1, "RunContainerError").settle(),
       "wake in 1s\n"},
      {"post_start_runs_first", pod().spec(postStart).with({}).settle(), "run postStart in c0\n"},
      {"post_start_done",
       pod()
           .spec(postStart)
           .with({})
           .change([](World& w) { w.post_started["c0"] = true; })
           .settle(),
       ""},
      {"post_start_is_not_repeated_after_a_restart_of_weir",
       pod()
           .spec(postStart)
           .with({})
           .change([](World& w) { w.post_started["c0"] = true; })
           .settle()
           .change([](World& w) { w.post_started.clear(); }),
       ""},
      {"post_start_of_another_weirs_container_is_past",
       pod().spec(postStart).with({.uid = "gone", .store = "lost"}).settle(), ""},
      {"post_start_failed_ends_the_container",
       pod()
           .spec(postStart)
           .with({})
           .change([](World& w) { w.post_started["c0"] = false; })
           .settle(),
       "stop container c0 grace=30s\n"},
      {"deadline_is_awaited", pod().with({}).settle().pod([](api::Pod& p) {
         p.status.startTime = to_seconds(kNow) - seconds(50);
         p.spec.activeDeadlineSeconds = 60;
       }),
       "wake in 10s\n"},
      {"deadline_stops_it", pod().with({}).settle().pod([](api::Pod& p) {
         p.status.startTime = to_seconds(kNow) - seconds(60);
         p.spec.activeDeadlineSeconds = 60;
       }),
       "stop container c0 grace=30s\n"
       "event Normal DeadlineExceeded Pod default/web: Pod was active on the node longer than the "
       "specified deadline\n"},
      {"a_failed_pod_starts_nothing",
       pod().pod([](api::Pod& p) { p.status.phase = "Failed"; }).with({.state = created}).settle(),
       "remove container c0 (its pod has Failed)\n"},
      {"a_succeeded_pod_keeps_its_last_container",
       pod()
           .pod([](api::Pod& p) { p.status.phase = "Succeeded"; })
           .with({.state = exited})
           .settle(),
       ""},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, PodLife, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weir::test
