// A plan's changes as one transaction: laid over the stored documents, each object written once.

#include "controller/loop/writes.h"

#include <nlohmann/json.hpp>

#include "tests/store/store_fixture.h"
#include "tests/support/power_loss_vfs.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr char kStored[] = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{
  "name":"web","namespace":"default","uid":"u1","generation":3,
  "managedFields":[{"manager":"kubectl","operation":"Apply"}]},
  "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
    "template":{"metadata":{"labels":{"app":"web"}},
      "spec":{"containers":[{"name":"web","image":"web:1","resources":{"limits":{"cpu":"0.50"}}}]}}},
  "status":{"replicas":2}})";

class Writes : public testing::Test {
 protected:
  Writes() { EXPECT_EQ(store_test::outcome(*store_, {{.key = key_, .json = kStored}}), "1"); }
  api::Deployment stored() const { return std::get<api::Deployment>(*store_->get(key_)->typed); }

  // "update v1 metadata.generation=4 …": what is asked of the store, one line a write.
  std::string planned(const std::vector<Change>& changes) {
    const Result<Transaction> transaction = transaction_of(changes, *store_, Time{});
    if (!transaction) return "refused: " + transaction.error().message;
    std::string out;
    for (const Write& write : transaction->writes) {
      constexpr const char* kTypes[] = {"create", "update", "remove"};
      out += std::string(kTypes[static_cast<int>(write.type)]) + " " + weir::text(write.key);
      if (write.expected_version) out += " at " + std::to_string(*write.expected_version);
      if (!write.expected_uid.empty()) out += " of " + write.expected_uid;
      if (write.document) {
        const json before = json::parse(store_->get(key_)->json);
        for (const json& edit : json::diff(before, *write.document)) {
          out += "\n  " + edit.at("op").get<std::string>() + " " +
                 edit.at("path").get<std::string>() +
                 (edit.contains("value") ? " " + edit.at("value").dump() : "");
        }
      }
      out += "\n";
    }
    return out;
  }

  PowerLossDisk disk_;
  std::unique_ptr<Store> store_ = store_test::open(store_test::options_on(disk_.vfs()));
  const Key key_{.kind = Kind::Deployment, .ns = "default", .name = "web"};
};

TEST_F(Writes, AStatusTouchesNothingElse) {
  api::Deployment deployment = stored();
  deployment.status.replicas = 5;
  deployment.spec.replicas = 9;  // not what a status update is about
  EXPECT_EQ(planned({UpdateStatus{Object(deployment)}}),
            "update Deployment default/web at 1\n  replace /status/replicas 5\n");
}

TEST_F(Writes, ASpecCountsAGenerationAndKeepsWhatOnlyTheDocumentHas) {
  api::Deployment deployment = stored();
  deployment.spec.replicas = 9;
  deployment.status.replicas = 5;  // not what an update is about
  const std::string plan = planned({UpdateObject{Object(deployment)}});
  EXPECT_TRUE(
      plan.starts_with("update Deployment default/web at 1\n"
                       "  replace /metadata/generation 4\n"
                       "  replace /spec/replicas 9\n"))
      << plan;  // and the defaults, which this document never got
  EXPECT_EQ(plan.find("managedFields"), std::string::npos);
  EXPECT_EQ(plan.find("status"), std::string::npos);
}

// The user wrote cpu "0.50"; a new annotation does not tidy it into "500m".
TEST_F(Writes, ASpecThatSaysTheSameKeepsItsWords) {
  api::Deployment deployment = stored();
  deployment.metadata.annotations["a"] = "b";
  EXPECT_EQ(planned({UpdateObject{Object(deployment)}}),
            "update Deployment default/web at 1\n  add /metadata/annotations {\"a\":\"b\"}\n");
}

TEST_F(Writes, SeveralChangesOfOneObjectAreOneWrite) {
  api::Deployment deployment = stored();
  deployment.metadata.annotations["a"] = "b";
  deployment.status.replicas = 5;
  EXPECT_EQ(planned({UpdateObject{Object(deployment)}, UpdateStatus{Object(deployment)}}),
            "update Deployment default/web at 1\n"
            "  add /metadata/annotations {\"a\":\"b\"}\n"
            "  replace /status/replicas 5\n");
  EXPECT_EQ(planned({UpdateStatus{Object(deployment)}, FinishDelete{key_, "u1"}}),
            "remove Deployment default/web of u1\n");
}

TEST_F(Writes, DeletionGuardsTheUid) {
  EXPECT_EQ(planned({DeleteObject{.key = key_, .uid = "u1"}}),
            "remove Deployment default/web of u1\n");
  EXPECT_EQ(planned({DeleteObject{.key = key_, .uid = "another"}}), "") << "gone already";
  EXPECT_EQ(
      planned({DeleteObject{.key = key_, .uid = "u1", .propagation = Propagation::foreground}}),
      "update Deployment default/web at 1\n"
      "  add /metadata/deletionGracePeriodSeconds 0\n"
      "  add /metadata/deletionTimestamp \"1970-01-01T00:00:00Z\"\n"
      "  add /metadata/finalizers [\"foregroundDeletion\"]\n");
}

TEST_F(Writes, AnObjectThatIsGoneIsAConflict) {
  api::Deployment other = stored();
  other.metadata.name = "other";
  EXPECT_EQ(planned({UpdateStatus{Object(other)}}), "refused: Deployment default/other is gone");
}

}  // namespace
}  // namespace weir
