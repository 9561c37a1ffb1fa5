// The server on real sockets: TLS, who is let in, limits, streams, stopping.

#include "controller/api/server.h"

#include <future>
#include <thread>

#include "tests/api/server_fixture.h"
#include "tests/support/soon.h"

namespace weir::rest {
namespace {

constexpr std::int64_t kDay = 86400;

TEST_F(ServerTest, KnowsItsClientsByCertificate) {
  start();
  const std::int64_t now = ::time(nullptr);
  const KeyPair other_ca = make_ca("other", now - kDay, now + kDay).value();
  const auto made = [&](const KeyPair& ca, std::int64_t from, std::int64_t to, bool server) {
    return issue(ca,
                 {.common_name = "someone", .server = server, .not_before = from, .not_after = to})
        .value();
  };
  struct Row {
    const char* name;
    KeyPair identity;
    const char* want;
  };
  const Row rows[] = {
      {"none", {}, "system:anonymous GET 0 bytes"},
      {"admin", admin_, "weir-admin GET 0 bytes"},
      {"another of our CA", made(ca_, now - kDay, now + kDay, false), "someone GET 0 bytes"},
      {"expired", made(ca_, now - 2 * kDay, now - kDay, false), "system:anonymous GET 0 bytes"},
      {"not yet valid", made(ca_, now + kDay, now + 2 * kDay, false),
       "system:anonymous GET 0 bytes"},
      {"a server's", made(ca_, now - kDay, now + kDay, true), "system:anonymous GET 0 bytes"},
      {"another CA's", made(other_ca, now - kDay, now + kDay, false),
       "system:anonymous GET 0 bytes"},
      {"self-signed", other_ca, "system:anonymous GET 0 bytes"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(body(Client(server_->port(), row.identity).write(get("/")).read()), row.want)
        << row.name;
  }
}

TEST_F(ServerTest, OldTlsIsRefused) {
  start();
  EXPECT_TRUE(Client(server_->port(), {}, asio::ssl::context::tlsv12_client).connected());
  EXPECT_FALSE(Client(server_->port(), {}, asio::ssl::context::tlsv11_client).connected());
}

TEST_F(ServerTest, KeepsConnectionsAlive) {
  start();
  Client client = this->client();
  EXPECT_EQ(body(client.write(get("/", "")).read("bytes")), "weir-admin GET 0 bytes");
  EXPECT_EQ(body(client.write("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").read("bytes")),
            "weir-admin POST 3 bytes");
  EXPECT_EQ(body(client.write(get("/")).read()), "weir-admin GET 0 bytes");
}

TEST_F(ServerTest, Refuses) {
  start();
  struct Row {
    const char* name;
    std::string bytes;
    const char* want;
  };
  const std::string big = std::to_string(100 << 20);
  const Row rows[] = {
      {"a body of 100 MB", "POST / HTTP/1.1\r\nContent-Length: " + big + "\r\n\r\n",
       "HTTP/1.1 413 Payload Too Large"},
      {"a chunk of 100 MB", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n",
       "HTTP/1.1 413 Payload Too Large"},
      {"a long header", get("/", "X: " + std::string(40'000, 'x') + "\r\n"),
       "HTTP/1.1 431 Request Header Fields Too Large"},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
       "HTTP/1.1 400 Bad Request"},
      {"length and chunks",
       "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {"another protocol", "\x16\x03\x01 hello\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {"a broken target", get("/%zz"), "HTTP/1.1 400 Bad Request"},
      {"a defect in a handler", get("/throw"), "HTTP/1.1 500 Internal Server Error"},
  };
  for (const Row& row : rows) {
    const std::string reply = client().write(row.bytes).read();
    EXPECT_EQ(first_line(reply), row.want) << row.name;
    EXPECT_NE(reply.find("\"kind\":\"Status\""), std::string::npos) << row.name;
  }
}

TEST_F(ServerTest, AnonymousClientsSendNoBodies) {
  start();
  Client anonymous(server_->port());
  EXPECT_EQ(first_line(anonymous.write("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").read()),
            "HTTP/1.1 401 Unauthorized");
}

TEST_F(ServerTest, SlowClientsAreLeft) {
  start();
  for (const char* beginning :
       {"", "GET / HT", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"}) {
    EXPECT_EQ(client().write(beginning).read(), "") << beginning;
  }
}

TEST_F(ServerTest, ATrickleDoesNotExtendTheDeadline) {
  start();
  Client client = this->client();
  EXPECT_TRUE(test::soon([&] {
    client.write("x");
    return !client.connected();
  })) << "the server would read for ever";
}

TEST_F(ServerTest, ExpectContinue) {
  start();
  Client client = this->client();
  const std::string reply =
      client.write("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
          .read("\r\n\r\n");
  EXPECT_EQ(reply, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(body(client.write("abc").read("bytes")), "weir-admin POST 3 bytes");
}

TEST_F(ServerTest, TooManyRequestsAtOnce) {
  limits_.requests = 1;
  std::promise<void> entered, leave;
  auto left = leave.get_future().share();
  handler_ = [&, left](const Request& request) -> Response {
    if (request.path == std::vector<std::string>{"slow"}) {
      entered.set_value();
      left.wait();
    }
    return {.body = "done"};
  };
  start();
  Client slow = client();
  slow.write(get("/slow"));
  entered.get_future().wait();
  const std::string refused = client().write(get("/")).read();
  EXPECT_EQ(first_line(refused), "HTTP/1.1 429 Too Many Requests");
  EXPECT_NE(refused.find("Retry-After: 1\r\n"), std::string::npos);
  leave.set_value();
  EXPECT_EQ(body(slow.read()), "done");
}

TEST_F(ServerTest, TooManyConnections) {
  limits_.connections = 2;
  limits_.idle = limits_.header = milliseconds(20'000);
  start();
  Client one = client(), two = client();
  EXPECT_TRUE(one.connected());
  EXPECT_TRUE(two.connected());
  EXPECT_FALSE(client().connected());
  EXPECT_EQ(body(one.write(get("/")).read()), "weir-admin GET 0 bytes");
}

// A stream that goes on until its client has gone.
struct Endless {
  std::promise<bool> begun;
  std::promise<void> gone;
  Response response() {
    return {.content_type = "text/plain", .stream = [this](Stream& stream) {
              stream.on_gone([this] { gone.set_value(); });
              begun.set_value(stream.write("hello\n"));
              gone.get_future().wait();
            }};
  }
};

TEST_F(ServerTest, StreamsAreChunked) {
  handler_ = [](const Request&) -> Response {
    return {.stream = [](Stream& stream) {
      stream.write("one\n");
      stream.write("two\n");
    }};
  };
  start();
  const std::string reply = client().write(get("/", "")).read();
  EXPECT_EQ(body(reply), "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
  EXPECT_NE(reply.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(body(client().write("GET / HTTP/1.0\r\n\r\n").read()), "one\ntwo\n");
}

TEST_F(ServerTest, AStreamEndsWithItsClient) {
  Endless endless;
  handler_ = [&](const Request&) { return endless.response(); };
  start();
  {
    Client client = this->client();
    EXPECT_NE(client.write(get("/", "")).read("hello"), "");
    EXPECT_TRUE(endless.begun.get_future().get());
  }
  server_->stop();  // would wait for the handler
}

TEST_F(ServerTest, AStreamEndsWithTheServer) {
  Endless endless;
  handler_ = [&](const Request&) { return endless.response(); };
  start();
  Client client = this->client();
  EXPECT_NE(client.write(get("/", "")).read("hello\n\r\n"), "");
  server_->stop();
  EXPECT_EQ(client.read(), "0\r\n\r\n");
}

TEST_F(ServerTest, AClientThatDoesNotReadIsLeft) {
  std::promise<bool> result;
  handler_ = [&](const Request&) -> Response {
    return {.stream = [&](Stream& stream) {
      const std::string chunk(1 << 20, 'x');
      bool open = true;
      for (int i = 0; open && i < 1000; ++i) open = stream.write(chunk);
      result.set_value(open);
    }};
  };
  start();
  Client client = this->client();
  client.write(get("/", ""));
  EXPECT_FALSE(result.get_future().get());
}

TEST_F(ServerTest, StoppingLetsRequestsEnd) {
  std::promise<void> entered, leave;
  handler_ = [&](const Request&) -> Response {
    entered.set_value();
    leave.get_future().wait();
    return {.body = "done"};
  };
  start();
  Client client = this->client();
  client.write(get("/", ""));
  entered.get_future().wait();
  auto stopped = std::async(std::launch::async, [this] { server_->stop(); });
  leave.set_value();
  EXPECT_EQ(body(client.read()), "done");
  stopped.get();
}

TEST_F(ServerTest, TheAddressMustBeFree) {
  start();
  const auto second = Server::start(
      {.listen = "127.0.0.1:" + std::to_string(server_->port()),
       .credentials =
           [this] { return ensure_credentials(folder_, "127.0.0.1:7443", ::time(nullptr)); },
       .handler = handler_});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(server_->port()) +
                ": Address already in use; is another weir running? (see --api-listen)");
}

}  // namespace
}  // namespace weir::rest
