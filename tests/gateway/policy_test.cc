// What a policy does with the traffic to its backend: ejections, faults, stickiness, limits,
// pauses. On both implementations of Io.

#include <poll.h>

#include <set>

#include "controller/gateway/wire.h"
#include "tests/gateway/on_each_io.h"

namespace weir::gateway {
namespace {

using test::soon;

const std::string kGet = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
constexpr int kHour = 3'600'000;  // ms: nothing here depends on how long it is

int status_of(const std::string& response) {
  return response.size() < 12 ? 0 : std::stoi(response.substr(9, 3));
}

// One connection, which stays with one of the worker's threads: what that does in turn is exact.
class Connection {
 public:
  explicit Connection(int port) : fd_(connected_to(port)) {}
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void cut() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  void send(const std::string& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // A response with a Content-Length; empty: the connection has ended.
  std::string response() {
    std::string in;
    std::size_t whole = std::string::npos;
    char bytes[4096];
    while (in.size() < whole) {
      const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
      if (count <= 0) return "";
      in.append(bytes, static_cast<std::size_t>(count));
      const std::size_t end = in.find("\r\n\r\n"), length = in.find("Content-Length: ");
      if (end != in.npos) whole = end + 4 + std::stoul(in.substr(length + 16));
    }
    return in;
  }
  std::string ask(const std::string& request = kGet) {
    send(request);
    return response();
  }
  bool has_something() const {
    pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
  }

 private:
  const int fd_;
};

class Policies : public OnEachIo {
 protected:
  static RouteBackend to(const std::vector<int>& ports, const RoutePolicy& policy,
                         const std::string& service = "default/web:80") {
    RouteBackend backend{.service = service, .policy = policy};
    for (const int port : ports) {
      const std::string id = "pod-" + std::to_string(port);
      backend.endpoints.push_back({.id = id, .name = id, .address = "127.0.0.1", .port = port});
    }
    return backend;
  }
  void publish_rule(RouteRule rule, RouteProtocol protocol = RouteProtocol::http) {
    publish({.listeners = {{.name = "web", .protocol = protocol, .rules = {std::move(rule)}}}});
  }
  void publish_policy(const std::vector<int>& ports, const RoutePolicy& policy,
                      RouteProtocol protocol = RouteProtocol::http) {
    publish_rule({.backends = {to(ports, policy)}}, protocol);
  }
  Traffic traffic() const {
    Traffic sum;
    for (const Traffic& one : worker_->traffic().endpoints) add(sum, one);
    return sum;
  }
};

int nobody() {
  int port = 0;
  ::close(listening_socket(port));
  return port;
}

Move answer(int status) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n"};
}

TEST_P(Policies, AnEndpointThatCannotBeReachedIsEjected) {
  ScriptedBackend backend({});
  publish_policy({nobody(), backend.port()}, {});
  Connection client(port_);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(status_of(client.ask()), 200);
  EXPECT_EQ(traffic().retries["connect-failure"], 5);  // and then nobody asked it any more
  EXPECT_EQ(traffic().ejections, 1);
}

TEST_P(Policies, TheLastEndpointIsNeverEjected) {
  ScriptedBackend backend(std::deque<Move>(8, answer(503)));
  publish_policy({backend.port()}, {.outliers = {.gateway_errors = 1, .answers = true}});
  Connection client(port_);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(status_of(client.ask()), 503);
  EXPECT_EQ(status_of(client.ask()), 200);
  EXPECT_EQ(traffic().ejections, 0);
}

TEST_P(Policies, ErrorsOfTheApplicationEjectWhereAPolicySaysSo) {
  for (const int server_errors : {0, 3}) {
    ScriptedBackend bad(std::deque<Move>(20, answer(500))), good({});
    publish_policy({bad.port(), good.port()}, {.outliers = {.server_errors = server_errors}});
    Connection client(port_);
    for (int i = 0; i < 20; ++i) client.ask();
    EXPECT_EQ(bad.requests().size(), server_errors == 0 ? 10u : 3u);
  }
}

TEST_P(Policies, FaultsAreCountedOut) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.fault = {.abort_status = 418, .abort_basis_points = 2500}});
  Connection client(port_);
  std::string got;
  for (int i = 0; i < 8; ++i) got += status_of(client.ask()) == 418 ? "x" : ".";
  EXPECT_EQ(got, "...x...x");
  EXPECT_EQ(backend.requests().size(), 6u);
  EXPECT_EQ(traffic().refusals["fault"], 2);
}

TEST_P(Policies, ADelayedRequestIsStillWhole) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.fault = {.delay_ms = 30}});
  const std::string body(1 << 20, 'x');
  Connection client(port_);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  EXPECT_EQ(status_of(client.ask(head + std::to_string(body.size()) + "\r\n\r\n" + body)), 200);
  ASSERT_EQ(backend.requests().size(), 1u);
  EXPECT_TRUE(backend.requests()[0].ends_with("\r\n\r\n" + body));
}

TEST_P(Policies, ADelayCountsForTheRulesTimeout) {
  ScriptedBackend backend({});
  publish_rule(
      {.timeout_ms = 50, .backends = {to({backend.port()}, {.fault = {.delay_ms = kHour}})}});
  EXPECT_EQ(status_of(Connection(port_).ask()), 504);
  EXPECT_EQ(backend.requests().size(), 0u);
}

TEST_P(Policies, PausedRequestsWaitUntilThePauseGoes) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.pause = RoutePause{.timeout_ms = kHour, .pending = 1}});
  Connection one(port_), two(port_);
  one.send(kGet);
  two.send(kGet);
  // One of them waits, and there is no room for the other.
  ASSERT_TRUE(soon([&] { return one.has_something() || two.has_something(); }));
  Connection& refused = one.has_something() ? one : two;
  Connection& waiting = one.has_something() ? two : one;
  const std::string full = refused.response();
  EXPECT_EQ(status_of(full), 503);
  EXPECT_NE(full.find("\r\nRetry-After: 3600\r\n"), full.npos) << full;
  EXPECT_NE(full.find("default/web:80 is paused"), full.npos) << full;
  EXPECT_EQ(backend.requests().size(), 0u);
  publish_policy({backend.port()}, {});
  EXPECT_EQ(status_of(waiting.response()), 200);
  EXPECT_EQ(status_of(refused.ask()), 200);
  EXPECT_EQ(traffic().refusals["pause"], 1);
}

TEST_P(Policies, PausedRequestsDoNotWaitForEver) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.pause = RoutePause{.timeout_ms = 20}});
  const std::string got = Connection(port_).ask();
  EXPECT_EQ(status_of(got), 503);
  EXPECT_NE(got.find("\r\nRetry-After: 1\r\n"), got.npos) << got;
  EXPECT_EQ(backend.requests().size(), 0u);
}

// Whoever speaks another protocol than HTTP waits before its connection is made.
TEST_P(Policies, PausedConnectionsWaitToo) {
  ScriptedBackend backend({});
  const auto tcp = RouteProtocol::tcp;
  publish_policy({backend.port()}, {.pause = RoutePause{.timeout_ms = kHour, .pending = 1}}, tcp);
  Connection one(port_), two(port_);
  one.send(kGet);
  two.send(kGet);
  ASSERT_TRUE(soon([&] { return one.has_something() || two.has_something(); }));
  Connection& waiting = one.has_something() ? two : one;
  EXPECT_EQ((one.has_something() ? one : two).response(), "");
  EXPECT_EQ(backend.connections(), 0);
  publish_policy({backend.port()}, {}, tcp);
  EXPECT_EQ(status_of(waiting.response()), 200);
}

TEST_P(Policies, ACircuitBreakerAnswersAtOnce) {
  const struct {
    RouteLimits limits;
    const char* reason;
    const char* why;
  } rows[] = {{{.requests = 1}, "max-parallel-requests", "maxParallelRequests of 1"},
              {{.connections = 1}, "max-connections", "maxConnections of 1"}};
  for (const auto& row : rows) {
    start({});
    ScriptedBackend backend({{.send = "", .silent = true}});
    publish_policy({backend.port()}, {.limits = row.limits});
    auto slow = std::make_unique<Connection>(port_);
    slow->send(kGet);
    ASSERT_TRUE(soon([&] { return backend.requests().size() == 1; }));
    Connection other(port_);
    const std::string got = other.ask();
    EXPECT_EQ(status_of(got), 503);
    EXPECT_NE(got.find(row.why), got.npos) << got;
    EXPECT_EQ(traffic().refusals[row.reason], 1);
    slow->cut();
    slow.reset();
    EXPECT_TRUE(soon([&] { return status_of(other.ask()) == 200; }));
  }
}

TEST_P(Policies, ACircuitBreakerLimitsConnectionsThatAreBeingMade) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.limits = {.pending = 1}});
  Connection client(port_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(client.ask()), 200);  // each gives it back
}

TEST_P(Policies, ACircuitBreakerLimitsConnectionsOfBytes) {
  ScriptedBackend backend({});
  publish_policy({backend.port()}, {.limits = {.connections = 1}}, RouteProtocol::tcp);
  auto first = std::make_unique<Connection>(port_);
  EXPECT_EQ(status_of(first->ask()), 200);
  EXPECT_EQ(Connection(port_).ask(), "");
  first.reset();
  EXPECT_TRUE(soon([&] { return status_of(Connection(port_).ask()) == 200; }));
}

TEST_P(Policies, SecondTriesHaveABudget) {
  ScriptedBackend backend({});
  const RouteRetryBudget budget{
      .percent = 0, .interval_ms = kHour, .min_count = 2, .min_interval_ms = kHour};
  publish_policy({nobody(), backend.port()},
                 {.outliers = {.gateway_errors = 0}, .retries = budget});
  Connection client(port_);
  std::map<int, int> got;
  for (int i = 0; i < 12; ++i) ++got[status_of(client.ask())];
  // Second tries move the turn on; what they were allowed for is answered.
  EXPECT_EQ(traffic().retries["connect-failure"], 2);
  EXPECT_EQ(traffic().refusals["retry-budget"], got[503]);
  EXPECT_GT(got[503], 0);
}

TEST_P(Policies, UsersStayWithAnEndpointByTheirCookie) {
  ScriptedBackend one({}), two({}), three({});
  RouteRule rule{.affinity = {.by = RouteAffinity::By::cookie, .name = "sid", .given = true},
                 .backends = {to({one.port(), two.port()}, {}, "default/old:80"),
                              to({three.port()}, {}, "default/new:80")}};
  publish_rule(rule);
  std::set<std::string> cookies;
  for (int user = 0; user < 6; ++user) {
    const std::string first = Connection(port_).ask();
    const std::size_t at = first.find("\r\nSet-Cookie: sid=");
    ASSERT_NE(at, first.npos) << first;
    const std::string cookie = first.substr(at + 14, 4 + 32);
    EXPECT_TRUE(cookies.insert(cookie).second);
    const auto asked = [&] {
      return std::vector{one.requests().size(), two.requests().size(), three.requests().size()};
    };
    const auto before = asked();
    for (int i = 0; i < 3; ++i) {
      const std::string later =
          Connection(port_).ask("GET / HTTP/1.1\r\nHost: web\r\nCookie: " + cookie + "\r\n\r\n");
      EXPECT_EQ(later.find("Set-Cookie"), later.npos);
    }
    const auto after = asked();
    std::multiset<std::size_t> grown;
    for (std::size_t i = 0; i < 3; ++i) grown.insert(after[i] - before[i]);
    EXPECT_EQ(grown, (std::multiset<std::size_t>{0, 0, 3}));
  }
}

// Traefik's #7886: a second try went to the same dead server again.
TEST_P(Policies, ASecondTryLeavesTheUsersEndpoint) {
  ScriptedBackend backend({});
  RouteBackend sticky =
      to({nobody(), nobody(), backend.port()}, {.outliers = {.gateway_errors = 0}});
  sticky.affinity = {.by = RouteAffinity::By::header, .name = "x-user"};
  publish_rule({.backends = {sticky}});
  Connection client(port_);
  for (int user = 0; user < 12; ++user) {
    EXPECT_EQ(status_of(client.ask(
                  "GET / HTTP/1.1\r\nHost: web\r\nX-User: " + std::to_string(user) + "\r\n\r\n")),
              200);
  }
  EXPECT_GT(traffic().retries["connect-failure"], 0);
}

INSTANTIATE_TEST_SUITE_P(Io, Policies, testing::Values(IoChoice::epoll, IoChoice::io_uring),
                         io_name);

TEST(Wire, PoliciesGoThere) {
  const RoutePolicy policy{.fault = {1, 2, 3, 4},
                           .outliers = {1, true, 2, 3, 4, 5},
                           .retries = RouteRetryBudget{1, 2, 3, 4},
                           .limits = {1, 2, 3},
                           .pause = RoutePause{1, 2},
                           .slow_start_ms = 6};
  const RouteAffinity affinity{RouteAffinity::By::cookie, "a", true, 7};
  const RouteTable table{
      .listeners = {{.name = "l",
                     .rules = {{.affinity = affinity,
                                .backends = {{.affinity = affinity, .policy = policy}}}},
                     .clients = {.proxy_protocol = RouteClients::ProxyProtocol::optional,
                                 .trusted_hops = 1,
                                 .trusted_cidrs = {"10.0.0.0/8"},
                                 .connections = 2,
                                 .body_max = 1LL << 40,
                                 .body_ms = 3,
                                 .idle_ms = 4,
                                 .log_basis_points = 5}}}};
  const auto message = read_message(publish_line(7, table));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->table, table);
  const TrafficReport traffic{
      .endpoints = {{.service = "a/b:1",
                     .retries = {{"reset", 1}},
                     .refusals = {{"pause", 2}},
                     .ejections = 3,
                     .connections = 4,
                     .connections_made = 5}},
      .listeners = {{.listener = "l", .connections = 1, .accepted = 2, .refused = {{"x", 3}}}},
      .io = "epoll",
      .log_lines_dropped = 6};
  EXPECT_EQ(read_message(traffic_line(traffic))->traffic, traffic);
}

}  // namespace
}  // namespace weir::gateway
