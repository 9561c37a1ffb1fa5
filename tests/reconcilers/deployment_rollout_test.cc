// A Deployment that is created, rolled forward, rolled back and recreated.

#include <gtest/gtest.h>

#include "reconcilers/labels.h"
#include "tests/reconcilers/deployment_rows.h"

namespace weir {
namespace {

using test::check;
using test::DeploymentForm;
using test::world;

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
      {"a new minReadySeconds counts before its replica sets have it",
       world()
           .deployment("web", {.replicas = 3, .image = "web:2", .min_ready = 30})
           .replica_set("web-1", {.size = 3, .revision = 1})
           .replica_set("web-2", {.image = "web:2", .size = 1, .available = 0, .revision = 2})
           .pod("web-2-x", {.ready_for = 29}),
       R"(update ReplicaSet web-2: spec.minReadySeconds: 0 -> 30
wake in 1s
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

}  // namespace
}  // namespace weir
