// What a Deployment keeps, names, adopts, refuses and writes.

#include <gtest/gtest.h>

#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "tests/reconcilers/deployment_rows.h"

namespace weir {
namespace {

using test::check;
using test::kNow;
using test::kWeb;
using test::ReplicaSetForm;
using test::world;
using test::WorldBuilder;

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
