// Every request against a real Docker Engine.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>

#include "controller/engine/programs.h"
#include "tests/engine/docker_fixture.h"

namespace weir::engine {
namespace {

TEST_F(OnDocker, Info) {
  const Result<Reply> reply = client.ask(GetInfo{});
  ASSERT_TRUE(reply) << text(reply);
  const Info& info = std::get<Info>(*reply);
  EXPECT_EQ(info.server_version + "\n",
            ThrowAway::docker("version --format '{{.Server.Version}}'"));
  EXPECT_EQ(info.engine_id + " " + info.name + " " + std::to_string(info.cpus) + " " +
                std::to_string(info.memory_bytes) + "\n",
            ThrowAway::docker("info --format '{{.ID}} {{.Name}} {{.NCPU}} {{.MemTotal}}'"));
  EXPECT_TRUE(std::regex_match(info.api_version, std::regex("1\\.4[1-7]"))) << info.api_version;
  EXPECT_NE(info.kernel_version, "");
  EXPECT_NE(info.operating_system, "");
}

TEST_F(OnDocker, TheLifeOfAContainer) {
  ContainerSpec wanted = spec("life");
  wanted.labels[label::kPodName] = "life";
  wanted.labels[label::kPodNamespace] = "default";
  wanted.labels[label::kAttempt] = "2";
  wanted.hostname = "life-host";
  const std::string id = create(wanted);
  EXPECT_EQ(text(inspect("life")),
            "life created image=weir-demo:v1 uid=u-life pod=default/life "
            "attempt=2");
  EXPECT_FALSE(inspect(id).started_at);
  EXPECT_EQ(client.say(StartContainer{.id = id}), "done");
  EXPECT_EQ(client.say(StartContainer{.id = id}), "done");
  const Container running = inspect(id);
  EXPECT_EQ(text(running.state), "running");
  EXPECT_TRUE(running.started_at && running.created_at && !running.finished_at);
  ASSERT_EQ(list().size(), 1u);
  EXPECT_EQ(list()[0].ip, running.ip);
  EXPECT_EQ(list()[0].image_id, running.image_id);
  EXPECT_EQ(text(list()[0]), text(running));

  const std::string ip = address(id);
  EXPECT_EQ(client.say(HttpGet{.url = "http://" + ip + ":8080/", .timeout = kPatient}),
            "http 200: hello from v1 on life-host\n");
  EXPECT_EQ(client.say(StopContainer{.id = id, .grace_seconds = 20}), "done");
  EXPECT_EQ(client.say(StopContainer{.id = id, .grace_seconds = 20}), "done");
  const Container stopped = inspect(id);
  EXPECT_EQ(std::string(text(stopped.state)) + " " + std::to_string(stopped.exit_code), "exited 0");
  EXPECT_TRUE(stopped.finished_at);
  EXPECT_EQ(client.say(RemoveContainer{.id = id}), "done");
  EXPECT_EQ(client.say(RemoveContainer{.id = id}), "done");
  EXPECT_EQ(client.say(StopContainer{.id = id}), "done");
  EXPECT_EQ(client.say(InspectContainer{.id = id}), "not_found: No such container: " + id);
  EXPECT_EQ(client.say(StartContainer{.id = id}), "not_found: No such container: " + id);
  EXPECT_EQ(list().size(), 0u);
}

TEST_F(OnDocker, OnlyOursAreListedAndForeignLabelsAreNotRead) {
  ThrowAway::docker("create --name foreign --label dev.weir.uid=u weir-demo:v1");
  ThrowAway::docker(
      "create --name others --label dev.weir.uid=u --label dev.weir.instance=other weir-demo:v1");
  EXPECT_EQ(list().size(), 0u);
  EXPECT_EQ(client.say(InspectContainer{.id = "foreign"}), "foreign created image=weir-demo:v1");
  EXPECT_EQ(client.say(InspectContainer{.id = "others"}), "others created image=weir-demo:v1");
  ThrowAway::docker("rm foreign others");
}

TEST_F(OnDocker, StopsThatAreNotObeyed) {
  ContainerSpec stubborn = spec("stubborn");
  stubborn.env = {"IGNORE_TERM=1"};
  const std::string id = run(stubborn);
  address(id);
  EXPECT_EQ(client.say(StopContainer{.id = id, .grace_seconds = 1}), "done");
  EXPECT_EQ(inspect(id).exit_code, 137);
}

TEST_F(OnDocker, PausedOnes) {
  const std::string id = run(spec("paused"));
  ThrowAway::docker("pause paused");
  EXPECT_EQ(text(inspect(id).state), "paused");
  EXPECT_EQ(client.say(UnpauseContainer{.id = id}), "done");
  EXPECT_EQ(client.say(UnpauseContainer{.id = id}), "done");
  EXPECT_EQ(text(inspect(id).state), "running");
}

TEST_F(OnDocker, WhatCannotBeCreatedOrStarted) {
  const std::string first = create(spec("held"));
  EXPECT_EQ(client.say(CreateContainer{.spec = spec("held")}),
            "conflict: Conflict. The container name \"/held\" is already in use by container \"" +
                first +
                "\". You have to remove (or rename) that container to be able to reuse that "
                "name.");
  ContainerSpec missing = spec("missing");
  missing.image = "weir-demo:v9";
  EXPECT_EQ(client.say(CreateContainer{.spec = missing}), "not_found: No such image: weir-demo:v9");

  ContainerSpec no_source = spec("no-source");
  no_source.mounts = {{.source = "/no/such/folder", .target = "/d"}};
  EXPECT_EQ(client.say(CreateContainer{.spec = no_source}),
            "invalid: invalid mount config for type \"bind\": bind source path does not exist: "
            "/no/such/folder");

  ContainerSpec no_program = spec("no-program");
  no_program.entrypoint = {"/no/such/program"};
  const std::string id = create(no_program);
  const Result<Reply> started = client.ask(StartContainer{.id = id});
  ASSERT_FALSE(started);
  EXPECT_EQ(text(started.error().code), "invalid");
  EXPECT_NE(started.error().message.find("no such file or directory"), std::string::npos)
      << started.error().message;
  EXPECT_EQ(inspect(id).error, started.error().message);
}

TEST_F(OnDocker, PortsThatAreTaken) {
  ContainerSpec first = spec("port-1");
  first.ports = {{.container_port = 8080, .host_port = 18080, .host_ip = "127.0.0.1"}};
  const std::string id = run(first);
  address(id);
  EXPECT_EQ(client.say(HttpGet{.url = "http://127.0.0.1:18080/version", .timeout = kPatient}),
            "http 200: v1\n");
  ContainerSpec second = spec("port-2");
  second.ports = first.ports;
  const Result<Reply> started = client.ask(StartContainer{.id = create(second)});
  ASSERT_FALSE(started);
  EXPECT_EQ(text(started.error().code), "invalid");
  EXPECT_NE(started.error().message.find("port is already allocated"), std::string::npos)
      << started.error().message;
}

TEST_F(OnDocker, WhatAContainerUses) {
  const std::string id = run(spec("used"));
  address(id);
  const Result<Reply> reply = client.ask(ContainerStats{.id = id});
  ASSERT_TRUE(reply) << reply.error().message;
  const Usage& usage = std::get<Usage>(*reply);
  EXPECT_GT(usage.cpu_nanoseconds, 0);
  EXPECT_GT(usage.working_set_bytes, 0);
  EXPECT_GE(usage.memory_bytes, usage.working_set_bytes);
  EXPECT_EQ(usage.threads, 1);
  EXPECT_EQ(usage.networks.count("eth0"), 1u);
  client.ask(StopContainer{.id = id, .grace_seconds = 0});
  EXPECT_EQ(client.say(ContainerStats{.id = id}), "not_found: it does not run, and uses nothing");
  client.ask(RemoveContainer{.id = id});
  EXPECT_EQ(client.say(ContainerStats{.id = id}), "not_found: No such container: " + id);
}

TEST_F(OnDocker, EveryFieldArrives) {
  const std::string data = ThrowAway::folder() + "/data-for-mount";
  std::filesystem::create_directory(data);
  std::ofstream(data + "/file") << "from the host\n";
  ContainerSpec all = spec("all");
  all.entrypoint = {"/demo-server"};
  all.env = {"VERSION=mine", "SHOW_ENV=A", "A=two words"};
  all.working_dir = "/srv";
  all.user = "1000:2000";
  all.groups = {"3000"};
  all.hostname = "all-host";
  all.dns_servers = {"10.9.9.9"};
  all.dns_search = {"default.svc.cluster.local"};
  all.dns_options = {"ndots:5"};
  all.extra_hosts = {"db:10.0.0.9"};
  all.mounts = {{.source = data, .target = "/data", .read_only = true},
                {.type = "tmpfs", .target = "/tmp"}};
  all.memory_bytes = 64 << 20;
  all.nano_cpus = 500'000'000;
  all.cpu_shares = 512;
  all.shm_bytes = 1 << 20;
  all.read_only_root = true;
  all.no_new_privileges = true;
  all.add_capabilities = {"NET_ADMIN"};
  all.drop_capabilities = {"ALL"};
  all.sysctls = {{"net.core.somaxconn", "1000"}};
  const std::string id = run(all);
  EXPECT_EQ(
      ThrowAway::docker(
          "inspect all --format '{{.HostConfig.RestartPolicy.Name}} "
          "{{.HostConfig.LogConfig.Type}} {{index .HostConfig.LogConfig.Config \"max-size\"}} "
          "{{index .HostConfig.LogConfig.Config \"max-file\"}} "
          "{{.Config.Env}} {{.Config.WorkingDir}} {{.Config.User}} {{.HostConfig.GroupAdd}} "
          "{{.HostConfig.Dns}} {{.HostConfig.DnsSearch}} {{.HostConfig.DnsOptions}} "
          "{{.HostConfig.ExtraHosts}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} "
          "{{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.ShmSize}} "
          "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}} {{.HostConfig.CapAdd}} "
          "{{.HostConfig.CapDrop}} {{.HostConfig.Sysctls}}'"),
      "no json-file 10m 3 "
      "[VERSION=mine SHOW_ENV=A A=two words "
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin BROKEN=0 FAIL_PERCENT=0] "
      "/srv 1000:2000 "
      "[3000] [10.9.9.9] [default.svc.cluster.local] [ndots:5] [db:10.0.0.9] "
      "67108864 67108864 500000000 512 1048576 true [no-new-privileges:true] [NET_ADMIN] [ALL] "
      "map[net.core.somaxconn:1000]\n");
  const auto says = [&](std::vector<std::string> command) {
    return client.say(Exec{.id = id, .command = std::move(command), .timeout = kPatient});
  };
  EXPECT_EQ(says({"/demo-server", "cat", "/data/file"}), "exit 0: from the host\n");
  EXPECT_EQ(says({"/demo-server", "touch", "/tmp/new"}), "exit 0: ");
  EXPECT_EQ(says({"/demo-server", "touch", "/data/new"}), "exit 1: ");
  EXPECT_EQ(says({"/demo-server", "touch", "/new"}), "exit 1: ");
  EXPECT_EQ(says({"/demo-server", "cat", "/proc/sys/net/core/somaxconn"}), "exit 0: 1000\n");
  EXPECT_EQ(says({"/demo-server", "cat", "/proc/sys/kernel/hostname"}), "exit 0: all-host\n");
  const std::string resolver = says({"/demo-server", "cat", "/etc/resolv.conf"});
  EXPECT_NE(resolver.find("search default.svc.cluster.local\n"), resolver.npos) << resolver;
  EXPECT_NE(resolver.find("options ndots:5"), resolver.npos) << resolver;
}

TEST_F(OnDocker, NetworksAreFoundAgain) {
  const std::string first = client.say(EnsureNetwork{.name = "net-a", .labels = {{"k", "v"}}});
  EXPECT_EQ(client.say(EnsureNetwork{.name = "net-a"}), first);
  EXPECT_EQ(ThrowAway::docker("network inspect net-a --format '{{.Id}} {{.Driver}} {{.Labels}}'"),
            first.substr(5) + " bridge map[k:v]\n");
  EXPECT_EQ(client.say(EnsureNetwork{.name = "host"}),
            "conflict: the network is held by one of driver host, where weir needs a bridge: start "
            "weir with another --instance");
  ThrowAway::docker("network rm net-a");
}

// --- The starter ---------------------------------------------------------------------------------

TEST_F(OnDocker, TheStarterGivesAnEnvironmentThatInspectDoesNotShow) {
  const std::string folder = ThrowAway::folder() + "/starter";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/exec", std::ios::binary) << starter_bytes();
  std::filesystem::permissions(folder + "/exec", std::filesystem::perms(0555));
  using std::string_literals::operator""s;
  std::ofstream(folder + "/env", std::ios::binary)
      << "PASSWORD=S3CRET with = and\nline\0OTHER=x\0"s;
  const struct {
    const char* name;
    std::vector<std::string> command;
    std::string log;
    int exit_code;
  } rows[] = {
      {"by path", {"/demo-server", "env", "PASSWORD"}, "S3CRET with = and\nline\n", 0},
      {"by PATH", {"demo-server", "env", "OTHER"}, "x\n", 0},
      {"keeps the rest", {"/demo-server", "env", "VERSION"}, "v1\n", 0},
      {"not there", {"/nothing"}, "weir: cannot run /nothing: No such file or directory\n", 127},
      {"not a program", {"/etc/hosts"}, "weir: cannot run /etc/hosts: Permission denied\n", 126},
      {"nothing", {}, "weir: no program to run was given\n", 127},
  };
  for (const auto& row : rows) {
    ContainerSpec started = spec("starter");
    started.env = {"PATH=/bin:/"};
    started.mounts = {{.source = folder + "/exec", .target = "/.weir/exec", .read_only = true},
                      {.source = folder + "/env", .target = "/.weir/env", .read_only = true}};
    started.entrypoint = {"/.weir/exec"};
    started.command = row.command;
    const std::string id = run(started);
    EXPECT_EQ(wait_for(id, ContainerState::exited).exit_code, row.exit_code) << row.name;
    EXPECT_EQ(read_log(client.engine(), {.id = id}).bytes, row.log) << row.name;
    EXPECT_EQ(ThrowAway::docker("inspect starter").find("S3CRET"), std::string::npos);
    client.ask(RemoveContainer{.id = id});
  }
}

// --- How long it takes ---------------------------------------------------------------------------

TEST_F(OnDocker, CreateAndStartTakeTwoRequests) {
  client.ask(GetInfo{});
  const auto begin = std::chrono::steady_clock::now();
  constexpr int kTimes = 5;
  for (int i = 0; i < kTimes; ++i) run(spec("timed-" + std::to_string(i)));
  const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
  std::cout << "create and start: " << took.count() / kTimes << " ms each, one after the other\n";
  EXPECT_EQ(list().size(), static_cast<std::size_t>(kTimes));
}

}  // namespace
}  // namespace weir::engine

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  weir::engine::ThrowAway::start();
  const int result = RUN_ALL_TESTS();
  weir::engine::ThrowAway::stop();
  return result;
}
