// Port forwarding: what is refused before the upgrade.

#include "controller/api/port_forward.h"

#include <gtest/gtest.h>

#include "controller/api/pod_network.h"
#include "tests/api/support.h"

namespace weir::rest {
namespace {

class OneContainer : public engine::Engine {
 public:
  void follow(engine::OnHint) override {}
  void submit(engine::Request, engine::OnReply on_reply) override {
    on_reply(Container{.id = "4f1c", .ip = "127.0.0.1"});
  }
  std::shared_ptr<void> logs(engine::LogOptions, std::function<bool(std::string_view)>,
                             std::function<void(Result<void>)>) override {
    return nullptr;
  }
};

TEST(PortForward, BeforeTheUpgrade) {
  TestApi api([](ApiParts parts) {
    static OneContainer engine;
    parts.engine = &engine;
    return parts;
  });
  for (const char* name : {"runs", "waits"}) {
    api.send("POST", "/api/v1/namespaces/default/pods", pod(name));
  }
  api.send("PATCH", "/api/v1/namespaces/default/pods/waits/status",
           R"({"status":{"phase":"Pending"}})", "application/merge-patch+json");
  api.send("PATCH", "/api/v1/namespaces/default/pods/runs/status",
           R"({"status":{"phase":"Running","containerStatuses":[{"name":"web","image":"web:1",)"
           R"("imageID":"","ready":true,"restartCount":0,"containerID":"docker://4f1c",)"
           R"("state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}}]}})",
           "application/merge-patch+json");
  const std::vector<std::string> spdy = {"portforward.k8s.io"};
  const std::vector<std::string> tunnelled = {"SPDY/3.1+portforward.k8s.io"};
  struct Row {
    const char* name;
    const char* method;
    const char* pod;
    const char* upgrade;
    std::vector<std::string> protocols;
    const char* want;
  };
  const Row rows[] = {
      {"SPDY", "POST", "runs", "spdy/3.1", spdy, "101 portforward.k8s.io"},
      {"SPDY by GET", "GET", "runs", "spdy/3.1", spdy, "101 portforward.k8s.io"},
      {"in a WebSocket", "GET", "runs", "websocket", tunnelled, "101 SPDY/3.1+portforward.k8s.io"},
      {"one of several",
       "POST",
       "runs",
       "spdy/3.1",
       {"v9.example.com", "portforward.k8s.io"},
       "101 portforward.k8s.io"},
      {"no upgrade", "POST", "runs", "", spdy, "400 BadRequest Upgrade request required"},
      {"to what we do not speak", "POST", "runs", "h2c", spdy,
       "400 BadRequest Upgrade request required"},
      {"no protocol",
       "POST",
       "runs",
       "spdy/3.1",
       {},
       "403 Forbidden unable to negotiate protocol: client supports [], server supports "
       "[portforward.k8s.io]"},
      {"another protocol",
       "GET",
       "runs",
       "websocket",
       {"v4.channel.k8s.io", "x"},
       "403 Forbidden unable to negotiate protocol: client supports [v4.channel.k8s.io x], server "
       "supports [SPDY/3.1+portforward.k8s.io]"},
      {"no pod", "POST", "gone", "spdy/3.1", spdy, "404 NotFound pods \"gone\" not found"},
      {"not running", "POST", "waits", "spdy/3.1", spdy,
       "400 BadRequest unable to forward port because pod is not running. Current status=Pending"},
      {"another method", "PUT", "runs", "spdy/3.1", spdy,
       "405 MethodNotAllowed the server does not allow this method on the requested resource"},
  };
  for (const Row& row : rows) {
    Request request =
        parse_target(std::string("/api/v1/namespaces/default/pods/") + row.pod + "/portforward")
            .value();
    request.method = row.method;
    request.upgrade = row.upgrade;
    request.protocols = row.protocols;
    request.user = admin();
    const Response response = api.send(request);
    EXPECT_EQ(response.upgrade ? "101 " + response.upgrade->protocol : status_text(response),
              row.want)
        << row.name;
    request.user.groups = {"system:authenticated"};
    EXPECT_EQ(api.send(request).status, row.method == std::string("PUT") ? 405 : 403) << row.name;
  }
}

TEST(PortForward, IsInDiscovery) {
  TestApi api;
  const nlohmann::json found = body_of(api.get("/api/v1"));
  for (const auto& resource : found["resources"]) {
    if (resource["name"] != "pods/portforward") continue;
    EXPECT_EQ(resource["kind"], "PodPortForwardOptions");
    EXPECT_EQ(resource["verbs"], (nlohmann::json{"create", "get"}));
    return;
  }
  FAIL() << "pods/portforward is not there";
}

TEST(PortForward, ANamespaceThatIsNotHereIsNotEntered) {
  const PodNetwork elsewhere({.id = "4f1c", .ip = "10.1.2.3", .network_path = "/nowhere/netns/1"});
  EXPECT_EQ(elsewhere.addresses(), std::vector<std::string>{"10.1.2.3"});
  EXPECT_EQ(PodNetwork({.id = "4f1c"}).addresses(), std::vector<std::string>());
  EXPECT_EQ(dial_error("10.1.2.3", 80, ECONNREFUSED),
            "dial tcp4 10.1.2.3:80: connect: connection refused");
  EXPECT_EQ(dial_error("::1", 80, ETIMEDOUT), "dial tcp6 [::1]:80: connect: connection timed out");
}

}  // namespace
}  // namespace weir::rest
