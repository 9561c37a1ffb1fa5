// The server on real sockets: TLS, who is let in, limits, streams, stopping.

#include "controller/api/server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "controller/api/certificate.h"
#include "tests/support/soon.h"

namespace weir::rest {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::int64_t kDay = 86400;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// A client that writes what it is told, byte by byte, and reads until the server closes.
class Client {
 public:
  Client(std::uint16_t port, const KeyPair& identity = {},
         asio::ssl::context::method method = asio::ssl::context::tls_client)
      : context_(context(identity, method)), stream_(io_, context_) {
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_.handshake(asio::ssl::stream_base::client, error_);
  }

  bool connected() const { return !error_; }

  Client& write(const std::string& bytes) {
    asio::write(stream_, asio::buffer(bytes), error_);
    return *this;
  }

  // Everything up to the end of the connection, or to `stop_at` when that comes first.
  std::string read(const std::string& stop_at = {}) {
    std::string out;
    std::array<char, 4096> some;
    boost::system::error_code error;
    while (!error) {
      if (!stop_at.empty() && out.find(stop_at) != std::string::npos) break;
      const std::size_t size = stream_.read_some(asio::buffer(some), error);
      out.append(some.data(), size);
    }
    return out;
  }

 private:
  static asio::ssl::context context(const KeyPair& identity, asio::ssl::context::method method) {
    asio::ssl::context out(method);
    SSL_CTX_set_security_level(out.native_handle(), 0);  // or it would not offer old TLS at all
    if (identity.key.empty()) return out;
    out.use_certificate_chain(asio::buffer(identity.certificate));
    out.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    return out;
  }

  asio::io_context io_;
  asio::ssl::context context_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  boost::system::error_code error_;
};

std::string first_line(const std::string& reply) { return reply.substr(0, reply.find("\r\n")); }
std::string body(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == std::string::npos ? "" : reply.substr(end + 4);
}
std::string get(const std::string& path, const std::string& more = "Connection: close\r\n") {
  return "GET " + path + " HTTP/1.1\r\nHost: weir\r\n" + more + "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string path = (std::filesystem::temp_directory_path() / "weir-server-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
    // Answers with who asked for what; /stream streams until the client goes.
    handler_ = [](const Request& request) -> Response {
      if (request.path == std::vector<std::string>{"throw"}) throw std::runtime_error("a defect");
      return {.content_type = "text/plain",
              .body = request.user.name + " " + request.method + " " +
                      std::to_string(request.body.size()) + " bytes"};
    };
    limits_ = {.handshake = milliseconds(300),
               .header = milliseconds(300),
               .body = milliseconds(300),
               .idle = milliseconds(300),
               .write = milliseconds(500),
               .stop = milliseconds(2000)};
  }
  ~ServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    auto server = Server::start(
        {.listen = "127.0.0.1:0",
         .credentials =
             [this] { return ensure_credentials(folder_, "127.0.0.1:7443", ::time(nullptr)); },
         .handler = handler_,
         .limits = limits_});
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    admin_ = pair("admin");
    ca_ = pair("ca");
  }
  KeyPair pair(const std::string& name) const {
    return {.certificate = read_file(folder_ + "/pki/" + name + ".crt"),
            .key = read_file(folder_ + "/pki/" + name + ".key")};
  }
  Client client() const { return Client(server_->port(), admin_); }

  std::string folder_;
  Handler handler_;
  ServerLimits limits_;
  std::unique_ptr<Server> server_;
  KeyPair admin_;
  KeyPair ca_;
};

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
