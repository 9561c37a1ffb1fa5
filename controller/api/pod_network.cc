#include "controller/api/pod_network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace weir::rest {
namespace {

struct Address {
  sockaddr_storage bytes = {};
  socklen_t size = 0;
};

Address parse(const std::string& address, int port) {
  Address out;
  if (is_ipv6(address)) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out.bytes);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
    out.size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.bytes);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
    out.size = sizeof v4;
  }
  return out;
}

// -errno: there is none.
int open_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return fd < 0 ? -errno : fd;
}

// A socket stays in the namespace it was made in, and a namespace is a thread's: a thread of its
// own goes there.
int open_socket_inside(int network, int family) {
  int result = -EAGAIN;
  try {
    std::thread([&] {
      result = ::setns(network, CLONE_NEWNET) == 0 ? open_socket(family) : -errno;
    }).join();
  } catch (const std::system_error&) {  // no more threads
  }
  return result;
}

bool may_enter(int network) { return Descriptor(open_socket_inside(network, AF_INET)).get() >= 0; }

}  // namespace

PodNetwork::PodNetwork(const Container& container) : container_(container.id), ip_(container.ip) {
  if (container.network_path.empty()) return;
  Descriptor path(::open(container.network_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (path && may_enter(path.get())) namespace_ = std::move(path);
}

std::vector<std::string> PodNetwork::addresses() const {
  if (namespace_) return {"127.0.0.1", "::1"};
  if (!ip_.empty()) return {ip_};
  return {};
}

Result<Descriptor> PodNetwork::connect(const std::string& address, int port) const {
  const Address to = parse(address, port);
  const int family = to.bytes.ss_family;
  Descriptor socket(namespace_ ? open_socket_inside(namespace_.get(), family)
                               : open_socket(family));
  if (!socket) return fail(Code::unavailable, dial_error(address, port, -socket.release()));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size) == 0 ||
      errno == EINPROGRESS) {
    return socket;
  }
  return fail(Code::unavailable, dial_error(address, port, errno));
}

bool is_ipv6(const std::string& address) { return address.find(':') != std::string::npos; }

std::string dial_error(const std::string& address, int port, int error) {
  const bool v6 = is_ipv6(address);
  std::string why = std::strerror(error);
  if (!why.empty()) why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
  return std::string(v6 ? "dial tcp6 [" : "dial tcp4 ") + address + (v6 ? "]:" : ":") +
         std::to_string(port) + ": connect: " + why;
}

}  // namespace weir::rest
