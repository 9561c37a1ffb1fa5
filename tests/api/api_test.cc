// The verbs, through Api::handle, as tables of requests and answers.

#include "controller/api/api.h"

#include <gtest/gtest.h>

#include "controller/admission/manifest.h"
#include "tests/api/support.h"

namespace weir::rest {
namespace {

using nlohmann::json;

constexpr char kDeployments[] = "/apis/apps/v1/namespaces/default/deployments";
constexpr char kWeb[] = "/apis/apps/v1/namespaces/default/deployments/web";
constexpr char kConfigMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kStrategic[] = "application/strategic-merge-patch+json";
constexpr char kMerge[] = "application/merge-patch+json";
constexpr char kJsonPatch[] = "application/json-patch+json";
constexpr char kApply[] = "application/apply-patch+yaml";

std::string names(const Response& response) {
  std::string out;
  const json body = body_of(response);
  for (const json& item : body.at("items")) {
    out += (out.empty() ? "" : " ") + item.at("metadata").at("name").get<std::string>();
  }
  return out;
}

TEST(Verbs, AnObjectsLife) {
  TestApi api;
  const Response created =
      api.send("POST", std::string(kDeployments) + "?fieldManager=me", deployment("web"));
  ASSERT_EQ(created.status, 201) << created.body;
  const json object = body_of(created);
  EXPECT_EQ(object.at("metadata").at("generation"), 1);
  EXPECT_EQ(object.at("metadata").at("managedFields").at(0).at("manager"), "me");
  EXPECT_EQ(object.at("metadata").at("creationTimestamp"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(object.at("spec").at("revisionHistoryLimit"), 10);

  EXPECT_EQ(body_of(api.get(kWeb)), object);
  const json list = body_of(api.get(kDeployments));
  EXPECT_EQ(list.at("kind"), "DeploymentList");
  EXPECT_EQ(list.at("items"), json::array({object}));

  json changed = object;
  changed["spec"]["replicas"] = 5;
  const Response updated = api.send("PUT", kWeb, changed.dump());
  EXPECT_EQ(updated.status, 200) << updated.body;
  EXPECT_EQ(body_of(updated).at("metadata").at("generation"), 2);
  EXPECT_EQ(
      status_text(api.send("PUT", kWeb, changed.dump())),
      "409 Conflict Operation cannot be fulfilled on deployments.apps \"web\": the object has "
      "been modified; please apply your changes to the latest version and try again");

  const Response deleted = api.send("DELETE", kWeb, R"({"propagationPolicy":"Background"})");
  EXPECT_EQ(body_of(deleted).at("status"), "Success");
  EXPECT_EQ(body_of(deleted).at("details"), json({{"name", "web"},
                                                  {"group", "apps"},
                                                  {"kind", "deployments"},
                                                  {"uid", object.at("metadata").at("uid")}}));
  EXPECT_EQ(status_text(api.get(kWeb)), "404 NotFound deployments.apps \"web\" not found");
}

TEST(Verbs, Refusals) {
  TestApi api;
  const json web = body_of(api.send("POST", kDeployments, deployment("web")));
  const auto uid = web.at("metadata").at("uid").get<std::string>();
  struct Row {
    const char* name;
    const char* method;
    std::string target;
    std::string body;
    std::string type;
    std::string want;
  };
  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string json_type = "application/json";
  const std::string deep = parse_json(std::string(100'000, '[')).error().message;
  const std::string not_utf8 = parse_json("{\"a\":\"\xff\"}").error().message;
  const Row rows[] = {
      {"taken", "POST", kDeployments, deployment("web"), json_type,
       "409 AlreadyExists deployments.apps \"web\" already exists"},
      {"no such namespace", "POST", "/api/v1/namespaces/none/configmaps", config_map("a"),
       json_type, "404 NotFound namespaces \"none\" not found"},
      {"misspelt, strict", "POST", kConfigMaps + std::string("?fieldValidation=Strict"),
       R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dataa":{}})", json_type,
       "400 BadRequest ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict "
       "decoding "
       "error: unknown field \"dataa\""},
      {"broken rule", "POST", kDeployments, deployment("neg", "web:1", -1), json_type,
       "422 Invalid Deployment.apps \"neg\" is invalid: spec.replicas: Invalid value: -1: must be "
       "greater than or equal to 0"},
      {"another kind", "POST", kConfigMaps, deployment("web"), json_type,
       "400 BadRequest the API version in the data (apps/v1) does not match the expected API "
       "version "
       "(v1)"},
      {"another kind of the version", "POST", kConfigMaps, pod("x"), json_type,
       "400 BadRequest Pod in version \"v1\" cannot be handled as a ConfigMap"},
      {"another name", "PUT", kWeb, deployment("api"), json_type,
       "400 BadRequest the name of the object (api) does not match the name on the URL (web)"},
      {"another namespace", "POST", kConfigMaps,
       R"({"metadata":{"name":"a","namespace":"kube-system"}})", json_type,
       "400 BadRequest the namespace of the provided object does not match the namespace sent on "
       "the "
       "request"},
      {"absent", "PUT", kDeployments + std::string("/none"), deployment("none"), json_type,
       "404 NotFound deployments.apps \"none\" not found"},
      {"patch of an absent one", "PATCH", kDeployments + std::string("/none"), "{}", kMerge,
       "404 NotFound deployments.apps \"none\" not found"},
      {"unknown patch", "PATCH", kWeb, "{}", json_type,
       "415 UnsupportedMediaType the body of the request was in an unknown format - accepted media "
       "types include: application/json-patch+json, application/merge-patch+json, "
       "application/strategic-merge-patch+json, application/apply-patch+yaml"},
      {"CBOR", "POST", pods, "\xd9\xd9\xf7", "application/cbor",
       "415 UnsupportedMediaType the body of the request was in an unknown format - accepted media "
       "types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"},
      {"100,000 brackets", "POST", pods, std::string(100'000, '['), json_type,
       "400 BadRequest " + deep},
      {"invalid UTF-8", "POST", pods, "{\"a\":\"\xff\"}", json_type, "400 BadRequest " + not_utf8},
      {"not an object", "POST", pods, "[]", json_type,
       "400 BadRequest the body is not a JSON object"},
      {"stale patch", "PATCH", kWeb, R"({"metadata":{"resourceVersion":"1"}})", kMerge,
       "409 Conflict Operation cannot be fulfilled on deployments.apps \"web\": the object has "
       "been "
       "modified; please apply your changes to the latest version and try again"},
      {"patch of another uid", "PATCH", kWeb, R"({"metadata":{"uid":"other"}})", kMerge,
       "409 Conflict Operation cannot be fulfilled on deployments.apps \"web\": Precondition "
       "failed: "
       "UID in precondition: other, UID in object meta: " +
           uid},
      {"delete with another uid", "DELETE", kWeb, R"({"preconditions":{"uid":"other"}})", json_type,
       "409 Conflict Operation cannot be fulfilled on deployments.apps \"web\": Precondition "
       "failed: "
       "UID in precondition: other, UID in object meta: " +
           uid},
      {"immortal", "DELETE", "/api/v1/namespaces/default", "", json_type,
       "403 Forbidden namespaces \"default\" is forbidden: this namespace may not be deleted"},
      {"bad selector", "GET", pods + "?labelSelector=a%20b", "", "",
       "400 BadRequest unable to parse requirement: found 'b', expected: one of =, ==, !=, in, "
       "notin, "
       "<, >"},
      {"bad field", "GET", pods + "?fieldSelector=spec.x%3D1", "", "",
       "400 BadRequest field label not supported: spec.x"},
      {"streaming list", "GET", pods + "?watch=1&sendInitialEvents=true", "", "",
       "422 Invalid ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: "
       "sendInitialEvents is forbidden for watch: weir does not stream lists"},
      {"create over all namespaces", "POST", "/api/v1/pods", pod("x"), json_type,
       "405 MethodNotAllowed the server does not allow this method on the requested resource"},
      {"unknown resource", "GET", "/api/v1/widgets", "", "",
       "404 NotFound the server could not find the requested resource"},
      {"no log of no pod", "GET", pods + "/none/log", "", "",
       "503 ServiceUnavailable logs: there is no connection to an engine"},
      {"dry run of something", "POST", kDeployments + std::string("?dryRun=Some"), deployment("a"),
       json_type, "400 BadRequest dryRun: want All, got \"Some\""},
      {"apply without a manager", "PATCH", kWeb, deployment("web"), kApply,
       "400 BadRequest PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is "
       "required for apply patch"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(status_text(api.send(row.method, row.target, row.body, row.type)), row.want)
        << row.name;
  }
}

TEST(Verbs, UnknownFieldsAreWarnedOfWhenAsked) {
  TestApi api;
  const Response response = api.send("POST", kConfigMaps + std::string("?fieldValidation=Warn"),
                                     R"({"metadata":{"name":"a"},"dataa":{}})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers, (Pairs{{"Warning", "299 - \"unknown field \\\"dataa\\\"\""}}));
}

TEST(Verbs, GeneratedNames) {
  TestApi api;
  const Response response =
      api.send("POST", kConfigMaps, R"({"metadata":{"generateName":"job-"}})");
  EXPECT_EQ(response.status, 201);
  const auto name = body_of(response).at("metadata").at("name").get<std::string>();
  EXPECT_TRUE(name.starts_with("job-"));
  EXPECT_EQ(name.size(), 9u);
}

TEST(Verbs, DryRunWritesNothing) {
  TestApi api;
  EXPECT_EQ(api.send("POST", kDeployments + std::string("?dryRun=All"), deployment("web")).status,
            201);
  EXPECT_EQ(api.get(kWeb).status, 404);
  api.send("POST", kDeployments, deployment("web"));
  const std::string before = api.get(kWeb).body;
  const Response patched =
      api.send("PATCH", kWeb + std::string("?dryRun=All"), R"({"spec":{"replicas":9}})", kMerge);
  EXPECT_EQ(body_of(patched).at("spec").at("replicas"), 9);
  EXPECT_EQ(api.send("DELETE", kWeb + std::string("?dryRun=All")).status, 200);
  EXPECT_EQ(api.send("DELETE", kWeb, R"({"dryRun":["All"]})").status, 200);
  EXPECT_EQ(api.get(kWeb).body, before);
}

TEST(Verbs, Patches) {
  TestApi api;
  api.send("POST", kDeployments, deployment("web"));
  struct Row {
    const char* type;
    const char* patch;
    const char* where;
    const char* want;
  };
  const Row rows[] = {
      {kStrategic,
       R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"}],
           "containers":[{"image":"web:2","name":"web"}]}}}})",
       "/spec/template/spec/containers/0/image", "\"web:2\""},
      {kStrategic, R"({"spec":{"paused":true}})", "/spec/paused", "true"},
      {kMerge, R"({"metadata":{"labels":{"x":"y"}}})", "/metadata/labels/x", "\"y\""},
      {kJsonPatch, R"([{"op":"replace","path":"/spec/replicas","value":7}])", "/spec/replicas",
       "7"},
  };
  for (const Row& row : rows) {
    const Response response = api.send("PATCH", kWeb, row.patch, row.type);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(body_of(response).at(json::json_pointer(row.where)).dump(), row.want) << row.patch;
  }
}

TEST(Verbs, ServerSideApply) {
  TestApi api;
  const std::string mine = kWeb + std::string("?fieldManager=me");
  EXPECT_EQ(api.send("PATCH", mine, deployment("web"), kApply).status, 201);
  const std::string first = api.get(kWeb).body;
  EXPECT_EQ(api.send("PATCH", mine, deployment("web"), kApply).status, 200);
  EXPECT_EQ(api.get(kWeb).body, first) << "an unchanged apply writes nothing";

  const std::string yours = kWeb + std::string("?fieldManager=you");
  const Response conflict = api.send("PATCH", yours, deployment("web", "web:2"), kApply);
  EXPECT_EQ(status_text(conflict),
            "409 Conflict Apply failed with 1 conflict: conflict with \"me\": "
            ".spec.template.spec.containers[name=\"web\"].image");
  EXPECT_EQ(body_of(conflict).at("details").at("causes").at(0).at("reason"),
            "FieldManagerConflict");
  EXPECT_EQ(api.send("PATCH", yours + "&force=true", deployment("web", "web:2"), kApply).status,
            200);
}

TEST(Verbs, StatusIsApart) {
  TestApi api;
  api.send("POST", kDeployments, deployment("web"));
  const std::string status = kWeb + std::string("/status");
  const Response response =
      api.send("PATCH", status, R"({"spec":{"replicas":9},"status":{"replicas":1}})", kMerge);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(body_of(response).at("spec").at("replicas"), 2);
  EXPECT_EQ(body_of(response).at("status").at("replicas"), 1);
  EXPECT_EQ(body_of(response).at("metadata").at("generation"), 1);
  api.send("PATCH", kWeb, R"({"status":{"replicas":5}})", kMerge);
  EXPECT_EQ(body_of(api.get(kWeb)).at("status").at("replicas"), 1);
}

TEST(Verbs, Scale) {
  TestApi api;
  api.send("POST", kDeployments, deployment("web"));
  const std::string scale = kWeb + std::string("/scale");
  const json got = body_of(api.get(scale));
  EXPECT_EQ(got.at("kind"), "Scale");
  EXPECT_EQ(got.at("spec"), json({{"replicas", 2}}));
  EXPECT_EQ(got.at("status"), json({{"replicas", 0}, {"selector", "app=web"}}));
  EXPECT_EQ(body_of(api.send("PATCH", scale, R"({"spec":{"replicas":4}})", kMerge))
                .at("spec")
                .at("replicas"),
            4);
  EXPECT_EQ(
      status_text(api.send("PUT", scale, got.dump())),
      "409 Conflict Operation cannot be fulfilled on deployments.apps \"web\": the object has "
      "been modified; please apply your changes to the latest version and try again");
  EXPECT_EQ(
      status_text(api.send("PATCH", scale, R"({"spec":{"replicas":-1}})", kMerge)),
      "422 Invalid Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must "
      "be greater than or equal to 0");
  for (const char* patch : {R"({"spec":null})", R"({"spec":"x"})", "7"}) {
    EXPECT_GE(api.send("PATCH", scale, patch, kMerge).status, 400) << patch;
  }
  const json object = body_of(api.get(kWeb));
  EXPECT_EQ(object.at("spec").at("replicas"), 4);
  EXPECT_EQ(object.at("metadata").at("generation"), 2);
}

TEST(Verbs, ListsAreSelected) {
  TestApi api;
  api.send("POST", kConfigMaps, config_map("a", R"("app":"web")"));
  api.send("POST", kConfigMaps, config_map("b", R"("app":"api")"));
  api.send("POST", "/api/v1/namespaces/kube-system/configmaps", config_map("c", R"("app":"web")"));
  const std::string all = "/api/v1/configmaps";
  struct Row {
    std::string target;
    const char* want;
  };
  const Row rows[] = {
      {kConfigMaps, "a b"},
      {all, "a b c"},
      {all + "?labelSelector=app%3Dweb", "a c"},
      {all + "?labelSelector=app%20in%20(api,db)", "b"},
      {all + "?fieldSelector=metadata.name%3Da", "a"},
      {all + "?fieldSelector=metadata.namespace!%3Ddefault", "c"},
      {all + "?labelSelector=app%3Dweb&fieldSelector=metadata.namespace%3Ddefault", "a"},
      {all + "?limit=1", "a b c"},
      {"/api/v1/namespaces/none/configmaps", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(names(api.get(row.target)), row.want) << row.target;
}

TEST(Verbs, FieldsOfTheDocumentSelect) {
  TestApi api;
  const std::string events = "/api/v1/namespaces/default/events";
  for (const char* name : {"web", "api"}) {
    api.send(
        "POST", events,
        R"({"metadata":{"name":"e-)" + std::string(name) +
            R"("},"type":"Normal","reason":"Started","involvedObject":{"kind":"Pod","name":")" +
            name + R"(","namespace":"default","uid":"u"}})");
  }
  EXPECT_EQ(names(api.get(events + "?fieldSelector=involvedObject.name%3Dweb,involvedObject.kind%3D"
                                   "Pod,involvedObject.uid%3Du,type!%3DWarning")),
            "e-web");
  EXPECT_EQ(names(api.get(events + "?fieldSelector=reason%3DKilled")), "");
}

TEST(Verbs, Tables) {
  TestApi api;
  api.send("POST", kDeployments, deployment("web"));
  const std::string accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  const json table = body_of(api.get(kDeployments, accept));
  EXPECT_EQ(table.at("kind"), "Table");
  EXPECT_EQ(table.at("apiVersion"), "meta.k8s.io/v1");
  std::string columns;
  for (const json& column : table.at("columnDefinitions")) {
    columns += column.at("name").get<std::string>() + column.at("priority").dump() + " ";
  }
  EXPECT_EQ(columns, "Name0 Ready0 Up-to-date0 Available0 Age0 Containers1 Images1 Selector1 ");
  EXPECT_EQ(table.at("rows").at(0).at("cells"),
            json({"web", "0/2", 0, 0, "0s", "web", "web:1", "app=web"}));
  EXPECT_EQ(table.at("rows").at(0).at("object").at("kind"), "PartialObjectMetadata");
  EXPECT_EQ(table.at("rows").at(0).at("object").at("metadata").at("name"), "web");

  const json one = body_of(api.get(kWeb + std::string("?includeObject=Object"),
                                   "application/json;as=Table;v=v1beta1;g=meta.k8s.io"));
  EXPECT_EQ(one.at("apiVersion"), "meta.k8s.io/v1beta1");
  EXPECT_EQ(one.at("rows").at(0).at("object").at("kind"), "Deployment");
  EXPECT_EQ(body_of(api.get(kWeb + std::string("?includeObject=None"), accept))
                .at("rows")
                .at(0)
                .contains("object"),
            false);
}

TEST(Delete, WhatStaysAndWhatGoes) {
  TestApi api;
  const std::string pods = "/api/v1/namespaces/default/pods";
  api.send("POST", pods, pod("web"));
  const json marked = body_of(api.send("DELETE", pods + "/web"));
  EXPECT_EQ(marked.at("kind"), "Pod");
  EXPECT_EQ(marked.at("metadata").at("deletionGracePeriodSeconds"), 30);
  EXPECT_EQ(marked.at("metadata").at("deletionTimestamp"), "2026-01-02T03:04:35Z");
  const json sooner = body_of(api.send("DELETE", pods + "/web", R"({"gracePeriodSeconds":0})"));
  EXPECT_EQ(sooner.at("metadata").at("deletionGracePeriodSeconds"), 0);
  EXPECT_EQ(api.get(pods + "/web").status, 200) << "it stays until its container is gone";

  api.send("POST", kDeployments, deployment("web"));
  const json foreground =
      body_of(api.send("DELETE", kWeb, R"({"propagationPolicy":"Foreground"})"));
  EXPECT_EQ(foreground.at("metadata").at("finalizers"), json({"foregroundDeletion"}));
  api.send("PATCH", kWeb, R"({"metadata":{"finalizers":null}})", kMerge);
  EXPECT_EQ(api.get(kWeb).status, 404) << "with its last finalizer it goes";
}

TEST(Delete, NamespacesEndSlowly) {
  TestApi api;
  api.send("POST", "/api/v1/namespaces", R"({"metadata":{"name":"prod"}})");
  const json marked = body_of(api.send("DELETE", "/api/v1/namespaces/prod"));
  EXPECT_EQ(marked.at("status").at("phase"), "Terminating");
  EXPECT_EQ(
      status_text(api.send("POST", "/api/v1/namespaces/prod/configmaps", config_map("a"))),
      "403 Forbidden configmaps \"a\" is forbidden: unable to create new content in namespace "
      "prod because it is being terminated");
}

TEST(Delete, Collections) {
  TestApi api;
  api.send("POST", kConfigMaps, config_map("a", R"("app":"web")"));
  api.send("POST", kConfigMaps, config_map("b", R"("app":"api")"));
  EXPECT_EQ(names(api.send("DELETE", kConfigMaps + std::string("?labelSelector=app%3Dweb"))), "a");
  EXPECT_EQ(names(api.get(kConfigMaps)), "b");
}

TEST(Access, WhoMayDoWhat) {
  TestApi api;
  const User stranger = {.name = "eve", .groups = {"system:authenticated"}, .authenticated = true};
  struct Row {
    const char* target;
    User user;
    const char* want;
  };
  const Row rows[] = {
      {"/healthz", {}, "200 ok"},
      {"/livez", {}, "200 ok"},
      {"/readyz", {}, "200 ok"},
      {"/version", {}, "200"},
      {"/api", {}, "401 Unauthorized Unauthorized"},
      {"/api/v1/pods", {}, "401 Unauthorized Unauthorized"},
      {"/openapi/v2", {}, "401 Unauthorized Unauthorized"},
      {"/nothing", {}, "401 Unauthorized Unauthorized"},
      {"/api/v1/pods", stranger,
       "403 Forbidden pods is forbidden: User \"eve\" cannot list resource \"pods\" in API group "
       "\"\""},
      {"/apis/apps/v1/namespaces/default/deployments/web", stranger,
       "403 Forbidden deployments.apps \"web\" is forbidden: User \"eve\" cannot get resource "
       "\"deployments\" in API group \"apps\" in the namespace \"default\""},
      {"/api", stranger,
       "403 Forbidden forbidden: User \"eve\" cannot get this path: it is not in system:masters"},
      {"/api/v1/pods", admin(), "200"},
  };
  for (const Row& row : rows) {
    Request request = parse_target(row.target).value();
    request.user = row.user;
    EXPECT_EQ(status_text(api.send(request)), row.want) << row.target << " " << row.user.name;
  }
}

TEST(Access, NothingButJson) {
  TestApi api;
  EXPECT_EQ(status_text(api.get("/api/v1/pods", "text/html")).substr(0, 50),
            "406 NotAcceptable only the following media types a");
}

TEST(Health, TellsWhatIsWrong) {
  TestApi api([](ApiParts parts) {
    parts.health = [] {
      return std::vector<HealthCheck>{{.name = "store"},
                                      {.name = "engine", .trouble = "connection refused"}};
    };
    return parts;
  });
  EXPECT_EQ(
      status_text(api.get("/readyz")),
      "500 [+]ping ok\n[+]store ok\n[-]engine failed: connection refused\nreadyz check failed\n");
  EXPECT_EQ(status_text(api.get("/livez?verbose")),
            "200 [+]ping ok\n[+]store ok\nlivez check passed\n");
  Request anonymous = parse_target("/readyz").value();
  EXPECT_EQ(
      status_text(api.send(anonymous)),
      "500 [+]ping ok\n[+]store ok\n[-]engine failed: reason withheld\nreadyz check failed\n");
}

TEST(Weir, WhyAndPlanArePassedOn) {
  TestApi api([](ApiParts parts) {
    parts.why = [](const Key& key) -> Result<json> {
      return json({{"text", text(key) + ": all is well"}});
    };
    parts.plan = [](const std::vector<json>& documents) -> Result<json> {
      return json({{"text", std::to_string(documents.size()) + " documents"}});
    };
    return parts;
  });
  EXPECT_EQ(body_of(api.get("/weir/v1/why?kind=Deployment&namespace=default&name=web")),
            json({{"text", "Deployment default/web: all is well"}}));
  EXPECT_EQ(status_text(api.get("/weir/v1/why?kind=Widget&name=web")),
            "400 BadRequest why: no kind is named \"Widget\"");
  EXPECT_EQ(body_of(api.send("POST", "/weir/v1/plan", "a: 1\n---\nb: 2\n", "application/yaml")),
            json({{"text", "2 documents"}}));
  EXPECT_EQ(api.get("/weir/v1/nothing").status, 404);
}

TEST(Api, CountsRequests) {
  static std::vector<std::string> seen;
  seen.clear();
  TestApi api([](ApiParts parts) {
    parts.on_request = [](const RequestRecord& record) {
      seen.push_back(record.verb + " " + record.resource + " " + std::to_string(record.code));
    };
    return parts;
  });
  seen.clear();
  api.get("/api/v1/pods");
  api.get("/api/v1/pods?watch=true&timeoutSeconds=1");
  api.send("POST", kDeployments, deployment("web"));
  api.send("PATCH", kWeb + std::string("/scale"), R"({"spec":{"replicas":1}})", kMerge);
  api.get("/api");
  EXPECT_EQ(seen,
            (std::vector<std::string>{"list pods 200", "watch pods 200", "create deployments 201",
                                      "patch deployments/scale 200", "get  200"}));
}

}  // namespace
}  // namespace weir::rest
