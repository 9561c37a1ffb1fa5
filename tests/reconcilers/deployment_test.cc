#include "reconcilers/deployment.h"

#include <gtest/gtest.h>

#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::brief;
using test::DeploymentForm;
using test::kNow;
using test::ReplicaSetForm;
using test::world;
using test::WorldBuilder;

const Key kWeb{.kind = Kind::Deployment, .ns = "default", .name = "web"};

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

TEST(Deployment, Creates) {
  check({
      {"the first revision, already sized",
       world().deployment("web", {.replicas = 3, .fresh = true}),
       R"(create ReplicaSet web-HASH: size 3, revision 1, desired 3, max 4
update Deployment web: @revision: (none) -> "1"
status Deployment web: observedGeneration: 0 -> 1; unavailableReplicas: 0 -> 3; Progressing True NewReplicaSetCreated; Available False MinimumReplicasUnavailable
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 3
wake in 601s
)"},
      {"nothing to run, nothing to tell", world().deployment("web", {.replicas = 0, .fresh = true}),
       R"(create ReplicaSet web-HASH: size 0, revision 1, desired 0, max 0
update Deployment web: @revision: (none) -> "1"
status Deployment web: observedGeneration: 0 -> 1; Available True MinimumReplicasAvailable; Progressing True NewReplicaSetAvailable
)"},
      {"a new template: one more pod within the surge",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1}),
       R"(create ReplicaSet web-HASH: size 1, revision 2, desired 3, max 4
update Deployment web: @revision: "1" -> "2"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
      {"a new template of ten: three more",
       world()
           .deployment("web", {.replicas = 10, .image = "web:2"})
           .replica_set("web-1", {.size = 10, .revision = 4}),
       R"(create ReplicaSet web-HASH: size 3, revision 5, desired 10, max 13
update Deployment web: @revision: "4" -> "5"
status Deployment web: unavailableReplicas: 0 -> 3; Progressing True NewReplicaSetCreated
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 3
wake in 601s
)"},
      {"no surge: empty at first",
       world()
           .deployment("web", {.replicas = 2, .image = "web:2", .surge = "0"})
           .replica_set("web-1", {.size = 2, .revision = 1}),
       R"(create ReplicaSet web-HASH: size 0, revision 2, desired 2, max 2
update Deployment web: @revision: "1" -> "2"
status Deployment web: Progressing True NewReplicaSetCreated
wake in 601s
)"},
      {"change-cause goes along, bookkeeping does not",
       world().deployment("web", {.annotations = {{annotation::kChangeCause, "first"},
                                                  {annotation::kLastApplied, "{}"},
                                                  {annotation::kAvailableRevision, "9"}},
                                  .fresh = true}),
       R"(create ReplicaSet web-HASH: size 1, revision 1, desired 1, max 2
update Deployment web: @revision: (none) -> "1"
status Deployment web: observedGeneration: 0 -> 1; unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated; Available False MinimumReplicasUnavailable
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
      {"rollover: the half-done revision does not hold it up",
       world()
           .deployment("web", {.replicas = 10, .image = "web:3"})
           .replica_set("web-1", {.size = 8, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 5, .unready = 5, .revision = 2}),
       R"(create ReplicaSet web-HASH: size 0, revision 3, desired 10, max 13
update Deployment web: @revision: "2" -> "3"
status Deployment web: Progressing True NewReplicaSetCreated
wake in 601s
)"},
  });
}

TEST(Deployment, RollsWithinTheLimits) {
  check({
      {"waits for the first new pod",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(wake in 541s
)"},
      {"a new pod is available: an old one may go",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2}),
       R"(update ReplicaSet web-1: spec.replicas: 3 -> 2
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 2 from 3
wake in 541s
)"},
      {"the old pod is not gone yet: no room for a new one",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 2, .available = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2}),
       R"(wake in 541s
)"},
      {"the old pod is terminating: room for a new one",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 2, .terminating = 1, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2}),
       R"(update ReplicaSet web-2: spec.replicas: 1 -> 2
status Deployment web: unavailableReplicas: 0 -> 1
event Normal ScalingReplicaSet: Scaled up replica set web-2 to 2 from 1
wake in 541s
)"},
      {"ready is not available before minReadySeconds",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .min_ready = 30})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set(
               "web-2",
               {.image = "web:2", .size = 1, .available = 0, .revision = 2, .min_ready = 30})
           .pod("web-2-x", {.ready_for = 29}),
       R"(wake in 1s
)"},
      {"at minReadySeconds it is",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .min_ready = 30})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set(
               "web-2",
               {.image = "web:2", .size = 1, .available = 0, .revision = 2, .min_ready = 30})
           .pod("web-2-x", {.ready_for = 30}),
       R"(update ReplicaSet web-1: spec.replicas: 3 -> 2
status Deployment web: availableReplicas: 3 -> 4; unavailableReplicas: 1 -> 0; Progressing True ReplicaSetUpdated
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 2 from 3
wake in 601s
)"},
      {"rollover: what is unavailable of the half-done revision goes at once",
       world()
           .deployment("web", {.replicas = 10, .image = "web:3"})
           .replica_set("web-1", {.size = 8, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 5, .unready = 5, .revision = 2})
           .replica_set("web-3", {.image = "web:3", .revision = 3}),
       R"(update ReplicaSet web-2: spec.replicas: 5 -> 0
status Deployment web: unavailableReplicas: 5 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 0 from 5
wake in 541s
)"},
      {"above replicas: down at once",
       world().deployment("web", {.replicas = 2}).replica_set("web-1", {.size = 5, .revision = 1}),
       R"(update ReplicaSet web-1: spec.replicas: 5 -> 2
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 2 from 5
wake in 541s
)"},
      {"the last old pod",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 1, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 2}),
       R"(update ReplicaSet web-1: spec.replicas: 1 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 0 from 1
wake in 541s
)"},
      {"of two equal templates the older one is current",
       world()
           .deployment("web", {.replicas = 1, .image = "web:2"})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 3})
           .replica_set("web-3", {.image = "web:2", .size = 1, .revision = 2}),
       R"(update ReplicaSet web-3: spec.replicas: 1 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-3 to 0 from 1
wake in 541s
)"},
  });
}

TEST(Deployment, CompletesAndThenStaysStill) {
  check({
      {"complete: the revision is marked as worth going back to",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .progressing = "ReplicaSetUpdated"})
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 2}),
       R"(update ReplicaSet web-2: @available-revision: (none) -> "2"
status Deployment web: Progressing True NewReplicaSetAvailable
)"},
      {"marked: nothing to do",
       world()
           .deployment("web", {.replicas = 3})
           .replica_set(
               "web-1",
               {.size = 3, .revision = 1, .annotations = {{annotation::kAvailableRevision, "1"}}}),
       ""},
      {"no replicas prove nothing",
       world().deployment("web", {.replicas = 0}).replica_set("web-1", {.revision = 1}), ""},
      {"pods that fail later are not the rollout's failure",
       world()
           .deployment("web", {.replicas = 3, .progressing = "NewReplicaSetAvailable"})
           .replica_set("web-1", {.size = 3,
                                  .unready = 2,
                                  .revision = 1,
                                  .annotations = {{annotation::kAvailableRevision, "1"}}}),
       ""},
      {"old pods that are terminating do not hold it up",
       world()
           .deployment("web", {.replicas = 1, .image = "web:2", .progressing = "ReplicaSetUpdated"})
           .replica_set("web-1", {.terminating = 1, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2}),
       R"(update ReplicaSet web-2: @available-revision: (none) -> "2"
status Deployment web: Progressing True NewReplicaSetAvailable
)"},
      {"an absent Deployment", World(), ""},
  });
}

TEST(Deployment, GoesBackToAnOldRevision) {
  check({
      {"it is renumbered to the newest and remembers its number",
       world()
           .deployment("web", {.replicas = 3, .progressing = "NewReplicaSetAvailable"})
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 2}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"; spec.replicas: 0 -> 1
update Deployment web: @revision: "2" -> "3"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True FoundNewReplicaSet
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 1 from 0
wake in 601s
)"},
      {"the history grows",
       world()
           .deployment("web", {.replicas = 3})
           .replica_set("web-1",
                        {.revision = 5, .annotations = {{annotation::kRevisionHistory, "1,3"}}})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 6}),
       R"(update ReplicaSet web-1: @revision: "5" -> "7"; @revision-history: "1,3" -> "1,3,5"; spec.replicas: 0 -> 1
update Deployment web: @revision: "6" -> "7"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True FoundNewReplicaSet
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 1 from 0
wake in 601s
)"},
      {"a passed deadline of the other revision is forgotten",
       world()
           .deployment("web", {.replicas = 3, .progressing = "ProgressDeadlineExceeded"})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"
update ReplicaSet web-2: spec.replicas: 1 -> 0
update Deployment web: @revision: "2" -> "3"
status Deployment web: unavailableReplicas: 1 -> 0; Progressing True FoundNewReplicaSet
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 0 from 1
wake in 601s
)"},
      {"the highest number is never lowered",
       world().deployment("web", {.replicas = 1}).replica_set("web-1", {.size = 1, .revision = 7}),
       R"(update ReplicaSet web-1: @available-revision: (none) -> "7"
)"},
  });
}

TEST(Deployment, Recreates) {
  const DeploymentForm recreate{.replicas = 3, .image = "web:2", .strategy = "Recreate"};
  check({
      {"first the old ones go",
       world().deployment("web", recreate).replica_set("web-1", {.size = 3, .revision = 1}),
       R"(update ReplicaSet web-1: spec.replicas: 3 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 0 from 3
wake in 541s
)"},
      {"then their pods",
       world()
           .deployment("web", recreate)
           .replica_set("web-1", {.size = 0, .available = 2, .terminating = 1, .revision = 1}),
       R"(wake in 541s
)"},
      {"to the last terminating one",
       world().deployment("web", recreate).replica_set("web-1", {.terminating = 1, .revision = 1}),
       R"(wake in 541s
)"},
      {"then the new revision, at full size",
       world().deployment("web", recreate).replica_set("web-1", {.revision = 1}),
       R"(create ReplicaSet web-HASH: size 3, revision 2, desired 3, max 3
update Deployment web: @revision: "1" -> "2"
status Deployment web: unavailableReplicas: 0 -> 3; Progressing True NewReplicaSetCreated
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 3
wake in 601s
)"},
      {"one that exists grows to full size",
       world()
           .deployment("web", recreate)
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .revision = 2}),
       R"(update ReplicaSet web-2: spec.replicas: 0 -> 3
status Deployment web: unavailableReplicas: 0 -> 3
event Normal ScalingReplicaSet: Scaled up replica set web-2 to 3 from 0
wake in 541s
)"},
      {"a pod that has ended does not hold it up",
       world()
           .deployment("web", recreate)
           .replica_set("web-1", {.revision = 1})
           .pod("web-1-x", {.phase = "Failed", .ready = false}),
       R"(create ReplicaSet web-HASH: size 3, revision 2, desired 3, max 3
update Deployment web: @revision: "1" -> "2"
status Deployment web: unavailableReplicas: 0 -> 3; Progressing True NewReplicaSetCreated
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 3
wake in 601s
)"},
  });
}

TEST(Deployment, Pauses) {
  const DeploymentForm paused{.replicas = 10, .image = "web:2", .paused = true};
  check({
      {"says that it pauses",
       world()
           .deployment("web",
                       {.replicas = 10, .paused = true, .progressing = "NewReplicaSetAvailable"})
           .replica_set("web-1", {.size = 10, .revision = 1}),
       R"(status Deployment web: Progressing Unknown DeploymentPaused
)"},
      {"a new template waits",
       world().deployment("web", paused).replica_set("web-1", {.size = 10, .revision = 1}), ""},
      {"before the first revision", world().deployment("web", paused), ""},
      {"in the middle of a rollout nothing moves",
       world()
           .deployment("web", paused)
           .replica_set("web-1", {.size = 7, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 2}),
       ""},
      {"it still scales, in proportion",
       world()
           .deployment("web", {.replicas = 15, .image = "web:2", .surge = "3", .paused = true})
           .replica_set("web-1", {.size = 8, .revision = 1, .desired = 10, .max = 13})
           .replica_set("web-2", {.image = "web:2",
                                  .size = 5,
                                  .unready = 2,
                                  .revision = 2,
                                  .desired = 10,
                                  .max = 13}),
       R"(update ReplicaSet web-1: @desired-replicas: "10" -> "15"; @max-replicas: "13" -> "18"; spec.replicas: 8 -> 11
update ReplicaSet web-2: @desired-replicas: "10" -> "15"; @max-replicas: "13" -> "18"; spec.replicas: 5 -> 7
status Deployment web: unavailableReplicas: 2 -> 7
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 11 from 8
event Normal ScalingReplicaSet: Scaled up replica set web-2 to 7 from 5
)"},
      {"it still scales the only revision",
       world()
           .deployment("web", {.replicas = 5, .image = "web:2", .paused = true})
           .replica_set("web-1", {.size = 3, .revision = 1, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "5"; @max-replicas: "4" -> "7"; spec.replicas: 3 -> 5
status Deployment web: unavailableReplicas: 0 -> 2
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 5 from 3
)"},
      {"a passed deadline stays passed",
       world()
           .deployment("web",
                       {.replicas = 3, .paused = true, .progressing = "ProgressDeadlineExceeded"})
           .replica_set("web-1", {.size = 3, .unready = 3, .revision = 1}),
       ""},
      {"... but not that of another revision",
       world()
           .deployment("web",
                       {.replicas = 3, .paused = true, .progressing = "ProgressDeadlineExceeded"})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(update ReplicaSet web-1: @revision: "1" -> "3"; @revision-history: (none) -> "1"
update ReplicaSet web-2: spec.replicas: 1 -> 0
update Deployment web: @revision: "2" -> "3"
status Deployment web: unavailableReplicas: 1 -> 0; Progressing Unknown DeploymentPaused
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 0 from 1
)"},
      {"the history is still kept short",
       world()
           .deployment("web", {.replicas = 1, .image = "web:3", .history = 1, .paused = true})
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .revision = 2})
           .replica_set("web-3", {.image = "web:3", .size = 1, .revision = 3}),
       R"(delete ReplicaSet web-1
)"},
      {"resumed: the clock starts again",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .progressing = "DeploymentPaused"})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .unready = 1, .revision = 2}),
       R"(status Deployment web: Progressing Unknown DeploymentResumed
wake in 601s
)"},
  });
}

TEST(Deployment, Scales) {
  check({
      {"up",
       world()
           .deployment("web", {.replicas = 5})
           .replica_set("web-1", {.size = 3, .revision = 1, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "5"; @max-replicas: "4" -> "7"; spec.replicas: 3 -> 5
status Deployment web: unavailableReplicas: 0 -> 2
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 5 from 3
)"},
      {"down",
       world()
           .deployment("web", {.replicas = 1})
           .replica_set("web-1", {.size = 3, .revision = 1, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "1"; @max-replicas: "4" -> "2"; spec.replicas: 3 -> 1
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 1 from 3
)"},
      {"to zero in the middle of a rollout",
       world()
           .deployment("web", {.replicas = 0, .image = "web:2"})
           .replica_set("web-1", {.size = 2, .revision = 1, .desired = 3, .max = 4})
           .replica_set("web-2",
                        {.image = "web:2", .size = 2, .revision = 2, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "0"; @max-replicas: "4" -> "0"; spec.replicas: 2 -> 0
update ReplicaSet web-2: @desired-replicas: "3" -> "0"; @max-replicas: "4" -> "0"; spec.replicas: 2 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 0 from 2
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 0 from 2
)"},
      {"from zero: the current revision",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.revision = 1, .desired = 0, .max = 0})
           .replica_set("web-2", {.image = "web:2", .revision = 2, .desired = 0, .max = 0}),
       R"(update ReplicaSet web-2: @desired-replicas: "0" -> "3"; @max-replicas: "0" -> "4"; spec.replicas: 0 -> 3
status Deployment web: unavailableReplicas: 0 -> 3
event Normal ScalingReplicaSet: Scaled up replica set web-2 to 3 from 0
wake in 541s
)"},
      {"up with a new template: first the size, then the rollout",
       world()
           .deployment("web", {.replicas = 10, .image = "web:2"})
           .replica_set("web-1", {.size = 3, .revision = 1, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "10"; @max-replicas: "4" -> "13"; spec.replicas: 3 -> 10
status Deployment web: unavailableReplicas: 0 -> 7
event Normal ScalingReplicaSet: Scaled up replica set web-1 to 10 from 3
)"},
      {"in proportion",
       world()
           .deployment("web", {.replicas = 5, .image = "web:2", .surge = "3"})
           .replica_set("web-1", {.size = 8, .revision = 1, .desired = 10, .max = 13})
           .replica_set("web-2", {.image = "web:2",
                                  .size = 5,
                                  .unready = 5,
                                  .revision = 2,
                                  .desired = 10,
                                  .max = 13}),
       R"(update ReplicaSet web-1: @desired-replicas: "10" -> "5"; @max-replicas: "13" -> "8"; spec.replicas: 8 -> 5
update ReplicaSet web-2: @desired-replicas: "10" -> "5"; @max-replicas: "13" -> "8"; spec.replicas: 5 -> 3
status Deployment web: unavailableReplicas: 5 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 5 from 8
event Normal ScalingReplicaSet: Scaled down replica set web-2 to 3 from 5
)"},
      {"a complete revision beside others: those go",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2"})
           .replica_set("web-1", {.size = 2, .revision = 1, .desired = 5, .max = 7})
           .replica_set("web-2", {.image = "web:2", .size = 3, .revision = 2}),
       R"(update ReplicaSet web-1: @desired-replicas: "5" -> "3"; @max-replicas: "7" -> "4"; spec.replicas: 2 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 0 from 2
)"},
      {"somebody has scaled the ReplicaSet already: dealt with",
       world()
           .deployment("web", {.replicas = 5})
           .replica_set("web-1", {.size = 5, .revision = 1, .desired = 3, .max = 4}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "5"; @max-replicas: "4" -> "7"
)"},
      {"Recreate does not share: it drains",
       world()
           .deployment("web", {.replicas = 5, .image = "web:2", .strategy = "Recreate"})
           .replica_set("web-1", {.size = 2, .revision = 1, .desired = 3, .max = 3})
           .replica_set("web-2",
                        {.image = "web:2", .size = 3, .revision = 2, .desired = 3, .max = 3}),
       R"(update ReplicaSet web-1: @desired-replicas: "3" -> "5"; @max-replicas: "3" -> "5"; spec.replicas: 2 -> 0
event Normal ScalingReplicaSet: Scaled down replica set web-1 to 0 from 2
wake in 541s
)"},
  });
}

TEST(Deployment, KeepsTheHistoryShort) {
  const auto old = [](WorldBuilder builder, ReplicaSetForm second = {}) {
    const std::map<std::string, std::string> marked{{annotation::kAvailableRevision, "4"}};
    second.image = "web:2";
    second.revision = 2;
    return builder.replica_set("web-1", {.image = "web:1", .revision = 1})
        .replica_set("web-2", second)
        .replica_set("web-3", {.image = "web:3", .revision = 3})
        .replica_set("web-4", {.image = "web:4", .size = 1, .revision = 4, .annotations = marked});
  };
  const auto web = [](std::int64_t history) {
    return world().deployment("web", {.image = "web:4", .history = history});
  };
  check({
      {"the lowest revisions go", old(web(1)), R"(delete ReplicaSet web-1
delete ReplicaSet web-2
)"},
      {"none is kept", old(web(0)), R"(delete ReplicaSet web-1
delete ReplicaSet web-2
delete ReplicaSet web-3
)"},
      {"within the limit", old(web(3)), ""},
      {"a limit below zero is zero", old(web(-1)),
       "delete ReplicaSet web-1\ndelete ReplicaSet web-2\ndelete ReplicaSet web-3\n"},
      {"all are kept", old(web(2147483647)), ""},
      {"one that still has a pod stays",
       world()
           .deployment("web", {.image = "web:2", .history = 0, .paused = true})
           .replica_set("web-1", {.size = 0, .available = 1, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2}),
       ""},
      {"one that was not observed stays", old(web(0), {.unobserved = true}),
       R"(delete ReplicaSet web-1
delete ReplicaSet web-3
)"},
      {"one that is being deleted does not count", old(web(2), {.deleting = true}), ""},
      {"not before the rollout is complete",
       world()
           .deployment("web", {.replicas = 1, .image = "web:3", .history = 0})
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2})
           .replica_set("web-3", {.image = "web:3", .size = 1, .unready = 1, .revision = 3}),
       R"(wake in 541s
)"},
  });
}

TEST(Deployment, NamesAroundCollisions) {
  const api::PodTemplateSpec pods = test::pod_template("web", "web:1");
  const auto taken = [&](std::optional<std::int64_t> count) {
    api::ReplicaSet set;
    set.metadata.name = "web-" + pod_template_hash(pods, count);
    set.metadata.namespace_ = "default";
    return set;
  };
  const World one = world().deployment("web", {.fresh = true}).object(taken({}));
  const Plan plan = plan_deployment(one, kWeb, kNow);
  const auto& created = std::get<api::ReplicaSet>(std::get<CreateObject>(plan.changes[0]).object);
  EXPECT_EQ(created.metadata.name, taken(1).metadata.name);
  check({
      {"the next hash is tried and counted", one,
       R"(create ReplicaSet web-HASH: size 1, revision 1, desired 1, max 2
update Deployment web: @revision: (none) -> "1"
status Deployment web: collisionCount: (none) -> 1; observedGeneration: 0 -> 1; unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated; Available False MinimumReplicasUnavailable
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
      {"a counted collision stays counted",
       world().deployment("web", {.collisions = 1}).object(taken({})),
       R"(create ReplicaSet web-HASH: size 1, revision 1, desired 1, max 2
update Deployment web: @revision: (none) -> "1"
status Deployment web: unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
      {"two collisions",
       world().deployment("web", {.fresh = true}).object(taken({})).object(taken(1)),
       R"(create ReplicaSet web-HASH: size 1, revision 1, desired 1, max 2
update Deployment web: @revision: (none) -> "1"
status Deployment web: collisionCount: (none) -> 2; observedGeneration: 0 -> 1; unavailableReplicas: 0 -> 1; Progressing True NewReplicaSetCreated; Available False MinimumReplicasUnavailable
event Normal ScalingReplicaSet: Scaled up replica set web-HASH to 1
wake in 601s
)"},
  });
}

TEST(Deployment, GivesUpOnNamesAfterSomeTries) {
  WorldBuilder builder = world().deployment("web", {.fresh = true});
  const api::PodTemplateSpec pods = test::pod_template("web", "web:1");
  for (std::int64_t count = 0; count < 40; ++count) {
    api::ReplicaSet set;
    set.metadata.namespace_ = "default";
    set.metadata.name = "web-" + pod_template_hash(pods, count);
    builder.object(set);
    if (count == 0) {
      set.metadata.name = "web-" + pod_template_hash(pods, {});
      builder.object(set);
    }
  }
  check(
      {{"the count is kept for the next plan", builder,
        R"(status Deployment web: collisionCount: (none) -> 16; observedGeneration: 0 -> 1; Available False MinimumReplicasUnavailable
)"}});
}

TEST(Deployment, AdoptsAndReleases) {
  check({
      {"a ReplicaSet without controller that the selector chooses",
       world().deployment("web").replica_set("web-1", {.size = 1, .revision = 1, .orphan = true}),
       R"(update ReplicaSet web-1: @available-revision: (none) -> "1"; metadata.ownerReferences[0]: (none) -> {apiVersion: "apps/v1", blockOwnerDeletion: true, controller: true, kind: "Deployment", name: "web", uid: "uid-web"}
)"},
      {"one that is owned and no longer chosen",
       world()
           .deployment("web")
           .replica_set("web-0", {.size = 1, .revision = 1, .labels = {{"app", "other"}}})
           .replica_set(
               "web-1",
               {.size = 1, .revision = 1, .annotations = {{annotation::kAvailableRevision, "1"}}}),
       R"(update ReplicaSet web-0: metadata.ownerReferences[0]: {apiVersion: "apps/v1", blockOwnerDeletion: true, controller: true, kind: "Deployment", name: "web", uid: "uid-web"} -> (none)
)"},
      {"not while it is being deleted",
       world()
           .deployment("web", {.deleting = true})
           .replica_set("web-1", {.size = 1, .revision = 1, .orphan = true}),
       ""},
      {"not one that is being deleted",
       world()
           .deployment("web", {.replicas = 0})
           .replica_set("web-0", {.image = "web:0", .deleting = true, .orphan = true})
           .replica_set("web-1", {.revision = 1}),
       ""},
      {"not somebody else's",
       world()
           .deployment("other")
           .replica_set("web-9", {.labels = {{"app", "web"}}})
           .deployment("web", {.replicas = 0})
           .replica_set("web-1", {.revision = 1}),
       ""},
  });
}

TEST(Deployment, RefusesWhatCannotWork) {
  api::Deployment all;
  all.metadata.name = "web";
  all.metadata.namespace_ = "default";
  all.metadata.generation = 1;
  api::Namespace ending;
  ending.metadata.name = "default";
  ending.metadata.deletionTimestamp = to_seconds(kNow);
  check({
      {"an empty selector", world().object(all),
       R"(status Deployment web: observedGeneration: 0 -> 1; Available False MinimumReplicasUnavailable
event Warning SelectingAll: This deployment is selecting all pods. A non-empty selector is required.
)"},
      {"a namespace that is being terminated",
       world().object(ending).deployment("web", {.progressing = "NewReplicaSetAvailable"}), ""},
      {"deletion: only the status is kept",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .deleting = true, .fresh = true})
           .replica_set("web-1", {.size = 3, .revision = 1}),
       R"(status Deployment web: availableReplicas: 0 -> 3; observedGeneration: 0 -> 1; readyReplicas: 0 -> 3; replicas: 0 -> 3; Available True MinimumReplicasAvailable
)"},
  });
}

TEST(Deployment, RefusesANameThatIsTooLong) {
  const std::string name(250, 'w');
  const World w = world().deployment(name, {.fresh = true});
  const Key key{.kind = Kind::Deployment, .ns = "default", .name = name};
  const Plan plan = plan_deployment(w, key, kNow);
  ASSERT_EQ(plan.changes.size(), 1u);
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].reason, "ReplicaSetCreateError");
  const auto& status = std::get<UpdateStatus>(plan.changes[0]).object;
  const std::string conditions =
      test::text(std::get<api::Deployment>(status).status.conditions, kNow);
  EXPECT_NE(conditions.find("Progressing False ReplicaSetCreateError"), std::string::npos)
      << conditions;
}

TEST(Deployment, FollowsMinReadySecondsAndAnnotations) {
  check({
      {"marks of a ReplicaSet that undo copied to the Deployment go",
       world()
           .deployment("web", {.replicas = 0,
                               .annotations = {{annotation::kAvailableRevision, "1"},
                                               {annotation::kFailedRevision, "2"}}})
           .replica_set("web-1", {.revision = 1}),
       "update Deployment web: @available-revision: \"1\" -> (none); @failed-revision: \"2\" -> "
       "(none)\n"},
      {"they reach the current ReplicaSet only",
       world()
           .deployment("web", {.replicas = 0,
                               .image = "web:2",
                               .min_ready = 5,
                               .annotations = {{annotation::kChangeCause, "v2"}}})
           .replica_set("web-1", {.revision = 1})
           .replica_set("web-2", {.image = "web:2", .revision = 2}),
       R"(update ReplicaSet web-2: @kubernetes.io/change-cause: (none) -> "v2"; spec.minReadySeconds: 0 -> 5
)"},
  });
}

// The whole of what is written, once.
TEST(Deployment, WritesAReplicaSetInFull) {
  const World w = world().deployment(
      "web", {.replicas = 2, .annotations = {{annotation::kChangeCause, "first"}}, .fresh = true});
  const Plan plan = plan_deployment(w, kWeb, kNow);
  EXPECT_EQ(
      text(plan, w),
      R"(create ReplicaSet default/web-7cdb98b4cb ReplicaSet{metadata: {annotations: {deployment.kubernetes.io/desired-replicas: "2", deployment.kubernetes.io/max-replicas: "3", deployment.kubernetes.io/revision: "1", kubernetes.io/change-cause: "first"}, labels: {app: "web", pod-template-hash: "7cdb98b4cb"}, name: "web-7cdb98b4cb", namespace: "default", ownerReferences: [{apiVersion: "apps/v1", blockOwnerDeletion: true, controller: true, kind: "Deployment", name: "web", uid: "uid-web"}]}, spec: {replicas: 2, selector: {matchLabels: {app: "web", pod-template-hash: "7cdb98b4cb"}}, template: {metadata: {labels: {app: "web", pod-template-hash: "7cdb98b4cb"}}, spec: {containers: [{image: "web:1", name: "web"}]}}}}
update Deployment default/web
    metadata.annotations.deployment.kubernetes.io/revision: (none) -> "1"
status Deployment default/web
    status.conditions[0]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, lastUpdateTime: 2023-11-14T22:13:20Z, message: "Created new replica set \"web-7cdb98b4cb\"", reason: "NewReplicaSetCreated", status: "True", type: "Progressing"}
    status.conditions[1]: (none) -> {lastTransitionTime: 2023-11-14T22:13:20Z, lastUpdateTime: 2023-11-14T22:13:20Z, message: "Deployment does not have minimum availability.", reason: "MinimumReplicasUnavailable", status: "False", type: "Available"}
    status.observedGeneration: 0 -> 1
    status.unavailableReplicas: 0 -> 2
event Normal ScalingReplicaSet Deployment default/web: Scaled up replica set web-7cdb98b4cb to 2
wake at 1700000601000
)");
}

TEST(Deployment, SaysWhichStepSaidWhat) {
  const World w = world()
                      .deployment("web", {.replicas = 3, .image = "web:2"})
                      .replica_set("web-1", {.size = 3, .revision = 1})
                      .replica_set("web-2", {.image = "web:2", .size = 1, .revision = 2});
  std::string got;
  for (const Reason& reason : plan_deployment(w, kWeb, kNow).reasons) {
    got += reason.step + ": " + reason.verdict + "\n";
  }
  EXPECT_EQ(got, R"(revision: replica set web-2 is revision 2
shrink: scales web-1 to 2
status: 1 updated and 4 available of 3 wanted
)");
}

}  // namespace
}  // namespace weir
