#include "bench/conserve/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace weir::conserve {

namespace {

std::string error_text(int error) { return std::generic_category().message(error); }

}  // namespace

Address parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) {
    throw std::runtime_error(text + ": write it as ADDR:PORT");
  }
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), text.c_str() + colon + 1, nullptr, &found);
  if (error != 0) {
    throw std::runtime_error(text + ": " + ::gai_strerror(error) + "; write it as ADDR:PORT");
  }
  Address address{.storage = {}, .size = found->ai_addrlen, .text = text};
  std::copy_n(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen,
              reinterpret_cast<char*>(&address.storage));
  ::freeaddrinfo(found);
  return address;
}

Connection::Connection(const Address& to, Deadline deadline)
    : fd_(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (fd_ < 0) throw Failure(Reason::kRefused, "no socket here: " + error_text(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = 0;
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0) error = errno;
  try {
    if (error == EINPROGRESS) {
      await(POLLOUT, deadline);
      socklen_t size = sizeof error;
      ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error != 0) throw Failure(Reason::kRefused, error_text(error));
  } catch (const Failure& failure) {
    ::close(fd_);
    throw Failure(Reason::kRefused, "no connection to " + to.text + ": " + failure.what());
  }
}

Connection::~Connection() { ::close(fd_); }

void Connection::begin_exchange() {
  ++exchanges_;
  answer_bytes_ = 0;
  begun_ = Clock::now();
}

bool Connection::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      await(POLLOUT, deadline);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool Connection::receive(Deadline deadline) {
  std::array<char, 16384> bytes;
  for (;;) {
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count == 0) return false;
    if (count > 0) {
      answer_bytes_ += static_cast<std::uint64_t>(count);
      buffer_.append(bytes.data(), static_cast<std::size_t>(count));
      return true;
    }
    if (errno == EAGAIN) {
      await(POLLIN, deadline);
    } else if (errno != EINTR) {
      throw Failure(Reason::kReset, error_text(errno) + progress());
    }
  }
}

void Connection::receive_more(Deadline deadline) {
  if (receive(deadline)) return;
  throw Failure(answer_bytes_ == 0 ? Reason::kUnanswered : Reason::kTruncated,
                "the connection ended" + progress());
}

Connection::Pending Connection::pending() const {
  char byte;
  const ssize_t count = ::recv(fd_, &byte, 1, MSG_PEEK);
  if (count > 0) return Pending::kBytes;
  return count < 0 && errno == EAGAIN ? Pending::kNothing : Pending::kEnd;
}

void Connection::await(short events, Deadline deadline) {
  pollfd wait{.fd = fd_, .events = events, .revents = 0};
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(std::max(deadline - Clock::now(), {}));
  if (::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
    throw Failure(Reason::kTimeout, "nothing came in time" + progress());
  }
}

std::string Connection::progress() const {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(since_begin());
  return ", " + std::to_string(passed.count()) + " ms after the request and " +
         std::to_string(answer_bytes_) + " bytes of the answer";
}

}  // namespace weir::conserve
