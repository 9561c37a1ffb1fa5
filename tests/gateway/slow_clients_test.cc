// Clients that send as slowly as they can (slowloris, slow POST), hundreds of them: each is let go,
// and whoever comes meanwhile is served. On both implementations of Io.

#include <poll.h>

#include "tests/gateway/on_each_io.h"

namespace weir::gateway {
namespace {

using test::soon;

constexpr int kClients = 200;

class SlowClients : public OnEachIo {
 protected:
  // All of them send `first`, and then a byte now and then, until each has its answer. Which?
  std::map<std::string, int> drip(const std::string& first) {
    std::vector<pollfd> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.push_back({.fd = connected_to(port_), .events = POLLIN, .revents = 0});
      ::send(clients.back().fd, first.data(), first.size(), MSG_NOSIGNAL);
    }
    EXPECT_EQ(served(), "HTTP/1.1 200");
    std::map<std::string, int> answers;
    while (!clients.empty()) {
      ::poll(clients.data(), clients.size(), 10);
      for (pollfd& one : clients) {
        if (one.revents == 0) {
          ::send(one.fd, "a", 1, MSG_NOSIGNAL);
          continue;
        }
        ++answers[read_to_end(one.fd).substr(0, 12)];
        one.fd = -1;
      }
      std::erase_if(clients, [](const pollfd& one) { return one.fd < 0; });
    }
    EXPECT_EQ(served(), "HTTP/1.1 200");
    EXPECT_TRUE(soon([&] { return worker_->sessions() == 0; }));
    return answers;
  }
  std::string served() const {
    const int fd = connected_to(port_);
    const std::string request = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
    ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    return read_to_end(fd).substr(0, 12);
  }
};

using Answers = std::map<std::string, int>;

TEST_P(SlowClients, WithTheirHeads) {
  ScriptedBackend backend({});
  start({.head = std::chrono::seconds(1)});
  route_to({backend.port()});
  EXPECT_EQ(drip("GET / HTTP/1.1\r\nHost: web\r\nX-Slow: "), (Answers{{"HTTP/1.1 408", kClients}}));
  EXPECT_EQ(backend.requests().size(), 2u);
}

TEST_P(SlowClients, WithTheirBodies) {
  ScriptedBackend backend({});
  route_to({backend.port()}, {.clients = {.body_ms = 1000}});
  EXPECT_EQ(drip("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\n"),
            (Answers{{"HTTP/1.1 408", kClients}}));
  EXPECT_TRUE(soon([&] { return worker_->progress().draining.empty(); }));
}

TEST_P(SlowClients, WithThePROXYHeader) {
  ScriptedBackend backend({});
  start({.head = std::chrono::seconds(1)});
  route_to({backend.port()},
           {.clients = {.proxy_protocol = RouteClients::ProxyProtocol::optional}});
  EXPECT_EQ(drip("PROXY UNKNOWN "), (Answers{{"", kClients}}));
}

INSTANTIATE_TEST_SUITE_P(Io, SlowClients, testing::Values(IoChoice::epoll, IoChoice::io_uring),
                         io_name);

}  // namespace
}  // namespace weir::gateway
