// What a rule does with a request and its response: changes of headers and paths, redirects,
// copies, deadlines. On both implementations of Io.

#include <set>

#include "tests/gateway/on_each_io.h"

namespace weir::gateway {
namespace {

using test::soon;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nX-Old: 1\r\nContent-Length: 2\r\n\r\nok";

class Rules : public OnEachIo {
 protected:
  void publish_rule(RouteRule rule) {
    publish({.listeners = {{.name = "web", .port = 8080, .rules = {std::move(rule)}}}});
  }
  std::string ask(const std::string& target, const std::string& headers = "",
                  const std::string& body = "") {
    const int fd = connected_to(port_);
    std::string request = (body.empty() ? "GET " : "POST ") + target +
                          " HTTP/1.1\r\nHost: a.example\r\n" + headers + "Connection: close\r\n";
    if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    request += "\r\n" + body;
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    return read_to_end(fd);
  }
};

RouteBackend to(const ScriptedBackend& backend, const std::string& service = "default/web:80") {
  return {.service = service,
          .endpoints = {{.id = "pod-" + std::to_string(backend.port()),
                         .address = "127.0.0.1",
                         .port = backend.port()}}};
}

std::deque<Move> silence(std::size_t requests) {
  return std::deque<Move>(requests, Move{.send = {}, .silent = true});
}

// The request line and the headers, without those that every request gets.
std::string seen(const ScriptedBackend& backend) {
  std::string out;
  const auto requests = backend.requests();
  const std::string text = requests.empty() ? "" : requests.back();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    const std::string line = text.substr(at, end - at);
    if (line.empty()) break;
    if (line.find("Forwarded") == line.npos) out += line + "|";
    at = end + 2;
  }
  return out;
}

TEST_P(Rules, ChangeRequests) {
  struct Row {
    const char* name;
    RouteRule rule;
    RouteHeaders of_backend;
    std::string target, headers, want;
  };
  const Row rows[] = {
      {"nothing", {}, {}, "/a?b=1", "X-A: 1\r\n", "GET /a?b=1 HTTP/1.1|Host: a.example|X-A: 1|"},
      {"headers: removed, set, added",
       {.request = {.remove = {"x-a"}, .set = {{"X-B", "new"}}, .add = {{"X-C", "more"}}}},
       {},
       "/",
       "X-A: 1\r\nx-b: 2\r\nX-C: 3\r\n",
       "GET / HTTP/1.1|Host: a.example|X-C: 3|X-B: new|X-C: more|"},
      {"the backend has the last word",
       {.request = {.set = {{"X-B", "rule"}}}},
       {.set = {{"x-b", "backend"}}},
       "/",
       "",
       "GET / HTTP/1.1|Host: a.example|x-b: backend|"},
      {"another host", {.host = "b.example"}, {}, "/", "", "GET / HTTP/1.1|Host: b.example|"},
      {"another path",
       {.path = {.full = "/z"}},
       {},
       "/a/b?q",
       "",
       "GET /z?q HTTP/1.1|Host: a.example|"},
      {"another prefix",
       {.match = {.path = "/foo"}, .path = {.prefix = "/xyz/"}},
       {},
       "/foo/bar",
       "",
       "GET /xyz/bar HTTP/1.1|Host: a.example|"},
      {"no prefix",
       {.match = {.path = "/foo/"}, .path = {.prefix = "/"}},
       {},
       "/foo",
       "",
       "GET / HTTP/1.1|Host: a.example|"},
  };
  for (const Row& row : rows) {
    ScriptedBackend backend({});
    RouteRule rule = row.rule;
    rule.backends = {to(backend)};
    rule.backends[0].request = row.of_backend;
    publish_rule(rule);
    ask(row.target, row.headers);
    EXPECT_EQ(seen(backend), row.want) << row.name;
  }
}

TEST_P(Rules, HaveTheLastWordOnForwarded) {
  ScriptedBackend backend({});
  RouteRule rule{
      .request = {.remove = {"x-forwarded-host"}, .set = {{"X-Forwarded-Proto", "https"}}}};
  rule.backends = {to(backend)};
  publish_rule(rule);
  ask("/");
  const std::string got = backend.requests().at(0);
  EXPECT_EQ(got.find("X-Forwarded-Host"), got.npos);
  EXPECT_EQ(got.find("X-Forwarded-Proto: http\r"), got.npos);
  EXPECT_NE(got.find("X-Forwarded-Proto: https\r"), got.npos);
}

TEST_P(Rules, ChangeResponses) {
  ScriptedBackend backend({{kOk}});
  RouteRule rule{.response = {.remove = {"x-old"}, .set = {{"X-New", "2"}}}};
  rule.backends = {to(backend)};
  publish_rule(rule);
  EXPECT_EQ(ask("/"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-New: 2\r\nConnection: close\r\n\r\nok");
}

TEST_P(Rules, Redirect) {
  struct Row {
    const char* name;
    RouteRedirect to;
    std::string want;
  };
  const Row rows[] = {
      {"to itself: the listener's port", {}, "http://a.example:8080/foo/bar?q"},
      {"to https: its usual port", {.scheme = "https"}, "https://a.example/foo/bar?q"},
      {"elsewhere",
       {.status = 301, .scheme = "https", .host = "b.example", .port = 8443},
       "https://b.example:8443/foo/bar?q"},
      {"another prefix", {.path = {.prefix = "/x"}}, "http://a.example:8080/x/bar?q"},
  };
  for (const Row& row : rows) {
    publish_rule({.match = {.path = "/foo"}, .redirect = row.to});
    const std::string got = ask("/foo/bar?q");
    EXPECT_NE(got.find("\r\nLocation: " + row.want + "\r\n"), got.npos) << row.name << "\n" << got;
    EXPECT_TRUE(got.starts_with("HTTP/1.1 " + std::to_string(row.to.status))) << row.name;
  }
}

TEST_P(Rules, MatchOnCookies) {
  ScriptedBackend canary({}), stable({});
  RouteRule first{.match = {.headers = {{"cookie", "canary=always"}}}}, second;
  first.backends = {to(canary, "default/canary:80")};
  second.backends = {to(stable)};
  publish({.listeners = {{.name = "web", .rules = {first, second}}}});
  ask("/", "Cookie: a=1; canary=always\r\n");
  ask("/", "Cookie: a=1; xcanary=always\r\n");
  EXPECT_EQ(canary.requests().size(), 1u);
  EXPECT_EQ(stable.requests().size(), 1u);
}

TEST_P(Rules, SendCopies) {
  ScriptedBackend backend({}), shadow(silence(4));
  RouteRule rule;
  rule.backends = {to(backend)};
  rule.mirrors = {{.to = to(shadow, "default/shadow:80"), .basis_points = 5000}};
  publish_rule(rule);
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(ask("/", "", "body").ends_with("ok"));  // though its copy is never answered
  }
  // Half of them, to within one of each of the two threads.
  EXPECT_TRUE(soon([&] { return shadow.requests().size() >= 3; }));
  EXPECT_LE(shadow.requests().size(), 4u);
  EXPECT_EQ(backend.requests().size(), 8u);
  EXPECT_TRUE(shadow.requests().back().ends_with("\r\n\r\nbody"));
}

TEST_P(Rules, EndWhatTakesTooLong) {
  ScriptedBackend slow(silence(3));
  for (RouteRule rule : {RouteRule{.timeout_ms = 50}, RouteRule{.try_timeout_ms = 50}}) {
    rule.backends = {to(slow)};
    publish_rule(rule);
    EXPECT_TRUE(ask("/", "", "x").starts_with("HTTP/1.1 504 "));
  }
}

TEST_P(Rules, ATryThatTakesTooLongIsFollowedByAnother) {
  ScriptedBackend slow(silence(1)), quick({});
  RouteRule rule{.try_timeout_ms = 50};
  rule.backends = {to(slow)};
  rule.backends[0].endpoints.push_back(to(quick).endpoints[0]);
  publish_rule(rule);
  EXPECT_TRUE(ask("/").ends_with("ok"));
}

TEST_P(Rules, RefuseWhatHasNoBackend) {
  ScriptedBackend backend({});
  RouteRule rule{.refusal = 500};
  publish_rule(rule);
  EXPECT_TRUE(ask("/").starts_with("HTTP/1.1 500 "));
  rule.refusal = 0;
  rule.backends = {to(backend), to(backend, "default/gone:80")};
  rule.backends[1].missing = true;
  publish_rule(rule);
  std::set<std::string> answers;
  for (int i = 0; i < 4; ++i) answers.insert(ask("/").substr(0, 12));
  EXPECT_EQ(answers, (std::set<std::string>{"HTTP/1.1 200", "HTTP/1.1 500"}));  // each its share
}

INSTANTIATE_TEST_SUITE_P(Io, Rules, testing::Values(IoChoice::epoll, IoChoice::io_uring), io_name);

}  // namespace
}  // namespace weir::gateway
