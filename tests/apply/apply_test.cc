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

void expect(Kind kind, const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(row.want, story(kind, row.writes)) << row.name;
}

TEST(Apply, OneManager) {
  expect(
      Kind::Deployment,
      {
          {"creates",
           {{"apply a", "{metadata: {name: web}, spec: {replicas: 1, paused: false}}"}},
           R"({"metadata":{"name":"web"},"spec":{"paused":false,"replicas":1}})"
           "\na Apply 1: .spec.paused .spec.replicas"},
          {"changes a value",
           {{"apply a", "spec: {replicas: 1}"}, {"apply a", "spec: {replicas: 2}"}},
           R"({"spec":{"replicas":2}})"
           "\na Apply 2: .spec.replicas"},
          {"the same again changes nothing, not even the time",
           {{"apply a", "spec: {replicas: 1}"}, {"apply a", "spec: {replicas: 1}"}},
           R"({"spec":{"replicas":1}})"
           "\na Apply 1: .spec.replicas"},
          {"what it leaves out goes",
           {{"apply a", "spec: {replicas: 1, paused: true}"}, {"apply a", "spec: {paused: true}"}},
           R"({"spec":{"paused":true}})"
           "\na Apply 2: .spec.paused"},
          {"what it leaves out goes with what nobody owns below",
           {{"apply a",
             "spec: {paused: true, strategy: {rollingUpdate: {maxSurge: 1}, type: Recreate}}"},
            {"apply a", "spec: {paused: true, strategy: {type: Recreate}}"}},
           R"({"spec":{"paused":true,"strategy":{"type":"Recreate"}}})"
           "\na Apply 2: .spec.paused .spec.strategy.type"},
          {"a map that it empties goes",
           {{"apply a", "{metadata: {labels: {x: '1'}}, spec: {replicas: 1}}"},
            {"apply a", "spec: {replicas: 1}"}},
           R"({"spec":{"replicas":1}})"
           "\na Apply 2: .spec.replicas"},
          {"an empty map is a value",
           {{"apply a", "spec: {template: {spec: {securityContext: {}}}}"}},
           R"({"spec":{"template":{"spec":{"securityContext":{}}}}})"
           "\na Apply 1: .spec.template.spec.securityContext"},
          {"a map that it still wants stays when its content goes",
           {{"apply a", "spec: {template: {spec: {securityContext: {runAsUser: 1}}}}"},
            {"apply a", "spec: {template: {spec: {securityContext: {}}}}"}},
           R"({"spec":{"template":{"spec":{"securityContext":{}}}}})"
           "\na Apply 2: .spec.template.spec.securityContext"},
          {"null deletes, and is owned",
           {{"update u", "{metadata: {uid: '1'}, spec: {paused: true, replicas: 1}}"},
            {"force a", "spec: {paused: null}"}},
           R"({"metadata":{"uid":"1"},"spec":{"replicas":1}})"
           "\na Apply 2: .spec.paused"
           "\nu Update 1: .spec.replicas"},
          {"nulls below what is new are left out",
           {{"apply a", "spec: {strategy: {type: Recreate, rollingUpdate: null}}"}},
           R"({"spec":{"strategy":{"type":"Recreate"}}})"
           "\na Apply 1: .spec.strategy.rollingUpdate .spec.strategy.type"},
          {"nothing at all leaves no entry",
           {{"apply a", "{metadata: {name: web, labels: {x: '1'}}, spec: {replicas: 1}}"},
            {"apply a", "metadata: {name: web}"}},
           R"({"metadata":{"name":"web"},"spec":{}})"},
          {"what nobody owns stays where it stands by itself",
           {{"update u", "{metadata: {annotations: {revision: '3'}, finalizers: [f]}}"},
            {"patch u", "metadata: {managedFields: [{}]}"},
            {"patch b",
             "metadata: {managedFields: [{manager: a, operation: Apply, fieldsV1: "
             "{'f:spec': {'f:replicas': {}}}}]}"},
            {"apply a", "metadata: {annotations: {x: '1'}, finalizers: [g]}"},
            {"apply a", "{}"}},
           R"({"metadata":{"annotations":{"revision":"3"},"finalizers":["f"]}})"},
          {"what the server says is not owned, and a manifest cannot set it",
           {{"update u",
             "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, uid: '1', "
             "generation: 1, creationTimestamp: '2024-01-01T00:00:00Z'}, status: {replicas: 1}}"},
            {"apply a",
             "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, generation: 7, "
             "creationTimestamp: null, resourceVersion: null}, status: {replicas: 2}, "
             "spec: {replicas: 1}}"}},
           R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{)"
           R"("creationTimestamp":"2024-01-01T00:00:00Z","generation":1,"name":"web","uid":"1"},)"
           R"("spec":{"replicas":1},"status":{"replicas":1}})"
           "\na Apply 2: .spec.replicas"},
      });
}

TEST(Apply, TwoManagers) {
  expect(
      Kind::Deployment,
      {
          {"a conflict",
           {{"apply a", "spec: {replicas: 1}"}, {"apply b", "spec: {replicas: 2}"}},
           "conflict: Apply failed with 1 conflict: conflict with \"a\": .spec.replicas"},
          {"force takes over, and the first loses",
           {{"apply a", "spec: {replicas: 1, paused: true}"}, {"force b", "spec: {replicas: 2}"}},
           R"({"spec":{"paused":true,"replicas":2}})"
           "\na Apply 1: .spec.paused"
           "\nb Apply 2: .spec.replicas"},
          {"equal values are shared",
           {{"apply a", "spec: {replicas: 1}"}, {"apply b", "spec: {replicas: 1}"}},
           R"({"spec":{"replicas":1}})"
           "\na Apply 1: .spec.replicas"
           "\nb Apply 2: .spec.replicas"},
          {"what is shared stays when one leaves it out",
           {{"apply a", "spec: {replicas: 1, paused: true}"},
            {"apply b", "spec: {replicas: 1}"},
            {"apply a", "spec: {paused: true}"}},
           R"({"spec":{"paused":true,"replicas":1}})"
           "\nb Apply 2: .spec.replicas"
           "\na Apply 3: .spec.paused"},
          {"and goes when the last does",
           {{"apply a", "spec: {replicas: 1, paused: true}"},
            {"apply b", "spec: {replicas: 1}"},
            {"apply a", "spec: {paused: true}"},
            {"apply b", "spec: {}"}},
           R"({"spec":{"paused":true}})"
           "\na Apply 3: .spec.paused"},
          {"what is shared conflicts when one changes it",
           {{"apply a", "spec: {replicas: 1}"},
            {"apply b", "spec: {replicas: 1}"},
            {"apply b", "spec: {replicas: 3}"}},
           "conflict: Apply failed with 1 conflict: conflict with \"a\": .spec.replicas"},
          {"different fields do not meet",
           {{"apply a", "spec: {replicas: 1}"}, {"apply b", "spec: {paused: true}"}},
           R"({"spec":{"paused":true,"replicas":1}})"
           "\na Apply 1: .spec.replicas"
           "\nb Apply 2: .spec.paused"},
          {"all conflicts are listed, owner by owner",
           {{"apply a", "{metadata: {labels: {x: '1'}}, spec: {replicas: 1}}"},
            {"update b", "{metadata: {labels: {x: '1'}}, spec: {replicas: 1, paused: true}}"},
            {"patch c/scale", "spec: {revisionHistoryLimit: 1}"},
            {"apply d",
             "{metadata: {labels: {x: '2'}}, spec: {replicas: 2, paused: false, "
             "revisionHistoryLimit: 2}}"}},
           "conflict: Apply failed with 4 conflicts: conflicts with \"a\":\n"
           "- .metadata.labels.x\n- .spec.replicas\n"
           "conflicts with \"b\" using apps/v1:\n- .spec.paused\n"
           "conflicts with \"c\" with subresource \"scale\" using apps/v1:\n"
           "- .spec.revisionHistoryLimit"},
          {"an updater takes what it changes, and gives it back by force only",
           {{"apply a", "spec: {replicas: 1}"},
            {"patch u", "spec: {replicas: 2}"},
            {"apply a", "spec: {replicas: 1}"}},
           "conflict: Apply failed with 1 conflict: conflict with \"u\" using apps/v1: "
           ".spec.replicas"},
          {"scaled by another, then applied without replicas: the number stays",
           {{"apply a", "spec: {replicas: 1, paused: true}"},
            {"patch hpa/scale", "spec: {replicas: 5}"},
            {"apply a", "spec: {paused: true}"}},
           R"({"spec":{"paused":true,"replicas":5}})"
           "\na Apply 1: .spec.paused"
           "\nhpa/scale Update 2: .spec.replicas"},
          {"a map key that one adds is not the other's",
           {{"apply a", "metadata: {labels: {x: '1'}}"},
            {"apply b", "metadata: {labels: {y: '2'}}"},
            {"apply a", "metadata: {labels: {z: '3'}}"}},
           R"({"metadata":{"labels":{"y":"2","z":"3"}}})"
           "\nb Apply 2: .metadata.labels.y"
           "\na Apply 3: .metadata.labels.z"},
          {"an atomic map has one owner",
           {{"apply a", "spec: {selector: {matchLabels: {x: '1'}}}"},
            {"apply b", "spec: {selector: {matchLabels: {y: '1'}}}"}},
           "conflict: Apply failed with 1 conflict: conflict with \"a\": .spec.selector"},
          {"an atomic map is replaced",
           {{"apply a", "spec: {selector: {matchLabels: {x: '1'}}}"},
            {"apply a", "spec: {selector: {matchLabels: {y: '1'}}}"}},
           R"({"spec":{"selector":{"matchLabels":{"y":"1"}}}})"
           "\na Apply 2: .spec.selector"},
      });
}

// Rows about lists of a pod say what is in its spec.
std::string pod(const std::string& spec) { return "spec: " + spec; }

TEST(Apply, Lists) {
  expect(
      Kind::Pod,
      {
          {"two managers, an element each",
           {{"apply a", pod("{containers: [{name: x, image: 'x:1'}]}")},
            {"apply b", pod("{containers: [{name: y, image: 'y:1'}]}")}},
           R"({"spec":{"containers":[{"image":"x:1","name":"x"},{"image":"y:1","name":"y"}]}})"
           "\na Apply 1: .spec.containers[name=\"x\"] .spec.containers[name=\"x\"].image "
           ".spec.containers[name=\"x\"].name"
           "\nb Apply 2: .spec.containers[name=\"y\"] .spec.containers[name=\"y\"].image "
           ".spec.containers[name=\"y\"].name"},
          {"one leaves its element out",
           {{"apply a", pod("{volumes: [{name: x}]}")},
            {"apply b", pod("{volumes: [{name: y}]}")},
            {"apply a", pod("{volumes: [{name: z}]}")}},
           R"({"spec":{"volumes":[{"name":"y"},{"name":"z"}]}})"
           "\nb Apply 2: .spec.volumes[name=\"y\"] .spec.volumes[name=\"y\"].name"
           "\na Apply 3: .spec.volumes[name=\"z\"] .spec.volumes[name=\"z\"].name"},
          {"an element goes with what nobody owns in it, an updater's part included",
           {{"apply a", pod("{paused: 1, containers: [{name: x, image: i}, {name: y, image: i}]}")},
            {"update d",
             "spec: {paused: 1, containers: [{name: x, image: i}, "
             "{name: y, image: i, imagePullPolicy: Always}]}"},
            {"apply a", pod("{paused: 1, containers: [{name: x, image: i}]}")}},
           R"({"spec":{"containers":[{"image":"i","name":"x"}],"paused":1}})"
           "\na Apply 3: .spec.containers[name=\"x\"] .spec.containers[name=\"x\"].image "
           ".spec.containers[name=\"x\"].name .spec.paused"},
          {"an element that another applies, too, stays",
           {{"apply a", pod("{volumes: [{name: x, emptyDir: {}}, {name: y}]}")},
            {"apply b", pod("{volumes: [{name: x}]}")},
            {"apply a", pod("{volumes: [{name: y}]}")}},
           R"({"spec":{"volumes":[{"name":"x"},{"name":"y"}]}})"
           "\nb Apply 2: .spec.volumes[name=\"x\"] .spec.volumes[name=\"x\"].name"
           "\na Apply 3: .spec.volumes[name=\"y\"] .spec.volumes[name=\"y\"].name"},
          {"a field of a shared element conflicts",
           {{"apply a", pod("{containers: [{name: x, image: 'x:1'}]}")},
            {"apply b", pod("{containers: [{name: x, image: 'x:2'}]}")}},
           "conflict: Apply failed with 1 conflict: conflict with \"a\": "
           ".spec.containers[name=\"x\"].image"},
          {"keys with defaults: a port without protocol is TCP",
           {{"update u", pod("{containers: [{name: x, ports: [{containerPort: 53, protocol: TCP}, "
                             "{containerPort: 53, protocol: UDP}]}]}")},
            {"apply a", pod("{containers: [{name: x, ports: [{containerPort: 53, name: dns}]}]}")}},
           R"({"spec":{"containers":[{"name":"x","ports":[)"
           R"({"containerPort":53,"name":"dns","protocol":"TCP"},)"
           R"({"containerPort":53,"protocol":"UDP"}]}]}})"
           "\na Apply 2: .spec.containers[name=\"x\"] .spec.containers[name=\"x\"].name "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"] "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"].containerPort "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"].name"
           "\nu Update 1: .spec.containers .spec.containers[name=\"x\"] "
           ".spec.containers[name=\"x\"].name .spec.containers[name=\"x\"].ports "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"] "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"].containerPort "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"TCP\"].protocol "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"UDP\"] "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"UDP\"].containerPort "
           ".spec.containers[name=\"x\"].ports[containerPort=53,protocol=\"UDP\"].protocol"},
          {"an atomic list is replaced as a whole",
           {{"apply a", pod("{containers: [{name: x, args: [a, b]}]}")},
            {"apply a", pod("{containers: [{name: x, args: [c]}]}")}},
           R"({"spec":{"containers":[{"args":["c"],"name":"x"}]}})"
           "\na Apply 2: .spec.containers[name=\"x\"] .spec.containers[name=\"x\"].args "
           ".spec.containers[name=\"x\"].name"},
          {"an atomic list has one owner",
           {{"apply a", pod("{tolerations: [{key: x}]}")},
            {"apply b", pod("{tolerations: [{key: x}, {key: y}]}")}},
           "conflict: Apply failed with 1 conflict: conflict with \"a\": .spec.tolerations"},
          {"a set: each its own",
           {{"apply a", "metadata: {finalizers: [x, y]}"},
            {"apply b", "metadata: {finalizers: [z, x]}"},
            {"apply a", "metadata: {finalizers: [y]}"}},
           R"({"metadata":{"finalizers":["z","x","y"]}})"
           "\nb Apply 2: .metadata.finalizers[=\"x\"] .metadata.finalizers[=\"z\"]"
           "\na Apply 3: .metadata.finalizers[=\"y\"]"},
          {"the order is the configuration's; others keep their place",
           {{"update u", pod("{volumes: [{name: a}, {name: injected}, {name: b}]}")},
            {"apply m", pod("{volumes: [{name: b}, {name: new}, {name: a}]}")},
            {"update u", pod("{volumes: [{name: b}, {name: a}]}")}},
           R"({"spec":{"volumes":[{"name":"b"},{"name":"a"}]}})"
           "\nm Apply 2: .spec.volumes[name=\"a\"] .spec.volumes[name=\"a\"].name "
           ".spec.volumes[name=\"b\"] .spec.volumes[name=\"b\"].name"
           "\nu Update 1: .spec.volumes .spec.volumes[name=\"a\"] .spec.volumes[name=\"a\"].name "
           ".spec.volumes[name=\"b\"] .spec.volumes[name=\"b\"].name"},
          {"a live list with a key twice is owned, and replaced, as a whole",
           {{"update u", pod("{containers: [{name: x, env: [{name: A, value: '1'}, "
                             "{name: A, value: '2'}]}]}")},
            {"apply a", pod("{containers: [{name: x, env: [{name: A, value: '3'}]}]}")}},
           "conflict: Apply failed with 1 conflict: conflict with \"u\" using v1: "
           ".spec.containers[name=\"x\"].env"},
          {"and by force is told apart again",
           {{"update u", pod("{containers: [{name: x, env: [{name: A}, {name: A}]}]}")},
            {"force a", pod("{containers: [{name: x, env: [{name: A}]}]}")}},
           R"({"spec":{"containers":[{"env":[{"name":"A"}],"name":"x"}]}})"
           "\na Apply 2: .spec.containers[name=\"x\"] .spec.containers[name=\"x\"].env[name=\"A\"] "
           ".spec.containers[name=\"x\"].env[name=\"A\"].name .spec.containers[name=\"x\"].name"
           "\nu Update 1: .spec.containers .spec.containers[name=\"x\"] "
           ".spec.containers[name=\"x\"].name"},
          {"a key twice cannot be applied",
           {{"apply a", pod("{containers: [{name: x, env: [{name: A}, {name: A}]}]}")}},
           "invalid: .spec.containers[name=\"x\"].env: duplicate entries for key [name=\"A\"]"},
          {"nor can an element without its key",
           {{"apply a", pod("{containers: [{image: x}]}")}},
           "invalid: .spec.containers: an element omits its key field \"name\""},
          {"nor a plain value among maps",
           {{"apply a", pod("{containers: [x]}")}},
           "invalid: .spec.containers: an element must be an object"},
          {"nor a map in a set",
           {{"apply a", "metadata: {finalizers: [{}]}"}},
           "invalid: .metadata.finalizers: an element of a set must be a plain value"},
      });
}

TEST(Apply, OrderOfElementsThatOnlyOneSideHas) {
  const struct {
    const char* live;
    const char* applied;
    const char* want;
  } rows[] = {
      {"a b c", "a b c", "a b c"},
      {"a b c", "c b a", "c b a"},
      {"a b", "c", "a b c"},
      {"x a", "c a", "x c a"},
      {"a x b", "b a", "x b a"},
      {"a x b y", "a n b", "a x n b y"},
      {"", "a b", "a b"},
      {"a b", "", "a b"},
      {"x y", "y", "x y"},
      {"a b", "b n a m", "b n a m"},
      {"p a q b r", "b a", "p q b r a"},
  };
  const auto volumes = [](const std::string& names) {
    json list = json::array();
    for (const char name : names) {
      if (name != ' ') list.push_back({{"name", std::string(1, name)}});
    }
    return json{{"spec", {{"volumes", list}}}};
  };
  const FieldManager manager{.name = "a", .api_version = "v1", .subresource = ""};
  for (const auto& row : rows) {
    const auto result =
        apply(volumes(row.live), volumes(row.applied), Schema::get().root(Kind::Pod), manager, {});
    ASSERT_TRUE(result) << row.live;
    EXPECT_EQ(volumes(row.want).at("spec"), result->at("spec")) << row.live << " + " << row.applied;
  }
}

// Objects that kubectl applied from the client side, and now with --server-side.
TEST(Apply, FromClientSideApply) {
  const auto deployment = [](const std::string& image, int replicas, const std::string& last) {
    json object = document("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}");
    object["spec"]["replicas"] = replicas;
    object["spec"]["template"]["spec"]["containers"] = {{{"name", "c"}, {"image", image}}};
    if (!last.empty()) {
      object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = last;
    }
    return object.dump();
  };
  const std::string one = deployment("c:1", 1, "");
  const std::string two = deployment("c:2", 1, "");
  const std::string owned =
      ".spec.replicas .spec.template.spec.containers[name=\"c\"] "
      ".spec.template.spec.containers[name=\"c\"].image "
      ".spec.template.spec.containers[name=\"c\"].name";
  const std::string annotation =
      ".metadata.annotations.kubectl.kubernetes.io/last-applied-configuration";
  const std::string containers =
      ".spec.template .spec.template.spec .spec.template.spec.containers "
      ".spec.template.spec.containers[name=\"c\"]";
  expect(Kind::Deployment,
         {
             {"equal values never conflict, and are shared",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, one + "\n")},
               {"apply kubectl", one}},
              deployment("c:1", 1, one + "\n") + "\nkubectl Apply 2: " + owned +
                  "\nkubectl-client-side-apply Update 1: .metadata.annotations " + annotation +
                  " .spec.replicas " + containers +
                  " .spec.template.spec.containers[name=\"c\"].image"
                  " .spec.template.spec.containers[name=\"c\"].name"},
             {"kubectl takes over what it had applied, and keeps the annotation true",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, one + "\n")},
               {"apply kubectl", two}},
              deployment("c:2", 1, two + "\n") + "\nkubectl Apply 2: " + owned +
                  "\nkubectl-client-side-apply Update 1: .metadata.annotations " + annotation +
                  " .spec.replicas " + containers +
                  " .spec.template.spec.containers[name=\"c\"].name"},
             {"its second request then owns the annotation, too",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, one + "\n")},
               {"apply kubectl", one},
               {"apply kubectl-last-applied",
                json{{"apiVersion", "apps/v1"},
                     {"kind", "Deployment"},
                     {"metadata",
                      {{"name", "web"},
                       {"annotations",
                        {{"kubectl.kubernetes.io/last-applied-configuration", one + "\n"}}}}}}
                    .dump()}},
              deployment("c:1", 1, one + "\n") + "\nkubectl Apply 2: " + owned +
                  "\nkubectl-last-applied Apply 3: " + annotation +
                  "\nkubectl-client-side-apply Update 1: .metadata.annotations " + annotation +
                  " .spec.replicas " + containers +
                  " .spec.template.spec.containers[name=\"c\"].image"
                  " .spec.template.spec.containers[name=\"c\"].name"},
             {"another manager has no such right",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, one)}, {"apply ci", two}},
              "conflict: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" "
              "using apps/v1: .spec.template.spec.containers[name=\"c\"].image"},
             {"nor has kubectl for what somebody changed since",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, one)},
               {"patch hpa/scale", "spec: {replicas: 5}"},
               {"apply kubectl", two}},
              "conflict: Apply failed with 1 conflict: conflict with \"hpa\" with subresource "
              "\"scale\" using apps/v1: .spec.replicas"},
             {"an annotation that is no JSON gives no right",
              {{"update kubectl-client-side-apply", deployment("c:1", 1, "{")},
               {"apply kubectl", two}},
              "conflict: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" "
              "using apps/v1: .spec.template.spec.containers[name=\"c\"].image"},
         });
}

TEST(Apply, ConflictsHaveCauses) {
  const FieldManager manager{.name = "b", .api_version = "apps/v1", .subresource = ""};
  json live = value(R"({"spec":{"replicas":1,"paused":true}})");
  track_update(json(), live, Schema::get().root(Kind::Deployment),
               {.name = "a", .api_version = "apps/v1", .subresource = ""}, {});
  const auto result = apply(live, value(R"({"spec":{"replicas":2,"paused":false}})"),
                            Schema::get().root(Kind::Deployment), manager, {});
  ASSERT_FALSE(result);
  const std::vector<Cause> want = {
      {"FieldManagerConflict", ".spec.paused", "conflict with \"a\" using apps/v1"},
      {"FieldManagerConflict", ".spec.replicas", "conflict with \"a\" using apps/v1"}};
  EXPECT_EQ(want, result.error().causes);
  EXPECT_EQ(
      "Apply failed with 2 conflicts: conflicts with \"a\" using apps/v1:\n- .spec.paused\n"
      "- .spec.replicas",
      result.error().message);
}

TEST(Apply, AnUnchangedApplyGivesTheLiveObject) {
  const SchemaNode& root = Schema::get().root(Kind::Deployment);
  const FieldManager manager{.name = "a", .api_version = "apps/v1", .subresource = ""};
  const json configuration = value(R"({"metadata":{"labels":{"x":"1"}},"spec":{"replicas":1}})");
  auto live = apply(json(), configuration, root, manager, {});
  ASSERT_TRUE(live);
  // Defaults that nobody asked for do not count as a difference.
  (*live)["spec"]["revisionHistoryLimit"] = 10;
  const auto again = apply(*live, configuration, root, manager,
                           {.now = std::chrono::sys_seconds(std::chrono::seconds(9))});
  ASSERT_TRUE(again);
  EXPECT_EQ(*live, *again);
}

TEST(Apply, Refused) {
  const SchemaNode& root = Schema::get().root(Kind::Deployment);
  const auto applied = [&](const char* configuration, const std::string& manager) {
    return outcome(apply(json(), value(configuration), root,
                         {.name = manager, .api_version = "apps/v1", .subresource = ""}, {}));
  };
  const std::string prefix = "invalid: PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: ";
  EXPECT_EQ("bad_request: an apply patch must be an object", applied("[]", "a"));
  EXPECT_EQ("bad_request: metadata.managedFields must be nil",
            applied(R"({"metadata":{"managedFields":[{}]}})", "a"));
  EXPECT_EQ(prefix + "Required value: is required for apply patch", applied("{}", ""));
  EXPECT_EQ(prefix + "Too long: may not be more than 128 bytes",
            applied("{}", std::string(129, 'a')));
  EXPECT_EQ(prefix + "Invalid value: should only contain printable characters",
            applied("{}", "a\nb"));
  EXPECT_EQ(prefix + "Invalid value: should only contain printable characters",
            applied("{}", "\xff\xfe"));
  // What is not an object where one is needed is for admission to refuse; here it must not hurt.
  EXPECT_EQ(R"({"metadata":"x","spec":[1]})", applied(R"({"metadata":"x","spec":[1]})", "a"));
}

TEST(Apply, AppliersAreLimited) {
  const SchemaNode& root = Schema::get().root(Kind::ConfigMap);
  json live;
  for (std::size_t i = 0; i <= kMaxApplyManagers; ++i) {
    const std::string name = "m" + std::to_string(i);
    const auto result = apply(live, json{{"data", {{name, "x"}}}}, root,
                              {.name = name, .api_version = "v1", .subresource = ""}, {});
    if (i == kMaxApplyManagers) {
      EXPECT_EQ(
          "invalid: metadata.managedFields: Too many: must have at most 100 appliers; use one "
          "--field-manager for the same purpose",
          outcome(result));
    } else {
      ASSERT_TRUE(result) << i;
      live = *result;
    }
  }
}

}  // namespace
}  // namespace weir
