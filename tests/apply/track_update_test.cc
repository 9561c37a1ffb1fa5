#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controller/apply/managed_fields/server_side_apply.h"
#include "tests/apply/documents.h"
#include "tests/apply/writers.h"

namespace weir {
namespace {

using nlohmann::json;

struct Row {
  const char* name;
  std::vector<Write> writes;
  std::string want;
};

TEST(TrackUpdate, Table) {
  const std::vector<Row> rows = {
      {"a create owns all but what the server says",
       {{"update a",
         "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, uid: '1', "
         "labels: {x: '1'}}, spec: {replicas: 1}, status: {replicas: 1}}"}},
       R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"x":"1"},)"
       R"("name":"web","uid":"1"},"spec":{"replicas":1},"status":{"replicas":1}})"
       "\na Update 1: .metadata.labels .metadata.labels.x .spec.replicas"},
      {"a change moves the owner",
       {{"update a", "spec: {replicas: 1, paused: true}"},
        {"update b", "spec: {replicas: 2, paused: true}"}},
       R"({"spec":{"paused":true,"replicas":2}})"
       "\na Update 1: .spec.paused"
       "\nb Update 2: .spec.replicas"},
      {"a write that changes nothing leaves no trace",
       {{"update a", "spec: {replicas: 1}"}, {"update b", "spec: {replicas: 1}"}},
       R"({"spec":{"replicas":1}})"
       "\na Update 1: .spec.replicas"},
      {"what is removed belongs to nobody, and the time stays",
       {{"update a", "spec: {replicas: 1, paused: true}"}, {"update a", "spec: {paused: true}"}},
       R"({"spec":{"paused":true}})"
       "\na Update 1: .spec.paused"},
      {"an applier keeps what others leave alone",
       {{"apply a", "spec: {replicas: 1, paused: true}"}, {"patch b", "spec: {replicas: null}"}},
       R"({"spec":{"paused":true}})"
       "\na Apply 1: .spec.paused"},
      {"the last owner leaves",
       {{"apply a", "spec: {replicas: 1}"}, {"patch b", "spec: {replicas: 2}"}},
       R"({"spec":{"replicas":2}})"
       "\nb Update 2: .spec.replicas"},
      {"an applier may update, too, in an entry of its own",
       {{"apply a", "spec: {replicas: 1, paused: true}"}, {"patch a", "spec: {replicas: 2}"}},
       R"({"spec":{"paused":true,"replicas":2}})"
       "\na Apply 1: .spec.paused"
       "\na Update 2: .spec.replicas"},
      {"status and spec have owners of their own",
       {{"update a", "{metadata: {labels: {x: '1'}}, spec: {replicas: 1}}"},
        {"patch c/status",
         "{metadata: {labels: {x: '2'}}, spec: {replicas: 2}, status: {replicas: 1}}"},
        {"patch a", "{spec: {replicas: 2}, status: {replicas: 3}}"}},
       R"({"metadata":{"labels":{"x":"2"}},"spec":{"replicas":2},"status":{"replicas":3}})"
       "\na Update 1: .metadata.labels .metadata.labels.x .spec.replicas"
       "\nc/status Update 2: .status.replicas"},
      {"conditions are told apart by their type",
       {{"update a", "spec: {replicas: 1}"},
        {"patch c/status",
         "status: {conditions: [{type: A, status: 'True'}, {type: B, status: 'True'}]}"},
        {"patch d/status",
         "status: {conditions: [{type: B, status: 'False'}, {type: A, status: 'True'}]}"}},
       R"({"spec":{"replicas":1},"status":{"conditions":[{"status":"False","type":"B"},)"
       R"({"status":"True","type":"A"}]}})"
       "\na Update 1: .spec.replicas"
       "\nc/status Update 2: .status.conditions .status.conditions[type=\"A\"] "
       ".status.conditions[type=\"A\"].status .status.conditions[type=\"A\"].type "
       ".status.conditions[type=\"B\"] .status.conditions[type=\"B\"].type"
       "\nd/status Update 3: .status.conditions[type=\"B\"].status"},
      {"a list that can no longer be taken apart is owned as a whole",
       {{"update a", "spec: {template: {spec: {volumes: [{name: x}]}}}"},
        {"update b", "spec: {template: {spec: {volumes: [{name: x}, {name: x}]}}}"}},
       R"({"spec":{"template":{"spec":{"volumes":[{"name":"x"},{"name":"x"}]}}}})"
       "\na Update 1: .spec.template .spec.template.spec"
       "\nb Update 2: .spec.template.spec.volumes"},
      {"null in place of the list clears nothing",
       {{"update a", "spec: {replicas: 1}"}, {"patch b", "metadata: {managedFields: null}"}},
       R"({"spec":{"replicas":1}})"
       "\na Update 1: .spec.replicas"},
      {"nor does an empty list, which clients send that do not know of it",
       {{"update a", "spec: {replicas: 1}"}, {"patch b", "metadata: {managedFields: []}"}},
       R"({"spec":{"replicas":1}})"
       "\na Update 1: .spec.replicas"},
      {"nor nonsense",
       {{"update a", "spec: {replicas: 1}"},
        {"patch b",
         "metadata: {managedFields: [{manager: x, operation: Update, fieldsV1: {x: {}}}]}"}},
       R"({"spec":{"replicas":1}})"
       "\na Update 1: .spec.replicas"},
      {"one empty entry clears it, and nothing is tracked until somebody applies",
       {{"update a", "spec: {replicas: 1}"},
        {"patch b", "{metadata: {managedFields: [{}]}, spec: {replicas: 2}}"},
        {"patch b", "{spec: {replicas: 3}}"}},
       R"({"spec":{"replicas":3}})"},
      {"then all there was is before-first-apply's",
       {{"update a", "spec: {replicas: 1}"},
        {"patch b", "metadata: {managedFields: [{}]}"},
        {"apply c", "spec: {replicas: 1, paused: true}"}},
       R"({"spec":{"paused":true,"replicas":1}})"
       "\nc Apply 3: .spec.paused .spec.replicas"
       "\nbefore-first-apply Update 3: .spec.replicas"},
      {"a client may rewrite the owners, as kubectl does when it migrates",
       {{"update kubectl-client-side-apply", "spec: {replicas: 1, paused: true}"},
        {"patch kubectl",
         "metadata: {managedFields: [{manager: kubectl, operation: Apply, apiVersion: apps/v1, "
         "time: '1970-01-01T00:00:09Z', fieldsType: FieldsV1, "
         "fieldsV1: {'f:spec': {'f:replicas': {}, 'f:paused': {}}}}]}"},
        {"apply kubectl", "spec: {paused: true}"}},
       R"({"spec":{"paused":true}})"
       "\nkubectl Apply 3: .spec.paused"},
      {"but not through a subresource",
       {{"update a", "spec: {replicas: 1}"}, {"patch b/scale", "metadata: {managedFields: [{}]}"}},
       R"({"spec":{"replicas":1}})"
       "\na Update 1: .spec.replicas"},
  };
  for (const Row& row : rows) EXPECT_EQ(row.want, story(Kind::Deployment, row.writes)) << row.name;
}

TEST(TrackUpdate, FieldsV1AsKubernetesWritesThem) {
  json after = document(R"(
    metadata: {name: web, labels: {app: web}, finalizers: [x]}
    spec:
      replicas: 1
      template: {spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}})");
  track_update(json(), after, Schema::get().root(Kind::Deployment),
               {.name = "a", .api_version = "apps/v1", .subresource = ""},
               std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
  const json want = value(R"([{
    "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "manager": "a", "operation": "Update",
    "time": "2023-11-14T22:13:20Z",
    "fieldsV1": {
      "f:metadata": {"f:finalizers": {".": {}, "v:\"x\"": {}},
                     "f:labels": {".": {}, "f:app": {}}},
      "f:spec": {"f:replicas": {}, "f:template": {".": {}, "f:spec": {".": {}, "f:containers": {
        ".": {}, "k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:ports": {
          ".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {
            ".": {}, "f:containerPort": {}}}}}}}}}}])");
  EXPECT_EQ(want.dump(1), after.at("metadata").at("managedFields").dump(1));
}

TEST(TrackUpdate, TheOldestUpdatersAreMerged) {
  json live;
  const SchemaNode& root = Schema::get().root(Kind::ConfigMap);
  for (char name = 'a'; name <= 'l'; ++name) {
    json after = live.is_object() ? live : json::object();
    after["data"][std::string(1, name)] = "x";
    track_update(live, after, root,
                 {.name = std::string(1, name), .api_version = "v1", .subresource = ""},
                 std::chrono::sys_seconds(std::chrono::seconds(name - 'a')));
    live = after;
  }
  const auto managers = Managers::from_json(live.at("metadata").at("managedFields"));
  ASSERT_TRUE(managers);
  std::string text;
  for (const ManagedFields& entry : managers->entries()) {
    text += entry.manager.name + " " + entry.time.substr(17, 2) + ":";
    for (const std::string& path : entry.fields.paths()) text += " " + path;
    text += "\n";
  }
  EXPECT_EQ(
      "ancient-changes 02: .data .data.a .data.b .data.c\n"
      "d 03: .data.d\ne 04: .data.e\nf 05: .data.f\ng 06: .data.g\nh 07: .data.h\n"
      "i 08: .data.i\nj 09: .data.j\nk 10: .data.k\nl 11: .data.l\n",
      text);
}

TEST(Managers, AreAsManyAsAnObjectMayHave) {
  json many = json::array();
  for (std::size_t i = 0; i < kMaxManagedFields; ++i) {
    many.push_back({{"manager", "m" + std::to_string(i)},
                    {"operation", "Apply"},
                    {"fieldsV1", {{"f:x", json::object()}}}});
  }
  const auto managers = Managers::from_json(many);
  ASSERT_TRUE(managers);
  EXPECT_EQ(kMaxManagedFields, managers->count(Operation::apply));
  many.push_back(many.front());
  EXPECT_FALSE(Managers::from_json(many));
}

TEST(FieldSet, PrintsWhatItReads) {
  const char* rows[] = {
      R"({})",
      R"({"f:a":{}})",
      R"({"f:a":{".":{},"f:b":{}}})",
      R"({"f:a":{"i:3":{},"k:{\"name\":\"x\"}":{".":{},"f:b":{}},"v:\"x\"":{}}})",
  };
  for (const char* row : rows) {
    const auto fields = FieldSet::from_json(value(row));
    ASSERT_TRUE(fields) << row;
    EXPECT_EQ(row, fields->to_json().dump());
  }
}

TEST(FieldSet, RefusesWhatIsNoFieldSet) {
  for (const char* row :
       {"[]", "1", "null", R"({"a":{}})", R"({"f:a":1})", R"({"f:a":{"x":{}}})"}) {
    EXPECT_FALSE(FieldSet::from_json(value(row))) << row;
  }
}

TEST(FieldSet, Algebra) {
  const auto set = [](const char* text) { return *FieldSet::from_json(value(text)); };
  FieldSet both = set(R"({"f:a":{"f:x":{}},"f:b":{}})");
  both.add(set(R"({"f:a":{".":{},"f:y":{}},"f:c":{}})"));
  EXPECT_EQ(R"({"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{},"f:c":{}})", both.to_json().dump());
  const FieldSet other = set(R"({"f:a":{"f:y":{},"f:z":{}},"f:c":{},"f:d":{}})");
  EXPECT_EQ(R"({"f:a":{"f:y":{}},"f:c":{}})", both.intersection(other).to_json().dump());
  both.remove(other);
  EXPECT_EQ(R"({"f:a":{".":{},"f:x":{}},"f:b":{}})", both.to_json().dump());
  both.remove(set(R"({"f:a":{}})"));
  EXPECT_EQ(R"({"f:a":{"f:x":{}},"f:b":{}})", both.to_json().dump());
  both.remove_below("f:a");
  EXPECT_EQ(R"({"f:b":{}})", both.to_json().dump());
  EXPECT_FALSE(both.empty());
  both.remove(set(R"({"f:b":{}})"));
  EXPECT_TRUE(both.empty());
}

}  // namespace
}  // namespace weir
