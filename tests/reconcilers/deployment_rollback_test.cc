#include "reconcilers/deployment_rollback.h"

#include <gtest/gtest.h>

#include "reconcilers/deployment.h"
#include "reconcilers/labels.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::brief;
using test::DeploymentForm;
using test::kNow;
using test::kSettled;
using test::world;

const Key kWeb{.kind = Kind::Deployment, .ns = "default", .name = "web"};
constexpr char kTimedOut[] = "ProgressDeadlineExceeded";

using Marks = std::map<std::string, std::string>;
Marks available_at(int revision) {
  return {{annotation::kAvailableRevision, std::to_string(revision)}};
}
Marks rolled_back_at(int available, int revision) {
  return {{annotation::kAvailableRevision, std::to_string(available)},
          {annotation::kRollbackRevision, std::to_string(revision)}};
}

struct Row {
  const char* name;
  World world;
  const char* want;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(brief(plan_deployment(row.world, kWeb, kNow), row.world, kNow), row.want) << row.name;
  }
}

// Three good ones of revision 1 and one of revision 2 that does not become ready.
World failed(DeploymentForm form, const Marks& first = available_at(1), const Marks& second = {}) {
  form.replicas = 3;
  form.image = "web:2";
  return world()
      .deployment("web", form)
      .replica_set("web-1", {.size = 3, .revision = 1, .annotations = first})
      .replica_set(
          "web-2",
          {.image = "web:2", .size = 1, .unready = 1, .revision = 2, .annotations = second});
}

TEST(AutoRollback, AnswersAPassedDeadline) {
  check({
      {"back to the last available revision", failed({.rollback = true, .progressing = kTimedOut}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"; @rollback-revision: (none) -> "3"
update ReplicaSet web-2: @failed-revision: (none) -> "2"
update Deployment web: @revision: "2" -> "3"; spec.template.spec.containers[0].image: "web:2" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 1: revision 2 (web-2) exceeded its progress deadline
)"},
      {"the deadline is said first",
       failed({.deadline = 30, .rollback = true, .progressing = "ReplicaSetUpdated"}),
       R"(status Deployment web: Progressing False ProgressDeadlineExceeded
)"},
      {"only when it is asked for", failed({.progressing = kTimedOut}), ""},
      {"true is the only yes",
       failed({.annotations = {{annotation::kAutoRollback, "yes"}}, .progressing = kTimedOut}), ""},
      {"not while paused", failed({.paused = true, .rollback = true, .progressing = kTimedOut}),
       ""},
      {"not while it may still succeed",
       failed({.rollback = true, .progressing = "ReplicaSetUpdated"}), R"(wake in 541s
)"},
      {"not one that was fully available before its trouble",
       failed({.rollback = true, .progressing = kTimedOut}, available_at(1), available_at(2)), ""},
      {"nothing was ever available: said, not done",
       failed({.rollback = true, .progressing = kTimedOut}, {}),
       R"(status Deployment web: AutoRollback False NoAvailableRevision
)"},
      {"the change-cause goes back too",
       failed({.rollback = true,
               .annotations = {{annotation::kChangeCause, "v2"}},
               .progressing = kTimedOut},
              {{annotation::kAvailableRevision, "1"}, {annotation::kChangeCause, "v1"}},
              {{annotation::kChangeCause, "v2"}}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"; @rollback-revision: (none) -> "3"
update ReplicaSet web-2: @failed-revision: (none) -> "2"
update Deployment web: @revision: "2" -> "3"; @kubernetes.io/change-cause: "v2" -> "v1"; spec.template.spec.containers[0].image: "web:2" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 1: revision 2 (web-2) exceeded its progress deadline
)"},
      {"a cause that the old revision did not have goes",
       failed({.rollback = true,
               .annotations = {{annotation::kChangeCause, "v2"}},
               .progressing = kTimedOut},
              available_at(1), {{annotation::kChangeCause, "v2"}}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"; @rollback-revision: (none) -> "3"
update ReplicaSet web-2: @failed-revision: (none) -> "2"
update Deployment web: @revision: "2" -> "3"; @kubernetes.io/change-cause: "v2" -> (none); spec.template.spec.containers[0].image: "web:2" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 1: revision 2 (web-2) exceeded its progress deadline
)"},
  });
}

TEST(AutoRollback, ChoosesTheLastAvailable) {
  const DeploymentForm form{
      .replicas = 1, .image = "web:4", .rollback = true, .progressing = kTimedOut};
  check({
      {"by when it was available, not by its number",
       world()
           .deployment("web", form)
           .replica_set("web-1", {.revision = 3, .annotations = available_at(1)})
           .replica_set(
               "web-2",
               {.image = "web:2", .size = 1, .revision = 2, .annotations = available_at(2)})
           .replica_set("web-4", {.image = "web:4", .size = 1, .unready = 1, .revision = 4}),
       R"(update ReplicaSet web-2: @revision: "2" -> "5"; @revision-history: (none) -> "2"; @rollback-revision: (none) -> "5"
update ReplicaSet web-4: @failed-revision: (none) -> "4"
update Deployment web: @revision: "4" -> "5"; spec.template.spec.containers[0].image: "web:4" -> "web:2"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 2: revision 4 (web-4) exceeded its progress deadline
)"},
      {"never itself, though it was available once",
       world()
           .deployment("web", form)
           .replica_set("web-1", {.size = 1, .revision = 3, .annotations = available_at(1)})
           .replica_set("web-4", {.image = "web:4",
                                  .size = 1,
                                  .unready = 1,
                                  .revision = 4,
                                  .annotations = available_at(2)}),
       R"(update ReplicaSet web-1: @revision: "3" -> "5"; @revision-history: (none) -> "3"; @rollback-revision: (none) -> "5"
update ReplicaSet web-4: @failed-revision: (none) -> "4"
update Deployment web: @revision: "4" -> "5"; spec.template.spec.containers[0].image: "web:4" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 3: revision 4 (web-4) exceeded its progress deadline
)"},
      {"of several with its template the oldest, which becomes current",
       world()
           .deployment("web", form)
           .replica_set("web-0", {.image = "web:1", .revision = 1})
           .replica_set("web-1", {.image = "web:1", .revision = 2, .annotations = available_at(2)})
           .replica_set("web-4", {.image = "web:4", .size = 1, .unready = 1, .revision = 4}),
       R"(update ReplicaSet web-0: @revision: "1" -> "5"; @revision-history: (none) -> "1"; @rollback-revision: (none) -> "5"
update ReplicaSet web-4: @failed-revision: (none) -> "4"
update Deployment web: @revision: "4" -> "5"; spec.template.spec.containers[0].image: "web:4" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 1: revision 4 (web-4) exceeded its progress deadline
)"},
      {"not one of the same template",
       world()
           .deployment("web", form)
           .replica_set("web-3", {.image = "web:4", .size = 1, .unready = 1, .revision = 4})
           .replica_set("web-4", {.image = "web:4", .revision = 3, .annotations = available_at(3)}),
       "status Deployment web: AutoRollback False NoAvailableRevision\n"},
      {"not one that is being deleted",
       world()
           .deployment("web", form)
           .replica_set("web-1", {.revision = 1, .annotations = available_at(1)})
           .replica_set(
               "web-2",
               {.image = "web:2", .revision = 2, .deleting = true, .annotations = available_at(2)})
           .replica_set("web-4", {.image = "web:4", .size = 1, .unready = 1, .revision = 4}),
       R"(update ReplicaSet web-1: @revision: "1" -> "5"; @revision-history: (none) -> "1"; @rollback-revision: (none) -> "5"
update ReplicaSet web-4: @failed-revision: (none) -> "4"
update Deployment web: @revision: "4" -> "5"; spec.template.spec.containers[0].image: "web:4" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 1: revision 4 (web-4) exceeded its progress deadline
)"},
  });
}

TEST(AutoRollback, StandsUntilTheUserChangesTheTemplate) {
  const api::DeploymentCondition said{.lastTransitionTime = to_seconds(kSettled),
                                      .lastUpdateTime = to_seconds(kSettled),
                                      .message = "as said",
                                      .reason = "RolledBack",
                                      .status = "True",
                                      .type = "AutoRollback"};
  const api::DeploymentCondition exceeded{.lastTransitionTime = to_seconds(kSettled),
                                          .lastUpdateTime = to_seconds(kSettled),
                                          .message = "as said",
                                          .reason = kTimedOut,
                                          .status = "False",
                                          .type = "Progressing"};
  const api::DeploymentCondition unavailable{.lastTransitionTime = to_seconds(kSettled),
                                             .lastUpdateTime = to_seconds(kSettled),
                                             .message = "as said",
                                             .reason = "MinimumReplicasAvailable",
                                             .status = "True",
                                             .type = "Available"};
  const std::vector<api::DeploymentCondition> conditions{said, exceeded, unavailable};
  const auto deployment = [&](const std::string& image, bool rollback = true) {
    return world().deployment(
        "web", {.replicas = 3, .image = image, .rollback = rollback, .conditions = conditions});
  };
  check({
      {"it rolls like any other, and the failure stays said",
       deployment("web:1")
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(1, 3)})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(update ReplicaSet web-2: spec.replicas: 1 -> 0
status Deployment web: unavailableReplicas: 1 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 0 from 1
)"},
      {"complete: still said",
       deployment("web:1")
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(1, 3)})
           .replica_set("web-2", {.image = "web:2", .revision = 2}),
       R"(update ReplicaSet web-1: @available-revision: "1" -> "3"
)"},
      {"a target that fails is not left again",
       deployment("web:1")
           .replica_set("web-0", {.image = "web:0", .revision = 1, .annotations = available_at(1)})
           .replica_set(
               "web-1",
               {.size = 3, .unready = 1, .revision = 3, .annotations = rolled_back_at(1, 3)}),
       R"(status Deployment web: Available False MinimumReplicasUnavailable
)"},
      {"the wish withdrawn: it still stands",
       deployment("web:1", false)
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(3, 3)}),
       ""},
      {"a new template: all is forgotten",
       deployment("web:4")
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(3, 3)})
           .replica_set("web-2", {.image = "web:2", .revision = 2}),
       R"(create ReplicaSet web-HASH: size 1, revision 4, desired 3, max 4
update Deployment web: @revision: "3" -> "4"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated; -AutoRollback
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
      {"the failed template again is a new try",
       deployment("web:2")
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(3, 3)})
           .replica_set("web-2", {.image = "web:2",
                                  .revision = 2,
                                  .annotations = {{annotation::kFailedRevision, "2"}}}),
       R"(update ReplicaSet web-2: @revision: "2" -> "4"; @revision-history: (none) -> "2"; spec.replicas: 0 -> 1
update Deployment web: @revision: "3" -> "4"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True FoundNewReplicaSet; -AutoRollback
event Normal ScalingReplicaSet: Scaled up replica set web-2 to 1 from 0
wake in 601s
)"},
      {"which may fail again, and is answered again",
       deployment("web:2")
           .replica_set("web-1", {.size = 3, .revision = 3, .annotations = rolled_back_at(3, 3)})
           .replica_set("web-2", {.image = "web:2",
                                  .size = 1,
                                  .unready = 1,
                                  .revision = 4,
                                  .annotations = {{annotation::kFailedRevision, "2"}}}),
       R"(update ReplicaSet web-1: @revision: "3" -> "5"; @revision-history: (none) -> "3"; @rollback-revision: "3" -> "5"
update ReplicaSet web-2: @failed-revision: "2" -> "4"
update Deployment web: @revision: "4" -> "5"; spec.template.spec.containers[0].image: "web:2" -> "web:1"
status Deployment web: AutoRollback True RolledBack
event Warning DeploymentRollback: Rolled back deployment "web" to revision 3: revision 4 (web-2) exceeded its progress deadline
)"},
  });
}

TEST(AutoRollback, TheTemplateIsTheOldOneExactly) {
  const World w = failed({.rollback = true, .progressing = kTimedOut});
  const api::Deployment* changed = nullptr;
  const Plan plan = plan_deployment(w, kWeb, kNow);
  for (const Change& change : plan.changes) {
    const auto* update = std::get_if<UpdateObject>(&change);
    if (update && std::holds_alternative<api::Deployment>(update->object)) {
      changed = &std::get<api::Deployment>(update->object);
    }
  }
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(changed->spec.template_, test::pod_template("web", "web:1"));
  const auto& status = std::get<UpdateStatus>(plan.changes.back()).object;
  EXPECT_EQ(
      test::text(std::get<api::Deployment>(status).status.conditions, kNow),
      R"(Available True MinimumReplicasAvailable updated -60s since -60s: Deployment has minimum availability.
Progressing False ProgressDeadlineExceeded updated -60s since -60s: ReplicaSet "web-2" has timed out progressing.
AutoRollback True RolledBack updated 0s since 0s: revision 2 (web-2) exceeded its progress deadline; rolled back to revision 1 (web-1), which is now revision 3.
)");
}

TEST(AutoRollback, KeepsTheLastGoodRevision) {
  const DeploymentForm form{
      .replicas = 1, .image = "web:3", .strategy = "Recreate", .history = 0, .paused = true};
  check({
      {"whatever the history limit, while the current one is not available",
       world()
           .deployment("web", form)
           .replica_set("web-1", {.revision = 1, .annotations = available_at(1)})
           .replica_set("web-2", {.image = "web:2", .revision = 2})
           .replica_set("web-3", {.image = "web:3", .size = 1, .unready = 1, .revision = 3}),
       R"(delete ReplicaSet web-2
)"},
  });
}

TEST(RollbackRequest, OfOldClients) {
  const auto asked = [](const std::string& to, const std::string& image = "web:3") {
    return world()
        .deployment("web", {.replicas = 1,
                            .image = image,
                            .annotations = {{annotation::kRollbackTo, to},
                                            {annotation::kChangeCause, "three"},
                                            {"team", "shop"}},
                            .progressing = "NewReplicaSetAvailable"})
        .replica_set("web-1", {.revision = 1, .annotations = {{annotation::kChangeCause, "one"}}})
        .replica_set("web-2", {.image = "web:2", .revision = 2})
        .replica_set("web-3", {.image = "web:3", .size = 1, .revision = 3});
  };
  check({
      {"to a revision, with its annotations", asked("1"),
       R"(update Deployment web: @deprecated.deployment.rollback.to: "1" -> (none); @kubernetes.io/change-cause: "three" -> "one"; @team: "shop" -> (none); spec.template.spec.containers[0].image: "web:3" -> "web:1"
event Normal DeploymentRollback: Rolled back deployment "web" to revision 1
)"},
      {"to the one before", asked("0"),
       R"(update Deployment web: @deprecated.deployment.rollback.to: "0" -> (none); @kubernetes.io/change-cause: "three" -> (none); @team: "shop" -> (none); spec.template.spec.containers[0].image: "web:3" -> "web:2"
event Normal DeploymentRollback: Rolled back deployment "web" to revision 2
)"},
      {"to one that does not exist", asked("9"),
       R"(update Deployment web: @deprecated.deployment.rollback.to: "9" -> (none)
event Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.
)"},
      {"to no number at all", asked("last"),
       R"(update Deployment web: @deprecated.deployment.rollback.to: "last" -> (none)
event Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.
)"},
      {"to the present one", asked("3"),
       R"(update Deployment web: @deprecated.deployment.rollback.to: "3" -> (none)
event Warning DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment "web"
)"},
  });
}

}  // namespace
}  // namespace weir
