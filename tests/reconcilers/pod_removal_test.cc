// Deletion of pods, and containers that no pod accounts for.

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

const auto kPreStop = [](api::Container& c) {
  c.ports = {{.containerPort = 8080, .name = "http"}};
  c.lifecycle = {.preStop = api::LifecycleHandler{
                     .httpGet = api::HTTPGetAction{.path = "/bye",
                                                   .port = {.is_string = true, .text = "http"}}}};
};

std::vector<Row> deletions() {
  return {
      {"running_is_stopped_with_the_grace", pod().with({}).settle().deleting(45),
       "stop container c0 grace=45s\n"},
      {"pre_stop_runs_first", pod().spec(kPreStop).with({}).settle().deleting(),
       "stop container c0 grace=30s after preStop\n"},
      {"grace_0_is_at_once", pod().spec(kPreStop).with({}).settle().deleting(0),
       "remove container c0 (its pod is being deleted)\n"},
      {"paused_is_stopped", pod().with({.state = paused}).settle().deleting(),
       "stop container c0 grace=30s\n"},
      {"stopped_is_removed", pod().with({.state = exited}).settle().deleting(),
       "remove container c0 (its pod is being deleted)\n"},
      {"never_started_is_removed", pod().with({.state = created}).settle().deleting(),
       "remove container c0 (its pod is being deleted)\n"},
      {"all_of_them_go",
       pod().with({.state = exited}).with({.id = "c1", .attempt = 1}).settle().deleting(),
       "stop container c1 grace=30s\nremove container c0 (its pod is being deleted)\n"},
      {"a_stuck_removal_is_retried",
       pod().with({.state = removing}).settle().attempt("remove c0", 2, 1, "Failed").deleting(),
       "wake in 1s\n"},
      {"then_the_volumes", pod().volume("data", "x").settle().deleting(),
       "remove volumes of pod u1\n"},
      {"then_the_object", pod().settle().deleting(), "finish deletion of Pod default/web\n"},
      {"volumes_of_others_do_not_matter",
       pod().change([](World& w) { w.volumes["u10/x"] = "x"; }).settle().deleting(),
       "finish deletion of Pod default/web\n"},
      {"finalizers_hold_the_object",
       pod()
           .pod([](api::Pod& p) { p.metadata.finalizers = {"example.com/hold"}; })
           .settle()
           .deleting(),
       ""},
      {"the_engine_must_be_seen_first",
       pod().change([](World& w) { w.engine.synced = false; }).deleting(), ""},
      {"nothing_is_created_any_more", pod().with({}).settle().without("c0").deleting(),
       "finish deletion of Pod default/web\n"},
      {"an_adopted_container_goes_with_it",
       pod().with({.uid = "gone", .store = "lost"}).settle().deleting(),
       "stop container c0 grace=30s\n"},
  };
}

std::vector<Row> leftovers() {
  return {
      {"nothing_known", pod().no_pod(), ""},
      {"seen_in_one_list_only", pod().no_pod().with({.hash = "h", .lists = 1, .listed = 60}),
       "wake in 10s\n"},
      {"never_listed", pod().no_pod().with({.hash = "h"}), "wake in 10s\n"},
      {"seen_in_two_lists_too_soon", pod().no_pod().with({.hash = "h", .lists = 2, .listed = 9}),
       "wake in 1s\n"},
      {"running_garbage_is_stopped", pod().no_pod().with({.hash = "h", .lists = 2, .listed = 10}),
       "stop container c0 grace=30s\n"},
      {"stopped_garbage_is_removed",
       pod().no_pod().with({.state = exited, .hash = "h", .lists = 2, .listed = 10}),
       "remove container c0 (its pod does not exist)\n"},
      {"not_before_the_engine_is_synced",
       pod()
           .no_pod()
           .with({.state = exited, .hash = "h", .lists = 9, .listed = 100})
           .change([](World& w) { w.engine.synced = false; }),
       ""},
      {"of_another_store_is_left_for_ever",
       pod().no_pod().with({.store = "lost", .hash = "h", .lists = 9, .listed = 1000}), ""},
      {"of_an_earlier_pod_of_that_name",
       pod()
           .with({})
           .with({.id = "c9", .state = exited, .uid = "u0", .lists = 2, .listed = 10})
           .settle(),
       "remove container c9 (its pod does not exist)\n"},
      {"of_another_store_with_another_spec_is_left",
       pod()
           .with({})
           .with({.id = "c9", .uid = "u0", .store = "lost", .hash = "h", .lists = 2, .listed = 10})
           .settle(),
       ""},
      {"adopted_after_a_lost_data_folder", pod().with({.uid = "gone", .store = "lost"}).settle(),
       ""},
      {"not_adopted_while_its_uid_is_somebodys",
       pod().config_map("other", {}).with({.uid = "uid-other", .store = "lost"}).settle(),
       "create container weir_app_web_default_0_1 image=app:1\n"},
      {"not_adopted_from_our_own_store", pod().with({.uid = "gone", .listed = 0}).settle(),
       "create container weir_app_web_default_0_1 image=app:1\nwake in 10s\n"},
      {"adopted_stays_ours_when_the_spec_changes",
       pod().with({.uid = "gone", .store = "lost"}).settle().spec([](api::Container& c) {
         c.image = "app:2";
       }),
       "stop container c0 grace=30s\n"},
  };
}

class PodRemoval : public testing::TestWithParam<Row> {};
TEST_P(PodRemoval, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }
const auto row_name = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(Deletion, PodRemoval, testing::ValuesIn(deletions()), row_name);
INSTANTIATE_TEST_SUITE_P(Leftovers, PodRemoval, testing::ValuesIn(leftovers()), row_name);

TEST(PodRemovalText, SaysWhyAForeignContainerIsLeft) {
  EXPECT_EQ(last_reason(pod().no_pod().with({.store = "lost", .hash = "h"})),
            "leftovers: container c0 was made from another store: left as it is");
}

TEST(PodRemovalText, HooksAreGivenNumbersAndTheAddress) {
  const Plan plan = plan_of(pod().spec(kPreStop).with({}).settle().deleting());
  const auto& stop = std::get<StopContainer>(plan.actions.at(0));
  EXPECT_EQ(stop.ip, "10.0.0.7");
  EXPECT_EQ(stop.pre_stop->httpGet->port, (api::IntOrString{.number = 8080}));
  EXPECT_EQ(stop.reason, "Stopping container app");
}

}  // namespace
}  // namespace weir::test
