// What a listener's policy does with who comes: PROXY headers, proxies that are trusted, limits,
// and the access log. On both implementations of Io.

#include <nlohmann/json.hpp>

#include "tests/gateway/http2_peer.h"
#include "tests/gateway/tls_client.h"

namespace weir::gateway {
namespace {

using test::soon;
using ProxyProtocol = RouteClients::ProxyProtocol;

const std::string kGet = "GET /a?b HTTP/1.1\r\nHost: web\r\n\r\n";
const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
const std::string kProxied = "PROXY TCP4 192.0.2.1 192.0.2.9 1 80\r\n";

class ClientsOf : public OnEachIo {
 protected:
  std::string ask(const std::string& bytes) {
    const int fd = connected_to(port_);
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return read_to_end(fd);
  }
  ListenerTraffic seen() const {
    const TrafficReport report = worker_->traffic();
    return report.listeners.empty() ? ListenerTraffic{} : report.listeners.front();
  }
};

int status_of(const std::string& response) {
  return response.size() < 12 ? 0 : std::stoi(response.substr(9, 3));
}

std::string field(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return "";
  const std::size_t from = at + name.size() + 4;
  return request.substr(from, request.find('\r', from) - from);
}

TEST_P(ClientsOf, AreWhoThePROXYHeaderSays) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.proxy_protocol = ProxyProtocol::required}});
  EXPECT_EQ(status_of(ask(kProxied + kGetAndClose)), 200);
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-For"), "192.0.2.1");
  EXPECT_EQ(field(backend.requests().back(), "Forwarded"), "for=192.0.2.1;host=web;proto=http");
  // Without one, with a wrong one, and with none at all.
  EXPECT_EQ(ask(kGetAndClose), "");
  EXPECT_EQ(ask("PROXY TCP4 nobody\r\n" + kGetAndClose), "");
  EXPECT_EQ(seen().refused, (std::map<std::string, std::int64_t>{{"proxy-protocol", 2}}));
  EXPECT_EQ(seen().accepted, 3);
  EXPECT_TRUE(soon([&] { return seen().connections == 0; }));
}

TEST_P(ClientsOf, MayHaveAPROXYHeader) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.proxy_protocol = ProxyProtocol::optional}});
  EXPECT_EQ(status_of(ask(kGetAndClose)), 200);
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-For"), "127.0.0.1");
  EXPECT_EQ(status_of(ask(kProxied + kGetAndClose)), 200);
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-For"), "192.0.2.1");
}

TEST_P(ClientsOf, HaveThePROXYHeaderBeforeTheirTLS) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")},
                              .clients = {.proxy_protocol = ProxyProtocol::required}});
  TlsClient client(port_, {.before = kProxied});
  ASSERT_TRUE(client.connected());
  client.send(kGetAndClose);
  EXPECT_TRUE(client.read("").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(field(backend.requests().back(), "Forwarded"), "for=192.0.2.1;host=web;proto=https");
}

TEST_P(ClientsOf, ComeThroughAProxyThatIsBelieved) {
  ScriptedBackend backend({});
  const std::string said =
      "Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.7\r\n"
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";
  const std::string request =
      "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n" + said + "\r\n";
  route_to({backend.port()});
  ask(request);
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-Proto"), "http");
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-Host"), "web");
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-For"), "192.0.2.7, 127.0.0.1");
  EXPECT_EQ(field(backend.requests().back(), "Forwarded"), "for=127.0.0.1;host=web;proto=http");
  route_to({backend.port()}, {.clients = {.trusted_cidrs = {"127.0.0.0/8"}}});
  ask(request);
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-Proto"), "https");
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-Host"), "shop.example");
  EXPECT_EQ(field(backend.requests().back(), "X-Forwarded-For"), "192.0.2.7, 127.0.0.1");
  EXPECT_EQ(field(backend.requests().back(), "Forwarded"),
            "for=192.0.2.7, for=127.0.0.1;host=web;proto=http");
  // One that speaks the older words alone says the same in the newer ones.
  std::string older = request;
  older.erase(older.find("Forwarded: for=192.0.2.7\r\n"), 26);
  ask(older);
  EXPECT_EQ(field(backend.requests().back(), "Forwarded"),
            "for=192.0.2.7;host=shop.example;proto=https");
}

TEST_P(ClientsOf, CannotSayMoreByTheirHost) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  for (const char* host : {"a;for=6.6.6.6;proto=https", "a\";for=\"6.6.6.6"}) {
    ask("GET / HTTP/1.1\r\nConnection: close\r\nHost: " + std::string(host) + "\r\n\r\n");
    EXPECT_EQ(field(backend.requests().back(), "Forwarded"), "for=127.0.0.1;proto=http");
  }
}

TEST_P(ClientsOf, AreNoMoreThanSoMany) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.connections = 2}});
  const int first = connected_to(port_), second = connected_to(port_);
  ASSERT_TRUE(soon([&] { return seen().connections == 2; }));
  EXPECT_EQ(ask(""), "");
  EXPECT_EQ(seen().refused["connection-limit"], 1);
  ::close(first);
  ASSERT_TRUE(soon([&] { return seen().connections == 1; }));
  EXPECT_EQ(status_of(ask(kGetAndClose)), 200);
  ::close(second);
}

TEST_P(ClientsOf, SendBodiesNoLongerThanThat) {
  const std::string post = "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const struct {
    const char* name;
    std::string request;
    int want;
  } rows[] = {
      {"as long", post + "Content-Length: 4\r\n\r\nabcd", 200},
      {"longer, and says so", post + "Content-Length: 5\r\n\r\n", 413},
      {"as long, in chunks", chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 200},
      {"longer, in one chunk", chunked + "5\r\nabcde\r\n0\r\n\r\n", 413},
      {"longer, in many", chunked + "2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n", 413},
  };
  for (const auto& row : rows) {
    ScriptedBackend backend({});
    route_to({backend.port()}, {.clients = {.body_max = 4}});
    EXPECT_EQ(status_of(ask(row.request)), row.want) << row.name;
  }
}

TEST_P(ClientsOf, MustSendTheirBodiesInTime) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.body_ms = 1}});
  EXPECT_EQ(status_of(ask("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nabc")), 408);
  EXPECT_EQ(status_of(ask(kGetAndClose)), 200);
}

TEST_P(ClientsOf, AreLetGoWhenTheyAreIdle) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.idle_ms = 1}});
  EXPECT_EQ(status_of(ask(kGet)), 200);  // which reads until the connection ends
}

// --- The access log ------------------------------------------------------------------------------

class AccessLogs : public OnEachIo {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0);
    log_fd_ = ends_[1];
    start({});
  }
  void TearDown() override {
    worker_.reset();
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  // Until so many have come.
  std::vector<nlohmann::json> lines(std::size_t count) {
    const bool came = soon([&] {
      char bytes[4096];
      for (ssize_t size; (size = ::read(ends_[0], bytes, sizeof bytes)) > 0;) {
        text_.append(bytes, static_cast<std::size_t>(size));
      }
      return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n')) >= count;
    });
    EXPECT_TRUE(came) << text_;
    std::vector<nlohmann::json> all;
    for (std::size_t end; (end = text_.find('\n')) != text_.npos; text_.erase(0, end + 1)) {
      all.push_back(nlohmann::json::parse(text_.substr(0, end)));
    }
    return all;
  }
  std::string ask(const std::string& bytes) {
    const int fd = connected_to(port_);
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return read_to_end(fd);
  }

  int ends_[2];
  std::string text_;
};

constexpr RouteClients all_logged() { return {.log_basis_points = kAllBasisPoints}; }

TEST_P(AccessLogs, SayWhatBecameOfARequest) {
  ScriptedBackend backend({{"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello"}});
  route_to({backend.port()}, {.clients = all_logged()});
  ask("POST /a?b=\"c HTTP/1.1\r\nHost: web:80\r\nConnection: close\r\nUser-Agent: curl/8\r\n"
      "X-Request-Id: 77\r\nContent-Length: 3\r\n\r\nabc");
  const auto got = lines(1);
  ASSERT_EQ(got.size(), 1u);
  nlohmann::json line = got[0];
  EXPECT_TRUE(line["start_time"].get<std::string>().ends_with("Z"));
  EXPECT_GE(line["duration"].get<double>(), 0);
  line.erase("start_time");
  line.erase("duration");
  EXPECT_EQ(line,
            (nlohmann::json{{"method", "POST"},
                            {":authority", "web:80"},
                            {"path", "/a"},
                            {"protocol", "HTTP/1.1"},
                            {"response_code", 201},
                            {"bytes_received", 3},
                            {"bytes_sent", 5},
                            {"downstream_remote_address", "127.0.0.1"},
                            {"user-agent", "curl/8"},
                            {"x-request-id", "77"},
                            {"listener", "web"},
                            {"upstream_cluster", "default/web:80"},
                            {"upstream_host", "127.0.0.1:" + std::to_string(backend.port())}}));
}

TEST_P(AccessLogs, LeaveNobodyOut) {
  ScriptedBackend backend(std::deque<Move>{{.send = {}, .silent = true}});
  route_to({backend.port()}, {.clients = all_logged()});
  const int gone = connected_to(port_);
  ::send(gone, kGet.data(), kGet.size(), 0);
  ASSERT_TRUE(soon([&] { return backend.requests().size() == 1; }));
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(gone, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(gone);
  EXPECT_EQ(lines(1).at(0)["response_code"], 0);  // the client did not wait
  ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(lines(1).at(0)["response_code"], 400);
  start({.head = std::chrono::seconds(0)});
  route_to({backend.port()}, {.clients = all_logged()});
  ask("GET / HTTP/1.1\r\nHost: we");
  EXPECT_EQ(lines(1).at(0)["response_code"], 408);
  publish({.listeners = {{.name = "web", .clients = all_logged()}}});
  ask(kGetAndClose);
  const auto none = lines(1);
  EXPECT_EQ(none.at(0)["response_code"], 404);
  EXPECT_EQ(none.at(0)["path"], "/");
}

TEST_P(AccessLogs, AreOfSoManyRequests) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.log_basis_points = 2500}});
  const int fd = connected_to(port_);  // stays with one thread: what that does in turn is exact
  std::string requests;
  for (int i = 0; i < 7; ++i) requests += kGet;
  requests += kGetAndClose;
  ::send(fd, requests.data(), requests.size(), MSG_NOSIGNAL);
  read_to_end(fd);
  EXPECT_EQ(lines(2).size(), 2u);
}

TEST_P(AccessLogs, AreDroppedWhenNobodyTakesThem) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = all_logged()});
  const std::string path(4000, 'p');
  const int fd = connected_to(port_);
  std::string in;
  while (worker_->traffic().log_lines_dropped == 0) {
    std::string requests;
    for (int i = 0; i < 50; ++i) requests += "GET /" + path + " HTTP/1.1\r\nHost: web\r\n\r\n";
    ::send(fd, requests.data(), requests.size(), MSG_NOSIGNAL);
    for (std::size_t answered = 0; answered < 50;) {
      char bytes[4096];
      const ssize_t size = ::recv(fd, bytes, sizeof bytes, 0);
      ASSERT_GT(size, 0);
      in.append(bytes, static_cast<std::size_t>(size));
      for (std::size_t end; (end = in.find("\r\n\r\nok")) != in.npos; in.erase(0, end + 6))
        ++answered;
    }
  }
  ::close(fd);
}

const auto kEach = testing::Values(IoChoice::epoll, IoChoice::io_uring);
INSTANTIATE_TEST_SUITE_P(Io, ClientsOf, kEach, io_name);
INSTANTIATE_TEST_SUITE_P(Io, AccessLogs, kEach, io_name);

}  // namespace
}  // namespace weir::gateway
