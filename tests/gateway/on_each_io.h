#pragma once

// A worker on loopback for tests that run on both implementations of Io, and a plain client of it.

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "controller/gateway/sockets.h"
#include "controller/gateway/worker.h"
#include "tests/gateway/scripted_backend.h"
#include "tests/support/soon.h"

namespace weir::gateway {

inline int connected_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Address to = Address::of("127.0.0.1", port);
  prepare_stream(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0) ::abort();
  return fd;
}

// What comes until the peer ends.
inline std::string read_to_end(int fd) {
  std::string got;
  char bytes[4096];
  for (ssize_t count; (count = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) {
    got.append(bytes, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return got;
}

class OnEachIo : public testing::TestWithParam<IoChoice> {
 protected:
  void SetUp() override { start({}); }

  void start(const Limits& limits) {
    worker_.reset();
    port_ = 0;
    try {
      worker_ = std::make_unique<Worker>(
          WorkerOptions{.threads = 2, .io = GetParam(), .limits = limits, .log_fd = log_fd_});
    } catch (const std::exception& e) {
      GTEST_SKIP() << e.what();
    }
  }
  // One listener, all backends as endpoints of one service. What else it has is in `listener`.
  void route_to(const std::vector<int>& ports, RouteListener listener = {}) {
    RouteBackend backend{.service = "default/web:80"};
    for (const int port : ports) {
      backend.endpoints.push_back(
          {.id = "pod-" + std::to_string(port), .address = "127.0.0.1", .port = port});
    }
    listener.name = "web";
    listener.rules = {{.backends = {std::move(backend)}}};
    publish({.listeners = {std::move(listener)}});
  }
  void publish(const RouteTable& table) {
    worker_->publish(++epoch_, table);
    ASSERT_TRUE(test::soon([&] { return worker_->progress().epoch == epoch_; }));
    if (port_ == 0) worker_->listen("web", listening_socket(port_));
  }

  int log_fd_ = -1;
  std::unique_ptr<Worker> worker_;
  std::uint64_t epoch_ = 0;
  int port_ = 0;
};

inline std::string io_name(const testing::TestParamInfo<IoChoice>& info) {
  return info.param == IoChoice::epoll ? "epoll" : "io_uring";
}

}  // namespace weir::gateway
