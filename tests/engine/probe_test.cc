// Probes against a server on the loopback: what is sent, what is followed, what a failure says.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>

#include "tests/engine/fake_server.h"
#include "tests/support/soon.h"

namespace weir::engine {
namespace {

constexpr Duration kPatient(60'000);

class Probes : public testing::Test {
 protected:
  std::string url(const FakeServer& server, const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + path;
  }
  Client client{DockerOptions{.host = "unix:///no/docker/is/needed"}};
};

std::string redirect_to(const std::string& location) {
  return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(Probes, Answers) {
  const struct {
    const char* name;
    FakeServer::Handler handler;
    std::string want;
  } rows[] = {
      {"ok", [](Talk& talk) { talk.answer(200, "fine"); }, "http 200: fine"},
      {"not ok", [](Talk& talk) { talk.answer(503, "busy"); }, "http 503: busy"},
      {"no length",
       [](Talk& talk) {
         talk.say("HTTP/1.0 200 OK\r\n\r\nold");
         talk.hang_up();
       },
       "http 200: old"},
      {"a body without end",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 20, 'x'));
         talk.wait_for_hang_up();
       },
       "http 200: " + std::string(10 << 10, 'x')},
      {"hangs up", [](Talk& talk) { talk.hang_up(); },
       "unavailable: Get \"URL\": empty reply from server"},
      {"no answer", [](Talk& talk) { talk.wait_for_hang_up(); },
       "timed_out: Get \"URL\": context deadline exceeded (no answer within 1500 ms)"},
      {"not HTTP",
       [](Talk& talk) {
         talk.say("hello\r\n");
         talk.hang_up();
       },
       "unavailable: Get \"URL\": received HTTP/0.9 when not allowed"},
  };
  for (const auto& row : rows) {
    FakeServer server(FakeServer::Tcp::port, row.handler);
    const std::string address = url(server, "/ready");
    const bool stalls = row.want.starts_with("timed_out");
    const Duration timeout(stalls ? 1'500 : 60'000);
    std::string got = client.say(HttpGet{.url = address, .timeout = timeout});
    if (const std::size_t at = got.find(address); at != got.npos) {
      got.replace(at, address.size(), "URL");
    }
    EXPECT_EQ(got, row.want) << row.name;
  }
}

TEST_F(Probes, Headers) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, talk.headers); });
  const std::string host = "Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n";
  EXPECT_EQ(client.say(HttpGet{.url = url(server, "/"), .timeout = kPatient}),
            "http 200: " + host + "Accept: */*\r\nUser-Agent: kube-probe/1.28 (weir)\r\n");
  EXPECT_EQ(client.say(HttpGet{.url = url(server, "/"),
                               .headers = {"Host: web.example", "user-agent: mine", "X-A: b"},
                               .timeout = kPatient}),
            "http 200: Host: web.example\r\nAccept: */*\r\nuser-agent: mine\r\nX-A: b\r\n");
}

TEST_F(Probes, Redirects) {
  std::atomic<int> port = 0;
  FakeServer server(FakeServer::Tcp::port, [&port](Talk& talk) {
    if (talk.line == "GET /near") return talk.say(redirect_to("/there"));
    if (talk.line == "GET /loop") return talk.say(redirect_to("/loop"));
    if (talk.line == "GET /far") {
      return talk.say(redirect_to("http://127.0.0.2:" + std::to_string(port) + "/secret"));
    }
    if (talk.line == "GET /file") return talk.say(redirect_to("file:///etc/passwd"));
    talk.answer(200, talk.line);
  });
  port = server.port();
  const struct {
    std::string path, want;
    std::size_t requests;
  } rows[] = {
      {"/near", "http 200: GET /there", 2},
      {"/far", "http 302: ", 1},
      {"/file", "http 302: ", 1},
      {"/loop", "http 302: ", 11},
  };
  for (const auto& row : rows) {
    server.requests().clear();
    EXPECT_EQ(client.say(HttpGet{.url = url(server, row.path), .timeout = kPatient}), row.want)
        << row.path;
    EXPECT_EQ(server.requests().all().size(), row.requests) << row.path;
  }
}

TEST_F(Probes, NothingListens) {
  int port = 0;
  {
    port = FakeServer(FakeServer::Tcp::port, [](Talk&) {}).port();
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(client.say(TcpConnect{.host = "127.0.0.1", .port = port, .timeout = kPatient}),
            "unavailable: dial tcp " + address + ": connect: connection refused");
  EXPECT_EQ(client.say(HttpGet{.url = "http://" + address + "/x", .timeout = kPatient}),
            "unavailable: Get \"http://" + address + "/x\": dial tcp " + address +
                ": connect: connection refused");
  EXPECT_EQ(
      client.say(TcpConnect{.host = "::1", .port = port, .timeout = kPatient}),
      "unavailable: dial tcp [::1]:" + std::to_string(port) + ": connect: connection refused");
}

TEST_F(Probes, OnlyHttpAndNeverThroughAProxy) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, "direct"); });
  ::setenv("http_proxy", "http://127.0.0.1:9", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
  EXPECT_EQ(client.say(HttpGet{.url = url(server, "/"), .timeout = kPatient}), "http 200: direct");
  EXPECT_EQ(client.say(TcpConnect{.host = "127.0.0.1", .port = server.port(), .timeout = kPatient}),
            "done");
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_EQ(text(client.ask(HttpGet{.url = "file:///etc/passwd"}).error().code), "unavailable");
}

TEST_F(Probes, LeaveNoConnectionBehind) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, "ok"); });
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.say(HttpGet{.url = url(server, "/"), .timeout = kPatient}), "http 200: ok");
    ASSERT_EQ(
        client.say(TcpConnect{.host = "127.0.0.1", .port = server.port(), .timeout = kPatient}),
        "done");
  }
  test::soon([&] { return server.connections() == 40 && server.open_connections() == 0; });
  EXPECT_EQ(server.open_connections(), 0);
  EXPECT_EQ(server.connections(), 40) << "each on one of its own";
}

TEST_F(Probes, NamesAreLookedUpAsAnyProgramOnThisHostWould) {
  EXPECT_EQ(client.say(Resolve{.host = "localhost"}), "addresses 127.0.0.1");
  EXPECT_EQ(client.say(Resolve{.host = "192.0.2.7"}), "addresses 192.0.2.7");
  EXPECT_NE(client.say(Resolve{.host = "nobody.invalid"}).find("cannot resolve nobody.invalid: "),
            std::string::npos);
}

}  // namespace
}  // namespace weir::engine
