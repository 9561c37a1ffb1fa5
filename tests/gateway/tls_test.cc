// TLS that ends at a listener: who gets which certificate, what a new table changes, and that
// nonsense ends only the connection it comes on.

#include <random>

#include "controller/gateway/wire.h"
#include "tests/gateway/tls_client.h"

namespace weir::gateway {
namespace {

using test::soon;

class Tls : public OnEachIo {
 protected:
  std::string asked(TlsClient& client, const std::string& request, const std::string& until) {
    client.send(request);
    return client.read(until);
  }
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: web\r\n\r\n";
const std::string kGetAndClose = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";

TEST_P(Tls, EndsHereAndTheEndpointIsTold) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.version = version});
    ASSERT_TRUE(client.connected()) << version;
    const std::string got = asked(client, kGetAndClose, "");
    EXPECT_TRUE(got.ends_with("\r\n\r\nok<end>")) << got;
    EXPECT_NE(backend.requests().back().find("X-Forwarded-Proto: https\r\n"), std::string::npos);
  }
}

TEST_P(Tls, IsNotSpokenInOldVersions) {
  route_to({}, {.certificates = {certificate("web")}});
  EXPECT_FALSE(TlsClient(port_, {.version = TLS1_1_VERSION}).connected());
}

TEST_P(Tls, TheNameThatIsAskedForChoosesTheCertificate) {
  RouteCertificate told = certificate("told");
  told.hosts = {"TOLD.example"};
  route_to({}, {.certificates = {certificate("first", "DNS:first.example"), told,
                                 certificate("wild", "DNS:*.example"),
                                 certificate("deep", "DNS:*.deep.example,DNS:exact.example"),
                                 certificate("late", "DNS:first.example")}});
  const std::pair<const char*, const char*> rows[] = {
      {"", "first"},
      {"unknown", "first"},
      {"first.example", "first"},
      {"told.example", "told"},
      {"exact.example", "deep"},
      {"EXACT.example", "deep"},
      {"a.example", "wild"},
      {"a.deep.example", "deep"},
      {"a.b.deep.example", "deep"},
      {"example", "first"},
  };
  for (const auto& [name, want] : rows) {
    EXPECT_EQ(TlsClient(port_, {.name = name}).server(), want) << name;
  }
}

TEST_P(Tls, ARenewedCertificateIsForTheNextHandshakeAndCutsNobody) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("old")}});
  TlsClient before(port_);
  asked(before, kGet, "ok");
  route_to({backend.port()}, {.certificates = {certificate("new")}});
  TlsClient after(port_);
  EXPECT_EQ(before.server(), "old");
  EXPECT_EQ(after.server(), "new");
  EXPECT_TRUE(asked(before, kGet, "ok").ends_with("ok"));
  EXPECT_TRUE(asked(after, kGet, "ok").ends_with("ok"));
}

TEST_P(Tls, WhatCannotBeUsedIsLeftOut) {
  RouteCertificate anothers = certificate("anothers");
  anothers.key = certificate("x").key;
  const RouteCertificate nonsense{.hosts = {"a.example"}, .chain = "nonsense", .key = "nonsense"};
  route_to({}, {.certificates = {anothers, nonsense, certificate("good")}});
  EXPECT_EQ(TlsClient(port_, {.name = "a.example"}).server(), "good");
}

// It never falls back to speaking plainly.
TEST_P(Tls, WithoutAnyCertificateAHandshakeFailsUntilThereIsOne) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {{.chain = "nonsense", .key = "nonsense"}}});
  EXPECT_FALSE(TlsClient(port_).connected());
  route_to({backend.port()}, {.certificates = {certificate("good")}});
  EXPECT_TRUE(TlsClient(port_).connected());
}

TEST_P(Tls, OffersProtocolsWhereItIsHttp) {
  const std::string both = "\x08http/1.1\x02h2";
  route_to({}, {.certificates = {certificate("web")}});
  EXPECT_EQ(TlsClient(port_, {.protocols = both}).protocol(), "h2");
  EXPECT_EQ(TlsClient(port_, {.protocols = "\x08http/1.1"}).protocol(), "http/1.1");
  EXPECT_EQ(TlsClient(port_, {.protocols = "\x03xyz"}).protocol(), "");
  route_to({}, {.protocol = RouteProtocol::tcp, .certificates = {certificate("web")}});
  EXPECT_EQ(TlsClient(port_, {.protocols = both}).protocol(), "");
}

TEST_P(Tls, ASessionResumes) {
  ScriptedBackend backend({});
  const RouteCertificate web = certificate("web");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    route_to({backend.port()}, {.certificates = {web}});
    TlsClient first(port_, {.version = version});
    asked(first, kGet, "ok");  // of 1.3 the ticket comes with it
    SSL_SESSION* session = SSL_get1_session(first.ssl());
    route_to({}, {.certificates = {web}});  // the next table, too
    TlsClient again(port_, {.version = version, .resume = session});
    EXPECT_TRUE(SSL_session_reused(again.ssl())) << version;
    SSL_SESSION_free(session);
  }
}

TEST_P(Tls, LongBodiesGoBothWays) {
  const std::string body(3 << 20, 'x');
  ScriptedBackend backend(
      {{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body}});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  TlsClient client(port_);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string got = client.read();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK")) << got.substr(0, 200);
  EXPECT_TRUE(got.ends_with("xxx<end>"));
  ASSERT_EQ(backend.requests().size(), 1u);
  EXPECT_TRUE(backend.requests()[0].ends_with(body));
}

// More than may wait behind the first: reading stops and goes on, in the middle of what has come.
TEST_P(Tls, WhatIsHeldBackIsReadLater) {
  constexpr int kRequests = 3000;
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  TlsClient client(port_);
  std::string requests;
  for (int i = 1; i < kRequests; ++i) requests += kGet;
  client.send(requests + kGetAndClose);
  const std::string got = client.read();
  int answers = 0;
  for (std::size_t at = 0; (at = got.find("\r\n\r\nok", at)) != got.npos; ++at) ++answers;
  EXPECT_EQ(answers, kRequests);
}

TEST_P(Tls, BytesOfATunnelGoThroughAndSoDoesTheirEnd) {
  ScriptedBackend backend({{.send = "pong", .close = true}});
  route_to({backend.port()}, {.protocol = RouteProtocol::tcp, .certificates = {certificate("db")}});
  TlsClient client(port_);
  EXPECT_EQ(asked(client, "ping\r\n\r\n", "pong"), "pong");
  EXPECT_EQ(client.read(), "<end>");
  EXPECT_EQ(backend.requests()[0], "ping\r\n\r\n");
}

// While it waits for its endpoint the client is sent what is TLS's own, and may leave.
TEST_P(Tls, BytesThatWaitForAPauseGoThroughAfterIt) {
  ScriptedBackend backend({});
  const RouteCertificate own = certificate("db");
  const auto publish_with = [&](const RoutePolicy& policy) {
    RouteBackend to{.service = "default/db:80", .policy = policy};
    to.endpoints = {{.id = "pod", .address = "127.0.0.1", .port = backend.port()}};
    publish({.listeners = {{.name = "web",
                            .protocol = RouteProtocol::tcp,
                            .rules = {{.backends = {std::move(to)}}},
                            .certificates = {own}}}});
  };
  constexpr int kHour = 3'600'000;
  for (int round = 0; round < 3; ++round) {
    publish_with({.pause = RoutePause{.timeout_ms = kHour, .pending = 100}});
    std::vector<std::unique_ptr<TlsClient>> clients;
    for (int i = 0; i < 12; ++i) {
      clients.push_back(std::make_unique<TlsClient>(port_));
      ASSERT_TRUE(clients.back()->connected());
      clients.back()->send(kGet);
    }
    for (std::size_t i = 0; i < clients.size(); i += 2) {  // every other one leaves, at once
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(clients[i]->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      clients[i].reset();
    }
    publish_with({});
    for (std::size_t i = 1; i < clients.size(); i += 2) {
      EXPECT_TRUE(clients[i]->read("ok").ends_with("ok"));
    }
  }
}

TEST_P(Tls, AHandshakeThatDoesNotComeEnds) {
  start({.head = std::chrono::seconds(1)});
  route_to({}, {.certificates = {certificate("web")}});
  const int fd = connected_to(port_);
  char byte;
  EXPECT_LE(::recv(fd, &byte, 1, 0), 0);  // it would wait for ever
  ::close(fd);
}

TEST_P(Tls, DrainLetsAHandshakeAndItsRequestPass) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  TlsClient client(port_);
  worker_->drain();
  EXPECT_TRUE(asked(client, kGet, "").ends_with("ok<end>"));
  EXPECT_TRUE(soon([&] { return worker_->sessions() == 0; }));
}

// Bytes of chance, and those of a good handshake with some of them changed.
TEST_P(Tls, NonsenseEndsOnlyItsOwnConnection) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.certificates = {certificate("web")}});
  std::mt19937 chance(20);
  const std::string hello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (int i = 0; i < 100; ++i) {
    std::string bytes = i % 2 ? hello : "";
    for (std::size_t size = chance() % 2000; size > 0; --size) {
      bytes.push_back(static_cast<char>(chance()));
    }
    const int fd = connected_to(port_);
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(fd);
  }
  TlsClient client(port_);
  for (int i = 0; i < 100; ++i) {
    TlsClient broken(port_);
    broken.send(kGet);
    std::string bytes(100, '\x17');
    for (char& c : bytes) c = static_cast<char>(chance());
    ::send(broken.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    while (!broken.read_some().empty()) continue;
  }
  EXPECT_TRUE(asked(client, kGet, "ok").ends_with("ok"));
  EXPECT_TRUE(soon([&] { return worker_->sessions() == 1; }));
}

INSTANTIATE_TEST_SUITE_P(Io, Tls, testing::Values(IoChoice::epoll, IoChoice::io_uring), io_name);

TEST(Wire, CertificatesGoThere) {
  RouteCertificate one = certificate("web");
  one.hosts = {"a.example"};
  const RouteTable table{.listeners = {{.name = "web", .certificates = {one}}, {.name = "plain"}}};
  const auto message = read_message(publish_line(7, table));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->table, table);
}

// It would end up in a log.
TEST(Wire, AMessageThatCannotBeReadIsNotQuoted) {
  const std::string line = publish_line(7, {.listeners = {{.certificates = {{.key = "SECRET"}}}}});
  const std::size_t key = line.find("SECRET");
  for (const std::string& bad :
       {line.substr(0, key + 3), line.substr(0, key) + "\x01SECRET" + line.substr(key)}) {
    const auto message = read_message(bad);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error().message.find("SEC"), std::string::npos) << message.error().message;
  }
}

}  // namespace
}  // namespace weir::gateway
