// Documents on their way into a real store: all or nothing when one is wrong, what others changed
// is put back and told, and annotations that leave an object alone.

#include "controller/kustomization/apply.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reconcilers/flux.h"
#include "tests/store/store_fixture.h"

namespace weir::kustomization {
namespace {

using nlohmann::json;

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() : store_(store_test::open(store_test::options(folder_.path() + "/weir.db"))) {
    make(Kind::Namespace, "",
         {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "flux"}}}});
  }

  void make(Kind kind, const std::string& ns, json document) {
    const auto made = writer().create(kind, ns, std::move(document), {.manager = "test"});
    if (!made) ADD_FAILURE() << made.error().message;
  }
  Writer writer() const {
    return Writer(*store_, [] { return Time(std::chrono::seconds(1'700'000'000)); });
  }
  Applied applied(const SourceFiles& files, bool is_new = true) {
    ApplySource what;
    what.kustomization = {.kind = Kind::Kustomization, .ns = "flux", .name = "shop"};
    what.is_new = is_new;
    what.files = std::make_shared<const SourceFiles>(files);
    return apply(what, writer(), *store_, [] { return true; });
  }
  static std::string lines(const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& one : all) out += one + "\n";
    return out;
  }
  std::string colour(const std::string& name) const {
    const StoredPtr stored = store_->get({.kind = Kind::ConfigMap, .ns = "flux", .name = name});
    return stored ? std::get<api::ConfigMap>(*stored->typed).data.at("colour") : "absent";
  }
  void paint(const std::string& name, const std::string& colour) {
    const json patch{{"data", {{"colour", colour}}}};
    const auto done = writer().patch({.kind = Kind::ConfigMap, .ns = "flux", .name = name},
                                     PatchType::merge, patch, false, {.manager = "by-hand"});
    if (!done) ADD_FAILURE() << done.error().message;
  }

  store_test::TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

std::string config(const std::string& name, const std::string& colour,
                   const std::string& metadata = "") {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + metadata +
         "}\ndata: {colour: " + colour + "}\n---\n";
}

TEST_F(ApplyTest, CreatesConfiguresAndLeavesAsItIs) {
  const Applied first = applied({{"a.yaml", config("a", "blue") + config("b", "red")}});
  EXPECT_EQ(first.reason, "");
  EXPECT_EQ(lines(first.changes), "ConfigMap/flux/a created\nConfigMap/flux/b created\n");
  EXPECT_EQ(first.inventory.size(), 2u);
  EXPECT_EQ(first.inventory.at(0).id, "flux_a__ConfigMap");
  const Applied again = applied({{"a.yaml", config("a", "blue") + config("b", "red")}}, false);
  EXPECT_EQ(lines(again.changes) + lines(again.drift), "");
  EXPECT_EQ(again.digest, first.digest);
  const Applied next = applied({{"a.yaml", config("a", "green") + config("b", "red")}});
  EXPECT_EQ(lines(next.changes), "ConfigMap/flux/a configured\n");
  EXPECT_NE(next.digest, first.digest);
  EXPECT_EQ(colour("a"), "green");
}

TEST_F(ApplyTest, OneThatIsWrongKeepsTheOthersOut) {
  const Applied made = applied(
      {{"a.yaml", config("a", "blue") + "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
                                        "spec: {ports: [{port: 99999}]}\n"}});
  EXPECT_EQ(made.reason, "ReconciliationFailed");
  EXPECT_EQ(made.message.substr(0, 32), "Service/flux/web dry-run failed:");
  EXPECT_EQ(colour("a"), "absent");
  const Applied strange =
      applied({{"a.yaml", "kind: Nothing\napiVersion: v9\nmetadata: {name: a}\n"}});
  EXPECT_EQ(strange.reason, "BuildFailed");
  EXPECT_EQ(strange.message, "no matches for kind \"Nothing\" in version \"v9\"");
}

TEST_F(ApplyTest, WhatAHandChangedIsPutBackAndTold) {
  const SourceFiles files{{"a.yaml", config("a", "blue") + config("b", "red")}};
  applied(files);
  paint("a", "black");
  ASSERT_TRUE(writer().remove({.kind = Kind::ConfigMap, .ns = "flux", .name = "b"}, {}));
  const Applied again = applied(files, false);
  EXPECT_EQ(colour("a"), "blue");
  EXPECT_EQ(lines(again.changes), "ConfigMap/flux/a configured\nConfigMap/flux/b created\n");
  EXPECT_EQ(lines(again.drift),
            "ConfigMap/flux/a: .data.colour, conflict with \"by-hand\" using v1\n"
            "ConfigMap/flux/b: it was deleted\n");
}

TEST_F(ApplyTest, ANamespaceComesWithWhatLivesInIt) {
  const Applied made =
      applied({{"a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: new}\n---\n"
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}\n"}});
  EXPECT_EQ(made.reason + made.message, "");
  EXPECT_EQ(lines(made.changes), "Namespace/new created\nConfigMap/new/a created\n");
}

TEST_F(ApplyTest, AnnotationsThatLeaveItAlone) {
  const auto annotated = [](const char* name, const char* key, const char* value) {
    return config(
        name, "blue",
        std::string(", annotations: {kustomize.toolkit.fluxcd.io/") + key + ": " + value + "}");
  };
  const SourceFiles files{{"a.yaml", annotated("a", "ssa", "IfNotPresent") +
                                         annotated("b", "reconcile", "disabled") +
                                         annotated("c", "ssa", "Ignore")}};
  EXPECT_EQ(lines(applied(files).changes), "ConfigMap/flux/a created\nConfigMap/flux/b created\n");
  paint("a", "black");
  paint("b", "black");
  EXPECT_EQ(lines(applied(files, false).changes), "");
  EXPECT_EQ(colour("a") + " " + colour("b") + " " + colour("c"), "black black absent");
}

TEST_F(ApplyTest, WeirMayBeStoppedBetweenAnyTwo) {
  ApplySource what;
  what.kustomization = {.kind = Kind::Kustomization, .ns = "flux", .name = "shop"};
  what.files = std::make_shared<const SourceFiles>(
      SourceFiles{{"a.yaml", config("a", "blue") + config("b", "red")}});
  int left = 1;
  const Applied made = apply(what, writer(), *store_, [&] { return left-- > 0; });
  EXPECT_EQ(made.reason, "ReconciliationFailed");
  EXPECT_EQ(colour("a") + " " + colour("b"), "blue absent");
  EXPECT_EQ(made.inventory.size(), 1u);
}

}  // namespace
}  // namespace weir::kustomization
