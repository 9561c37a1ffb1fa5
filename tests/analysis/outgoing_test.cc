// What arrives at a server that may be reached, and what comes back.

#include "controller/analysis/outgoing.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/analysis/blocking_outgoing.h"
#include "tests/analysis/fake_resolver.h"
#include "tests/analysis/tls_server.h"
#include "tests/engine/fake_server.h"
#include "tests/support/certificate.h"

namespace weir::analysis {
namespace {

using engine::FakeServer;
using engine::Talk;

std::string url(int port, const std::string& path = "/") {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

class OutgoingRequests : public testing::Test {
 protected:
  Outgoing outgoing{policy({"127.0.0.1"})};
};

TEST_F(OutgoingRequests, ArriveAsTheyAre) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) {
    talk.answer(200, talk.line + "\n" + talk.headers + "\n" + talk.body);
  });
  const std::string host = "Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n";
  const struct {
    const char* name;
    OutgoingRequest request;
    std::string want;
  } rows[] = {
      {"get",
       {.url = url(server.port(), "/api/v1/query?query=up%7Bjob%3D%22a%22%7D")},
       "GET /api/v1/query?query=up%7Bjob%3D%22a%22%7D\n" + host +
           "Accept: */*\r\nUser-Agent: weir\r\n\n"},
      {"post",
       {.method = "POST",
        .url = url(server.port(), "/hook"),
        .headers = {"Content-Type: application/json"},
        .body = "{\"a\":1}"},
       "POST /hook\n" + host +
           "Accept: */*\r\nContent-Type: application/json\r\nUser-Agent: weir\r\n"
           "Content-Length: 7\r\n\n{\"a\":1}"},
      {"a body of no type",
       {.method = "PUT", .url = url(server.port()), .body = "@/etc/passwd"},
       "PUT /\n" + host +
           "Accept: */*\r\nUser-Agent: weir\r\nContent-Length: 12\r\n\n@/etc/passwd"},
      {"headers",
       {.url = url(server.port()),
        .headers = {"X-A: b", "host: other.example", "User-Agent: mine", "X-Empty: "}},
       "GET /\nHost: other.example\r\nAccept: */*\r\nX-A: b\r\nUser-Agent: mine\r\nX-Empty:\r\n\n"},
      {"basic authentication",
       {.url = url(server.port()), .user = "u", .password = "p:q"},
       "GET /\n" + host + "Accept: */*\r\nAuthorization: Basic dTpwOnE=\r\nUser-Agent: weir\r\n\n"},
  };
  for (const auto& row : rows) {
    OutgoingRequest request = row.request;
    request.deadline = kPatient;
    EXPECT_EQ(answer(outgoing, request), "200 " + row.want) << row.name;
  }
  EXPECT_EQ(server.connections(), 5) << "each on one of its own";
}

TEST_F(OutgoingRequests, AnyStatusIsAnAnswer) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) {
    talk.answer(std::stoi(talk.line.substr(talk.line.rfind('/') + 1)), "said");
  });
  for (const char* status : {"200", "201", "401", "404", "500", "503"}) {
    EXPECT_EQ(answer(outgoing,
                     {.url = url(server.port(), std::string("/") + status), .deadline = kPatient}),
              std::string(status) + " said");
  }
}

TEST_F(OutgoingRequests, GoToOurOwnServicesByName) {
  FakeServer server(FakeServer::Tcp::port,
                    [](Talk& talk) { talk.answer(200, talk.headers.substr(0, 9)); });
  Outgoing strict(policy());
  const std::string port = ":" + std::to_string(server.port());
  const std::map<std::string, std::string> hosts{{"web.default.svc", "127.0.0.1"}};
  resolve_to("other.example", {"127.0.0.2"});
  const struct {
    std::string host;
    std::string want;
  } rows[] = {
      {"web.default.svc", "200 Host: web"},
      {"WEB.default.svc.", "200 Host: WEB"},
      {"127.0.0.1", "200 Host: 127"},
      {"other.example", "denied: http://other.example" + port +
                            " may not be reached: 127.0.0.2 is a loopback address"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(
        answer(strict,
               {.url = "http://" + row.host + port + "/", .deadline = kPatient, .hosts = hosts}),
        row.want);
  }
  // Of this request alone.
  EXPECT_EQ(
      answer(strict, {.url = url(server.port()), .deadline = kPatient}),
      "denied: http://127.0.0.1" + port + " may not be reached: 127.0.0.1 is a loopback address");
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(OutgoingRequests, ServersThatGoWrong) {
  const struct {
    const char* name;
    FakeServer::Handler handler;
    std::string want;
  } rows[] = {
      {"a large body", [](Talk& talk) { talk.answer(200, std::string(1 << 20, 'x')); },
       "200 " + std::string(1 << 20, 'x')},
      {"too large a body", [](Talk& talk) { talk.answer(200, std::string((1 << 20) + 1, 'x')); },
       "too_large: URL: the answer is larger than 1 MiB, or its headers than 256 KiB"},
      {"a body without end",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\n\r\n" + std::string(2 << 20, 'x'));
         talk.wait_for_hang_up();
       },
       "too_large: URL: the answer is larger than 1 MiB, or its headers than 256 KiB"},
      {"many headers",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\n");
         for (int i = 0; i < 10'000; ++i) talk.say("X-Many: " + std::string(50, 'x') + "\r\n");
         talk.wait_for_hang_up();
       },
       "too_large: URL: the answer is larger than 1 MiB, or its headers than 256 KiB"},
      {"a header without end",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\nX-Long: " + std::string(1 << 20, 'x'));
         talk.wait_for_hang_up();
       },
       "too_large: URL: the answer is larger than 1 MiB, or its headers than 256 KiB"},
      {"no answer", [](Talk& talk) { talk.wait_for_hang_up(); },
       "timed_out: URL: no whole answer in time"},
      {"half an answer",
       [](Talk& talk) {
         talk.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
         talk.wait_for_hang_up();
       },
       "timed_out: URL: no whole answer in time"},
      {"hangs up", [](Talk& talk) { talk.hang_up(); }, "unavailable: URL: Empty reply from server"},
      {"not HTTP",
       [](Talk& talk) {
         talk.say("hello\r\n");
         talk.hang_up();
       },
       "unavailable: URL: Received HTTP/0.9 when not allowed"},
  };
  for (const auto& row : rows) {
    FakeServer server(FakeServer::Tcp::port, row.handler);
    const bool stalls = row.want.starts_with("timed_out");
    const std::string got = answer(outgoing, {.method = "POST",
                                              .url = url(server.port(), "/?q=secret"),
                                              .headers = {"X-Token: secret"},
                                              .body = "secret",
                                              .deadline = stalls ? Duration(1'500) : kPatient,
                                              .user = "secret",
                                              .password = "secret"});
    EXPECT_EQ(engine::replaced(got, "http://127.0.0.1:" + std::to_string(server.port()), "URL"),
              row.want)
        << row.name;
    EXPECT_EQ(server.connections(), 1) << row.name << ": nothing is sent twice";
  }
}

TEST_F(OutgoingRequests, ANameServerThatStallsHoldsUpNobodyElse) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, "ok"); });
  const StalledName stalled("stalled.example");
  EXPECT_EQ(answer(outgoing, {.url = "http://stalled.example/", .deadline = Duration(1'500)}),
            "timed_out: http://stalled.example:80: no whole answer in time");
  EXPECT_EQ(answer(outgoing, {.url = url(server.port()), .deadline = kPatient}), "200 ok");
}

TEST_F(OutgoingRequests, NobodyListens) {
  int port = 0;
  {
    port = FakeServer(FakeServer::Tcp::port, [](Talk&) {}).port();
  }
  EXPECT_EQ(answer(outgoing, {.url = url(port, "/?q=secret"), .deadline = kPatient}),
            "unavailable: http://127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_F(OutgoingRequests, TlsIsVerifiedUnlessTheObjectSaysNo) {
  ::signal(SIGPIPE, SIG_IGN);  // of the server, which writes as OpenSSL does
  const TlsServer server(test::certificate("web", "IP:127.0.0.1"));
  const std::string address = "https://127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(answer(outgoing, {.url = address + "/?q=secret", .deadline = kPatient}),
            "unavailable: " + address + ": SSL certificate problem: self-signed certificate");
  EXPECT_EQ(server.requests(), 0);
  EXPECT_EQ(answer(outgoing, {.url = address, .deadline = kPatient, .insecure = true}), "200 tls");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(OutgoingRequests, EndWithTheirSender) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.wait_for_hang_up(); });
  std::promise<Result<OutgoingAnswer>> promise;
  {
    Outgoing brief(policy({"127.0.0.1"}));
    brief.send({.url = url(server.port()), .deadline = kPatient},
               [&](auto said) { promise.set_value(std::move(said)); });
    ASSERT_TRUE(server.requests().wait_for("GET /"));
  }
  const Result<OutgoingAnswer> said = promise.get_future().get();
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Code::unavailable);
  EXPECT_EQ(said.error().message, url(server.port(), "") + ": weir is stopping");
}

}  // namespace
}  // namespace weir::analysis
