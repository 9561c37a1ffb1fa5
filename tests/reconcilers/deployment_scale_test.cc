// A Deployment that is paused, and scaled in the middle of a rollout.

#include <gtest/gtest.h>

#include "tests/reconcilers/deployment_rows.h"

namespace weir {
namespace {

using test::check;
using test::DeploymentForm;
using test::world;

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

}  // namespace
}  // namespace weir
