// Every request against a real Docker Engine.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <thread>

#include "controller/engine/starter.h"
#include "tests/engine/throw_away.h"

namespace weir::engine {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

constexpr Duration kPatient(60'000);
constexpr int kTries = 2'000;

class Docker : public testing::Test {
 protected:
  Docker() : client(ThrowAway::options()) {
    EXPECT_TRUE(client.say(EnsureNetwork{.name = "weir-test"}).starts_with("done "));
  }
  // Whatever a test made goes, and no other test sees it.
  ~Docker() override {
    for (const Container& container : list()) client.ask(RemoveContainer{.id = container.id});
  }

  std::vector<Container> list() {
    const Result<Reply> reply = client.ask(ListContainers{.instance = "test"});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<std::vector<Container>>(*reply) : std::vector<Container>{};
  }
  static ContainerSpec spec(const std::string& name) {
    return {.name = name,
            .labels = {{label::kInstance, "test"}, {label::kUid, "u-" + name}},
            .image = "weir-demo:v1",
            .network = "weir-test"};
  }
  std::string create(ContainerSpec spec) {
    const Result<Reply> reply = client.ask(CreateContainer{.spec = std::move(spec)});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<Done>(*reply).id : "";
  }
  std::string run(ContainerSpec spec) {
    std::string id = create(std::move(spec));
    EXPECT_EQ(client.say(StartContainer{.id = id}), "done");
    return id;
  }
  Container inspect(const std::string& id) {
    const Result<Reply> reply = client.ask(InspectContainer{.id = id});
    EXPECT_TRUE(reply) << text(reply);
    return reply ? std::get<Container>(*reply) : Container{};
  }
  // Until the container is in that state; the last one is what the test sees if it never is.
  Container wait_for(const std::string& id, ContainerState state) {
    Container container = inspect(id);
    for (int i = 0; i < kTries && container.state != state; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      container = inspect(id);
    }
    EXPECT_EQ(text(container.state), text(state));
    return container;
  }
  // Waits until somebody listens there.
  bool answers(const std::string& host, int port) {
    const auto connects = [&] {
      return client.say(TcpConnect{.host = host, .port = port}) == "done";
    };
    for (int i = 0; i < kTries; ++i) {
      if (connects()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  // The demo server's, once it listens.
  std::string address(const std::string& id) {
    std::string ip = inspect(id).ip;
    EXPECT_TRUE(answers(ip, 8080));
    return ip;
  }

  Client client;
};

TEST_F(Docker, Info) {
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

TEST_F(Docker, TheLifeOfAContainer) {
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

TEST_F(Docker, OnlyOursAreListedAndForeignLabelsAreNotRead) {
  ThrowAway::docker("create --name foreign --label dev.weir.uid=u weir-demo:v1");
  ThrowAway::docker(
      "create --name others --label dev.weir.uid=u --label dev.weir.instance=other weir-demo:v1");
  EXPECT_EQ(list().size(), 0u);
  EXPECT_EQ(client.say(InspectContainer{.id = "foreign"}), "foreign created image=weir-demo:v1");
  EXPECT_EQ(client.say(InspectContainer{.id = "others"}), "others created image=weir-demo:v1");
  ThrowAway::docker("rm foreign others");
}

TEST_F(Docker, StopsThatAreNotObeyed) {
  ContainerSpec stubborn = spec("stubborn");
  stubborn.env = {"IGNORE_TERM=1"};
  const std::string id = run(stubborn);
  address(id);
  EXPECT_EQ(client.say(StopContainer{.id = id, .grace_seconds = 1}), "done");
  EXPECT_EQ(inspect(id).exit_code, 137);
}

TEST_F(Docker, PausedOnes) {
  const std::string id = run(spec("paused"));
  ThrowAway::docker("pause paused");
  EXPECT_EQ(text(inspect(id).state), "paused");
  EXPECT_EQ(client.say(UnpauseContainer{.id = id}), "done");
  EXPECT_EQ(client.say(UnpauseContainer{.id = id}), "done");
  EXPECT_EQ(text(inspect(id).state), "running");
}

TEST_F(Docker, WhatCannotBeCreatedOrStarted) {
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

TEST_F(Docker, PortsThatAreTaken) {
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

TEST_F(Docker, EveryFieldArrives) {
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
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin BROKEN=0] /srv 1000:2000 "
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

TEST_F(Docker, NetworksAreFoundAgain) {
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

TEST_F(Docker, TheStarterGivesAnEnvironmentThatInspectDoesNotShow) {
  const std::string folder = ThrowAway::folder() + "/starter";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/exec", std::ios::binary) << starter_bytes();
  std::filesystem::permissions(folder + "/exec", std::filesystem::perms(0555));
  using namespace std::string_literals;
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

// --- Images --------------------------------------------------------------------------------------

TEST_F(Docker, Images) {
  EXPECT_EQ(client.say(InspectImage{.reference = "weir-demo:v9"}), "no image");
  const std::string id =
      replaced(ThrowAway::docker("image inspect weir-demo:v1 --format '{{.Id}}'"), "\n", "");
  EXPECT_EQ(client.say(InspectImage{.reference = "weir-demo:v1"}),
            "image " + id + " entrypoint=/demo-server");
  const std::string refused = client.say(PullImage{.reference = "localhost:5999/none:1"});
  EXPECT_TRUE(refused.starts_with("unavailable: ") &&
              refused.find("connection refused") != refused.npos)
      << refused;
  EXPECT_EQ(client.say(PullImage{.reference = "UPPER:1"}),
            "bad_request: invalid reference format: repository name must be lowercase");
}

TEST_F(Docker, PullsFromARegistry) {
  const std::string folder = ThrowAway::folder() + "/registry";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/config.yml")
      << "version: 0.1\nstorage: {filesystem: {rootdirectory: " << folder
      << "}}\nhttp: {addr: \"127.0.0.1:5000\"}\n";
  const Background registry({"docker-registry", "serve", folder + "/config.yml"});
  ASSERT_TRUE(answers("127.0.0.1", 5000)) << "is the package docker-registry installed?";
  const std::string image = "localhost:5000/team/demo";
  const auto forget = [&](const std::string& reference) {
    ThrowAway::docker("image rm --force " + reference);
    EXPECT_EQ(client.say(InspectImage{.reference = reference}), "no image");
  };
  for (const std::string version : {"v1", "v2"}) {
    ThrowAway::docker("tag weir-demo:" + version + " " + image + ":" + version);
    ThrowAway::docker("push --quiet " + image + ":" + version);
  }
  const std::string digest = replaced(
      ThrowAway::docker("image inspect " + image + ":v1 --format '{{index .RepoDigests 0}}'"), "\n",
      "");
  forget(image + ":v1");
  const Result<Reply> pulled = client.ask(PullImage{.reference = image + ":v1"});
  ASSERT_TRUE(pulled) << text(pulled);
  EXPECT_EQ(std::get<Image>(*pulled).digests, std::vector<std::string>{digest});
  EXPECT_EQ(text(client.ask(PullImage{.reference = image + ":v1"})), text(pulled)) << "up to date";
  forget(image + ":v1");
  EXPECT_EQ(text(client.ask(PullImage{.reference = digest})), text(pulled)) << "by digest";
  forget(digest);
  EXPECT_EQ(
      client.say(PullImage{.reference = image + ":v7"}),
      "not_found: manifest for " + image + ":v7 not found: manifest unknown: manifest unknown");

  // An image whose parts are gone: 200, then an error inside the stream.
  forget(image + ":v2");
  std::filesystem::remove_all(folder + "/docker/registry/v2/blobs");
  const std::string broken = client.say(PullImage{.reference = image + ":v2"});
  EXPECT_TRUE(broken.find("unknown") != broken.npos && broken.find("done") == broken.npos)
      << broken;
  EXPECT_EQ(client.say(InspectImage{.reference = image + ":v2"}), "no image");
}

// --- Streams -------------------------------------------------------------------------------------

TEST_F(Docker, Events) {
  Lines hints;
  Client follower(ThrowAway::options());
  follower.engine().follow([&](Hint hint) { hints.add(text(hint)); });
  ASSERT_TRUE(hints.wait_for("connected"));
  const std::string foreign =
      replaced(ThrowAway::docker("run --detach --name foreign weir-demo:v1"), "\n", "");
  const std::string id = create(spec("events"));
  ASSERT_TRUE(hints.wait_for("changed " + id, 1));
  client.ask(StartContainer{.id = id});
  ASSERT_TRUE(hints.wait_for("changed " + id, 2));
  client.ask(Exec{.id = id, .command = {"/demo-server", "env", "VERSION"}, .timeout = kPatient});
  ThrowAway::docker("rename events renamed");
  ASSERT_TRUE(hints.wait_for("changed " + id, 3));
  ThrowAway::docker("kill renamed");
  ASSERT_TRUE(hints.wait_for("changed " + id, 4));
  client.ask(RemoveContainer{.id = id});
  ASSERT_TRUE(hints.wait_for("changed " + id, 5));
  const std::vector<std::string> all = hints.all();
  EXPECT_EQ(std::count(all.begin(), all.end(), "changed " + id), 5)
      << "create, start, rename, die, destroy; not the exec";
  EXPECT_EQ(std::count(all.begin(), all.end(), "changed " + foreign), 0);
  ThrowAway::docker("rm --force foreign");
}

TEST_F(Docker, Logs) {
  const std::string id = run(spec("logs"));
  address(id);
  Lines seen;
  std::promise<Result<void>> ended;
  std::string followed;
  const auto handle = client.engine().logs(
      {.id = id, .follow = true},
      [&](std::string_view bytes) {
        followed += bytes;
        return true;
      },
      [&](Result<void> end) { ended.set_value(std::move(end)); });
  client.ask(StopContainer{.id = id, .grace_seconds = 20});
  const Result<void> end = ended.get_future().get();
  EXPECT_TRUE(end) << end.error().message;
  const std::string all = "demo v1 listens on port 8080\nstopping: SIGTERM\nstopped\n";
  EXPECT_EQ(followed, all);
  EXPECT_EQ(read_log(client.engine(), {.id = id}).bytes, all);
  EXPECT_EQ(read_log(client.engine(), {.id = id, .tail_lines = 1}).bytes, "stopped\n");
  const std::string stamped =
      read_log(client.engine(), {.id = id, .timestamps = true, .tail_lines = 1}).bytes;
  EXPECT_TRUE(std::regex_match(stamped, std::regex("20[0-9-]{8}T[0-9:.]+Z stopped\n"))) << stamped;
  EXPECT_EQ(text(read_log(client.engine(), {.id = "nobody"}).end.error().code), "not_found");

  ContainerSpec terminal = spec("terminal");
  terminal.tty = true;
  const std::string raw = run(terminal);
  address(raw);
  EXPECT_EQ(read_log(client.engine(), {.id = raw}).bytes, "demo v1 listens on port 8080\r\n");
}

TEST_F(Docker, Execs) {
  const std::string id = run(spec("execs"));
  address(id);
  const auto says = [&](std::vector<std::string> command) {
    return client.say(Exec{.id = id, .command = std::move(command), .timeout = kPatient});
  };
  EXPECT_EQ(says({"/demo-server", "check", "/healthz"}), "exit 0: 200 ok\n");
  EXPECT_EQ(says({"/demo-server", "check", "/nothing"}), "exit 1: 404 not found\n");
  EXPECT_EQ(says({"/demo-server", "cat", "/nothing"}),
            "exit 1: /nothing: No such file or directory\n");
  const std::string absent = says({"/nothing"});
  EXPECT_TRUE(absent.starts_with("exit 12")) << absent;
  EXPECT_EQ(client.say(Exec{.id = id,
                            .command = {"/demo-server", "check", "/slow?ms=60000"},
                            .timeout = Duration(4'000)}),
            "timed_out: command timed out: it did not end within 4000 ms");
  client.ask(StopContainer{.id = id, .grace_seconds = 0});
  EXPECT_EQ(says({"/demo-server"}), "conflict: Container " + id + " is not running");
}

TEST_F(Docker, ProbesReachContainers) {
  ContainerSpec broken = spec("broken");
  broken.image = "weir-demo:v3";
  const std::string ip = address(run(broken));
  EXPECT_EQ(client.say(HttpGet{.url = "http://" + ip + ":8080/readyz", .timeout = kPatient}),
            "http 500: broken\n");
  EXPECT_EQ(client.say(TcpConnect{.host = ip, .port = 8080, .timeout = kPatient}), "done");
  EXPECT_EQ(client.say(TcpConnect{.host = ip, .port = 8081, .timeout = kPatient}),
            "unavailable: dial tcp " + ip + ":8081: connect: connection refused");
  EXPECT_EQ(client.say(
                HttpGet{.url = "http://" + ip + ":8080/slow?ms=60000", .timeout = Duration(2'000)}),
            "timed_out: Get \"http://" + ip +
                ":8080/slow?ms=60000\": context deadline exceeded (no "
                "answer within 2000 ms)");
  ThrowAway::docker("pause broken");
  EXPECT_EQ(text(client.ask(HttpGet{.url = "http://" + ip + ":8080/", .timeout = Duration(2'000)})
                     .error()
                     .code),
            "timed_out");
}

// --- An engine in trouble ------------------------------------------------------------------------

TEST_F(Docker, AnEngineThatDoesNotAnswer) {
  DockerOptions options = ThrowAway::options();
  options.deadlines.inspect = options.deadlines.change = Duration(3'000);
  Client hasty(options);
  const std::string id = create(spec("stuck"));
  ASSERT_TRUE(hasty.ask(InspectContainer{.id = id}));
  ThrowAway::signal(SIGSTOP);
  const std::string read = hasty.say(InspectContainer{.id = id});
  const std::string change = hasty.say(StartContainer{.id = id});
  ThrowAway::signal(SIGCONT);
  EXPECT_TRUE(read.starts_with("timed_out: GET containers/")) << read;
  EXPECT_TRUE(change.starts_with("timed_out: start ")) << change;
  // The outcome was unknown, and the engine went on with it.
  EXPECT_EQ(text(wait_for(id, ContainerState::running).state), "running");
}

TEST_F(Docker, KilledAndStartedAgain) {
  Lines hints;
  Client follower(ThrowAway::options());
  follower.engine().follow([&](Hint hint) {
    if (hint.what == Hint::What::lost) hint.message = "why";
    hints.add(text(hint));
  });
  ASSERT_TRUE(hints.wait_for("connected"));
  const std::string id = run(spec("survivor"));
  ThrowAway::restart("--kill9 --live-restore");
  ASSERT_TRUE(hints.wait_for("connected", 2));
  EXPECT_EQ(client.say(StopContainer{.id = id, .grace_seconds = 0}), "done");
  ThrowAway::restart("--kill9");
  ASSERT_TRUE(hints.wait_for("connected", 3));
  ASSERT_TRUE(hints.wait_for("lost: why", 2));
  EXPECT_EQ(client.say(StartContainer{.id = id}), "done");
  client.ask(StopContainer{.id = id, .grace_seconds = 0});
}

TEST_F(Docker, Tls) {
  const std::string folder = ThrowAway::folder() + "/tls";
  std::filesystem::create_directory(folder);
  const auto key_and_certificate = [&](const std::string& name, const std::string& signer,
                                       const std::string& extensions) {
    const std::string base = "cd " + folder +
                             " && openssl req -x509 -newkey ec -pkeyopt "
                             "ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" +
                             name + " -keyout " + name + ".key -out " + name + ".pem " + extensions;
    shell(signer.empty() ? base : base + " -CA " + signer + ".pem -CAkey " + signer + ".key");
  };
  key_and_certificate("ca", "", "");
  key_and_certificate("stranger", "", "");
  key_and_certificate("server", "ca",
                      "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE");
  key_and_certificate("client", "ca",
                      "-addext extendedKeyUsage=clientAuth -addext basicConstraints=CA:FALSE");
  const std::string at = folder + "/";
  ThrowAway::restart("--host tcp://127.0.0.1:2376 --tlsverify --tlscacert " + at +
                     "ca.pem --tlscert " + at + "server.pem --tlskey " + at + "server.key");
  const DockerOptions good{.host = "tcp://127.0.0.1:2376",
                           .tls_ca_file = at + "ca.pem",
                           .tls_cert_file = at + "client.pem",
                           .tls_key_file = at + "client.key",
                           .instance = "test"};
  EXPECT_EQ(Client(good).say(ListContainers{.instance = "test"}), "");
  DockerOptions deceived = good;
  deceived.tls_ca_file = at + "stranger.pem";
  const std::string refused = Client(deceived).say(ListContainers{.instance = "test"});
  EXPECT_TRUE(
      refused.starts_with("unavailable: cannot connect to the Docker Engine at "
                          "tcp://127.0.0.1:2376: SSL certificate problem"))
      << refused;
  DockerOptions unknown = good;
  unknown.tls_cert_file = at + "stranger.pem";
  unknown.tls_key_file = at + "stranger.key";
  EXPECT_TRUE(Client(unknown).say(ListContainers{.instance = "test"}).starts_with("unavailable: "));

  // A probe trusts any certificate, as the kubelet's.
  const Background server({"openssl", "s_server", "-www", "-accept", "127.0.0.1:2377", "-cert",
                           at + "server.pem", "-key", at + "server.key"});
  ASSERT_TRUE(answers("127.0.0.1", 2377));
  const std::string page =
      client.say(HttpGet{.url = "https://127.0.0.1:2377/", .timeout = kPatient});
  EXPECT_TRUE(page.starts_with("http 200: ")) << page;
  ThrowAway::restart("--log-level info");
}

// --- How long it takes ---------------------------------------------------------------------------

TEST_F(Docker, CreateAndStartTakeTwoRequests) {
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
