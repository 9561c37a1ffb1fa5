// Images: pull policies, back-off, and what users read while there is no image.

#include <gtest/gtest.h>

#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

struct Row {
  const char* name;
  World world;
  std::string want;
};

const char kCreate[] = "create container weir_app_web_default_0 image=app:1\n";

// Before any status: the rows show the events of the first plan too, but for "Scheduled".
PodWorld policy(const char* policy, const char* image = "app:1") {
  return pod().settle().spec([&](api::Container& c) {
    c.imagePullPolicy = policy;
    c.image = image;
  });
}
PodWorld absent(const char* policy_name) {
  return policy(policy_name).change([](World& w) { w.images["app:1"] = {.present = false}; });
}
void pulled(World& world, int ago) { world.images["app:1"].pulled_at = kNow - seconds(ago); }

std::vector<Row> rows() {
  return {
      {"if_not_present_present", policy("IfNotPresent"), kCreate},
      {"if_not_present_absent", absent("IfNotPresent"), "pull image app:1\n"},
      {"always_pulls_before_the_first_container", policy("Always"), "pull image app:1\n"},
      {"always_is_content_with_a_pull_since_the_pod_was_first_seen",
       policy("Always").change([](World& w) { pulled(w, 0); }), kCreate},
      {"always_pulls_again_when_the_last_pull_was_before_it",
       policy("Always").change([](World& w) { pulled(w, 1); }), "pull image app:1\n"},
      {"always_pulls_again_for_a_successor",
       policy("Always")
           .with({.state = exited, .finished = 50})
           .change([](World& w) { pulled(w, 51); })
           .settle(),
       "pull image app:1\n"},
      {"always_pulls_once_for_a_successor",
       policy("Always")
           .with({.state = exited, .finished = 50})
           .change([](World& w) { pulled(w, 50); })
           .settle(),
       "create container weir_app_web_default_1 image=app:1\n"},
      {"always_is_not_deceived_by_an_engine_whose_clock_is_ahead",
       policy("Always")
           .with({.state = exited, .finished = -3600, .state_since = 50})
           .change([](World& w) { pulled(w, 49); })
           .settle(),
       "create container weir_app_web_default_1 image=app:1\n"},
      {"never_present", policy("Never"), kCreate},
      {"never_absent", absent("Never"),
       "event Warning ErrImageNeverPull Pod default/web: Container image \"app:1\" is not present "
       "with pull policy of Never\n"},
      {"never_absent_is_looked_for_again_after_a_pause",
       absent("Never")
           .change([](World& w) { w.images["app:1"].inspected_at = kNow - seconds(10); })
           .settle(),
       "inspect image app:1\n"},
      {"never_absent_pauses",
       absent("Never")
           .change([](World& w) { w.images["app:1"].inspected_at = kNow - seconds(4); })
           .settle(),
       "wake in 6s\n"},
      {"no_policy_and_latest_means_always", policy("", "app:latest"), "pull image app:latest\n"},
      {"no_policy_and_no_tag_means_always", policy("", "reg:5000/app"),
       "pull image reg:5000/app\n"},
      {"no_policy_and_a_tag_means_if_not_present", policy("", "app:7"), "inspect image app:7\n"},
      {"first_failure_waits_10s",
       absent("IfNotPresent").attempt("pull app:1", 1, 3, "ErrImagePull"), "wake in 7s\n"},
      {"second_failure_waits_20s_and_is_told",
       absent("IfNotPresent").attempt("pull app:1", 2, 3, "ErrImagePull"),
       "event Normal BackOff Pod default/web: Back-off pulling image \"app:1\"\nwake in 17s\n"},
      {"many_failures_wait_300s",
       absent("IfNotPresent").attempt("pull app:1", 20, 3, "ErrImagePull").settle(),
       "wake in 297s\n"},
      {"after_the_pause_it_is_pulled_again",
       absent("IfNotPresent").attempt("pull app:1", 1, 10, "ErrImagePull").settle(),
       "pull image app:1\n"},
      {"a_running_container_needs_no_image",
       absent("IfNotPresent").attempt("pull app:1", 1, 10, "ErrImagePull").with({}).settle(), ""},
      {"missing_at_creation_and_not_back_yet",
       policy("IfNotPresent")
           .attempt("create weir_app_web_default_0", 9, 100, "ImageMissing")
           .settle(),
       "wake in 156s\n"},
      {"missing_at_creation_and_pulled_since",
       policy("IfNotPresent")
           .attempt("create weir_app_web_default_0", 9, 100, "ImageMissing")
           .change([](World& w) { pulled(w, 99); }),
       kCreate},
      {"no_reference", policy("IfNotPresent", "App One"),
       "event Warning InspectFailed Pod default/web: Failed to apply default image tag \"App "
       "One\": couldn't parse image reference \"App One\": invalid reference format\n"},
  };
}

class PodImage : public testing::TestWithParam<Row> {};
TEST_P(PodImage, Plan) { EXPECT_EQ(pod_deeds(GetParam().world), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(Table, PodImage, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

std::string waiting_of(const World& world) {
  const std::string status = pod_status(world);
  const std::size_t from = status.find("state ");
  return status.substr(from, status.find('\n', from) - from);
}

TEST(PodImageStatus, SaysWhatItWaitsFor) {
  EXPECT_EQ(waiting_of(absent("IfNotPresent")), "state waiting ContainerCreating");
  EXPECT_EQ(waiting_of(absent("IfNotPresent").attempt("pull app:1", 1, 0, "ErrImagePull", "no")),
            "state waiting ErrImagePull \"no\"");
  EXPECT_EQ(waiting_of(absent("IfNotPresent").attempt("pull app:1", 2, 0, "ErrImagePull", "no")),
            "state waiting ImagePullBackOff \"Back-off pulling image \"app:1\": no\"");
  EXPECT_EQ(waiting_of(absent("IfNotPresent").attempt("pull app:1", 5, 0, "InvalidImageName", "x")),
            "state waiting InvalidImageName \"x\"");
  EXPECT_EQ(waiting_of(absent("Never")),
            "state waiting ErrImageNeverPull \"Container image \"app:1\" is not present with pull "
            "policy of Never\"");
}

TEST(PodImagePull, NamesTheSecrets) {
  const Plan plan = plan_of(absent("IfNotPresent").pod([](api::Pod& p) {
    p.spec.imagePullSecrets = {{.name = "hub"}, {.name = "other"}};
  }));
  EXPECT_EQ(std::get<PullImage>(plan.actions.at(0)).secrets,
            (std::vector<std::string>{"hub", "other"}));
}

TEST(PodImageReference, IsCheckedBeforeTheEngineIsAsked) {
  const struct {
    const char* image;
    bool good;
  } rows[] = {
      {"nginx", true},
      {"library/nginx:1.27", true},
      {"REG.example:5000/team/app:V1", true},
      {"app@sha256:0123456789abcdef", true},
      {"reg:5000/app:1@sha256:0123", true},
      {"", false},
      {"App", false},
      {"reg/App", false},
      {"app:", false},
      {"app:a b", false},
      {"app@", false},
      {"reg/", false},
      {"-v /:/host", false},
      {"app\n", false},
  };
  for (const auto& row : rows) {
    const std::string reason = last_reason(policy("IfNotPresent", row.image));
    EXPECT_EQ(reason.find("couldn't parse") == std::string::npos, row.good) << row.image;
  }
}

}  // namespace
}  // namespace weir::test
