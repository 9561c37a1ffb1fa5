// A worker between a client and scripted backends, all on loopback: what each of them sees. Every
// test runs on both implementations of Io.

#include "tests/gateway/on_each_io.h"

namespace weir::gateway {
namespace {

using test::soon;

class Connection {
 public:
  explicit Connection(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address to = Address::of("127.0.0.1", port);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0) ::abort();
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(const std::string& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  // Until the peer ends, or what has come ends so.
  std::string read(const std::string& until = "") {
    std::string in;
    char bytes[4096];
    while (until.empty() || !in.ends_with(until)) {
      const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
      if (count == 0) return in + (until.empty() ? "" : "<end>");
      if (count < 0) return in + "<cut>";
      in.append(bytes, static_cast<std::size_t>(count));
    }
    return in;
  }

 private:
  const int fd_;
};

class Proxy : public OnEachIo {
 protected:
  // The whole answer, until the connection ends: the request asks for that.
  std::string ask(std::string request) {
    Connection client(port_);
    client.send(request.insert(request.find("\r\n\r\n"), "\r\nConnection: close"));
    return client.read();
  }
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string last_line(const std::string& text) { return text.substr(text.rfind('\n') + 1); }
std::string first_line(const std::string& text) { return text.substr(0, text.find('\r')); }

TEST_P(Proxy, WritesTheRequestAnew) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  ask("POST /a?b HTTP/1.1\r\nhost: web:80\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close, x-a\r\n"
      "X-A: 1\r\nX-B:2\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_EQ(backend.requests().size(), 1u);
  EXPECT_EQ(backend.requests()[0],
            "POST /a?b HTTP/1.1\r\nHost: web:80\r\nX-B: 2\r\n"
            "Forwarded: for=127.0.0.1;host=\"web:80\";proto=http\r\n"
            "X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: web:80\r\nContent-Length: 3\r\n\r\nabc");
}

TEST_P(Proxy, NamesTheServiceForAClientThatNamesNobody) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Connection client(port_);
  client.send("GET / HTTP/1.0\r\n\r\n");
  client.read();
  EXPECT_EQ(backend.requests().at(0),
            "GET / HTTP/1.1\r\nHost: web.default\r\nForwarded: for=127.0.0.1;proto=http\r\n"
            "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n\r\n");
}

struct Row {
  const char* name;
  std::string sent;
  std::deque<Move> script;
  std::string want;
};

TEST_P(Proxy, Answers) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const Row rows[] = {
      {"as it is", kGet, {{kOk}}, kOk.substr(0, kOk.size() - 4) + "Connection: close\r\n\r\nok"},
      {"in chunks",
       kGet,
       {{chunked + "2;x\r\nok\r\n0\r\nT: 1\r\n\r\n"}},
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
       "close\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"until the end",
       kGet,
       {{.send = "HTTP/1.1 200 OK\r\n\r\nok", .close = true}},
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: "
       "close\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"until the end, to a client of 1.0",
       "GET / HTTP/1.0\r\n\r\n",
       {{.send = "HTTP/1.1 200 OK\r\n\r\nok", .close = true}},
       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"},
      {"to a HEAD",
       "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
       {{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}},
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"},
      {"after 100 Continue",
       "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       {{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"}},
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"},
      {"cut in the middle",
       kGet,
       {{.send = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", .close = true}},
       "<cut>"},
      {"smuggled length",
       kGet,
       {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"},
        {"nonsense\r\n\r\n"}},
       "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 39\r\nServer: "
       "weir\r\n"
       "Connection: close\r\n\r\nthe endpoint closed without a response\n"},
  };
  for (const Row& row : rows) {
    ScriptedBackend backend(row.script);
    route_to({backend.port()});
    const std::string got = ask(row.sent);
    if (row.want == "<cut>") {
      EXPECT_TRUE(got.ends_with("<cut>")) << row.name << "\n" << got;
    } else {
      EXPECT_EQ(got, row.want) << row.name;
    }
  }
}

TEST_P(Proxy, PipelinedRequestsAreAnsweredInOrder) {
  ScriptedBackend backend({{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"},
                           {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"},
                           {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3"}});
  route_to({backend.port()});
  Connection client(port_);
  client.send(kGet + kGet + kGet);
  const std::string got = client.read("\r\n\r\n3");
  EXPECT_LT(got.find("\r\n\r\n1"), got.find("\r\n\r\n2"));
  EXPECT_EQ(backend.connections(), 1);  // and all on one kept connection
}

TEST_P(Proxy, AClientThatSendsNoMoreIsStillAnswered) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Connection client(port_);
  client.send(kGet);
  client.finish();
  EXPECT_EQ(last_line(client.read()), "ok");
}

// Whatever it had sent: all of the requests, and of an unfinished one nothing.
TEST_P(Proxy, APipelineThatEndsIsAnswered) {
  for (const std::string& behind : {std::string(), kGet.substr(0, 9), "POST " + kGet.substr(4)}) {
    ScriptedBackend backend({{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"},
                             {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"},
                             {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3"}});
    route_to({backend.port()});
    Connection client(port_);
    client.send(kGet + kGet + behind);
    client.finish();
    const std::string got = client.read();
    EXPECT_LT(got.find("\r\n\r\n1"), got.find("\r\n\r\n2")) << behind;
    EXPECT_EQ(got.find("\r\n\r\n3") != got.npos, behind.starts_with("POST")) << behind;
  }
}

TEST_P(Proxy, RequestsAreSharedOut) {
  ScriptedBackend one({}), two({});
  route_to({one.port(), two.port()});
  Connection client(port_);
  for (int i = 0; i < 10; ++i) {
    client.send(kGet);
    client.read("ok");
  }
  EXPECT_EQ(one.requests().size(), 5u);
  EXPECT_EQ(two.requests().size(), 5u);
}

TEST_P(Proxy, WhatCannotBeReachedIsPassedOver) {
  int nobody = 0;
  ::close(listening_socket(nobody));
  ScriptedBackend backend({});
  route_to({nobody, backend.port()});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(last_line(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")), "ok");
  }
  EXPECT_EQ(backend.requests().size(), 4u);
}

TEST_P(Proxy, AGetWhoseConnectionBreaksIsSentAgain) {
  ScriptedBackend backend({{.send = "", .reset = true}, {.send = "", .close = true}});
  route_to({backend.port()});
  EXPECT_EQ(last_line(ask(kGet)), "ok");
  EXPECT_EQ(backend.requests().size(), 3u);
}

TEST_P(Proxy, APostWhoseConnectionBreaksIsNotSentAgain) {
  ScriptedBackend backend({{.send = "", .reset = true}});
  route_to({backend.port()});
  const std::string got = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(first_line(got), "HTTP/1.1 502 Bad Gateway");
  EXPECT_EQ(backend.requests().size(), 1u);
}

TEST_P(Proxy, APostNeverGoesOnAKeptConnection) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Connection client(port_);
  for (int i = 0; i < 3; ++i) {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    client.read("ok");
  }
  EXPECT_EQ(backend.connections(), 3);
}

TEST_P(Proxy, LongBodiesGoBothWays) {
  const std::string body(3 << 20, 'x');
  ScriptedBackend backend(
      {{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body}});
  route_to({backend.port()});
  Connection client(port_);
  std::thread sender([&] {
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
  });
  const std::string got = client.read("xxxx");
  sender.join();
  EXPECT_TRUE(first_line(got) == "HTTP/1.1 200 OK") << got.substr(0, 200);
  ASSERT_EQ(backend.requests().size(), 1u);
  EXPECT_TRUE(backend.requests()[0].ends_with(body));
}

TEST_P(Proxy, RefusesAndCloses) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  EXPECT_EQ(first_line(ask("GET / HTTP/1.1\r\n\r\n")), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(first_line(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(backend.requests().empty());
}

TEST_P(Proxy, WithoutEndpointsOrRoutesItSaysSo) {
  route_to({});
  EXPECT_EQ(last_line(ask(kGet).substr(0, ask(kGet).size() - 1)),
            "no endpoint of default/web:80 is ready");
  publish({.listeners = {{.name = "web"}}});
  EXPECT_EQ(first_line(ask(kGet)), "HTTP/1.1 404 Not Found");
}

TEST_P(Proxy, AnUpgradeBecomesATunnel) {
  ScriptedBackend backend(
      {{"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n\r\nwelcome"}});
  route_to({backend.port()});
  Connection client(port_);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(first_line(client.read("welcome")), "HTTP/1.1 101 Switching Protocols");
  client.send(kGet);  // to the scripted backend it is a request; to the gateway, bytes
  EXPECT_EQ(client.read("ok"), kOk);
  EXPECT_EQ(backend.requests()[1], kGet);
}

TEST_P(Proxy, WhatIsNotHttpIsPassedThrough) {
  ScriptedBackend backend({{"pong"}});
  route_to({backend.port()});
  Connection client(port_);
  client.send("ping\r\n\r\n");
  EXPECT_EQ(client.read("pong"), "pong");
  EXPECT_EQ(backend.requests()[0], "ping\r\n\r\n");
}

// What the promise stands on: once an epoch is acknowledged, what it leaves out gets nothing new,
// and what it still answers is known.
TEST_P(Proxy, AnAcknowledgedEpochIsObeyedAndWhatIsUnderWayIsKnown) {
  ScriptedBackend old_one({{.send = kOk}, {.send = "", .silent = true}}), new_one({});
  route_to({old_one.port()});
  Connection kept(port_), waiting(port_);
  kept.send(kGet);
  kept.read("ok");
  waiting.send(kGet);
  ASSERT_TRUE(soon([&] { return old_one.requests().size() == 2; }));

  route_to({new_one.port()});
  const std::string id = "pod-" + std::to_string(old_one.port());
  EXPECT_EQ(worker_->progress().draining.at(id), 1);
  for (int i = 0; i < 20; ++i) {
    kept.send(kGet);  // the client's connection stays; its requests go elsewhere
    EXPECT_EQ(last_line(kept.read("ok")), "ok");
  }
  EXPECT_EQ(old_one.requests().size(), 2u);
  EXPECT_EQ(new_one.requests().size(), 20u);
}

TEST_P(Proxy, ADrainedEndpointIsForgottenWhenItsLastRequestEnds) {
  ScriptedBackend old_one({}), new_one({});
  route_to({old_one.port()});
  EXPECT_EQ(last_line(ask(kGet)), "ok");
  route_to({new_one.port()});
  EXPECT_TRUE(soon([&] { return worker_->progress().draining.empty(); }));
}

TEST_P(Proxy, DrainEndsConnectionsWithTheirRequests) {
  ScriptedBackend backend({});
  route_to({backend.port()});
  Connection idle(port_);
  idle.send(kGet);
  idle.read("ok");
  worker_->drain();
  EXPECT_EQ(idle.read(), "");
  EXPECT_TRUE(soon([&] { return worker_->sessions() == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Io, Proxy, testing::Values(IoChoice::epoll, IoChoice::io_uring), io_name);

}  // namespace
}  // namespace weir::gateway
