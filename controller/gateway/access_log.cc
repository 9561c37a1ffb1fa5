#include "controller/gateway/access_log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace weir::gateway {

namespace {

constexpr std::size_t kDueMax = 4 << 20;  // that wait for the file
constexpr std::size_t kPiece = 4096;      // POSIX: written to a pipe at once, or not at all
constexpr std::size_t kFieldMax =
    256;  // of what a client says, so that a line of plain text is one piece
constexpr int kLookMilliseconds = 200;  // whether it is to end, while nobody reads
constexpr int kLastWordsMilliseconds = 500;

std::int64_t lines_in(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

std::string rfc3339(std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch());
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(ms.count() % 1000));
  return text;
}

std::string text_of(const RequestHead& head, std::string_view name) {
  const Header* header = head.find(name);
  return header ? std::string(header->value) : std::string();
}

}  // namespace

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AccessLog::add(std::string lines) {
  {
    const std::lock_guard lock(mutex_);
    if (due_.size() + lines.size() > kDueMax) {
      dropped_ += lines_in(lines);
      return;
    }
    if (!thread_.joinable() && !start()) {
      dropped_ += lines_in(lines);
      return;
    }
    due_.append(lines);
  }
  wake_.notify_one();
}

bool AccessLog::start() {
  try {
    thread_ = std::thread([this] { run(); });
    return true;
  } catch (const std::system_error&) {  // no more threads: another line tries again
    return false;
  }
}

void AccessLog::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !due_.empty()) {
    wake_.wait(lock, [this] { return stopping_ || !due_.empty(); });
    const std::string lines = std::exchange(due_, {});
    lock.unlock();
    write(lines);
    lock.lock();
  }
}

// In pieces of whole lines, so that those of another worker do not come between.
void AccessLog::write(std::string_view lines) {
  while (!lines.empty()) {
    std::size_t size = lines.substr(0, kPiece).rfind('\n');
    if (size == lines.npos) size = lines.find('\n');
    const std::string_view piece = lines.substr(0, size == lines.npos ? size : size + 1);
    lines.remove_prefix(piece.size());
    if (write_piece(piece)) continue;
    dropped_ += lines_in(piece);
    if (!stopping_) continue;
    dropped_ += lines_in(lines);  // nobody takes them
    return;
  }
}

bool AccessLog::write_piece(std::string_view piece) {
  while (!piece.empty()) {
    pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
    const bool last = stopping_;
    if (::poll(&writable, 1, last ? kLastWordsMilliseconds : kLookMilliseconds) == 0) {
      if (last) return false;
      continue;
    }
    // So many bytes a pipe has room for, when it says that it has some.
    const ssize_t count = ::write(fd_, piece.data(), std::min(piece.size(), kPiece));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return false;
    piece.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

AccessEntry::AccessEntry(const Origin& origin, const RequestHead& head, const char* protocol_of,
                         Clock::time_point now)
    : method(head.method),
      authority(head.authority),
      path(head.path),
      protocol(protocol_of),
      user_agent(text_of(head, "user-agent")),
      request_id(text_of(head, "x-request-id")),
      forwarded_for(text_of(head, "x-forwarded-for")),
      client(caller_of(origin, head).ip),
      listener(*origin.listener),
      start(std::chrono::system_clock::now()),
      began(now) {}

std::string AccessEntry::line(int code, const std::string& service, const EndpointState* endpoint,
                              Clock::time_point now) const {
  nlohmann::ordered_json out;
  const auto say = [&out](const char* name, const std::string& value) {
    if (value.size() > kFieldMax) {
      out[name] = value.substr(0, kFieldMax) + "...";
    } else if (!value.empty()) {
      out[name] = value;
    }
  };
  say("start_time", rfc3339(start));
  say("method", method);
  say(":authority", authority);
  say("path", path);
  say("protocol", protocol);
  out["response_code"] = code;
  const std::chrono::duration<double, std::milli> took = now - began;
  out["duration"] = std::round(took.count() * 1000) / 1000;
  out["bytes_received"] = received;
  out["bytes_sent"] = sent;
  say("downstream_remote_address", client);
  say("x-forwarded-for", forwarded_for);
  say("user-agent", user_agent);
  say("x-request-id", request_id);
  say("listener", listener);
  say("upstream_cluster", service);
  if (endpoint && !endpoint->endpoint.address.empty()) {
    const RouteEndpoint& to = endpoint->endpoint;
    say("upstream_host", to.address + ":" + std::to_string(to.port));
    say("pod", to.name);
    say("revision", to.revision);
  }
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace weir::gateway
