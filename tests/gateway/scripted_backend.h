#pragma once

// A backend that does what it is told: for each request that comes, on whatever connection, the
// next line of its script. It remembers what it read.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::gateway {

// A listening socket on loopback, on a free port.
inline int listening_socket(int& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(fd, 128);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

struct Move {
  std::string send;     // the answer
  bool close = false;   // then the connection ends
  bool reset = false;   // and is cut
  bool silent = false;  // nothing, until the peer goes away
};

class ScriptedBackend {
 public:
  explicit ScriptedBackend(std::deque<Move> script) : script_(std::move(script)) {
    fd_ = listening_socket(port_);
    ::fcntl(fd_, F_SETFL, 0);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ScriptedBackend() {
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int one : open_) ::shutdown(one, SHUT_RDWR);
    }
    for (std::thread& one : connections_) one.join();
    ::close(fd_);
  }

  int port() const { return port_; }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return accepted_; }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      ++accepted_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      connections_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string in;
    while (read_request(fd, in)) {
      const Move move = next_move();
      ::send(fd, move.send.data(), move.send.size(), MSG_NOSIGNAL);
      if (move.silent) {
        char byte;
        while (::recv(fd, &byte, 1, 0) > 0) continue;
      }
      if (move.reset) {
        const linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      }
      if (move.close || move.reset || move.silent) break;
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
  }

  Move next_move() {
    const std::lock_guard lock(mutex_);
    if (script_.empty()) return {.send = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
    Move move = script_.front();
    script_.pop_front();
    return move;
  }

  static bool more(int fd, std::string& in) {
    char bytes[4096];
    const ssize_t count = ::recv(fd, bytes, sizeof bytes, 0);
    if (count > 0) in.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }
  // One request: its head, and as much body as that says.
  bool read_request(int fd, std::string& in) {
    std::size_t end;
    while ((end = in.find("\r\n\r\n")) == in.npos) {
      if (!more(fd, in)) return false;
    }
    end += 4;
    const std::size_t length = in.find("Content-Length: ");
    if (length < end) {
      end += std::strtoul(in.c_str() + length + 16, nullptr, 10);
      while (in.size() < end) {
        if (!more(fd, in)) return false;
      }
    } else if (in.substr(0, end).find("Transfer-Encoding: chunked") != in.npos) {
      while ((end = in.find("\r\n0\r\n\r\n")) == in.npos) {
        if (!more(fd, in)) return false;
      }
      end += 7;
    }
    const std::lock_guard lock(mutex_);
    requests_.push_back(in.substr(0, end));
    in.erase(0, end);
    return true;
  }

  int fd_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_ = 0;
  mutable std::mutex mutex_;
  std::deque<Move> script_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace weir::gateway
