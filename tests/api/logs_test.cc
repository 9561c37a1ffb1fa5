#include "controller/api/logs.h"

#include <gtest/gtest.h>

#include "tests/api/support.h"

namespace weir::rest {
namespace {

using nlohmann::json;

api::ContainerStateTerminated ended(const std::string& id) { return {.containerID = id}; }

TEST(LogContainer, ByTheKubeletsRules) {
  const api::ContainerStatus none = {.name = "web"};
  const api::ContainerStatus running = {.containerID = "docker://now",
                                        .name = "web",
                                        .state = {.running = api::ContainerStateRunning{}}};
  api::ContainerStatus restarted = running;
  restarted.lastState.terminated = ended("docker://before");
  const api::ContainerStatus over = {.name = "web",
                                     .state = {.terminated = ended("docker://over")}};
  api::ContainerStatus backing_off = {
      .name = "web",
      .state = {.waiting = api::ContainerStateWaiting{.reason = "CrashLoopBackOff"}}};
  backing_off.lastState.terminated = ended("docker://before");
  const auto waiting = [](const std::string& reason) {
    return api::ContainerStatus{.name = "web",
                                .state = {.waiting = api::ContainerStateWaiting{.reason = reason}}};
  };
  struct Row {
    const char* name;
    api::ContainerStatus status;
    const char* container;
    bool previous;
    const char* want;
  };
  const Row rows[] = {
      {"running", running, "", false, "now"},
      {"running, by name", running, "web", false, "now"},
      {"another name", running, "db", false, "container db is not valid for pod p"},
      {"the one before", restarted, "", true, "before"},
      {"no one before", running, "", true,
       "previous terminated container \"web\" in pod \"p\" not found"},
      {"ended", over, "", false, "over"},
      {"backing off", backing_off, "", false, "before"},
      {"being made", waiting("ContainerCreating"), "", false,
       "container \"web\" in pod \"p\" is waiting to start: ContainerCreating"},
      {"no image", waiting("ImagePullBackOff"), "", false,
       "container \"web\" in pod \"p\" is waiting to start: trying and failing to pull image"},
      {"nothing known", none, "", false,
       "container \"web\" in pod \"p\" is waiting to start: no logs yet"},
  };
  for (const Row& row : rows) {
    const api::Pod pod = {.metadata = {.name = "p"},
                          .spec = {.containers = {{.name = "web"}}},
                          .status = {.containerStatuses = {row.status}}};
    const auto got = log_container(pod, row.container, row.previous);
    EXPECT_EQ(got ? *got : got.error().message, row.want) << row.name;
  }
  const api::Pod two = {.metadata = {.name = "p"},
                        .spec = {.containers = {{.name = "a"}, {.name = "b"}}}};
  EXPECT_EQ(log_container(two, "", false).error().message,
            "a container name must be specified for pod p, choose one of: [a b]");
}

// Writes what it is told, then ends as it is told; notes what it was asked for.
class FakeEngine : public engine::Engine {
 public:
  void follow(engine::OnHint) override {}
  void submit(engine::Request, engine::OnReply) override {}
  std::shared_ptr<void> logs(engine::LogOptions given,
                             std::function<bool(std::string_view)> on_bytes,
                             std::function<void(Result<void>)> on_end) override {
    options = given;
    for (const std::string& chunk : chunks) {
      if (!on_bytes(chunk)) break;
    }
    on_end(end);
    return nullptr;
  }
  engine::LogOptions options;
  std::vector<std::string> chunks = {"one\n", "two\n", "three\n"};
  Result<void> end;
};

class Text : public Stream {
 public:
  bool write(std::string_view bytes) override {
    text += bytes;
    return true;
  }
  void on_gone(std::function<void()>) override {}
  std::string text;
};

FakeEngine& fake() {
  static FakeEngine engine;
  return engine;
}

constexpr char kLog[] = "/api/v1/namespaces/default/pods/web/log";

// The log as text, or the refusal.
std::string log_text(const TestApi& api, const std::string& query = {}) {
  const Response response = api.get(kLog + query);
  if (!response.stream) return status_text(response);
  EXPECT_EQ(response.content_type, "text/plain");
  Text text;
  response.stream(text);
  return text.text;
}

TEST(Logs, AreStreamed) {
  fake() = FakeEngine();
  TestApi api([](ApiParts parts) {
    parts.engine = &fake();
    return parts;
  });
  EXPECT_EQ(log_text(api), "404 NotFound pods \"web\" not found");
  api.send("POST", "/api/v1/namespaces/default/pods", pod("web"));
  EXPECT_EQ(log_text(api),
            "400 BadRequest container \"web\" in pod \"web\" is waiting to start: no logs yet");
  const Response patched = api.send(
      "PATCH", "/api/v1/namespaces/default/pods/web/status",
      R"({"status":{"containerStatuses":[{"name":"web","image":"web:1","imageID":"","ready":true,"restartCount":0,
               "containerID":"docker://c1","state":{"running":{}}}]}})",
      "application/merge-patch+json");
  ASSERT_EQ(patched.status, 200) << patched.body;

  EXPECT_EQ(log_text(api), "one\ntwo\nthree\n");
  EXPECT_EQ(fake().options.id, "c1");
  EXPECT_EQ(fake().options.tail_lines, -1);
  EXPECT_EQ(fake().options.since_seconds, 0);
  EXPECT_EQ(log_text(api, "?limitBytes=6"), "one\ntw");

  log_text(api, "?follow=true&timestamps=true&tailLines=5&sinceSeconds=45");
  EXPECT_TRUE(fake().options.follow);
  EXPECT_TRUE(fake().options.timestamps);
  EXPECT_EQ(fake().options.tail_lines, 5);
  EXPECT_EQ(fake().options.since_seconds, 1'767'323'000);
  log_text(api, "?sinceTime=2026-01-02T03:04:00Z");
  EXPECT_EQ(fake().options.since_seconds, 1'767'323'040);

  for (const char* query : {"?tailLines=-1", "?tailLines=x", "?sinceSeconds=0", "?limitBytes=0",
                            "?sinceTime=yesterday", "?follow=maybe"}) {
    EXPECT_EQ(api.get(std::string(kLog) + query).status, 400) << query;
  }

  fake().chunks.clear();
  fake().end = fail(Code::not_found, "No such container: c1");
  EXPECT_EQ(log_text(api), "404 NotFound No such container: c1");
}

}  // namespace
}  // namespace weir::rest
