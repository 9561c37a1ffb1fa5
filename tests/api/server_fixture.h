#pragma once

// A server on a real socket, with credentials of its own, and a client that speaks TLS and nothing
// more: what is HTTP is for the test to write and read.

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controller/api/certificate.h"
#include "controller/api/server.h"

namespace weir::rest {

namespace asio = boost::asio;
using std::chrono::milliseconds;

inline std::string read_file(const std::string& path) {
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
  asio::ssl::stream<asio::ip::tcp::socket>& stream() { return stream_; }
  asio::io_context& io() { return io_; }

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

inline std::string first_line(const std::string& reply) {
  return reply.substr(0, reply.find("\r\n"));
}
inline std::string body(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == std::string::npos ? "" : reply.substr(end + 4);
}
inline std::string get(const std::string& path, const std::string& more = "Connection: close\r\n") {
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

}  // namespace weir::rest
