// Namespaces: Active, Terminating, gone.

#include "reconcilers/namespace.h"

#include <gtest/gtest.h>

#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

struct Form {
  bool deleting = false;
  std::string phase = "Active";
  std::vector<std::string> spec_finalizers = {"kubernetes"};
  std::vector<std::string> finalizers = {};
};

class Space {
 public:
  explicit Space(const Form& form) {
    api::Namespace ns;
    ns.metadata.name = "prod";
    ns.metadata.uid = "n1";
    ns.metadata.finalizers = form.finalizers;
    if (form.deleting) ns.metadata.deletionTimestamp = to_seconds(kNow);
    ns.spec.finalizers = form.spec_finalizers;
    ns.status.phase = form.phase;
    world_.put(Object(ns));
  }
  template <class T>
  Space& with(const std::string& name, bool deleting = false,
              std::vector<std::string> finalizers = {}) {
    T object;
    object.metadata.name = name;
    object.metadata.namespace_ = "prod";
    object.metadata.uid = "uid-" + name;
    object.metadata.finalizers = std::move(finalizers);
    if (deleting) object.metadata.deletionTimestamp = to_seconds(kNow);
    world_.put(Object(object));
    return *this;
  }
  Space& elsewhere() {
    api::ConfigMap map;
    map.metadata.name = "m";
    map.metadata.namespace_ = "production";
    world_.put(Object(map));
    return *this;
  }
  Space& settle() {
    const Key key{.kind = Kind::Namespace, .name = "prod"};
    for (const Change& change : plan_namespace(world_, key, kSettled).changes) {
      if (const auto* status = std::get_if<UpdateStatus>(&change)) world_.put(status->object);
    }
    return *this;
  }
  operator World() const { return world_; }

 private:
  World world_;
};

struct Row {
  const char* name;
  World world;
  std::string want;
};

std::vector<Row> rows() {
  const Form deleting{.deleting = true};
  return {
      {"new_is_active", Space({.phase = ""}),
       "status Namespace prod\n    status.phase: (none) -> \"Active\"\n"},
      {"active_is_left_alone", Space({}).with<api::Pod>("p"), ""},
      {"absent", World(), ""},
      {"all_inside_is_asked_to_go",
       Space(deleting)
           .with<api::Pod>("p")
           .with<api::Deployment>("d")
           .with<api::Secret>("s", true)
           .elsewhere()
           .settle(),
       "delete Deployment prod/d (background)\ndelete Pod prod/p (background)\n"},
      {"waits_for_what_is_going", Space(deleting).with<api::Pod>("p", true).settle(), ""},
      {"empty_loses_its_finalizer", Space(deleting),
       "update Namespace prod\n    spec.finalizers[0]: \"kubernetes\" -> (none)\n"},
      {"then_it_leaves", Space({.deleting = true, .spec_finalizers = {}}),
       "finish deletion of Namespace prod\n"},
      {"a_finalizer_of_somebody_holds_it",
       Space({.deleting = true, .spec_finalizers = {}, .finalizers = {"a/b"}}).settle(), ""},
      {"a_spec_finalizer_of_somebody_holds_it",
       Space({.deleting = true, .spec_finalizers = {"a/b"}}).settle(), ""},
  };
}

class NamespaceTable : public testing::TestWithParam<Row> {};
TEST_P(NamespaceTable, Plan) {
  const Key key{.kind = Kind::Namespace, .name = "prod"};
  EXPECT_EQ(text(plan_namespace(GetParam().world, key, kNow), GetParam().world), GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(Table, NamespaceTable, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

std::string conditions_of(const World& world) {
  std::string out;
  for (const auto& c : world.get<api::Namespace>("", "prod")->status.conditions) {
    out += c.type + " " + c.status + " " + c.reason + ": " + c.message + "\n";
  }
  return out;
}

TEST(NamespaceConditions, SayWhatIsLeft) {
  const World world = Space({.deleting = true})
                          .with<api::Pod>("p", true)
                          .with<api::Pod>("q", true, {"a/b"})
                          .with<api::Deployment>("d", true)
                          .settle();
  EXPECT_EQ(world.get<api::Namespace>("", "prod")->status.phase, "Terminating");
  EXPECT_EQ(conditions_of(world),
            "NamespaceDeletionDiscoveryFailure False ResourcesDiscovered: All resources "
            "successfully discovered\n"
            "NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions: All legacy "
            "kube types successfully parsed\n"
            "NamespaceDeletionContentFailure False ContentDeleted: All content successfully "
            "deleted, may be waiting on finalization\n"
            "NamespaceContentRemaining True SomeResourcesRemain: Some resources are remaining: "
            "deployments.apps has 1 resource instances, pods. has 2 resource instances\n"
            "NamespaceFinalizersRemaining True SomeFinalizersRemain: Some content in the namespace "
            "has finalizers remaining: a/b in 1 resource instances\n");
}

TEST(NamespaceConditions, SayThatNothingIsLeft) {
  const World world =
      Space({.deleting = true, .spec_finalizers = {}, .finalizers = {"a/b"}}).settle();
  EXPECT_NE(conditions_of(world).find("NamespaceContentRemaining False ContentRemoved: All content "
                                      "successfully removed\nNamespaceFinalizersRemaining False "
                                      "ContentHasNoFinalizers: All content-preserving finalizers "
                                      "finished\n"),
            std::string::npos)
      << conditions_of(world);
}

}  // namespace
}  // namespace weir::test
