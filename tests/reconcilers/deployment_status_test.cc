#include "reconcilers/deployment_status.h"

#include <gtest/gtest.h>

#include "reconcilers/conditions.h"
#include "reconcilers/deployment.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::kNow;
using test::world;

const Key kWeb{.kind = Kind::Deployment, .ns = "default", .name = "web"};

// The status after the plan: counts in one line, then the conditions.
std::string status_after(const World& world) {
  api::DeploymentStatus status = world.get<api::Deployment>("default", "web")->status;
  for (const Change& change : plan_deployment(world, kWeb, kNow).changes) {
    const auto* update = std::get_if<UpdateStatus>(&change);
    if (update) status = std::get<api::Deployment>(update->object).status;
  }
  return "replicas " + std::to_string(status.replicas) + ", updated " +
         std::to_string(status.updatedReplicas) + ", ready " +
         std::to_string(status.readyReplicas) + ", available " +
         std::to_string(status.availableReplicas) + ", unavailable " +
         std::to_string(status.unavailableReplicas) + ", terminating " +
         std::to_string(status.terminatingReplicas) + "\n" + test::text(status.conditions, kNow);
}

struct Row {
  const char* name;
  World world;
  const char* want;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(status_after(row.world), row.want) << row.name;
}

api::DeploymentCondition condition(const std::string& type, const std::string& status,
                                   const std::string& reason, int updated, int since) {
  return {.lastTransitionTime = to_seconds(kNow - std::chrono::seconds(since)),
          .lastUpdateTime = to_seconds(kNow - std::chrono::seconds(updated)),
          .message = "as before",
          .reason = reason,
          .status = status,
          .type = type};
}

TEST(DeploymentStatus, Counts) {
  check({
      {"old and new, ready and not, available and not, terminating",
       world()
           .deployment("web", {.replicas = 4, .image = "web:2", .min_ready = 30})
           .replica_set("web-1", {.size = 3, .unready = 1, .terminating = 2, .revision = 1})
           .replica_set(
               "web-2",
               {.image = "web:2", .size = 2, .available = 1, .revision = 2, .min_ready = 30})
           .pod("web-2-x", {.ready_for = 7}),
       R"(replicas 5, updated 2, ready 4, available 3, unavailable 1, terminating 2
Available True MinimumReplicasAvailable updated -60s since -60s: Deployment has minimum availability.
Progressing True ReplicaSetUpdated updated -60s since -60s: ReplicaSet "web-2" is progressing.
)"},
  });
}

TEST(DeploymentStatus, Available) {
  const auto with = [](std::int64_t available, test::DeploymentForm form) {
    form.replicas = 4;
    form.conditions = {
        condition("Available", available < 3 ? "True" : "False",
                  available < 3 ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", 90,
                  100),
        condition("Progressing", "True", "NewReplicaSetAvailable", 90, 100)};
    return world()
        .deployment("web", form)
        .replica_set("web-1",
                     {.size = 4, .available = available, .unready = 4 - available, .revision = 1});
  };
  check({
      {"one of four may be missing", with(3, {.unavailable = "1"}),
       R"(replicas 4, updated 4, ready 3, available 3, unavailable 1, terminating 0
Progressing True NewReplicaSetAvailable updated -90s since -100s: as before
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
)"},
      {"two may not", with(2, {.unavailable = "1"}),
       R"(replicas 4, updated 4, ready 2, available 2, unavailable 2, terminating 0
Progressing True NewReplicaSetAvailable updated -90s since -100s: as before
Available False MinimumReplicasUnavailable updated 0s since 0s: Deployment does not have minimum availability.
)"},
      {"Recreate tolerates none", with(3, {.strategy = "Recreate"}),
       R"(replicas 4, updated 4, ready 3, available 3, unavailable 1, terminating 0
Available False MinimumReplicasUnavailable updated -90s since -100s: as before
Progressing True NewReplicaSetAvailable updated -90s since -100s: as before
)"},
      {"unchanged: the times stay",
       world()
           .deployment("web", {.replicas = 1,
                               .conditions = {condition("Available", "True",
                                                        "MinimumReplicasAvailable", 90, 100),
                                              condition("Progressing", "True",
                                                        "NewReplicaSetAvailable", 90, 100)}})
           .replica_set("web-1", {.size = 1, .revision = 1}),
       R"(replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0
Available True MinimumReplicasAvailable updated -90s since -100s: as before
Progressing True NewReplicaSetAvailable updated -90s since -100s: as before
)"},
  });
}

TEST(DeploymentStatus, Progressing) {
  const auto rolling = [](const api::DeploymentCondition& before, std::int64_t deadline = 600) {
    return world()
        .deployment("web",
                    {.replicas = 3, .image = "web:2", .deadline = deadline, .conditions = {before}})
        .replica_set("web-1", {.size = 3, .revision = 1})
        .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2});
  };
  const auto updated = [](int ago) {
    return condition("Progressing", "True", "ReplicaSetUpdated", ago, 2000);
  };
  check({
      {"no news: as before", rolling(updated(100)),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Progressing True ReplicaSetUpdated updated -100s since -2000s: as before
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
)"},
      {"at the deadline it has not passed", rolling(updated(600)),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Progressing True ReplicaSetUpdated updated -600s since -2000s: as before
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
)"},
      {"a second later it has", rolling(updated(601)),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
Progressing False ProgressDeadlineExceeded updated 0s since 0s: ReplicaSet "web-2" has timed out progressing.
)"},
      {"said once", rolling(condition("Progressing", "False", "ProgressDeadlineExceeded", 9, 9)),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Progressing False ProgressDeadlineExceeded updated -9s since -9s: as before
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
)"},
      {"no deadline: no condition", rolling(updated(5000), 2147483647),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
)"},
      {"resumed: counts from there",
       rolling(condition("Progressing", "Unknown", "DeploymentResumed", 601, 601)),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
Progressing False ProgressDeadlineExceeded updated 0s since 0s: ReplicaSet "web-2" has timed out progressing.
)"},
      {"a complete rollout is not judged again",
       world()
           .deployment("web", {.replicas = 3,
                               .conditions = {condition("Progressing", "True",
                                                        "NewReplicaSetAvailable", 5000, 5000)}})
           .replica_set("web-1", {.size = 3, .unready = 3, .revision = 1}),
       R"(replicas 3, updated 3, ready 0, available 0, unavailable 3, terminating 0
Progressing True NewReplicaSetAvailable updated -5000s since -5000s: as before
Available False MinimumReplicasUnavailable updated 0s since 0s: Deployment does not have minimum availability.
)"},
      {"complete, late: it has progressed all the same",
       world()
           .deployment("web", {.replicas = 3,
                               .conditions = {condition("Progressing", "False",
                                                        "ProgressDeadlineExceeded", 50, 50)}})
           .replica_set("web-1", {.size = 3, .revision = 1}),
       R"(replicas 3, updated 3, ready 3, available 3, unavailable 0, terminating 0
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
Progressing True NewReplicaSetAvailable updated 0s since 0s: ReplicaSet "web-1" has successfully progressed.
)"},
  });
}

// Each of these is progress: the clock starts again, the time of transition stays.
TEST(DeploymentStatus, SeesProgress) {
  struct Case {
    const char* name;
    std::int64_t updated, replicas, ready, available;  // the status before
    bool progress;
  };
  const Case cases[] = {
      {"as it was", 2, 4, 3, 3, false},
      {"more updated", 1, 3, 3, 3, true},
      {"fewer old ones", 2, 5, 3, 3, true},
      {"more ready", 2, 4, 2, 3, true},
      {"more available", 2, 4, 3, 2, true},
      {"fewer ready is none", 2, 4, 4, 4, false},
      {"fewer updated is none", 3, 5, 3, 3, false},
  };
  for (const Case& c : cases) {
    World w = world()
                  .deployment("web", {.replicas = 3, .image = "web:2"})
                  .replica_set("web-1", {.size = 2, .revision = 1})
                  .replica_set("web-2", {.image = "web:2", .size = 2, .unready = 1, .revision = 2});
    api::Deployment d = *w.get<api::Deployment>("default", "web");
    d.status.updatedReplicas = c.updated;
    d.status.replicas = c.replicas;
    d.status.readyReplicas = c.ready;
    d.status.availableReplicas = c.available;
    d.status.conditions = {condition("Progressing", "True", "ReplicaSetUpdated", 300, 400)};
    w.put(d);
    const std::string got = status_after(w);
    const std::string want =
        c.progress ? "Progressing True ReplicaSetUpdated updated 0s since -400s: ReplicaSet "
                     "\"web-2\" is progressing."
                   : "Progressing True ReplicaSetUpdated updated -300s since -400s: as before";
    EXPECT_NE(got.find(want), std::string::npos) << c.name << "\n" << got;
  }
}

TEST(DeploymentStatus, ReplicaFailure) {
  check({
      {"copied, the current revision's first",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1, .failure = "old trouble"})
           .replica_set("web-2", {.image = "web:2",
                                  .size = 1,
                                  .unready = 1,
                                  .revision = 2,
                                  .failure = "new trouble"}),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Available True MinimumReplicasAvailable updated -60s since -60s: Deployment has minimum availability.
ReplicaFailure True FailedCreate updated -60s since -60s: new trouble
Progressing True ReplicaSetUpdated updated -60s since -60s: ReplicaSet "web-2" is progressing.
)"},
      {"an old one's otherwise",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1, .failure = "old trouble"})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(replicas 4, updated 1, ready 3, available 3, unavailable 1, terminating 0
Available True MinimumReplicasAvailable updated -60s since -60s: Deployment has minimum availability.
ReplicaFailure True FailedCreate updated -60s since -60s: old trouble
Progressing True ReplicaSetUpdated updated -60s since -60s: ReplicaSet "web-2" is progressing.
)"},
      {"gone when it is over",
       world()
           .deployment(
               "web", {.conditions = {condition("ReplicaFailure", "True", "FailedCreate", 90, 90)}})
           .replica_set("web-1", {.size = 1, .revision = 1}),
       R"(replicas 1, updated 1, ready 1, available 1, unavailable 0, terminating 0
Available True MinimumReplicasAvailable updated 0s since 0s: Deployment has minimum availability.
Progressing True NewReplicaSetAvailable updated 0s since 0s: ReplicaSet "web-1" has successfully progressed.
)"},
  });
}

TEST(Conditions, TimesFollowTheRules) {
  std::vector<api::DeploymentCondition> conditions = {condition("A", "True", "Because", 50, 60),
                                                      condition("B", "False", "Otherwise", 50, 60)};
  set_condition(conditions, {"A", "True", "Because", "news of no weight"}, kNow);
  EXPECT_EQ(test::text(conditions, kNow),
            "A True Because updated -50s since -60s: as before\n"
            "B False Otherwise updated -50s since -60s: as before\n");
  set_condition(conditions, {"A", "True", "Therefore", "another reason"}, kNow);
  EXPECT_EQ(test::text(conditions, kNow),
            "B False Otherwise updated -50s since -60s: as before\n"
            "A True Therefore updated 0s since -60s: another reason\n");
  set_condition(conditions, {"B", "True", "Otherwise", "another status"}, kNow);
  EXPECT_EQ(test::text(conditions, kNow),
            "A True Therefore updated 0s since -60s: another reason\n"
            "B True Otherwise updated 0s since 0s: another status\n");
  restate_condition(conditions, {"A", "True", "Therefore", "once more"},
                    kNow + std::chrono::milliseconds(1500));
  EXPECT_EQ(test::text(conditions, kNow),
            "B True Otherwise updated 0s since 0s: another status\n"
            "A True Therefore updated 1s since -60s: once more\n");
  remove_condition(conditions, "B");
  remove_condition(conditions, "absent");
  EXPECT_EQ(find_condition(conditions, "B"), nullptr);
  EXPECT_EQ(conditions.size(), 1u);
}

}  // namespace
}  // namespace weir
