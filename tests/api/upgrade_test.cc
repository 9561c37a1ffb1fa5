// A connection that becomes something else: bytes both ways between a client and a handler, as they
// are or in a WebSocket.

#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <future>

#include "tests/api/server_fixture.h"

namespace weir::rest {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using WebSocket = websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>&>;

constexpr char kSpdy[] =
    "POST /echo HTTP/1.1\r\nHost: weir\r\nContent-Length: 0\r\nConnection: Upgrade\r\n"
    "Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: one.k8s.io\r\n"
    "X-Stream-Protocol-Version: two.k8s.io, three.k8s.io\r\n\r\n";
constexpr char kSwitched[] =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    "X-Stream-Protocol-Version: two.k8s.io\r\n\r\n";

class UpgradeTest : public ServerTest {
 protected:
  UpgradeTest() {
    handler_ = [this](const Request& request) -> Response {
      std::string asked = request.upgrade;
      for (const std::string& protocol : request.protocols) asked += " " + protocol;
      asked_.set_value(asked);
      const std::string protocol = request.upgrade == "websocket" ? "SPDY/3.1+two" : "two.k8s.io";
      return {.status = 101, .upgrade = Upgrade{.protocol = protocol, .run = [this](int socket) {
                                                  echo(socket);
                                                  ended_.set_value();
                                                }}};
    };
  }

  ~UpgradeTest() override { server_.reset(); }  // its handlers know what is below

  // Until the client's end, or a piece that ends with "bye".
  static void echo(int socket) {
    std::array<char, 10'000> buffer;
    for (;;) {
      const ssize_t got = ::read(socket, buffer.data(), buffer.size());
      if (got <= 0) return;
      for (ssize_t at = 0; at < got;) {
        const ssize_t put = ::write(socket, buffer.data() + at, static_cast<std::size_t>(got - at));
        if (put <= 0) return;
        at += put;
      }
      if (std::string_view(buffer.data(), static_cast<std::size_t>(got)).ends_with("bye")) return;
    }
  }

  std::promise<std::string> asked_;
  std::promise<void> ended_;
};

TEST_F(UpgradeTest, BytesAsTheyAre) {
  start();
  Client client = this->client();
  EXPECT_EQ(client.write(kSpdy).read("\r\n\r\n"), kSwitched);
  EXPECT_EQ(asked_.get_future().get(), "spdy/3.1 one.k8s.io two.k8s.io three.k8s.io");
  EXPECT_EQ(client.write("hello").read("hello"), "hello");
  EXPECT_EQ(client.write("good bye").read(), "good bye");
}

TEST_F(UpgradeTest, WhatCameWithTheRequestIsNotLost) {
  start();
  EXPECT_EQ(client().write(std::string(kSpdy) + "early bye").read(),
            std::string(kSwitched) + "early bye");
}

// More than all buffers hold: the echo goes on only because the client reads meanwhile.
TEST_F(UpgradeTest, ManyBytesBothWays) {
  start();
  Client client = this->client();
  client.write(kSpdy).read("\r\n\r\n");
  std::string sent;
  while (sent.size() < (8u << 20)) sent += std::to_string(sent.size()) + ",";
  std::string got(sent.size(), '\0');
  const auto ignore = [](boost::system::error_code, std::size_t) {};
  asio::async_write(client.stream(), asio::buffer(sent), ignore);
  asio::async_read(client.stream(), asio::buffer(got), ignore);
  client.io().run();
  EXPECT_TRUE(got == sent);
}

TEST_F(UpgradeTest, AHandlerEndsWithItsClient) {
  start();
  {
    Client client = this->client();
    client.write(kSpdy).read("\r\n\r\n");
  }
  ended_.get_future().wait();
}

TEST_F(UpgradeTest, AHandlerEndsWithTheServer) {
  start();
  Client client = this->client();
  client.write(kSpdy).read("\r\n\r\n");
  server_->stop();
  ended_.get_future().wait();
  EXPECT_EQ(client.read(), "");
}

TEST_F(UpgradeTest, ARequestThatAsksForNothingMore) {
  handler_ = [](const Request& request) -> Response {
    return {.content_type = "text/plain", .body = "upgrade: " + request.upgrade};
  };
  start();
  EXPECT_EQ(body(client().write(get("/", "Upgrade: SPDY/3.1\r\nConnection: close\r\n")).read()),
            "upgrade: ");
}

class UpgradeToWebSocketTest : public UpgradeTest {
 protected:
  void open() {
    start();
    client_.emplace(server_->port(), admin_);
    socket_.emplace(client_->stream());
    socket_->set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set("Sec-WebSocket-Protocol", "SPDY/3.1+one,SPDY/3.1+two");
    }));
    websocket::response_type response;
    socket_->handshake(response, "weir", "/echo");
    EXPECT_EQ(response["Sec-WebSocket-Protocol"], "SPDY/3.1+two");
    socket_->binary(true);
  }
  std::string read(std::size_t size) {
    beast::flat_buffer buffer;
    while (buffer.size() < size && !error_) socket_->read(buffer, error_);
    return beast::buffers_to_string(buffer.data());
  }

  std::optional<Client> client_;
  std::optional<WebSocket> socket_;
  beast::error_code error_;
};

TEST_F(UpgradeToWebSocketTest, MessagesAreBytes) {
  open();
  EXPECT_EQ(asked_.get_future().get(), "websocket SPDY/3.1+one SPDY/3.1+two");
  std::string sent;
  while (sent.size() < 100'000) sent += std::to_string(sent.size()) + ",";
  socket_->write(asio::buffer(sent));
  EXPECT_TRUE(read(sent.size()) == sent);
  for (const char* part : {"one ", "", "two"}) socket_->write(asio::buffer(std::string(part)));
  EXPECT_EQ(read(7), "one two");
}

TEST_F(UpgradeToWebSocketTest, PingsAreAnswered) {
  open();
  std::string pong;
  socket_->control_callback([&](websocket::frame_type type, beast::string_view payload) {
    if (type == websocket::frame_type::pong) pong = std::string(payload);
  });
  socket_->ping("are you there");
  socket_->write(asio::buffer(std::string("hello")));
  EXPECT_EQ(read(5), "hello");
  EXPECT_EQ(pong, "are you there");
}

TEST_F(UpgradeToWebSocketTest, TheHandlersEndIsANormalClose) {
  open();
  socket_->write(asio::buffer(std::string("bye")));
  EXPECT_EQ(read(4), "bye");
  EXPECT_EQ(error_, websocket::error::closed);
  EXPECT_EQ(socket_->reason().code, websocket::close_code::normal);
}

TEST_F(UpgradeToWebSocketTest, TheClientsCloseIsAnswered) {
  open();
  socket_->close(websocket::close_code::normal, error_);
  EXPECT_FALSE(error_) << error_.message();
  ended_.get_future().wait();
}

TEST_F(UpgradeToWebSocketTest, TextIsNotBytes) {
  open();
  socket_->text(true);
  socket_->write(asio::buffer(std::string("hello")));
  EXPECT_EQ(read(5), "");
  EXPECT_EQ(error_, websocket::error::closed);
  ended_.get_future().wait();
}

}  // namespace
}  // namespace weir::rest
