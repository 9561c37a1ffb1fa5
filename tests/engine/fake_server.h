#pragma once

// A server on a Unix socket, or on a port of 127.0.0.1, that says exactly the bytes that a test
// gives it, so that libcurl and all above it meet every way in which a connection goes wrong. A
// thread for each connection.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/client.h"

namespace weir::engine {

// One request that has arrived, and the connection to answer it on.
class Talk {
 public:
  Talk(int fd, std::string line, std::string headers, std::string body)
      : line(std::move(line)), headers(std::move(headers)), body(std::move(body)), fd_(fd) {}

  const std::string line;     // "POST /v1.41/containers/c1/start"
  const std::string headers;  // "Host: docker\r\nAccept: */*\r\n"
  const std::string body;

  void say(const std::string& bytes);
  // A whole answer, on a connection that stays open.
  void answer(int status, const std::string& body);
  void hang_up();           // the connection ends
  void wait_for_hang_up();  // until the client, or the test, ends it

 private:
  int fd_;
};

// What chunked answers are made of.
inline const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
std::string chunk(const std::string& bytes);

class FakeServer {
 public:
  using Handler = std::function<void(Talk&)>;

  // Pings are answered by the server itself, with this Api-Version ("": without).
  explicit FakeServer(Handler handler, std::string api_version = "1.41");
  enum class Tcp { port };
  FakeServer(Tcp, Handler handler);
  ~FakeServer();

  DockerOptions options() const;
  const std::string& path() const { return path_; }
  int port() const { return port_; }
  // What came, without pings: "POST /v1.41/containers/c1/start".
  Lines& requests() { return requests_; }
  // How many connections were made so far.
  int connections() const;
  int open_connections() const;
  void set_version(std::string api_version);
  void cut_all();  // as an engine that is killed

 private:
  void listen();
  void accept_all();
  void serve(int fd);

  Handler handler_;
  std::string folder_, path_;
  int port_ = 0;
  Lines requests_;
  mutable std::mutex mutex_;  // guards the rest
  std::string api_version_;
  bool closing_ = false;
  int connections_ = 0;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  int listener_ = -1;
  std::thread acceptor_;
};

}  // namespace weir::engine
