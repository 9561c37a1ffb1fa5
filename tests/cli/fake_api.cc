#include "tests/cli/fake_api.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace weir::cli {
namespace {

constexpr const char* kCoreKinds = R"({"kind": "APIGroupDiscoveryList", "items": [
  {"metadata": {}, "versions": [{"version": "v1", "resources": [
    {"resource": "configmaps", "responseKind": {"kind": "ConfigMap"}, "scope": "Namespaced",
     "singularResource": "configmap", "shortNames": ["cm"], "verbs": ["get", "list"]},
    {"resource": "events", "responseKind": {"kind": "Event"}, "scope": "Namespaced",
     "singularResource": "event", "shortNames": ["ev"], "verbs": ["get", "list"]},
    {"resource": "namespaces", "responseKind": {"kind": "Namespace"}, "scope": "Cluster",
     "singularResource": "namespace", "shortNames": ["ns"], "verbs": ["get", "list"]},
    {"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced",
     "singularResource": "pod", "shortNames": ["po"], "categories": ["all"],
     "verbs": ["get", "list"]},
    {"resource": "secrets", "responseKind": {"kind": "Secret"}, "scope": "Namespaced",
     "singularResource": "secret", "verbs": ["get", "list"]}]}]}]})";

constexpr const char* kAppsKinds = R"({"kind": "APIGroupDiscoveryList", "items": [
  {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
    {"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced",
     "singularResource": "deployment", "shortNames": ["deploy"], "categories": ["all"],
     "verbs": ["get", "list"]},
    {"resource": "replicasets", "responseKind": {"kind": "ReplicaSet"}, "scope": "Namespaced",
     "singularResource": "replicaset", "shortNames": ["rs"], "categories": ["all"],
     "verbs": ["get", "list"]}]}]}]})";

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the client has seen enough
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Reads until `bytes` holds one request; its line and body. False: the connection ended.
bool read_request(int fd, std::string& line, std::string& body) {
  std::string bytes;
  std::size_t head_end = 0, length = 0;
  while (true) {
    head_end = bytes.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t at = bytes.find("Content-Length: ");
      length = at < head_end ? std::stoul(bytes.substr(at + 16)) : 0;
      if (bytes.size() >= head_end + 4 + length) break;
    }
    char chunk[4096];
    const ssize_t count = ::recv(fd, chunk, sizeof chunk, 0);
    if (count <= 0) return false;
    bytes.append(chunk, static_cast<std::size_t>(count));
  }
  line = bytes.substr(0, bytes.find(" HTTP/"));
  body = bytes.substr(head_end + 4, length);
  return true;
}

}  // namespace

std::string refusal(int code, const std::string& reason, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":")" + reason +
         R"(","message":")" + message + R"(","code":)" + std::to_string(code) + "}";
}

FakeApi::FakeApi() {
  on("GET /api", kCoreKinds).on("GET /apis", kAppsKinds);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeApi::~FakeApi() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

FakeApi& FakeApi::on(const std::string& line, std::vector<Canned> answers) {
  const std::lock_guard lock(mutex_);
  answers_[line] = std::move(answers);
  return *this;
}

FakeApi& FakeApi::on(const std::string& line, const std::string& body) {
  return on(line, std::vector<Canned>{{.body = body}});
}

std::string FakeApi::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<std::string> FakeApi::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeApi::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (closing_) {
      ::close(fd);
      return;
    }
    open_.insert(fd);
    connections_.emplace_back([this, fd] { serve(fd); });
  }
}

Canned FakeApi::answer(const std::string& line, const std::string& body) {
  const std::lock_guard lock(mutex_);
  if (line != "GET /api" && line != "GET /apis") {
    requests_.push_back(line + (body.empty() ? "" : " " + body));
  }
  const auto it = answers_.find(line);
  if (it == answers_.end()) {
    return {.status = 404, .body = refusal(404, "NotFound", "no answer to " + line)};
  }
  Canned next = it->second.front();
  if (it->second.size() > 1) it->second.erase(it->second.begin());
  return next;
}

void FakeApi::serve(int fd) {
  std::string line, body;
  if (read_request(fd, line, body)) {
    const Canned canned = answer(line, body);
    // Without a length: the body ends with the connection.
    send_all(fd, "HTTP/1.1 " + std::to_string(canned.status) +
                     " Canned\r\nConnection: close\r\nContent-Type: application/json\r\n" +
                     canned.headers + "\r\n" + canned.body);
    char byte = 0;
    while (canned.hold && ::recv(fd, &byte, 1, 0) > 0) {
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
}

}  // namespace weir::cli
