// Deletion and ownership, the same for every kind.

#include "reconcilers/garbage.h"

#include <gtest/gtest.h>

#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

// Owner references in short: "uid", "!uid" blocks the owner's deletion.
api::OwnerReference owner(const std::string& uid, const std::string& kind = "ReplicaSet") {
  const bool blocks = uid.starts_with('!');
  return {.apiVersion = kind == "ReplicaSet" ? "apps/v1" : "example.com/v1",
          .blockOwnerDeletion = blocks,
          .kind = kind,
          .name = "some",
          .uid = blocks ? uid.substr(1) : uid};
}

struct Form {
  std::vector<api::OwnerReference> owners = {};
  std::vector<std::string> finalizers = {};
  bool deleting = false;
};

class Objects {
 public:
  template <class T>
  Objects& put(const std::string& name, const Form& form) {
    T object;
    object.metadata.name = name;
    object.metadata.namespace_ = "default";
    object.metadata.uid = "uid-" + name;
    object.metadata.ownerReferences = form.owners;
    object.metadata.finalizers = form.finalizers;
    if (form.deleting) object.metadata.deletionTimestamp = to_seconds(kNow);
    world_.put(Object(object));
    return *this;
  }
  Objects& set(const std::string& name, const Form& form = {}) {
    return put<api::ReplicaSet>(name, form);
  }
  Objects& map(const std::string& name, const Form& form = {}) {
    return put<api::ConfigMap>(name, form);
  }
  Objects& pod(const std::string& name, const Form& form = {}) { return put<api::Pod>(name, form); }
  operator World() const { return world_; }

 private:
  World world_;
};
Objects objects() { return {}; }

struct Row {
  const char* name;
  World world;
  Key key;
  std::string want;  // and "stop" when the plan ends there
};

const Form kForeground{.finalizers = {kForegroundFinalizer}, .deleting = true};
const Form kOrphan{.finalizers = {kOrphanFinalizer}, .deleting = true};

std::vector<Row> rows() {
  const Key map{.kind = Kind::ConfigMap, .ns = "default", .name = "m"};
  const Key set{.kind = Kind::ReplicaSet, .ns = "default", .name = "s"};
  const Key pod{.kind = Kind::Pod, .ns = "default", .name = "p"};
  return {
      {"absent", objects(), map, ""},
      {"nobodys", objects().map("m"), map, ""},
      {"owned", objects().set("s").map("m", {.owners = {owner("uid-s")}}), map, ""},
      {"owner_gone", objects().map("m", {.owners = {owner("uid-s")}}), map,
       "delete ConfigMap default/m (background)\nstop"},
      {"owner_gone_another_of_that_name_is_no_owner",
       objects().set("some").map("m", {.owners = {owner("uid-s")}}), map,
       "delete ConfigMap default/m (background)\nstop"},
      {"owner_of_a_kind_that_weir_does_not_have",
       objects().map("m", {.owners = {owner("uid-x", "Widget")}}), map, ""},
      {"one_of_two_owners_gone",
       objects().set("s").map("m", {.owners = {owner("uid-x"), owner("uid-s")}}), map,
       "update ConfigMap default/m\n"
       "    metadata.ownerReferences[0].uid: \"uid-x\" -> \"uid-s\"\n"
       "    metadata.ownerReferences[1]: {apiVersion: \"apps/v1\", blockOwnerDeletion: false, "
       "kind: \"ReplicaSet\", name: \"some\", uid: \"uid-s\"} -> (none)\nstop"},
      {"both_owners_gone", objects().map("m", {.owners = {owner("uid-x"), owner("uid-y")}}), map,
       "delete ConfigMap default/m (background)\nstop"},
      {"owner_gone_but_already_going",
       objects().map("m", {.owners = {owner("uid-x")}, .finalizers = {"a/b"}, .deleting = true}),
       map, ""},
      {"owner_gone_and_orphan_asked",
       objects().set("s", {.owners = {owner("uid-x")}, .finalizers = {kOrphanFinalizer}}), set,
       "delete ReplicaSet default/s (orphan)\nstop"},
      {"owner_waits_for_it", objects().set("s", kForeground).map("m", {.owners = {owner("uid-s")}}),
       map, "delete ConfigMap default/m (background)\nstop"},
      {"owner_waits_for_it_and_it_has_dependents",
       objects()
           .put<api::Deployment>("d", kForeground)
           .set("s", {.owners = {owner("uid-d")}})
           .pod("p", {.owners = {owner("uid-s")}}),
       set, "delete ReplicaSet default/s (foreground)\nstop"},
      {"owner_waits_and_another_stays",
       objects()
           .set("s", kForeground)
           .set("t")
           .map("m", {.owners = {owner("uid-s"), owner("uid-t")}}),
       map,
       "update ConfigMap default/m\n"
       "    metadata.ownerReferences[0].uid: \"uid-s\" -> \"uid-t\"\n"
       "    metadata.ownerReferences[1]: {apiVersion: \"apps/v1\", blockOwnerDeletion: false, "
       "kind: \"ReplicaSet\", name: \"some\", uid: \"uid-t\"} -> (none)\nstop"},
      {"owner_goes_in_the_background",
       objects()
           .set("s", {.finalizers = {"a/b"}, .deleting = true})
           .map("m", {.owners = {owner("uid-s")}}),
       map, ""},

      {"foreground_deletes_the_dependents_first",
       objects().set("s", kForeground).pod("p", {.owners = {owner("!uid-s")}}), set,
       "delete Pod default/p (background)\nstop"},
      {"foreground_waits_for_them",
       objects().set("s", kForeground).pod("p", {.owners = {owner("!uid-s")}, .deleting = true}),
       set, ""},
      {"foreground_does_not_wait_for_those_that_do_not_block",
       objects().set("s", kForeground).pod("p", {.owners = {owner("uid-s")}, .deleting = true}),
       set,
       "update ReplicaSet default/s\n"
       "    metadata.finalizers[0]: \"foregroundDeletion\" -> (none)\nstop"},
      {"foreground_lets_those_go_that_have_another_owner",
       objects()
           .set("s", kForeground)
           .set("t")
           .pod("p", {.owners = {owner("!uid-s"), owner("!uid-t")}}),
       set,
       "update Pod default/p\n"
       "    metadata.ownerReferences[0].uid: \"uid-s\" -> \"uid-t\"\n"
       "    metadata.ownerReferences[1]: {apiVersion: \"apps/v1\", blockOwnerDeletion: true, "
       "kind: \"ReplicaSet\", name: \"some\", uid: \"uid-t\"} -> (none)\nstop"},
      {"foreground_done", objects().set("s", kForeground), set,
       "update ReplicaSet default/s\n"
       "    metadata.finalizers[0]: \"foregroundDeletion\" -> (none)\nstop"},
      {"foreground_of_a_pod", objects().pod("p", kForeground), pod,
       "update Pod default/p\n"
       "    metadata.finalizers[0]: \"foregroundDeletion\" -> (none)\nstop"},

      {"orphan_lets_the_dependents_go",
       objects().set("s", kOrphan).pod("p", {.owners = {owner("!uid-s")}}), set,
       "update Pod default/p\n"
       "    metadata.ownerReferences[0]: {apiVersion: \"apps/v1\", blockOwnerDeletion: true, kind: "
       "\"ReplicaSet\", name: \"some\", uid: \"uid-s\"} -> (none)\nstop"},
      {"orphan_done", objects().set("s", kOrphan), set,
       "update ReplicaSet default/s\n"
       "    metadata.finalizers[0]: \"orphan\" -> (none)\nstop"},
      {"orphan_finalizer_without_deletion", objects().set("s", {.finalizers = {kOrphanFinalizer}}),
       set, ""},

      {"nothing_holds_it", objects().map("m", {.deleting = true}), map,
       "finish deletion of ConfigMap default/m\nstop"},
      {"a_finalizer_holds_it", objects().map("m", {.finalizers = {"a/b"}, .deleting = true}), map,
       ""},
      {"a_pod_leaves_in_its_own_step", objects().pod("p", {.deleting = true}), pod, ""},
  };
}

class Garbage : public testing::TestWithParam<Row> {};
TEST_P(Garbage, Plan) {
  const Row& row = GetParam();
  Plan plan;
  const bool stopped = common_steps(row.world, row.key, kNow, plan).stop;
  EXPECT_EQ(text(plan, row.world) + (stopped ? "stop" : ""), row.want);
}
INSTANTIATE_TEST_SUITE_P(Table, Garbage, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GarbageBounds, AThousandDependentsAreOrphanedInTwoPlans) {
  Objects many = objects().set("s", kOrphan);
  for (int i = 0; i < 1000; ++i) {
    many.map("m" + std::to_string(i), {.owners = {owner("uid-s")}});
  }
  World world = many;
  const Key set{.kind = Kind::ReplicaSet, .ns = "default", .name = "s"};
  for (const int left : {500, 0}) {
    Plan plan;
    common_steps(world, set, kNow, plan);
    for (const Change& change : plan.changes) world.put(std::get<UpdateObject>(change).object);
    EXPECT_EQ(world.dependents("uid-s").size(), static_cast<std::size_t>(left));
  }
}

}  // namespace
}  // namespace weir::test
