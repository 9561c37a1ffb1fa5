// Verbs that change something: delete, scale, set image, rollout; and logs and wait, which wait.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/run.h"

namespace weir::cli {
namespace {

const std::string kFolder = "/apis/apps/v1/namespaces/default/deployments";
const std::string kWeb = kFolder + "/web";
const std::string kPods = "/api/v1/namespaces/default/pods";

std::string list_of(const std::string& items) {
  return R"({"metadata":{"resourceVersion":"9"},"items":[)" + items + "]}";
}
std::string named(const std::string& path, const std::string& name) {
  return "GET " + path + "?fieldSelector=metadata.name%3D" + name;
}
std::string watched(const std::string& path, const std::string& name) {
  return named(path, name) + "&watch=true&allowWatchBookmarks=true&resourceVersion=9";
}
std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}
std::string pod(const std::string& name, const std::string& uid = "u1",
                const std::string& more = "") {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":")" + name +
         R"(","uid":")" + uid + R"("},"spec":{"containers":[{"name":"c"}]})" + more + "}";
}
std::string deployment(const std::string& spec, const std::string& status = "{}",
                       const std::string& annotations = "{}") {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"default",)"
         R"("name":"web","uid":"d","resourceVersion":"5","annotations":)" +
         annotations + R"(},"spec":)" + spec + R"(,"status":)" + status + "}";
}

TEST(Delete, WaitsUntilTheObjectIsGone) {
  FakeApi api;
  const std::string terminating = pod("a");
  api.on("DELETE " + kPods + "/a", terminating)
      .on(named(kPods, "a"), {{.body = list_of(terminating)}, {.body = list_of(pod("a", "u2"))}})
      .on(watched(kPods, "a"),
          {{.body = event("MODIFIED", terminating) + event("DELETED", terminating), .hold = true}});
  EXPECT_EQ(run_line(api, "delete pod a"), "pod \"a\" deleted\nexit 0\n");
  // Another object has taken the name: the one that was deleted is gone.
  EXPECT_EQ(run_line(api, "delete pod/a"), "pod \"a\" deleted\nexit 0\n");
  EXPECT_EQ(api.requests().front(),
            "DELETE " + kPods + "/a " +
                R"({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background"})");
}

TEST(Delete, FlagsBecomeOptions) {
  FakeApi api;
  api.on("DELETE " + kPods + "/a", R"({"kind":"Status","status":"Success"})");
  const std::string warning =
      "--- err\nWarning: Immediate deletion does not wait for confirmation that the running "
      "resource "
      "has been terminated. The resource may continue to run on the cluster indefinitely.\n";
  const struct {
    const char* flags;
    const char* body;
    std::string want;
  } rows[] = {
      {"--cascade=orphan", R"("propagationPolicy":"Orphan"})", "pod \"a\" deleted\n"},
      {"--cascade=foreground", R"("propagationPolicy":"Foreground"})", "pod \"a\" deleted\n"},
      {"--now", R"("gracePeriodSeconds":1,"kind":"DeleteOptions",)", "pod \"a\" deleted\n"},
      {"--grace-period=7", R"("gracePeriodSeconds":7,)", "pod \"a\" deleted\n"},
      {"--grace-period=0", R"("gracePeriodSeconds":1,)", "pod \"a\" deleted\n"},
      {"--force", R"("gracePeriodSeconds":0,)", "pod \"a\" force deleted\n" + warning},
      {"--dry-run=server", R"("dryRun":["All"],)", "pod \"a\" deleted (server dry run)\n"},
      {"-o name", R"("propagationPolicy":"Background"})", "pod/a\n"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(run_line(api, std::string("delete pod a --wait=false ") + row.flags),
              row.want + "exit 0\n");
    EXPECT_NE(api.requests().back().find(row.body), std::string::npos) << api.requests().back();
  }
  EXPECT_EQ(
      run_line(api, "delete pod a --cascade=no"),
      "--- err\nerror: invalid cascade value (no). Must be \"background\", \"foreground\", or "
      "\"orphan\"\nexit 2\n");
  EXPECT_EQ(run_line(api, "delete pod a --now --grace-period=3"),
            "--- err\nerror: --now and --grace-period cannot be specified together\nexit 2\n");
}

TEST(Delete, SelectionsAndMissingObjects) {
  FakeApi api;
  api.on("GET " + kPods + "?labelSelector=app%3Dweb", list_of(pod("a") + "," + pod("b")))
      .on("GET " + kPods, list_of(""))
      .on("DELETE " + kPods + "/a",
          {{.status = 404, .body = refusal(404, "NotFound", "a not found")}})
      .on("DELETE " + kPods + "/b", "{}");
  EXPECT_EQ(run_line(api, "delete pods -l app=web --wait=false"),
            "pod \"b\" deleted\n--- err\nError from server (NotFound): a not found\nexit 1\n");
  EXPECT_EQ(run_line(api, "delete pod a --ignore-not-found"), "exit 0\n");
  EXPECT_EQ(run_line(api, "delete pods --all"), "No resources found\nexit 0\n");
  EXPECT_EQ(
      run_line(api, "delete pods"),
      "--- err\nerror: resource(s) were provided, but no name was specified; give names, --all "
      "or -l\nexit 2\n");
  EXPECT_EQ(
      run_line(api, "delete pods a --all"),
      "--- err\nerror: name cannot be provided when a selector or --all is specified\nexit 2\n");
}

TEST(Scale, WithAndWithoutPrecondition) {
  FakeApi api;
  api.on("GET " + kWeb + "/scale", R"({"metadata":{"resourceVersion":"5"},"spec":{"replicas":3}})")
      .on("PATCH " + kWeb + "/scale?fieldManager=weir", "{}");
  EXPECT_EQ(run_line(api, "scale deploy/web --replicas=5"), "deployment.apps/web scaled\nexit 0\n");
  EXPECT_EQ(run_line(api, "scale deploy web --replicas=5 --current-replicas=2"),
            "--- err\nerror: Expected replicas to be 2, was 3\nexit 1\n");
  EXPECT_EQ(run_line(api, "scale deploy web --replicas=5 --current-replicas=3"),
            "deployment.apps/web scaled\nexit 0\n");
  EXPECT_EQ(asked(api),
            "PATCH " + kWeb + "/scale?fieldManager=weir {\"spec\":{\"replicas\":5}}\n" + "GET " +
                kWeb + "/scale\nGET " + kWeb + "/scale\n" + "PATCH " + kWeb +
                "/scale?fieldManager=weir "
                "{\"metadata\":{\"resourceVersion\":\"5\"},\"spec\":{\"replicas\":5}}\n");
  EXPECT_EQ(
      run_line(api, "scale deploy/web --replicas=-1"),
      "--- err\nerror: The --replicas=COUNT flag is required, and COUNT must be greater than or "
      "equal to 0\nexit 2\n");
}

TEST(SetImage, PatchesTheNamedContainers) {
  FakeApi api;
  const std::string before =
      deployment(R"({"template":{"spec":{"containers":[{"name":"c"},{"name":"d"}]}}})");
  api.on("GET " + kWeb, before)
      .on("PATCH " + kWeb + "?fieldManager=weir", R"({"metadata":{"resourceVersion":"6"}})");
  EXPECT_EQ(run_line(api, "set image deploy/web c=nginx:1.25"),
            "deployment.apps/web image updated\nexit 0\n");
  EXPECT_EQ(api.requests().back(),
            "PATCH " + kWeb +
                R"(?fieldManager=weir {"spec":{"template":{"spec":{"containers":[)"
                R"({"image":"nginx:1.25","name":"c"}]}}}})");
  EXPECT_EQ(run_line(api, "set image deploy/web x=y"),
            "--- err\nerror: unable to find container named \"x\"\nexit 1\n");
  EXPECT_EQ(run_line(api, "set image deploy/web"),
            "--- err\nerror: at least one image update is required: CONTAINER=IMAGE\nexit 2\n");
}

TEST(Rollout, StatusEndsWithTheRollout) {
  const auto web = [](int available, const char* reason) {
    return deployment(R"({"replicas":2})",
                      R"({"replicas":2,"updatedReplicas":2,"availableReplicas":)" +
                          std::to_string(available) +
                          R"(,"conditions":[{"type":"Progressing","reason":")" + reason + "\"}]}");
  };
  FakeApi api;
  api.on("GET " + kWeb, web(0, ""))
      .on(named(kFolder, "web"), list_of(web(0, "")))
      .on(watched(kFolder, "web"),
          {{.body = event("MODIFIED", web(1, "")) + event("MODIFIED", web(2, "")), .hold = true},
           {.body = event("MODIFIED", web(1, "ProgressDeadlineExceeded")), .hold = true},
           {.body = event("DELETED", web(1, "")), .hold = true},
           {.hold = true}});
  const std::string waiting = "Waiting for deployment \"web\" rollout to finish: ";
  EXPECT_EQ(run_line(api, "rollout status deploy/web"),
            waiting + "0 of 2 updated replicas are available...\n" + waiting +
                "1 of 2 updated replicas are available...\n"
                "deployment \"web\" successfully rolled out\nexit 0\n");
  EXPECT_EQ(run_line(api, "rollout status deploy/web"),
            waiting +
                "0 of 2 updated replicas are available...\n--- err\n"
                "error: deployment \"web\" exceeded its progress deadline\nexit 1\n");
  EXPECT_EQ(run_line(api, "rollout status deploy/web"),
            waiting +
                "0 of 2 updated replicas are available...\n--- err\n"
                "error: object has been deleted\nexit 1\n");
  EXPECT_EQ(run_line(api, "rollout status deploy/web --timeout=20ms"),
            waiting +
                "0 of 2 updated replicas are available...\n--- err\n"
                "error: timed out waiting for the condition on deployments/web\nexit 1\n");
  EXPECT_EQ(run_line(api, "rollout status deploy/web --watch=false"),
            waiting + "0 of 2 updated replicas are available...\nexit 0\n");
  EXPECT_EQ(
      run_line(api, "rollout status pod/web"),
      "--- err\nerror: pods \"web\" has no rollout; give a deployment or a rollout\nexit 1\n");
}

TEST(Rollout, AServerThatRestartsIsWaitedFor) {
  const std::string done = deployment(
      R"({"replicas":1})", R"({"replicas":1,"updatedReplicas":1,"availableReplicas":1})");
  const std::string busy = deployment(R"({"replicas":1})", R"({"replicas":1,"updatedReplicas":1})");
  FakeApi api;
  api.on("GET " + kWeb, busy)
      .on(named(kFolder, "web"),
          {{.body = list_of(busy)},
           {.status = 503, .body = refusal(503, "ServiceUnavailable", "starting")},
           {.body = list_of(done)}})
      .on(watched(kFolder, "web"), "");
  EXPECT_EQ(run_line(api, "rollout status deploy/web"),
            "Waiting for deployment \"web\" rollout to finish: 0 of 1 updated replicas are "
            "available...\ndeployment \"web\" successfully rolled out\nexit 0\n");
}

TEST(Rollout, OnATerminalThePictureIsDrawnInPlace) {
  const auto web = [](int available) {
    return deployment(R"({"replicas":2,"selector":{"matchLabels":{"app":"web"}}})",
                      R"({"replicas":2,"updatedReplicas":2,"availableReplicas":)" +
                          std::to_string(available) + "}",
                      R"({"deployment.kubernetes.io/revision":"1"})");
  };
  FakeApi api;
  api.on("GET " + kWeb, web(0))
      .on(named(kFolder, "web"), list_of(web(0)))
      .on(watched(kFolder, "web"), {{.body = event("MODIFIED", web(2)), .hold = true}})
      .on("GET /apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Dweb",
          list_of(
              R"({"metadata":{"name":"web-a","annotations":{"deployment.kubernetes.io/revision":)"
              R"("1"}},"status":{"replicas":2,"readyReplicas":1,"availableReplicas":1}})"))
      .on("GET /api/v1/namespaces/default/events", list_of(""));
  const std::string revision =
      "  new  revision 1  [=========>          ]  1/2 available  1 ready  2 created\n";
  EXPECT_EQ(run_line(api, "rollout status deploy/web", {.terminal = true}),
            "deployment.apps/web  0s\n" + revision +
                "  Waiting for deployment \"web\" rollout to finish: 0 of 2 updated replicas "
                "ar...\n\x1b[3A\r\x1b[Jdeployment.apps/web  0s\n" +
                revision + "  deployment \"web\" successfully rolled out\nexit 0\n");
}

TEST(Rollout, PauseResumeRestart) {
  FakeApi api;
  api.on("GET " + kWeb, {{.body = deployment("{}")},
                         {.body = deployment(R"({"paused":true})")},
                         {.body = deployment(R"({"paused":true})")},
                         {.body = deployment("{}")},
                         {.body = deployment(R"({"paused":true})")},
                         {.body = deployment("{}")},
                         {.body = deployment(R"({"template":{"metadata":{"annotations":{
                            "kubectl.kubernetes.io/restartedAt":"2026-01-02T03:04:05Z"}}}})")}})
      .on("PATCH " + kWeb + "?fieldManager=weir", "{}");
  const char* const rows[][2] = {
      {"pause", "deployment.apps/web paused\nexit 0\n"},
      {"pause", "--- err\nerror: deployments.apps \"web\" is already paused\nexit 1\n"},
      {"resume", "deployment.apps/web resumed\nexit 0\n"},
      {"resume", "--- err\nerror: deployments.apps \"web\" is not paused\nexit 1\n"},
      {"restart",
       "--- err\nerror: deployments.apps \"web\" can't restart paused deployment (run "
       "rollout resume first)\nexit 1\n"},
      {"restart", "deployment.apps/web restarted\nexit 0\n"},
      {"restart",
       "--- err\nerror: deployments.apps \"web\" failed to create patch: if restart has "
       "already been triggered within the past second, please wait before attempting to "
       "trigger another\nexit 1\n"},
  };
  for (const auto& [verb, want] : rows) {
    EXPECT_EQ(run_line(api, std::string("rollout ") + verb + " deploy/web"), want) << verb;
  }
  std::string patches;
  for (const std::string& request : api.requests()) {
    if (request.starts_with("PATCH")) patches += request.substr(request.find(' ', 6) + 1) + "\n";
  }
  EXPECT_EQ(patches,
            "{\"spec\":{\"paused\":true}}\n{\"spec\":{\"paused\":null}}\n"
            "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{"
            "\"kubectl.kubernetes.io/restartedAt\":\"2026-01-02T03:04:05Z\"}}}}}\n");
}

std::string replica_set(const std::string& name, const std::string& revision,
                        const std::string& image) {
  return R"({"metadata":{"name":")" + name +
         R"(","annotations":{"deployment.kubernetes.io/revision":")" + revision +
         R"("},"ownerReferences":[{"uid":"d","controller":true}]},"spec":{"template":)"
         R"({"metadata":{"labels":{"app":"web","pod-template-hash":"h"}},"spec":{"containers":[)"
         R"({"name":"c","image":")" +
         image + "\"}]}}}}";
}

TEST(Rollout, HistoryAndUndo) {
  const std::string template_two =
      R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"v2"}]}})";
  const auto web = [&](const char* paused) {
    return deployment(R"({"paused":)" + std::string(paused) +
                          R"(,"selector":{"matchLabels":{"app":"web"}},"template":)" +
                          template_two + "}",
                      "{}", R"({"deployment.kubernetes.io/revision":"2"})");
  };
  FakeApi api;
  api.on("GET " + kWeb, {{.body = web("false")}})
      .on("GET /apis/apps/v1/namespaces/default/replicasets?labelSelector=app%3Dweb",
          list_of(replica_set("b", "2", "v2") + "," + replica_set("a", "1", "v1") +
                  R"(,{"metadata":{"name":"foreign"}})"))
      .on("PATCH " + kWeb + "?fieldManager=weir", "{}");
  EXPECT_EQ(run_line(api, "rollout history deploy/web"),
            "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
            "exit 0\n");
  const std::string detail = run_line(api, "rollout history deploy/web --revision=1");
  EXPECT_EQ(detail.substr(0, detail.find("    Port")),
            "deployment.apps/web with revision #1\nPod Template:\n  Labels:  app=web\n"
            "           pod-template-hash=h\n  Containers:\n   c:\n    Image:         v1\n");
  EXPECT_EQ(run_line(api, "rollout history deploy/web --revision=9"),
            "--- err\nerror: unable to find the specified revision\nexit 1\n");
  EXPECT_EQ(run_line(api, "rollout undo deploy/web"), "deployment.apps/web rolled back\nexit 0\n");
  EXPECT_EQ(
      api.requests().back(),
      "PATCH " + kWeb +
          R"(?fieldManager=weir [{"op":"replace","path":"/spec/template","value":)"
          R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"image":"v1","name":"c"}]}}},)"
          R"({"op":"replace","path":"/metadata/annotations","value":)"
          R"({"deployment.kubernetes.io/revision":"2"}}])");
  EXPECT_EQ(run_line(api, "rollout undo deploy/web --to-revision=2"),
            "deployment.apps/web skipped rollback (current template already matches revision 2)\n"
            "exit 0\n");
  EXPECT_EQ(run_line(api, "rollout undo deploy/web --to-revision=7"),
            "--- err\nerror: unable to find specified revision 7 in history\nexit 1\n");
  api.on("GET " + kWeb, web("true"));
  EXPECT_EQ(run_line(api, "rollout undo deploy/web"),
            "--- err\nerror: you cannot rollback a paused deployment; resume it first with 'weir "
            "rollout resume' and try again\nexit 1\n");
}

TEST(Wait, ConditionsDeletionAndTimeouts) {
  const std::string not_ready = pod("a", "u1", R"(,"status":{"phase":"Pending"})");
  const std::string ready =
      pod("a", "u1",
          R"(,"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]})");
  FakeApi api;
  api.on("GET " + kPods + "/a", not_ready)
      .on("GET " + kPods + "/nope", {{.status = 404, .body = refusal(404, "NotFound", "nope")}})
      .on("GET " + kPods, list_of(""))
      .on(named(kPods, "a"), list_of(not_ready))
      .on(named(kPods, "nope"), list_of(""))
      .on(watched(kPods, "a"), {{.body = event("MODIFIED", ready), .hold = true},
                                {.body = event("MODIFIED", ready), .hold = true},
                                {.body = event("DELETED", ready), .hold = true},
                                {.body = event("DELETED", ready), .hold = true},
                                {.hold = true}});
  const struct {
    const char* words;
    const char* want;
  } rows[] = {
      {"pod/a --for=condition=Ready", "pod/a condition met\nexit 0\n"},
      {"pod a --for=jsonpath={.status.phase}=Running", "pod/a condition met\nexit 0\n"},
      {"pod a --for=delete", "pod/a condition met\nexit 0\n"},
      {"pod a --for=condition=Ready",
       "--- err\nerror: pods/a was deleted while waiting for it\nexit 1\n"},
      {"pod a --for=condition=Ready --timeout=20ms",
       "--- err\nerror: timed out waiting for the condition on pods/a\nexit 1\n"},
      {"pod a --for=condition=Ready --timeout=0",
       "--- err\nerror: timed out waiting for the condition on pods/a\nexit 1\n"},
      {"pod nope --for=condition=Ready", "--- err\nError from server (NotFound): nope\nexit 1\n"},
      {"pod nope --for=delete", "pod/nope condition met\nexit 0\n"},
      {"pods --all --for=condition=Ready", "--- err\nerror: no matching resources found\nexit 1\n"},
      {"pods --all --for=delete", "exit 0\n"},
      {"pod a --for=ready", "--- err\nerror: unrecognized condition: \"ready\"\nexit 2\n"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(run_line(api, std::string("wait ") + row.words), row.want) << row.words;
  }
}

TEST(Logs, OneContainer) {
  FakeApi api;
  const std::string log = "GET " + kPods + "/a/log?container=c";
  api.on("GET " + kPods + "/a", pod("a"))
      .on(log, "one\ntwo")
      .on(log + "&follow=true&previous=true&timestamps=true&tailLines=5&sinceSeconds=90", "three\n")
      .on("GET " + kPods + "/a/log?container=c&sinceTime=2026-01-02T03%3A04%3A05Z",
          {{.status = 400, .body = refusal(400, "BadRequest", "container is waiting")}});
  EXPECT_EQ(run_line(api, "logs a"), "one\ntwoexit 0\n");
  EXPECT_EQ(run_line(api, "logs pod/a --prefix"), "[pod/a/c] one\n[pod/a/c] twoexit 0\n");
  EXPECT_EQ(run_line(api, "logs a c -f -p --timestamps --tail=5 --since=1m30s"), "three\nexit 0\n");
  EXPECT_EQ(run_line(api, "logs a --since-time=2026-01-02T03:04:05Z"),
            "--- err\nError from server (BadRequest): container is waiting\nexit 1\n");
  EXPECT_EQ(run_line(api, "logs a -c x"),
            "--- err\nerror: container x is not valid for pod a\nexit 1\n");
  EXPECT_EQ(run_line(api, "logs a --since=1s --since-time=2026-01-02T03:04:05Z"),
            "--- err\nerror: only one of --since-time / --since may be used\nexit 2\n");
}

TEST(Logs, OfAWorkloadTheReadyPodIsRead) {
  FakeApi api;
  api.on("GET " + kWeb, deployment(R"({"selector":{"matchLabels":{"app":"web"}}})"))
      .on("GET " + kPods + "?labelSelector=app%3Dweb",
          list_of(pod("a") + "," +
                  pod("b", "u2", R"(,"status":{"conditions":[{"type":"Ready","status":"True"}]})")))
      .on("GET " + kPods + "/b/log?container=c&tailLines=1", "hello\n");
  EXPECT_EQ(run_line(api, "logs deploy/web --tail 1"),
            "hello\n--- err\nFound 2 pods, using pod/b\nexit 0\n");
}

TEST(Logs, SeveralPodsOneAfterTheOtherOrTogether) {
  FakeApi api;
  api.on("GET " + kPods + "?labelSelector=app%3Dweb", list_of(pod("a") + "," + pod("b")))
      .on("GET " + kPods + "/a/log?container=c&tailLines=10", "1\n2\n")
      .on("GET " + kPods + "/b/log?container=c&tailLines=10",
          {{.status = 404, .body = refusal(404, "NotFound", "no container")}})
      .on("GET " + kPods + "/a/log?container=c&follow=true&tailLines=10", "1\n")
      .on("GET " + kPods + "/b/log?container=c&follow=true&tailLines=10", "2\n");
  EXPECT_EQ(
      run_line(api, "logs -l app=web --prefix"),
      "[pod/a/c] 1\n[pod/a/c] 2\n--- err\nError from server (NotFound): no container\nexit 1\n");
  const std::string both = run_line(api, "logs -l app=web -f");
  EXPECT_TRUE(both == "1\n2\nexit 0\n" || both == "2\n1\nexit 0\n") << both;
  EXPECT_EQ(run_line(api, "logs -l app=web -f --max-log-requests=1"),
            "--- err\nerror: you are attempting to follow 2 log streams, but maximum allowed "
            "concurrency is 1, use --max-log-requests to increase the limit\nexit 1\n");
}

TEST(Logs, CtrlCEndsThem) {
  FakeApi api;
  api.on("GET " + kPods + "/a", pod("a"))
      .on("GET " + kPods + "/a/log?container=c&follow=true",
          {Canned{.body = "line\n", .hold = true}});
  EXPECT_EQ(run_line(api, "logs -f a", {.interrupt_at = "line"}), "line\nexit 130\n");
}

}  // namespace
}  // namespace weir::cli
