#include "tests/engine/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace weir::engine {

namespace {

// Reads one request from `fd`. False: the connection ended.
bool read_request(int fd, std::string& buffer, std::string& line, std::string& headers,
                  std::string& body) {
  std::size_t head_end = buffer.find("\r\n\r\n");
  std::size_t length = 0;
  while (true) {
    if (head_end != std::string::npos) {
      const std::size_t at = buffer.find("Content-Length: ");
      length = at < head_end ? std::stoul(buffer.substr(at + 16)) : 0;
      if (buffer.size() >= head_end + 4 + length) break;
    }
    char bytes[4096];
    const ssize_t count = ::recv(fd, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(count));
    head_end = buffer.find("\r\n\r\n");
  }
  line = buffer.substr(0, buffer.find(" HTTP/"));
  const std::size_t line_end = buffer.find("\r\n") + 2;
  headers = buffer.substr(line_end, head_end + 2 - line_end);
  body = buffer.substr(head_end + 4, length);
  buffer.erase(0, head_end + 4 + length);
  return true;
}

}  // namespace

void Talk::say(const std::string& bytes) {
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t count = ::send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the client has gone, which is what some tests are about
    left.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Talk::answer(int status, const std::string& body) {
  say("HTTP/1.1 " + std::to_string(status) +
      " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

void Talk::hang_up() { ::shutdown(fd_, SHUT_RDWR); }

void Talk::wait_for_hang_up() {
  char byte = 0;
  while (::recv(fd_, &byte, 1, 0) > 0) {
  }
}

FakeServer::FakeServer(Handler handler, std::string api_version)
    : handler_(std::move(handler)), api_version_(std::move(api_version)) {
  char folder[] = "/tmp/weir-fake-XXXXXX";
  if (!::mkdtemp(folder)) throw std::runtime_error("mkdtemp failed");
  folder_ = folder;
  path_ = folder_ + "/docker.sock";
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot bind " + path_);
  }
  listen();
}

FakeServer::FakeServer(Tcp, Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot bind a port of 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  listen();
}

void FakeServer::listen() {
  if (::listen(listener_, 1024) != 0) throw std::runtime_error("cannot listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeServer::~FakeServer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

DockerOptions FakeServer::options() const { return {.host = "unix://" + path_}; }

int FakeServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

int FakeServer::open_connections() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(open_.size());
}

void FakeServer::set_version(std::string api_version) {
  const std::lock_guard lock(mutex_);
  api_version_ = std::move(api_version);
}

void FakeServer::cut_all() {
  const std::lock_guard lock(mutex_);
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
}

void FakeServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (closing_) {
      ::close(fd);
      return;
    }
    ++connections_;
    open_.insert(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeServer::serve(int fd) {
  std::string buffer, line, headers, body;
  while (read_request(fd, buffer, line, headers, body)) {
    Talk talk(fd, line, headers, body);
    if (line == "GET /_ping") {
      const std::lock_guard lock(mutex_);
      talk.say("HTTP/1.1 200 OK\r\n" +
               (api_version_.empty() ? "" : "Api-Version: " + api_version_ + "\r\n") +
               "Content-Length: 2\r\n\r\nOK");
      continue;
    }
    requests_.add(line);
    handler_(talk);
  }
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
}

std::string chunk(const std::string& bytes) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx", bytes.size());
  return size + ("\r\n" + bytes + "\r\n");
}

}  // namespace weir::engine
