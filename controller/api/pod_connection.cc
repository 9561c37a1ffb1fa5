#include "controller/api/pod_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace weir::rest {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace

void PodConnection::connect(std::shared_ptr<const PodNetwork> network, int port) {
  network_ = std::move(network);
  port_ = port;
  const auto addresses = network_->addresses();
  addresses_.assign(addresses.begin(), addresses.end());
  if (addresses_.empty()) error_ = "the pod has no address that weir can reach";
  try_next();
}

// Until one of them neither refuses nor fails at once.
void PodConnection::try_next() {
  socket_.reset();
  while (!addresses_.empty()) {
    address_ = std::move(addresses_.front());
    addresses_.pop_front();
    auto socket = network_->connect(address_, port_);
    if (socket) {
      socket_ = *std::move(socket);
      return;
    }
    note(socket.error().message);
  }
  if (!error_.empty()) return;
  error_ = "failed to connect to localhost:" + std::to_string(port_) + " inside namespace \"" +
           network_->container() + "\"," + errors_;
}

void PodConnection::note(const std::string& error) {
  errors_ += (is_ipv6(address_) ? " IPv6: " : " IPv4: ") + error;
}

void PodConnection::on_connected() {
  if (const int error = socket_error(socket_.get())) {
    note(dial_error(address_, port_, error));
    return try_next();
  }
  connected_ = true;
}

void PodConnection::send(std::string_view bytes) {
  if (!end_wanted_ && !sent_all_) waiting_ += bytes;
}

void PodConnection::send_end() {
  end_wanted_ = true;
  if (connected_ && waiting_.empty()) stop_sending();
}

void PodConnection::stop_sending() {
  if (sent_all_) return;
  sent_all_ = true;
  waiting_.clear();
  ::shutdown(socket_.get(), SHUT_WR);
}

pollfd PodConnection::wants(bool room) const {
  short events = 0;
  if (!connected_ || !waiting_.empty()) events |= POLLOUT;
  if (connected_ && room && !received_all_) events |= POLLIN;
  // Not watched at all otherwise: poll always tells of a peer that has hung up.
  return {.fd = events == 0 ? -1 : socket_.get(), .events = events, .revents = 0};
}

std::size_t PodConnection::flush(short events) {
  if (events == 0 || !socket_) return 0;
  if (!connected_) on_connected();
  if (!connected_) return 0;
  std::size_t taken = 0;
  if (!waiting_.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), waiting_.data(), waiting_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && !would_block()) {
      taken = waiting_.size();  // the pod wants nothing more; nothing waits for it
      stop_sending();
    } else if (sent > 0) {
      taken = static_cast<std::size_t>(sent);
      waiting_.erase(0, taken);
    }
  }
  if (end_wanted_ && waiting_.empty()) stop_sending();
  return taken;
}

std::size_t PodConnection::receive(short events, char* buffer, std::size_t size) {
  if (!connected_ || received_all_ || (events & (POLLIN | POLLHUP | POLLERR)) == 0) return 0;
  const ssize_t got = ::recv(socket_.get(), buffer, size, MSG_DONTWAIT);
  if (got > 0) return static_cast<std::size_t>(got);
  // A connection that the pod has reset is one that has ended: kubectl would give up the whole
  // session if it were told of an error.
  received_all_ = got == 0 || !would_block();
  return 0;
}

}  // namespace weir::rest
