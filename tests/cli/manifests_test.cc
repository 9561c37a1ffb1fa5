// Verbs that read manifests: apply, diff, plan, delete -f.

#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace weir::cli {
namespace {

constexpr const char* kWeb = "/apis/apps/v1/namespaces/default/deployments/web";
constexpr const char* kMap = "/api/v1/namespaces/default/configmaps/cm";
constexpr const char* kApply = "?fieldManager=weir&fieldValidation=Strict";

std::string object(const std::string& name, int version, const std::string& more = "") {
  return R"({"apiVersion":"v1","kind":"X","metadata":{"name":")" + name +
         R"(","resourceVersion":")" + std::to_string(version) + "\"}" + more + "}";
}

std::string web_yaml() {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n";
}
std::string map_yaml() { return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"; }
const char* const kMapJson =
    R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","namespace":"default"}})";

Canned missing(const std::string& what) {
  return {.status = 404, .body = refusal(404, "NotFound", what + " not found")};
}

TEST(Apply, SaysWhatBecameOfEachDocument) {
  FakeApi api;
  api.on(std::string("GET ") + kWeb, {missing("deployments.apps \\\"web\\\"")})
      .on(std::string("PATCH ") + kWeb + kApply, {{.status = 201, .body = object("web", 1)}})
      .on(std::string("GET ") + kMap, object("cm", 4))
      .on(std::string("PATCH ") + kMap + kApply,
          {{.body = object("cm", 5)}, {.body = object("cm", 4)}});
  const std::string file = write_file("apply.yaml", web_yaml() + "---\n" + map_yaml());
  EXPECT_EQ(run_line(api, "apply -f " + file),
            "deployment.apps/web created\nconfigmap/cm configured\nexit 0\n");
  EXPECT_EQ(run_line(api, "apply -f - -o name", {.input = map_yaml()}), "configmap/cm\nexit 0\n");
  EXPECT_EQ(run_line(api, "apply -f -", {.input = map_yaml()}), "configmap/cm unchanged\nexit 0\n");
  EXPECT_EQ(api.requests()[1],
            std::string("PATCH ") + kWeb + kApply +
                R"( {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",)"
                R"("namespace":"default"},"spec":{"replicas":3}})");
}

TEST(Apply, OneBadDocumentDoesNotStopTheOthers) {
  FakeApi api;
  api.on(std::string("GET ") + kWeb, object("web", 1))
      .on(std::string("PATCH ") + kWeb + kApply,
          {{.status = 400,
            .body = refusal(400, "BadRequest", "unknown field \\\"spec.replicaz\\\"")}})
      .on(std::string("GET ") + kMap, object("cm", 4))
      .on(std::string("PATCH ") + kMap + kApply, object("cm", 4));
  const std::string folder = write_file("many/0-broken.yaml", "a: [\n");
  const std::string file = write_file(
      "many/1.yaml", web_yaml() + "---\nkind: ConfigMap\n---\napiVersion: v1\nkind: ConfigMap\n" +
                         "---\napiVersion: v9\nkind: Nope\nmetadata: {name: x}\n---\n[1]\n---\n" +
                         map_yaml());
  write_file("many/notes.txt", "not a manifest");
  const std::string many = folder.substr(0, folder.rfind('/'));
  EXPECT_EQ(run_line(api, "apply -f " + many),
            "configmap/cm unchanged\n--- err\nerror: error parsing " + folder +
                ": line 2, column 1: end of sequence flow not found\n"
                "Error from server (BadRequest): error when applying \"" +
                file +
                "\" (deployment.apps/web): unknown field \"spec.replicaz\"\n"
                "error: error validating \"" +
                file +
                "\": apiVersion not set\n"
                "error: error validating \"" +
                file +
                "\": ConfigMap: metadata.name: resource name may not be empty\n"
                "error: unable to recognize \"" +
                file +
                "\": no matches for kind \"Nope\" in version \"v9\"\n"
                "error: error validating \"" +
                file +
                "\": a document is not an object\n"
                "exit 1\n");
}

TEST(Apply, NamespacesComeFirstAndMustAgree) {
  FakeApi api;
  const std::string create = "?fieldManager=weir&fieldValidation=Strict&force=true";
  api.on("GET /api/v1/namespaces/prod", {missing("x")})
      .on("PATCH /api/v1/namespaces/prod" + create, {{.status = 201, .body = object("prod", 1)}})
      .on("GET /api/v1/namespaces/prod/configmaps/cm", {missing("x")})
      .on("PATCH /api/v1/namespaces/prod/configmaps/cm" + create,
          {{.status = 201, .body = object("cm", 2)}});
  const std::string input =
      map_yaml() + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n";
  EXPECT_EQ(run_line(api, "apply --force-conflicts -n prod -f -", {.input = input}),
            "namespace/prod created\nconfigmap/cm created\nexit 0\n");
  EXPECT_EQ(
      run_line(api, "apply -n prod -f -",
               {.input = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, namespace: x}"}),
      "--- err\nerror: the namespace from the provided object \"x\" does not match the "
      "namespace \"prod\". You must pass '--namespace=x' to perform this operation.\n"
      "exit 1\n");
}

TEST(Apply, DryRuns) {
  FakeApi api;
  api.on(std::string("GET ") + kMap, object("cm", 4, R"(,"data":{"a":"1"})"))
      .on(std::string("PATCH ") + kMap + kApply + "&dryRun=All",
          {{.body = object("cm", 4, R"(,"data":{"a":"1"})")},
           {.body = object("cm", 4, R"(,"data":{"a":"2"})")}});
  EXPECT_EQ(run_line(api, "apply --dry-run=server -f -", {.input = map_yaml()}),
            "configmap/cm unchanged (server dry run)\nexit 0\n");
  EXPECT_EQ(run_line(api, "apply --dry-run=server -f -", {.input = map_yaml()}),
            "configmap/cm configured (server dry run)\nexit 0\n");
  const std::size_t before = api.requests().size();
  EXPECT_EQ(run_line(api, "apply --dry-run=client -f -", {.input = map_yaml()}),
            "configmap/cm configured (dry run)\nexit 0\n");
  EXPECT_EQ(api.requests().size(), before + 1);  // the GET alone
}

TEST(Apply, WarningsAndConflicts) {
  FakeApi api;
  api.on(std::string("GET ") + kMap, object("cm", 4))
      .on(std::string("PATCH ") + kMap + kApply,
          {{.body = object("cm", 5), .headers = "Warning: 299 - \"has \\\"no\\\" effect\"\r\n"},
           {.status = 409, .body = refusal(409, "Conflict", "conflict with \\\"x\\\": .data.a")}});
  EXPECT_EQ(run_line(api, "apply -f -", {.input = map_yaml()}),
            "configmap/cm configured\n--- err\nWarning: has \"no\" effect\nexit 0\n");
  EXPECT_EQ(run_line(api, "apply -f -", {.input = map_yaml()}),
            "--- err\nError from server (Conflict): error when applying \"STDIN\" (configmap/cm): "
            "conflict with \"x\": .data.a\n"
            "The fields above have other managers. Either take them over with --force-conflicts, "
            "or remove\nthem from the manifest so that the other managers keep them.\nexit 1\n");
}

// `weir set image` and then `weir apply`: the file wins. Fields of others are not taken.
TEST(Apply, AConflictWithItselfIsNone) {
  const auto conflict = [](const std::string& other) {
    return Canned{
        .status = 409,
        .body = R"({"kind":"Status","reason":"Conflict","message":"m","code":409,"details":)"
                R"({"causes":[{"message":"conflict with \"weir\" using v1","field":".a"},)"
                R"({"message":"conflict with \")" +
                other + R"(\" using v1","field":".b"}]}})"};
  };
  FakeApi api;
  api.on(std::string("GET ") + kMap, object("cm", 4))
      .on(std::string("PATCH ") + kMap + kApply, {conflict("weir"), conflict("kubectl")})
      .on(std::string("PATCH ") + kMap + kApply + "&force=true", object("cm", 5));
  EXPECT_EQ(run_line(api, "apply -f -", {.input = map_yaml()}),
            "configmap/cm configured\nexit 0\n");
  const std::string refused = run_line(api, "apply -f -", {.input = map_yaml()});
  EXPECT_EQ(refused.substr(0, 42), "--- err\nError from server (Conflict): erro");
}

TEST(Apply, WaitsForARollout) {
  const auto web = [](int generation, int available) {
    return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","generation":2,)"
           R"("resourceVersion":"7"},"spec":{"replicas":1},"status":{"observedGeneration":)" +
           std::to_string(generation) +
           R"(,"replicas":1,"updatedReplicas":1,"availableReplicas":)" + std::to_string(available) +
           "}}";
  };
  const std::string list =
      "GET /apis/apps/v1/namespaces/default/deployments"
      "?fieldSelector=metadata.name%3Dweb";
  const auto items = [](const std::string& item) {
    return R"({"metadata":{"resourceVersion":"9"},"items":[)" + item + "]}";
  };
  FakeApi api;
  api.on(std::string("GET ") + kWeb, object("web", 6))
      .on(std::string("PATCH ") + kWeb + kApply, web(1, 0))
      .on(list, items(web(1, 0)))
      .on(list + "&watch=true&allowWatchBookmarks=true&resourceVersion=9",
          {{.body = R"({"type":"MODIFIED","object":)" + web(2, 0) + "}\n" +
                    R"({"type":"BOOKMARK","object":{}})" + "\n" +
                    R"({"type":"MODIFIED","object":)" + web(2, 0) + "}\n" +
                    R"({"type":"MODIFIED","object":)" + web(2, 1) + "}\n",
            .hold = true}});
  EXPECT_EQ(run_line(api, "apply --wait --timeout 60s -f -", {.input = web_yaml()}),
            "deployment.apps/web configured\n"
            "Waiting for deployment spec update to be observed...\n"
            "Waiting for deployment \"web\" rollout to finish: 0 of 1 updated replicas are "
            "available...\n"
            "deployment \"web\" successfully rolled out\nexit 0\n");
}

TEST(Diff, ExitCodesAndText) {
  FakeApi api;
  const std::string dry = "?fieldManager=weir&fieldValidation=Strict&dryRun=All";
  api.on(std::string("GET ") + kMap, object("cm", 4, R"(,"data":{"a":"1"})"))
      .on(std::string("PATCH ") + kMap + dry,
          {{.body = object("cm", 5, R"(,"data":{"a":"2"})")},
           {.body = object("cm", 5, R"(,"data":{"a":"1"})")},
           {.status = 422, .body = refusal(422, "Invalid", "no")}});
  EXPECT_EQ(run_line(api, "diff -f -", {.input = map_yaml()}),
            "--- live/v1.ConfigMap.default.cm\n+++ merged/v1.ConfigMap.default.cm\n"
            "@@ -1,6 +1,6 @@\n apiVersion: v1\n data:\n-  a: \"1\"\n+  a: \"2\"\n kind: X\n"
            " metadata:\n   name: cm\nexit 1\n");
  EXPECT_EQ(run_line(api, "diff -f -", {.input = map_yaml()}), "exit 0\n");
  EXPECT_EQ(run_line(api, "diff -f -", {.input = map_yaml()}),
            "--- err\nThe request is invalid: no\nexit 2\n");
}

TEST(Diff, SecretsAreMasked) {
  FakeApi api;
  const std::string secret = "/api/v1/namespaces/default/secrets/s";
  api.on("GET " + secret, object("s", 4, R"(,"data":{"same":"QQ==","new":"Qg=="})"))
      .on("PATCH " + secret + "?fieldManager=weir&fieldValidation=Strict&dryRun=All",
          object("s", 4, R"(,"data":{"same":"QQ==","new":"Qw==","more":"RA=="})"));
  const std::string text =
      run_line(api, "diff -f -", {.input = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"});
  EXPECT_EQ(text.substr(text.find("@@")),
            "@@ -1,6 +1,7 @@\n apiVersion: v1\n data:\n-  new: '*** (before)'\n"
            "+  more: '***'\n+  new: '*** (after)'\n   same: '***'\n kind: X\n metadata:\n"
            "exit 1\n");
}

TEST(Plan, AsksForAllDocumentsAndPrintsTheAnswer) {
  FakeApi api;
  api.on("POST /weir/v1/plan", R"({"text":"create pod\n","warnings":["no effect"],"steps":[]})");
  EXPECT_EQ(run_line(api, "plan -f -", {.input = map_yaml()}),
            "create pod\n--- err\nWarning: no effect\nexit 0\n");
  EXPECT_EQ(asked(api), std::string(R"(POST /weir/v1/plan {"apiVersion":"v1","items":[)") +
                            kMapJson + R"(],"kind":"List"})" + "\n");
  EXPECT_EQ(run_line(api, "plan -f -", {.input = map_yaml() + "---\nkind: X\n"}),
            "--- err\nerror: error validating \"STDIN\": apiVersion not set\nexit 1\n");
}

TEST(Manifests, BadInputEndsInAnError) {
  const FakeApi api;
  std::string brackets(100'000, '['), aliases = "a0: &a0 [x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
               before + ", " + before + "]\n";
  }
  for (const std::string& input :
       {brackets, aliases, std::string("a: \xff\xfe"), std::string("\0", 1)}) {
    const std::string text = run_line(api, "apply -f -", {.input = input});
    EXPECT_EQ(text.substr(0, 35), "--- err\nerror: error parsing STDIN:") << text;
    EXPECT_EQ(text.substr(text.size() - 7), "exit 1\n");
  }
  EXPECT_EQ(run_line(api, "apply -f -"), "--- err\nerror: no objects passed to apply\nexit 1\n");
  EXPECT_EQ(run_line(api, "apply -f /nonexistent/x.yaml"),
            "--- err\nerror: the path \"/nonexistent/x.yaml\" does not exist\nexit 1\n");
  EXPECT_EQ(asked(api), "");
}

}  // namespace
}  // namespace weir::cli
