// A call that asks before it connects: it neither takes over a connection that another call has
// kept, nor leaves one.

#include "controller/engine/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <future>

#include "tests/engine/fake_server.h"

namespace weir::engine {
namespace {

constexpr Duration kPatient(60'000);

std::string ask(HttpClient& http, HttpCall call) {
  const auto promise = std::make_shared<std::promise<std::string>>();
  auto said = promise->get_future();
  call.connect_deadline = call.deadline = kPatient;
  http.post([&http, call, promise] {
    http.start(call, [promise](auto answer) {
      if (answer) return promise->set_value(std::to_string(answer->status) + " " + answer->body);
      const bool denied = answer.error().what == HttpFailure::What::denied;
      promise->set_value(denied ? "denied" : "failed: " + answer.error().why);
    });
  });
  return said.get();
}

TEST(HttpClient, AsksForEveryConnection) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, "ok"); });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  HttpClient http;
  int asked = 0;
  const auto yes = [&](const sockaddr& to) {
    ++asked;
    return reinterpret_cast<const sockaddr_in&>(to).sin_addr.s_addr == htonl(INADDR_LOOPBACK);
  };
  const auto no = [&](const sockaddr&) { return ++asked, false; };
  EXPECT_EQ(ask(http, {.url = url}), "200 ok");
  EXPECT_EQ(ask(http, {.url = url}), "200 ok");
  EXPECT_EQ(server.connections(), 1) << "kept";
  EXPECT_EQ(ask(http, {.url = url, .may_connect = no}), "denied");
  EXPECT_EQ(server.connections(), 1) << "not taken over";
  EXPECT_EQ(ask(http, {.url = url, .may_connect = yes}), "200 ok");
  EXPECT_EQ(ask(http, {.url = url, .may_connect = yes}), "200 ok");
  EXPECT_EQ(server.connections(), 3) << "not left";
  EXPECT_EQ(ask(http, {.url = url}), "200 ok");
  EXPECT_EQ(server.connections(), 3) << "kept all the time";
  EXPECT_EQ(asked, 3);
}

TEST(HttpClient, ConnectsToAGivenAddress) {
  FakeServer server(FakeServer::Tcp::port, [](Talk& talk) { talk.answer(200, talk.headers); });
  const std::string port = std::to_string(server.port());
  HttpClient http;
  EXPECT_EQ(ask(http, {.url = "http://web.invalid:" + port + "/", .connect_to = "127.0.0.1"}),
            "200 Host: web.invalid:" + port + "\r\nAccept: */*\r\n");
  int asked = 0;
  EXPECT_EQ(ask(http, {.url = "http://web.invalid/",
                       .connect_to = "::1",
                       .may_connect = [&](const sockaddr&) { return ++asked, false; }}),
            "denied");
  EXPECT_EQ(asked, 1);
}

TEST(HttpClient, ReadsUrls) {
  const struct {
    const char* url;
    std::string want;
  } rows[] = {
      {"http://web.example/path?q", "http web.example 80"},
      {"https://web.example:8443", "https web.example 8443"},
      {"HTTPS://Web.example", "https Web.example 443"},
      {"http://2130706433/", "http 127.0.0.1 80"},
      {"http://[::1]:81/", "http [::1] 81"},
      {"http://a:b@web.example/", "http web.example 80 credentials"},
      {"http://a@web.example/", "http web.example 80 credentials"},
      {"other://web.example/", "other web.example "},
      {"web.example", "none"},
      {"/path", "none"},
      {"http://", "none"},
      {"http://web.example:port/", "none"},
  };
  for (const auto& row : rows) {
    const auto url = parse_url(row.url);
    const std::string got = url ? url->scheme + " " + url->host + " " + url->port +
                                      (url->has_credentials ? " credentials" : "")
                                : "none";
    EXPECT_EQ(got, row.want) << row.url;
  }
}

}  // namespace
}  // namespace weir::engine
