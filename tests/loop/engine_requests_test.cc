// What actions become on the way to the engine, and what its answers mean.

#include "controller/loop/engine_requests.h"

#include <gtest/gtest.h>

#include "reconcilers/base64.h"

namespace weir {
namespace {

std::string spelled(const engine::Request& request) {
  if (const auto* get = std::get_if<engine::HttpGet>(&request)) {
    std::string out = "GET " + get->url;
    for (const std::string& header : get->headers) out += " [" + header + "]";
    return out + " " + std::to_string(get->timeout.count()) + "ms";
  }
  if (const auto* exec = std::get_if<engine::Exec>(&request)) {
    std::string out = "exec " + exec->id;
    for (const std::string& word : exec->command) out += " " + word;
    return out + " " + std::to_string(exec->timeout.count()) + "ms";
  }
  const auto& connect = std::get<engine::TcpConnect>(request);
  return "connect " + connect.host + ":" + std::to_string(connect.port) + " " +
         std::to_string(connect.timeout.count()) + "ms";
}

TEST(EngineRequests, ReasonsAreKubernetes) {
  const struct {
    const char* identity;
    Error error;
    const char* want;
  } rows[] = {
      {"pull web:1", {.code = Code::bad_request}, "InvalidImageName"},
      {"pull web:1", {.code = Code::unavailable}, "ErrImagePull"},
      {"create default/a 1", {.code = Code::conflict}, "NameConflict"},
      {"create default/a 1", {.code = Code::not_found}, "ImageMissing"},
      {"create default/a 1", {.code = Code::internal}, "CreateContainerError"},
      {"start c1", {.code = Code::internal, .message = "no such program"}, "RunContainerError"},
      {"start c1",
       {.code = Code::internal, .message = "Bind for 0.0.0.0:80 failed: port is already allocated"},
       "PortConflict"},
      {"start c1",
       {.code = Code::internal, .message = "listen tcp4 0.0.0.0:80: bind: address already in use"},
       "PortConflict"},
      {"remove c1", {.code = Code::internal}, "Failed"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(reason_of(row.identity, row.error), row.want)
        << row.identity << " " << row.error.message;
  }
}

TEST(EngineRequests, OnlyTheVeryContainerThatWasAskedForIsIt) {
  const ContainerSpec spec{
      .labels = {
          {label::kStore, "s"}, {label::kUid, "u"}, {label::kSpec, "h"}, {label::kAttempt, "2"}}};
  const Container same{.store = "s", .uid = "u", .spec_hash = "h", .attempt = 2};
  EXPECT_TRUE(is_made_from(same, spec));
  const auto changed = [&](auto change) {
    Container other = same;
    change(other);
    return is_made_from(other, spec);
  };
  EXPECT_FALSE(changed([](Container& c) { c.uid = "v"; }));
  EXPECT_FALSE(changed([](Container& c) { c.store = "t"; }));
  EXPECT_FALSE(changed([](Container& c) { c.attempt = 1; }));
  EXPECT_FALSE(changed([](Container& c) { c.spec_hash = ""; }));
  EXPECT_FALSE(is_made_from({}, spec)) << "a foreign container";
}

TEST(EngineRequests, TheStarterDeliversSecretsInAFile) {
  const ContainerSpec spec =
      with_starter({.entrypoint = {"/app"}, .secret_env = {{"PASSWORD", "x"}}},
                   {.environment = "/run/weir/u/app-1.env", .starter = "/run/weir/starter"});
  EXPECT_EQ(spec.entrypoint, (std::vector<std::string>{"/.weir/exec", "/app"}));
  EXPECT_TRUE(spec.secret_env.empty());
  ASSERT_EQ(spec.mounts.size(), 2u);
  EXPECT_TRUE(spec.mounts[0].read_only && spec.mounts[1].read_only);
}

TEST(EngineRequests, CredentialsOfTheImagesRegistryOnly) {
  const auto secret = [](const char* name, const std::string& config) {
    api::Secret secret;
    secret.metadata.name = name;
    secret.metadata.namespace_ = "default";
    secret.data[".dockerconfigjson"] = base64_encode(config);
    return secret;
  };
  World world;
  for (const api::Secret& one :
       {secret("hub", R"({"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnE="}}})"),
        secret("mine", R"({"auths":{"mine:5000":{"username":"a","password":"b"}}})"),
        secret("broken", "{\"auths\":[")}) {
    world.put(Object(one));
  }
  const struct {
    const char* image;
    std::vector<std::string> secrets;
    const char* want;
  } rows[] = {
      {"nginx",
       {"hub"},
       R"({"password":"p:q","serveraddress":"https://index.docker.io/v1/","username":"u"})"},
      {"library/nginx:1",
       {"mine", "hub"},
       R"({"password":"p:q","serveraddress":"https://index.docker.io/v1/","username":"u"})"},
      {"mine:5000/app",
       {"broken", "missing", "mine"},
       R"({"password":"b","serveraddress":"mine:5000","username":"a"})"},
      {"other.example/app", {"hub", "mine"}, ""},
      {"nginx", {}, ""},
  };
  for (const auto& row : rows) {
    const PullImage pull{.pod = {.kind = Kind::Pod, .ns = "default", .name = "p"},
                         .image = row.image,
                         .secrets = row.secrets};
    EXPECT_EQ(registry_auth(world, pull), *row.want == '\0' ? "" : base64_url_encode(row.want))
        << row.image;
  }
}

TEST(EngineRequests, HooksAndProbesGoToTheContainersOwnAddress) {
  const auto number = [](int port) { return api::IntOrString{.number = port}; };
  api::LifecycleHandler http;
  http.httpGet = {
      .host = "elsewhere.example", .path = "warm", .port = number(8080), .scheme = "HTTPS"};
  http.httpGet->httpHeaders = {{.name = "X", .value = "y"}};
  api::LifecycleHandler exec;
  exec.exec = {.command = {"sh", "-c", "true"}};
  api::LifecycleHandler tcp;
  tcp.tcpSocket = {.port = number(81)};
  EXPECT_EQ(spelled(hook_request(http, "c1", "10.0.0.2", Duration(2000))),
            "GET https://10.0.0.2:8080/warm [Host: elsewhere.example] [X: y] 2000ms");
  EXPECT_EQ(spelled(hook_request(exec, "c1", "10.0.0.2", Duration(2000))),
            "exec c1 sh -c true 2000ms");
  EXPECT_EQ(spelled(hook_request(tcp, "c1", "10.0.0.2", Duration(2000))),
            "connect 10.0.0.2:81 2000ms");

  RunProbe probe{.pod = {}, .container_id = "c1", .ip = "10.0.0.2", .port = 9000};
  probe.probe.timeoutSeconds = 3;
  probe.probe.httpGet = api::HTTPGetAction{.path = "/healthz"};
  EXPECT_EQ(spelled(probe_request(probe)), "GET http://10.0.0.2:9000/healthz 3000ms");
}

TEST(EngineRequests, VerdictsOfProbes) {
  RunProbe http, exec;
  http.probe.httpGet = api::HTTPGetAction{};
  exec.probe.exec = api::ExecAction{};
  const auto status = [](int code) -> Result<engine::Reply> {
    return engine::Reply(engine::HttpResult{.status = code});
  };
  const auto exited = [](int code) -> Result<engine::Reply> {
    return engine::Reply(engine::ExecResult{.exit_code = code, .output = "said"});
  };
  const struct {
    const char* name;
    const RunProbe& probe;
    Result<engine::Reply> reply;
    ProbeVerdict::Result want;
    const char* message;
  } rows[] = {
      {"200", http, status(200), ProbeVerdict::success, ""},
      {"399 is a redirect that was not followed", http, status(399), ProbeVerdict::success, ""},
      {"400", http, status(400), ProbeVerdict::failure, "HTTP probe failed with statuscode: 400"},
      {"199", http, status(199), ProbeVerdict::failure, "HTTP probe failed with statuscode: 199"},
      {"nobody answers", http, fail(Code::unavailable, "refused"), ProbeVerdict::failure,
       "refused"},
      {"exit 0", exec, exited(0), ProbeVerdict::success, ""},
      {"exit 1", exec, exited(1), ProbeVerdict::failure, "said"},
      {"a command that hangs", exec, fail(Code::timed_out, "after 1s"), ProbeVerdict::failure,
       "after 1s"},
      {"an engine that cannot be asked", exec, fail(Code::unavailable, "no engine"),
       ProbeVerdict::unknown, "no engine"},
  };
  for (const auto& row : rows) {
    const ProbeVerdict verdict = probe_verdict(row.probe, row.reply);
    EXPECT_EQ(verdict.result, row.want) << row.name;
    EXPECT_EQ(verdict.message, row.message) << row.name;
  }
}

}  // namespace
}  // namespace weir
