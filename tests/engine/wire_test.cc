// What is said to Docker, and what its answers mean: tables, no connection.

#include <gtest/gtest.h>

#include "controller/engine/docker_api.h"
#include "controller/engine/docker_wire.h"
#include "tests/engine/client.h"

namespace weir::engine {
namespace {

template <class T>
std::string text_of(const Result<T>& result) {
  if (!result) return text(Result<Reply>(tl::unexpected(result.error())));
  return text(Result<Reply>(*result));
}

TEST(Wire, RequestsAreNamedWithoutTheirSecrets) {
  const std::string id(64, 'a');
  const struct {
    Request request;
    std::string want;
    bool mutates;
  } rows[] = {
      {GetInfo{}, "GET info", false},
      {ListContainers{.instance = "main"}, "GET containers/json", false},
      {InspectContainer{.id = "web-1"}, "GET containers/web-1/json", false},
      {ContainerStats{.id = "web-1"}, "stats web-1", false},
      {InspectImage{.reference = "nginx:1"}, "GET images/nginx:1/json", false},
      {EnsureNetwork{.name = "weir"}, "ensure network weir", true},
      {PullImage{.reference = "nginx:1", .registry_auth = "S3CRET"}, "pull nginx:1", true},
      {CreateContainer{.spec = {.name = "web-1", .env = {"A=S3CRET"}}}, "create web-1", true},
      {StartContainer{.id = id}, "start aaaaaaaaaaaa", true},
      {StopContainer{.id = id}, "stop aaaaaaaaaaaa", true},
      {UnpauseContainer{.id = id}, "unpause aaaaaaaaaaaa", true},
      {RemoveContainer{.id = id}, "remove aaaaaaaaaaaa", true},
      {Exec{.id = id, .command = {"login", "S3CRET"}}, "exec aaaaaaaaaaaa", true},
      {HttpGet{.url = "http://10.0.0.1:80/ready?token=S3CRET"}, "GET http://10.0.0.1:80/ready",
       false},
      {TcpConnect{.host = "10.0.0.1", .port = 80}, "connect 10.0.0.1:80", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(text(row.request), row.want);
    EXPECT_EQ(mutates(row.request), row.mutates) << row.want;
  }
}

TEST(Wire, CreateBodies) {
  const std::string always =
      R"("HostConfig":{"LogConfig":{"Config":{"max-file":"3","max-size":"10m"},"Type":"json-file"})";
  const struct {
    const char* name;
    ContainerSpec spec;
    std::string want;
  } rows[] = {
      {"the least",
       {.name = "a", .image = "web:1"},
       "{" + always +
           R"(,"Privileged":false,"ReadonlyRootfs":false,)"
           R"("RestartPolicy":{"Name":"no"}},"Image":"web:1"})"},
      {"everything",
       {.name = "a",
        .labels = {{"k", "v"}},
        .image = "web:1",
        .entrypoint = {"/bin/web"},
        .command = {"--port", "80"},
        .env = {"A=1", "B=two words"},
        .working_dir = "/srv",
        .user = "1000:2000",
        .groups = {"3000"},
        .hostname = "web-1",
        .network = "weir",
        .dns_servers = {"10.0.0.10"},
        .dns_search = {"default.svc.cluster.local"},
        .dns_options = {"ndots:5"},
        .extra_hosts = {"db:10.0.0.9"},
        .mounts = {{.source = "/data", .target = "/d", .read_only = true},
                   {.type = "tmpfs", .target = "/t"}},
        .ports =
            {{.container_port = 80},
             {.container_port = 53, .host_port = 5353, .host_ip = "127.0.0.1", .protocol = "udp"}},
        .memory_bytes = 1 << 20,
        .nano_cpus = 500'000'000,
        .cpu_shares = 512,
        .shm_bytes = 4096,
        .privileged = true,
        .read_only_root = true,
        .no_new_privileges = true,
        .add_capabilities = {"NET_ADMIN"},
        .drop_capabilities = {"ALL"},
        .security_options = {"seccomp=unconfined"},
        .sysctls = {{"net.core.somaxconn", "1024"}},
        .pid_mode = "host",
        .ipc_mode = "host",
        .tty = true,
        .open_stdin = true},
       R"({"Cmd":["--port","80"],"Entrypoint":["/bin/web"],"Env":["A=1","B=two words"],)"
       R"("ExposedPorts":{"53/udp":{},"80/tcp":{}},)"
       R"("HostConfig":{"CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"CpuShares":512,)"
       R"("Dns":["10.0.0.10"],"DnsOptions":["ndots:5"],"DnsSearch":["default.svc.cluster.local"],)"
       R"("ExtraHosts":["db:10.0.0.9"],"GroupAdd":["3000"],"IpcMode":"host",)"
       R"("LogConfig":{"Config":{"max-file":"3","max-size":"10m"},"Type":"json-file"},)"
       R"("Memory":1048576,"MemorySwap":1048576,"Mounts":[)"
       R"({"ReadOnly":true,"Source":"/data","Target":"/d","Type":"bind"},)"
       R"({"ReadOnly":false,"Target":"/t","Type":"tmpfs"}],)"
       R"("NanoCpus":500000000,"NetworkMode":"weir","PidMode":"host",)"
       R"("PortBindings":{"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}]},)"
       R"("Privileged":true,"ReadonlyRootfs":true,"RestartPolicy":{"Name":"no"},)"
       R"("SecurityOpt":["seccomp=unconfined","no-new-privileges:true"],"ShmSize":4096,)"
       R"("Sysctls":{"net.core.somaxconn":"1024"}},)"
       R"("Hostname":"web-1","Image":"web:1","Labels":{"k":"v"},"OpenStdin":true,"Tty":true,)"
       R"("User":"1000:2000","WorkingDir":"/srv"})"},
  };
  for (const auto& row : rows) EXPECT_EQ(create_body(row.spec), row.want) << row.name;
}

TEST(Wire, ImageNames) {
  const struct {
    std::string reference, repository, tag;
  } rows[] = {
      {"nginx", "nginx", "latest"},
      {"nginx:1.25", "nginx", "1.25"},
      {"localhost:5000/web", "localhost:5000/web", "latest"},
      {"localhost:5000/team/web:v1", "localhost:5000/team/web", "v1"},
      {"web@sha256:abc", "web", "sha256:abc"},
      {"localhost:5000/web:v1@sha256:abc", "localhost:5000/web", "sha256:abc"},
  };
  for (const auto& row : rows) {
    const ImageName name = split_image(row.reference);
    EXPECT_EQ(name.repository + " " + name.tag, row.repository + " " + row.tag) << row.reference;
  }
}

TEST(Wire, Escapes) {
  EXPECT_EQ(escape("a/b:c d\"{é}-._~"), "a%2Fb%3Ac%20d%22%7B%C3%A9%7D-._~");
  EXPECT_EQ(escape_path("localhost:5000/web@sha256:a?b"), "localhost%3A5000/web%40sha256%3Aa%3Fb");
}

TEST(Wire, Versions) {
  const struct {
    std::string text;
    int want;
  } rows[] = {{"1.41", 1041}, {"1.5", 1005}, {"2.0", 2000}, {"", 0},     {"1", 0},
              {"1.", 0},      {"1.4x", 0},   {"x.41", 0},   {"1.-4", 0}, {"9999999999.1", 0}};
  for (const auto& row : rows) EXPECT_EQ(parse_version(row.text), row.want) << row.text;
}

constexpr char kInspect[] = R"({
  "Id": "4f1c", "Name": "/web-1", "Created": "2024-05-06T07:08:09.123456789Z", "Image": "sha256:77",
  "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": true, "Error": "boom",
            "StartedAt": "2024-05-06T07:08:10.5Z", "FinishedAt": "0001-01-01T00:00:00Z"},
  "Config": {"Image": "web:1", "Tty": true, "Labels": {
    "dev.weir.instance": "main", "dev.weir.store": "s1", "dev.weir.uid": "u1",
    "dev.weir.owner": "ReplicaSet/web", "dev.weir.spec": "h1", "dev.weir.attempt": "3",
    "dev.weir.backoff": "x", "io.kubernetes.pod.name": "web-1",
    "io.kubernetes.pod.namespace": "default", "io.kubernetes.container.name": "web"}},
  "NetworkSettings": {"Networks": {"a": {"IPAddress": ""}, "weir": {"IPAddress": "10.9.0.2"}}}})";

TEST(Wire, InspectShowsAllThatWeirUses) {
  const Time start = std::chrono::sys_days(std::chrono::year(2024) / 5 / 6) +
                     std::chrono::hours(7) + std::chrono::minutes(8) + std::chrono::seconds(9);
  const Container want{.id = "4f1c",
                       .name = "web-1",
                       .state = ContainerState::exited,
                       .exit_code = 137,
                       .oom_killed = true,
                       .error = "boom",
                       .image = "web:1",
                       .image_id = "sha256:77",
                       .ip = "10.9.0.2",
                       .created_at = start + Duration(123),
                       .started_at = start + Duration(1500),
                       .store = "s1",
                       .uid = "u1",
                       .pod_ns = "default",
                       .pod_name = "web-1",
                       .container_name = "web",
                       .owner = "ReplicaSet/web",
                       .spec_hash = "h1",
                       .attempt = 3};
  const Result<Container> ours = parse_container(kInspect, "main");
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_TRUE(*ours == want) << text(*ours);
  EXPECT_TRUE(*parse_container(kInspect, "") == want);
  EXPECT_EQ(text(*parse_container(kInspect, "other")), "web-1 exited image=web:1");
  EXPECT_TRUE(*parse_tty(kInspect));
}

TEST(Wire, Lists) {
  const struct {
    const char* name;
    std::string body, want;
  } rows[] = {
      {"empty", "[]\n", ""},
      {"two, with a link's name and brackets in strings",
       R"([{"Id":"1","Names":["/db/link","/a"],"State":"running","Image":"x]}\"[{",
            "Labels":{"dev.weir.instance":"main","dev.weir.uid":"u"}},
           {"Id":"2","Names":["/b"],"State":"dead","Image":"y","Labels":{"dev.weir.uid":"v"}}])",
       "a running image=x]}\"[{ uid=u\nb dead image=y\n"},
      {"cut", R"([{"Id":"1"},{"Id":)",
       "internal: cannot read the engine's answer: it is not a whole JSON array"},
      {"cut in a string", R"([{"Id":"1)",
       "internal: cannot read the engine's answer: it is not a whole JSON array"},
      {"nothing", "", "internal: cannot read the engine's answer: it is not a whole JSON array"},
      {"an object", R"({"message":"x"})",
       "internal: cannot read the engine's answer: it is not a whole JSON array"},
      {"no id", R"([{"Names":["/a"]}])",
       "internal: cannot read the engine's answer: a container without an Id"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(text_of(parse_containers(row.body, "main")), row.want) << row.name;
}

TEST(Wire, Images) {
  const struct {
    std::string body, want;
  } rows[] = {
      {R"({"Id":"sha256:1","RepoDigests":["web@sha256:2"],"Config":{"Entrypoint":["/web"],"Cmd":["-a"],
           "Healthcheck":{"Test":["CMD","/check"]}}})",
       "image sha256:1 web@sha256:2 entrypoint=/web command=-a healthcheck"},
      {R"({"Id":"sha256:1","RepoDigests":null,"Config":{"Cmd":null,"Healthcheck":{"Test":["NONE"]}}})",
       "image sha256:1"},
      {R"({"Id":"sha256:1","Config":{"Entrypoint":"/old"}})", "image sha256:1 entrypoint=/old"},
  };
  for (const auto& row : rows) EXPECT_EQ(text_of(parse_image(row.body)), row.want);
}

TEST(Wire, BrokenBodiesAreErrors) {
  std::string deep(100'000, '[');
  for (const std::string& body : {std::string(), std::string("{"), std::string("[]"), deep,
                                  "{\"a\":" + deep, std::string("{\"Id\":\"\xff\"}")}) {
    const std::string shown = body.substr(0, 20);
    EXPECT_FALSE(parse_container(body, "")) << shown;
    EXPECT_FALSE(parse_containers(body == "[]" ? "[[]]" : body, "")) << shown;
    EXPECT_FALSE(parse_image(body)) << shown;
    EXPECT_FALSE(parse_info(body)) << shown;
    EXPECT_FALSE(parse_id(body)) << shown;
    EXPECT_FALSE(parse_exec(body)) << shown;
    EXPECT_FALSE(parse_network(body)) << shown;
    EXPECT_FALSE(parse_event(body)) << shown;
  }
}

TEST(Wire, Usage) {
  const struct {
    const char* name;
    std::string body;
    std::string want;
  } rows[] = {
      {"cgroup v1, with a limit",
       R"({"read":"2026-11-23T13:16:14.88Z","pids_stats":{"current":3},
           "blkio_stats":{"io_service_bytes_recursive":[
             {"major":254,"minor":0,"op":"Read","value":8192},
             {"major":254,"minor":0,"op":"Write","value":4096},
             {"major":254,"minor":0,"op":"Total","value":12288}],
            "io_serviced_recursive":[{"major":254,"minor":0,"op":"Read","value":2},
             {"major":254,"minor":0,"op":"Write","value":1}]},
           "cpu_stats":{"cpu_usage":{"total_usage":20238344,"percpu_usage":[2794574,17443770],
             "usage_in_kernelmode":5000000,"usage_in_usermode":15000000},
            "throttling_data":{"periods":9,"throttled_periods":4,"throttled_time":77}},
           "memory_stats":{"usage":5000,"stats":{"rss":1,"total_rss":2000,
             "total_cache":3000,"total_inactive_file":1200,"inactive_file":1,
             "total_mapped_file":700}},
           "networks":{"eth0":{"rx_bytes":572,"rx_packets":6,"rx_errors":1,"rx_dropped":2,
             "tx_bytes":30,"tx_packets":4,"tx_errors":5,"tx_dropped":7}}})",
       "usage cpu 20238344 15000000 5000000 throttled 9 4 77 memory 5000 3800 2000 3000 700 "
       "threads 3\neth0 in 572 6 1 2 out 30 4 5 7\n254:0 read 2 8192 written 1 4096"},
      {"cgroup v2, on the host's network",
       R"({"read":"2026-11-23T13:16:14Z","pids_stats":{"current":1},
           "blkio_stats":{"io_service_bytes_recursive":[
             {"major":8,"minor":0,"op":"read","value":10},{"major":8,"minor":16,"op":"write","value":20}],
            "io_serviced_recursive":null},
           "cpu_stats":{"cpu_usage":{"total_usage":7,"usage_in_kernelmode":3,"usage_in_usermode":4}},
           "memory_stats":{"usage":900,"stats":{"anon":500,"file":400,"inactive_file":100,
             "file_mapped":50}},"networks":null})",
       "usage cpu 7 4 3 throttled 0 0 0 memory 900 800 500 400 50 threads 1\n"
       "8:0 read 0 10 written 0 0\n8:16 read 0 0 written 0 20"},
      {"more cache than is said to be used",
       R"({"read":"2026-11-23T13:16:14Z","memory_stats":{"usage":5,"stats":{"inactive_file":9}}})",
       "usage cpu 0 0 0 throttled 0 0 0 memory 5 0 0 0 0 threads 0"},
      {"one that has ended", R"({"read":"0001-01-01T00:00:00Z","memory_stats":{},"id":"a"})",
       "not_found: it does not run, and uses nothing"},
      {"no object", "[]", "internal: cannot read the engine's answer: it is not a JSON object"},
  };
  for (const auto& row : rows) EXPECT_EQ(text_of(parse_usage(row.body)), row.want) << row.name;
}

TEST(Wire, Refusals) {
  const struct {
    int status;
    std::string message, want;
  } rows[] = {
      {400, "invalid mount", "invalid: invalid mount"},
      {400, "client version 1.47 is too old. Minimum supported API version is 1.60",
       "unsupported: client version 1.47 is too old. Minimum supported API version is 1.60 (this "
       "weir is older than the engine: upgrade weir)"},
      {403, "authorization denied by plugin", "denied: authorization denied by plugin"},
      {404, "No such container: x", "not_found: No such container: x"},
      {409, "Conflict. The container name \"/a\" is already in use by container \"4f\"",
       "conflict: Conflict. The container name \"/a\" is already in use by container \"4f\""},
      {409, "removal of container a is already in progress",
       "unavailable: removal of container a is already in progress"},
      {429, "slow down", "exhausted: slow down"},
      {500, "write /x: no space left on device", "exhausted: write /x: no space left on device"},
      {500, "context deadline exceeded", "unavailable: context deadline exceeded"},
      {503, "not ready", "unavailable: not ready"},
      {101, "odd", "internal: the engine answered with status 101: odd"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(text(Result<Reply>(tl::unexpected(error_of(row.status, row.message)))), row.want);
  }
  EXPECT_EQ(parse_message(R"({"message":"as it is"})"), "as it is");
  EXPECT_EQ(parse_message("404 page not found\n"), "404 page not found");
  EXPECT_EQ(parse_message(""), "no reason given");
  EXPECT_EQ(parse_message(std::string(5000, 'x')).size(), 1024 + std::string("…").size());
}

TEST(Wire, Pulls) {
  const struct {
    const char* name;
    std::string stream, want;
  } rows[] = {
      {"complete",
       "{\"status\":\"Pulling\"}\r\n{\"status\":\"Status: Downloaded newer image for a\"}\r\n",
       "done"},
      {"up to date", "{\"status\":\"Status: Image is up to date for a\"}\n", "done"},
      {"an error at the end",
       "{\"status\":\"Pulling\"}\n{\"errorDetail\":{\"message\":\"m\"},\"error\":\"read: "
       "reset\"}\n",
       "unavailable: read: reset"},
      {"an error counts, whatever follows",
       "{\"error\":\"unauthorized: x\"}\n{\"status\":\"Status: Downloaded newer image for a\"}\n",
       "denied: unauthorized: x"},
      {"too many requests",
       "{\"error\":\"toomanyrequests: You have reached your pull rate limit\"}\n",
       "exhausted: toomanyrequests: You have reached your pull rate limit"},
      {"no such tag", "{\"error\":\"manifest for a:b not found: manifest unknown\"}\n",
       "not_found: manifest for a:b not found: manifest unknown"},
      {"no final status", "{\"status\":\"Pulling\"}\n",
       "timed_out: the pull ended without a final status; its outcome is unknown"},
      {"cut in the last line", "{\"status\":\"Status: Downl",
       "timed_out: the pull ended without a final status; its outcome is unknown"},
      {"nothing", "", "timed_out: the pull ended without a final status; its outcome is unknown"},
  };
  for (const auto& row : rows) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, row.stream.size() + 1}) {
      PullProgress progress;
      Result<void> result;
      for (std::size_t i = 0; i < row.stream.size() && result; i += size) {
        result = progress.feed(std::string_view(row.stream).substr(i, size));
      }
      if (result) result = progress.end();
      EXPECT_EQ(result ? "done" : text(Result<Reply>(tl::unexpected(result.error()))), row.want)
          << row.name << " in pieces of " << size;
    }
  }
}

TEST(Wire, FramesWhereverTheyAreCut) {
  using std::string_literals::operator""s;
  const std::string stream =
      "\1\0\0\0\0\0\0\5hello"s + "\2\0\0\0\0\0\0\0"s + "\2\0\0\0\0\0\1\0"s + std::string(256, 'x');
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader frames;
    std::string out;
    const auto take = [&](std::string_view bytes) {
      out += bytes;
      return true;
    };
    ASSERT_TRUE(frames.feed(std::string_view(stream).substr(0, cut), take));
    ASSERT_TRUE(frames.feed(std::string_view(stream).substr(cut), take));
    ASSERT_EQ(out, "hello" + std::string(256, 'x')) << cut;
    ASSERT_TRUE(frames.between_frames());
  }
  FrameReader frames;
  const auto refuse = [](std::string_view) { return false; };
  EXPECT_FALSE(FrameReader().feed("plain text", refuse));
  EXPECT_FALSE(*frames.feed(stream, refuse));
}

TEST(Wire, LinesAreBounded) {
  LineReader lines;
  const std::string long_line(LineReader::kLineMax + 1, 'x');
  EXPECT_FALSE(lines.feed(long_line, [](std::string_view) {}));
}

TEST(Wire, Hosts) {
  const struct {
    DockerOptions options;
    std::string want;
  } rows[] = {
      {{.host = "unix:///run/docker.sock"}, "http://docker /run/docker.sock"},
      {{.host = "tcp://10.0.0.5:2375"}, "http://10.0.0.5:2375 "},
      {{.host = "tcp://10.0.0.5:2376/", .tls_ca_file = "/etc/hostname"}, "https://10.0.0.5:2376 "},
      {{.host = "https://docker.example:2376"}, "https://docker.example:2376 "},
      {{.host = "docker.sock"},
       "invalid: cannot use the Docker host \"docker.sock\"; examples: "
       "unix:///var/run/docker.sock, tcp://10.0.0.5:2376"},
      {{.host = "unix://docker.sock"},
       "invalid: cannot use the Docker host \"unix://docker.sock\"; examples: "
       "unix:///var/run/docker.sock, tcp://10.0.0.5:2376"},
      {{.host = "ssh://me@there"},
       "invalid: cannot use the Docker host \"ssh://me@there\": the scheme ssh is none of unix, "
       "tcp, "
       "http, https"},
      {{.host = "tcp://a:1", .tls_ca_file = "/no/ca.pem"},
       "invalid: the engine's TLS file /no/ca.pem does not exist"},
  };
  for (const auto& row : rows) {
    const auto peer = DockerApi::peer_of(row.options);
    const std::string got = peer ? (*peer)->base_url + " " + (*peer)->unix_socket
                                 : text(peer.error().code) + ": " + peer.error().message;
    EXPECT_EQ(got, row.want);
  }
}

}  // namespace
}  // namespace weir::engine
