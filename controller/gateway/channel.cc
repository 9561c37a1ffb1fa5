#include "controller/gateway/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::gateway {

namespace {

constexpr std::size_t kLineMax = 64 << 20;  // a table of 100,000 endpoints is a third of this
constexpr int kWriteMilliseconds = 5000;

bool address_of(const std::string& path, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  path.copy(address.sun_path, path.size());
  return true;
}

}  // namespace

Channel::~Channel() {
  for (const int file : files_) ::close(file);
  if (fd_ >= 0) ::close(fd_);
}

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      in_(std::move(other.in_)),
      files_(std::exchange(other.files_, {})) {}

bool Channel::read(const std::function<void(std::string_view)>& on_line) {
  for (;;) {
    char bytes[64 << 10];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec piece{.iov_base = bytes, .iov_len = sizeof bytes};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(fd_, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      int file;
      std::memcpy(&file, CMSG_DATA(c), sizeof file);
      files_.push_back(file);
    }
    in_.append(bytes, static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = in_.find('\n', begin)) != in_.npos; begin = end + 1) {
      on_line(std::string_view(in_).substr(begin, end - begin));
    }
    in_.erase(0, begin);
    if (in_.size() > kLineMax) return false;
  }
}

int Channel::take_file() {
  if (files_.empty()) return -1;
  const int file = files_.front();
  files_.pop_front();
  return file;
}

bool Channel::write(std::string line, int file) const {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    iovec piece{.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (file >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&message);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof file);
      std::memcpy(CMSG_DATA(c), &file, sizeof file);
    }
    const ssize_t count = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
      file = -1;  // it has gone with the first bytes
      continue;
    }
    if (errno == EINTR) continue;
    pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (errno != EAGAIN || ::poll(&writable, 1, kWriteMilliseconds) <= 0) return false;
  }
  return true;
}

int listen_at(const std::string& path) {
  sockaddr_un address;
  if (!address_of(path, address)) return -1;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::unlink(path.c_str());
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::chmod(path.c_str(), 0600) == 0 && ::listen(fd, 16) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

int connect_to(const std::string& path) {
  sockaddr_un address;
  if (!address_of(path, address)) return -1;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace weir::gateway
