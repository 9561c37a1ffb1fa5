// Verbs that read: get, events, why, version, api-resources.

#include <gtest/gtest.h>

#include "tests/cli/run.h"

namespace weir::cli {
namespace {

constexpr const char* kPods = "GET /api/v1/namespaces/default/pods";

std::string row(const std::string& name, const std::string& ready,
                const std::string& version = "1") {
  return R"({"cells":[")" + name + R"(",")" + ready +
         R"("],"object":{"metadata":{"namespace":"default","name":")" + name +
         R"(","resourceVersion":")" + version + R"("}}})";
}

std::string table(const std::string& rows) {
  return R"({"kind":"Table","metadata":{"resourceVersion":"9"},"columnDefinitions":[)"
         R"({"name":"Name","format":"name"},{"name":"Ready"}],"rows":[)" +
         rows + "]}";
}

constexpr const char* kPod =
    R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","managedFields":[1]},"n":1})";

TEST(Get, Tables) {
  FakeApi api;
  api.on(kPods, table(row("a", "1/1") + "," + row("b", "0/1")))
      .on("GET /api/v1/namespaces/default/pods/a", table(row("a", "1/1")))
      .on("GET /api/v1/namespaces/default/pods/nope",
          {{.status = 404, .body = refusal(404, "NotFound", "pods \\\"nope\\\" not found")}})
      .on("GET /api/v1/pods", table(row("a", "1/1")))
      .on("GET /api/v1/namespaces/prod/pods", table(""))
      .on("GET /apis/apps/v1/namespaces/default/deployments", table(row("web", "2/2")))
      .on("GET /apis/apps/v1/namespaces/default/replicasets", table(""))
      .on(std::string(kPods) +
              "?labelSelector=app%3Dweb%2Ctier%20in%20%28a%29&"
              "fieldSelector=status.phase%3DRunning",
          table(row("c", "1/1")));
  const struct {
    std::vector<std::string> words;
    const char* want;
  } rows[] = {
      {{"get", "pods"}, "NAME   READY\na      1/1\nb      0/1\nexit 0\n"},
      {{"get", "po", "--no-headers"}, "a     1/1\nb     0/1\nexit 0\n"},
      {{"get", "pod", "a"}, "NAME   READY\na      1/1\nexit 0\n"},
      {{"get", "pods", "a", "nope"},
       "NAME   READY\na      1/1\n--- err\nError from server (NotFound): pods \"nope\" not found\n"
       "exit 1\n"},
      {{"get", "pod/a", "pod/nope", "--ignore-not-found"}, "NAME   READY\na      1/1\nexit 0\n"},
      {{"get", "pods", "-A"}, "NAMESPACE   NAME   READY\ndefault     a      1/1\nexit 0\n"},
      {{"get", "pods", "-n", "prod"}, "--- err\nNo resources found in prod namespace.\nexit 0\n"},
      {{"get", "all"},
       "NAME    READY\npod/a   1/1\npod/b   0/1\n\nNAME                  READY\n"
       "deployment.apps/web   2/2\nexit 0\n"},
      {{"get", "pods,deploy"},
       "NAME    READY\npod/a   1/1\npod/b   0/1\n\nNAME                  READY\n"
       "deployment.apps/web   2/2\nexit 0\n"},
      {{"get", "pods", "-l", "app=web,tier in (a)", "--field-selector=status.phase=Running"},
       "NAME   READY\nc      1/1\nexit 0\n"},
      {{"get", "nope"},
       "--- err\nerror: the server doesn't have a resource type \"nope\"\nexit 1\n"},
      {{"get"},
       "--- err\nerror: You must specify the type of resource, as in pods or deploy/web\n"
       "exit 2\n"},
      {{"get", "pods", "a", "-A"},
       "--- err\nerror: a resource cannot be retrieved by name across all namespaces\nexit 2\n"},
  };
  for (const auto& r : rows) EXPECT_EQ(run_words(api, r.words), r.want) << r.words.back();
}

TEST(Get, SortsByAPath) {
  FakeApi api;
  const auto object = [](const char* name, const char* n) {
    return std::string(R"({"cells":[")") + name + R"(","x"],"object":{"n":)" + n + "}}";
  };
  api.on(std::string(kPods) + "?includeObject=Object",
         table(object("ten", "10") + "," + object("nine", "9") + "," + object("b", "\"b\"")));
  EXPECT_EQ(run_line(api, "get pods --sort-by=.n --no-headers"),
            "nine   x\nten    x\nb      x\nexit 0\n");
}

TEST(Get, Documents) {
  FakeApi api;
  api.on("GET /api/v1/namespaces/default/pods/a", kPod)
      .on(kPods, R"({"kind":"PodList","items":[{"metadata":{"name":"a"},"n":2},)"
                 R"({"metadata":{"name":"b"},"n":1}]})");
  const struct {
    std::vector<std::string> words;
    const char* want;
  } rows[] = {
      {{"get", "pod", "a", "-o", "yaml"},
       "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n\"n\": 1\nexit 0\n"},
      {{"get", "pod/a", "-o=json"},
       "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"Pod\",\n    \"metadata\": {\n"
       "        \"name\": \"a\"\n    },\n    \"n\": 1\n}\nexit 0\n"},
      {{"get", "pod", "a", "-ojsonpath={.metadata.name}{'\\n'}", "--show-managed-fields"},
       "a\nexit 0\n"},
      {{"get", "pods", "-o", "name"}, "pod/a\npod/b\nexit 0\n"},
      {{"get", "pods", "-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name} {end}"},
       "Pod/a Pod/b exit 0\n"},
      {{"get", "pods", "-o", "custom-columns=NAME:.metadata.name,N:.n,X:.x", "--sort-by=.n"},
       "NAME   N     X\nb      1     <none>\na      2     <none>\nexit 0\n"},
      {{"get", "pods", "-o", "go-template=x"},
       "--- err\nerror: unable to match a printer suitable for the output format "
       "\"go-template=x\", allowed formats are: custom-columns=,json,jsonpath=,name,wide,yaml\n"
       "exit 2\n"},
      {{"get", "pods", "-o", "custom-columns=NAME"},
       "--- err\nerror: unexpected custom-columns spec: NAME, expected <header>:<json-path-expr>\n"
       "exit 2\n"},
  };
  for (const auto& r : rows) EXPECT_EQ(run_words(api, r.words), r.want) << r.words.back();
}

TEST(Get, WatchShowsChangesAndListsAgainWhenItsHistoryIsGone) {
  FakeApi api;
  const std::string watch =
      std::string(kPods) + "?watch=true&allowWatchBookmarks=true&resourceVersion=9";
  const auto event = [](const std::string& rows) {
    return R"({"type":"MODIFIED","object":{"kind":"Table","rows":[)" + rows + "]}}\n";
  };
  api.on(kPods, {{.body = table(row("a", "0/1", "1"))},
                 {.body = table(row("a", "1/1", "2") + "," + row("b-long-name", "0/1", "5"))}})
      .on(watch, {{.body = event(row("a", "1/1", "2")) +
                           R"({"type":"ERROR","object":{"kind":"Status","code":410}})" + "\n"},
                  {.body = event(row("b-long-name", "1/1", "6")), .hold = true}});
  EXPECT_EQ(run_line(api, "get pods -w", {.interrupt_at = "b-long-name   1/1"}),
            "NAME   READY\na      0/1\na      1/1\nb-long-name   0/1\nb-long-name   1/1\n"
            "exit 130\n");
}

TEST(Get, AWatchThatTheServerRefusesIsAnError) {
  FakeApi api;
  api.on(kPods, table(""))
      .on(std::string(kPods) + "?watch=true&allowWatchBookmarks=true&resourceVersion=9",
          R"({"type":"ERROR","object":{"kind":"Status","reason":"Forbidden","message":"no","code":403}})"
          "\n");
  EXPECT_EQ(run_line(api, "get pods --watch-only"),
            "--- err\nError from server (Forbidden): no\nexit 1\n");
}

TEST(Events, SortedAndChosen) {
  const auto event = [](const char* name, const char* type, const char* at) {
    return std::string(R"({"metadata":{"name":")") + name + R"(","uid":")" + name +
           R"(","namespace":"default"},"type":")" + type + R"(","reason":"R","message":")" + name +
           R"(\nmore\n","count":1,"firstTimestamp":")" + at + R"(","lastTimestamp":")" + at +
           R"(","involvedObject":{"kind":"Pod","name":"p"}})";
  };
  const std::string list = R"({"items":[)" + event("late", "Warning", "2026-01-02T03:04:00Z") +
                           "," + event("early", "Normal", "2026-01-02T03:00:05Z") + "]}";
  FakeApi api;
  api.on("GET /api/v1/namespaces/default/events", list)
      .on("GET /api/v1/events", list)
      .on("GET /api/v1/namespaces/default/events?fieldSelector="
          "involvedObject.kind%3DPod%2CinvolvedObject.name%3Dp",
          R"({"items":[]})");
  EXPECT_EQ(run_line(api, "events"),
            "LAST SEEN   TYPE      REASON   OBJECT   MESSAGE\n"
            "4m          Normal    R        Pod/p    early more\n"
            "5s          Warning   R        Pod/p    late more\nexit 0\n");
  EXPECT_EQ(run_line(api, "events --types=warning -A --no-headers"),
            "default   5s    Warning   R     Pod/p   late more\nexit 0\n");
  EXPECT_EQ(run_line(api, "events --for pod/p"),
            "--- err\nNo events found in default namespace.\nexit 0\n");
}

TEST(Why, PrintsTheServersText) {
  FakeApi api;
  api.on(
      "GET /weir/v1/why?kind=Deployment&namespace=default&name=web",
      R"({"text":"Deployment default/web, planned at …\n    roll: waits\n","stoppedBy":"roll"})");
  EXPECT_EQ(run_line(api, "why deploy/web"),
            "Deployment default/web, planned at …\n    roll: waits\nexit 0\n");
  EXPECT_EQ(run_words(api, {"why", "deploy", "web", "-o", "jsonpath={.stoppedBy}"}),
            "rollexit 0\n");
  EXPECT_EQ(run_line(api, "why deploy"),
            "--- err\nerror: name exactly one object, as in deploy/web\nexit 2\n");
}

TEST(Describe, AsksForWhatBelongsToTheObject) {
  FakeApi api;
  const std::string folder = "/apis/apps/v1/namespaces/default";
  api.on("GET " + folder + "/deployments/web",
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",)"
         R"("namespace":"default","uid":"u"},"spec":{"selector":{"matchLabels":{"a":"b"}}}})")
      .on("GET " + folder + "/replicasets?labelSelector=a%3Db",
          R"({"items":[{"metadata":{"name":"mine","ownerReferences":[{"uid":"u","controller":true}],
             "annotations":{"deployment.kubernetes.io/revision":"1"}}},
             {"metadata":{"name":"other"}}]})")
      .on("GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.kind%3DDeployment"
          "%2CinvolvedObject.name%3Dweb%2CinvolvedObject.uid%3Du",
          R"({"items":[]})");
  const std::string text = run_line(api, "describe deploy web");
  EXPECT_EQ(text.substr(text.find("OldReplicaSets")),
            "OldReplicaSets:    mine (0/1 replicas created)\nNewReplicaSet:     <none>\n"
            "Events:            <none>\nexit 0\n");
}

TEST(ServerInfo, VersionAndKinds) {
  FakeApi api;
  api.on("GET /version", R"({"gitVersion":"v1.28.0+weir"})");
  EXPECT_EQ(run_line(api, "version"),
            "Client Version: v0.1.0\nServer Version: v1.28.0+weir\nexit 0\n");
  EXPECT_EQ(run_line(api, "version --client"), "Client Version: v0.1.0\nexit 0\n");
  EXPECT_EQ(run_line(api, "api-resources"),
            "NAME          SHORTNAMES   APIVERSION   NAMESPACED   KIND\n"
            "configmaps    cm           v1           true         ConfigMap\n"
            "events        ev           v1           true         Event\n"
            "namespaces    ns           v1           false        Namespace\n"
            "pods          po           v1           true         Pod\n"
            "secrets                    v1           true         Secret\n"
            "deployments   deploy       apps/v1      true         Deployment\n"
            "replicasets   rs           apps/v1      true         ReplicaSet\nexit 0\n");
}

}  // namespace
}  // namespace weir::cli
