#include "reconcilers/replica_set.h"

#include <gtest/gtest.h>

#include <set>

#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/replica_set_victims.h"
#include "reconcilers/replicas.h"
#include "tests/support/plan_text.h"
#include "tests/support/world_builder.h"

namespace weir {
namespace {

using test::brief;
using test::kNow;
using test::PodForm;
using test::world;

const Key kWeb1{.kind = Kind::ReplicaSet, .ns = "default", .name = "web-1"};

struct Row {
  const char* name;
  World world;
  std::string want;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(brief(plan_replica_set(row.world, kWeb1, kNow), row.world, kNow), row.want)
        << row.name;
  }
}

std::string slot(int n) { return pod_name("web-1", n); }

// The lines of a plan that creates these pods.
std::string creates(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += "create Pod " + name + "\n";
  for (const std::string& name : names) {
    out += "event Normal SuccessfulCreate: Created pod: " + name + "\n";
  }
  return out;
}

std::string deletes(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += "delete Pod " + name + "\n";
  for (const std::string& name : names) {
    out += "event Normal SuccessfulDelete: Deleted pod: " + name + "\n";
  }
  return out;
}

Container container(const std::string& pod, const std::string& store, const std::string& uid,
                    const std::string& owner = "ReplicaSet/web-1") {
  return {.id = "id-" + pod,
          .state = ContainerState::running,
          .store = store,
          .uid = uid,
          .pod_ns = "default",
          .pod_name = pod,
          .owner = owner};
}

TEST(ReplicaSet, MakesAndDeletesPods) {
  check({
      {"none yet: one a slot", world().replica_set("web-1", {.size = 3, .available = 0}),
       creates({slot(0), slot(1), slot(2)})},
      {"enough", world().replica_set("web-1", {.size = 3}), ""},
      {"one is missing", world().replica_set("web-1", {.size = 2, .available = 1}),
       creates({slot(0)})},
      {"a terminating one is replaced at once, under another name",
       world().replica_set("web-1", {.size = 1, .available = 0}).pod(slot(0), {.deleting = true}),
       creates({slot(1)})},
      {"a failed one is replaced and left",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .pod(slot(0), {.phase = "Failed", .ready = false}),
       creates({slot(1)})},
      {"too many: the one that is not ready goes",
       world().replica_set("web-1", {.size = 2, .available = 2, .unready = 1}),
       deletes({"web-1-p2"})},
      {"to zero", world().replica_set("web-1", {.size = 0, .available = 2}),
       deletes({"web-1-p0", "web-1-p1"})},
      {"being deleted: nothing",
       world().replica_set("web-1", {.size = 3, .available = 0, .deleting = true}), ""},
      {"absent", World(), ""},
  });
}

TEST(ReplicaSet, NamesAroundWhatIsTaken) {
  check({
      {"a pod of somebody else",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .pod(slot(0), {.orphan = true, .labels = {{"app", "other"}}}),
       creates({slot(1)})},
      {"a container that still has the name",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container(slot(0), "store-1", "uid-gone")),
       creates({slot(1)})},
      {"a container of somebody else's pod of that name",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container(slot(0), "store-0", "uid-gone", "ReplicaSet/other")),
       creates({slot(1)})},
  });
}

TEST(ReplicaSet, KeepsTheContainersOfALostDataFolder) {
  check({
      {"their names come first",
       world()
           .replica_set("web-1", {.size = 2, .available = 0})
           .container(container(slot(7), "store-0", "uid-gone"))
           .container(container("web-1-by-hand", "store-0", "uid-gone")),
       slot(7) < "web-1-by-hand" ? creates({slot(7), "web-1-by-hand"})
                                 : creates({"web-1-by-hand", slot(7)})},
      {"no more than are wanted",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container("web-1-a", "store-0", "uid-gone"))
           .container(container("web-1-b", "store-0", "uid-gone")),
       creates({"web-1-a"})},
      {"not one whose pod lives",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container("web-1-a", "store-0", "uid-web-1")),
       creates({slot(0)})},
      {"not one of this data folder",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container("web-1-a", "store-1", "uid-gone")),
       creates({slot(0)})},
      {"not one of another ReplicaSet",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .container(container("web-1-a", "store-0", "uid-gone", "ReplicaSet/web-2")),
       creates({slot(0)})},
  });
}

TEST(ReplicaSet, WaitsForTheEngine) {
  const EngineState down{.synced = false, .message = "cannot connect to /run/docker.sock"};
  check({
      {"until its containers are known, new pods wait",
       world().replica_set("web-1", {.size = 1, .available = 0}).engine({}), "wake in 1s\n"},
      {"and say why", world().replica_set("web-1", {.size = 1, .available = 0}).engine(down),
       "status ReplicaSet web-1: ReplicaFailure True FailedCreate\n"
       "event Warning FailedCreate: Error creating: waiting for the container engine: cannot "
       "connect to /run/docker.sock\n"
       "wake in 1s\n"},
      {"once",
       world()
           .replica_set("web-1", {.size = 1, .available = 0, .failure = "as before"})
           .engine(down),
       "wake in 1s\n"},
      {"what is too many goes all the same",
       world().replica_set("web-1", {.size = 0, .available = 1}).engine(down),
       deletes({"web-1-p0"})},
      {"when it is back the failure is over",
       world().replica_set("web-1", {.size = 1, .available = 0, .failure = "as before"}),
       "create Pod " + slot(0) + "\nstatus ReplicaSet web-1: -ReplicaFailure\n" +
           "event Normal SuccessfulCreate: Created pod: " + slot(0) + "\n"},
  });
}

TEST(ReplicaSet, MakesNothingInANamespaceThatEnds) {
  api::Namespace ending;
  ending.metadata.name = "default";
  ending.metadata.deletionTimestamp = to_seconds(kNow);
  check(
      {{"no pods", world().object(ending).replica_set("web-1", {.size = 1, .available = 0}), ""}});
}

TEST(ReplicaSet, AdoptsAndReleases) {
  const std::string reference =
      "{apiVersion: \"apps/v1\", blockOwnerDeletion: true, controller: true, kind: "
      "\"ReplicaSet\", name: \"web-1\", uid: \"uid-web-1\"}";
  check({
      {"a pod without controller that the selector chooses",
       world().replica_set("web-1", {.size = 1, .available = 0}).pod("stray", {.orphan = true}),
       "update Pod stray: metadata.ownerReferences[0]: (none) -> " + reference +
           "\nstatus ReplicaSet web-1: availableReplicas: 0 -> 1; fullyLabeledReplicas: 0 -> 1; "
           "readyReplicas: 0 -> 1; replicas: 0 -> 1\n"},
      {"a pod that was taken out by its labels is replaced and lives on",
       world()
           .replica_set("web-1", {.size = 1, .available = 0})
           .pod("web-1-x", {.labels = {{"app", "debug"}}}),
       "update Pod web-1-x: metadata.ownerReferences[0]: " + reference + " -> (none)\n" +
           "create Pod " + slot(0) +
           "\nstatus ReplicaSet web-1: availableReplicas: 1 -> 0; readyReplicas: 1 -> 0; "
           "replicas: 1 -> 0\n"
           "event Normal SuccessfulCreate: Created pod: " +
           slot(0) + "\n"},
      {"not a pod that has ended, nor one that is ending",
       world()
           .replica_set("web-1", {.size = 0})
           .pod("a", {.phase = "Succeeded", .orphan = true})
           .pod("b", {.deleting = true, .orphan = true}),
       ""},
  });
}

TEST(ReplicaSet, BoundsABurst) {
  const World w = world().replica_set("web-1", {.size = 1200, .available = 0});
  const Plan plan = plan_replica_set(w, kWeb1, kNow);
  std::set<std::string> names;
  for (const Change& change : plan.changes) {
    names.insert(key_of(std::get<CreateObject>(change).object).name);
  }
  EXPECT_EQ(plan.changes.size(), 500u);
  EXPECT_EQ(names.size(), 500u);
  const World many = world().replica_set("web-1", {.size = 0, .available = 700});
  EXPECT_EQ(plan_replica_set(many, kWeb1, kNow).changes.size(), 500u);
}

TEST(ReplicaSet, SaysSoWhenNoNameIsFree) {
  auto builder = world().replica_set("web-1", {.size = 1, .available = 0});
  for (int n = 0; n < 1500; ++n) builder.container(container(slot(n), "store-1", "uid-gone"));
  const std::string message =
      "no free name for 1 pod: the names of web-1 are held by pods or containers of others";
  check({{"failure", builder,
          "status ReplicaSet web-1: ReplicaFailure True FailedCreate\n"
          "event Warning FailedCreate: Error creating: " +
              message + "\n"}});
}

TEST(ReplicaSet, RefusesToOwnEverything) {
  api::ReplicaSet all;
  all.metadata.name = "web-1";
  all.metadata.namespace_ = "default";
  check({{"empty selector", world().object(all), ""}});
}

TEST(ReplicaSet, CountsReplicasByTheirPods) {
  check({
      {"ready, available, labelled, terminating",
       world()
           .replica_set("web-1", {.size = 3,
                                  .available = 1,
                                  .unready = 1,
                                  .terminating = 2,
                                  .min_ready = 10,
                                  .unobserved = true})
           .pod("web-1-new", {.ready_for = 4}),
       "status ReplicaSet web-1: observedGeneration: 0 -> 1\nwake in 6s\n"},
      {"a pod becomes available",
       world()
           .replica_set("web-1", {.size = 1, .available = 0, .min_ready = 50})
           .pod("web-1-new", {.ready_for = 50}),
       "status ReplicaSet web-1: availableReplicas: 0 -> 1\n"},
  });
}

TEST(Replicas, Count) {
  const World w =
      world()
          .replica_set("web-1",
                       {.size = 3, .available = 2, .unready = 1, .terminating = 2, .min_ready = 10})
          .pod("young", {.ready_for = 4})
          .pod("younger", {.ready_for = 1})
          .pod("ended", {.phase = "Succeeded"})
          .pod("bare", {.labels = {{"pod-template-hash", "1"}}});
  const auto& set = *w.get<api::ReplicaSet>("default", "web-1");
  Replicas want{.pods = 6, .fully_labelled = 5, .ready = 5, .available = 3, .terminating = 2};
  want.next_available = kNow + std::chrono::seconds(6);
  EXPECT_EQ(count(pods_of(w, set), set, std::chrono::seconds(set.spec.minReadySeconds), kNow),
            want);
}

// The whole of what is written, once.
TEST(ReplicaSet, WritesAPodInFull) {
  const World w = world().replica_set("web-1", {.size = 1, .available = 0});
  EXPECT_EQ(
      text(plan_replica_set(w, kWeb1, kNow), w),
      R"(create Pod default/web-1-9dwxp Pod{metadata: {generateName: "web-1-", labels: {app: "web", pod-template-hash: "1"}, name: "web-1-9dwxp", namespace: "default", ownerReferences: [{apiVersion: "apps/v1", blockOwnerDeletion: true, controller: true, kind: "ReplicaSet", name: "web-1", uid: "uid-web-1"}]}, spec: {containers: [{image: "web:1", name: "web"}]}, status: {phase: "Pending"}}
event Normal SuccessfulCreate ReplicaSet default/web-1: Created pod: web-1-9dwxp
)");
}

TEST(ReplicaSet, SaysWhichStepSaidWhat) {
  const World w = world().replica_set("web-1", {.size = 5, .available = 2});
  std::string got;
  for (const Reason& reason : plan_replica_set(w, kWeb1, kNow).reasons) {
    got += reason.step + ": " + reason.verdict + "\n";
  }
  EXPECT_EQ(got, "create: creates 3 of 3 missing pods\nstatus: 2 available of 5 wanted\n");
}

// Each row: the first of two goes before the second, whatever their names.
TEST(Victims, ServeLeast) {
  struct Pair {
    const char* name;
    PodForm first, second;
  };
  const Pair pairs[] = {
      {"without a host", {.node = ""}, {.phase = "Pending", .ready = false}},
      {"Pending before Unknown", {.phase = "Pending"}, {.phase = "Unknown", .ready = false}},
      {"Unknown before Running", {.phase = "Unknown"}, {.phase = "Running", .ready = false}},
      {"not ready", {.ready = false, .cost = "100"}, {.cost = "-100"}},
      {"the cheaper", {.ready_for = 900, .cost = "-1"}, {.ready_for = 1}},
      {"the dearer stays", {.ready_for = 900}, {.ready_for = 1, .cost = "1"}},
      {"a cost that is no number is 0", {.cost = "1x"}, {.cost = "1"}},
      {"the last to become ready", {.ready_for = 10}, {.ready_for = 20, .restarts = 9}},
      {"most restarts", {.age = 2000, .restarts = 3}, {.age = 1000, .restarts = 2}},
      {"the youngest", {.age = 900}, {.age = 1000}},
      {"not ready: the youngest", {.ready = false, .age = 900}, {.ready = false, .age = 1000}},
  };
  for (const Pair& pair : pairs) {
    for (const auto& [first, second] : {std::pair("a", "b"), std::pair("b", "a")}) {
      const World w = world().replica_set("web-1").pod(first, pair.first).pod(second, pair.second);
      const auto& set = *w.get<api::ReplicaSet>("default", "web-1");
      const auto chosen = victims(pods_of(w, set), 1);
      ASSERT_EQ(chosen.size(), 1u) << pair.name;
      EXPECT_EQ(chosen[0]->metadata.name, first) << pair.name;
    }
  }
}

TEST(Victims, AreNoMoreThanThereAre) {
  const World w = world().replica_set("web-1", {.size = 2});
  const auto& set = *w.get<api::ReplicaSet>("default", "web-1");
  EXPECT_EQ(victims(pods_of(w, set), 5).size(), 2u);
  EXPECT_EQ(victims(pods_of(w, set), 0).size(), 0u);
}

}  // namespace
}  // namespace weir
