// Images, streams, and an engine in trouble: on a real Docker Engine.

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/engine/docker_fixture.h"

namespace weir::engine {
namespace {

// --- Images --------------------------------------------------------------------------------------

TEST_F(OnDocker, Images) {
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

TEST_F(OnDocker, PullsFromARegistry) {
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

TEST_F(OnDocker, Events) {
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

TEST_F(OnDocker, Logs) {
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

TEST_F(OnDocker, Execs) {
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

TEST_F(OnDocker, ProbesReachContainers) {
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

TEST_F(OnDocker, AnEngineThatDoesNotAnswer) {
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

TEST_F(OnDocker, KilledAndStartedAgain) {
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

TEST_F(OnDocker, Tls) {
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

}  // namespace
}  // namespace weir::engine
