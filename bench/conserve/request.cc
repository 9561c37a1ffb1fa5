#include "bench/conserve/request.h"

#include <algorithm>
#include <cstdio>
#include <thread>

namespace weir::conserve {

namespace {

constexpr std::size_t kChunkBytes = 1 << 10;
constexpr std::chrono::milliseconds kChunkPause{50};  // an upload that a cutover can fall into

std::string head_of(const Form& form, const std::string& id, const Wording& wording) {
  std::string head = std::string(form.method) + " " + target_of(form, wording) +
                     " HTTP/1.1\r\nHost: " + wording.host + "\r\nX-Request-Id: " + id + "\r\n";
  if (form.own_connection) head += "Connection: close\r\n";
  if (form.body == Body::kLength) {
    head += "Content-Length: " + std::to_string(form.body_bytes) + "\r\n";
  } else if (form.body == Body::kChunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  return head + "\r\n";
}

void send_chunks(Connection& connection, std::size_t size, Deadline deadline) {
  for (std::size_t left = size; left > 0;) {
    const std::size_t now = std::min(left, kChunkBytes);
    char head[20];
    std::snprintf(head, sizeof head, "%zx\r\n", now);
    if (!connection.send(head + std::string(now, 'u') + "\r\n", deadline)) return;
    left -= now;
    std::this_thread::sleep_for(kChunkPause);
  }
  connection.send("0\r\n\r\n", deadline);
}

}  // namespace

std::string target_of(const Form& form, const Wording& wording) {
  std::string target(form.path);
  if (wording.query.empty()) return target;
  return target + (target.find('?') == std::string::npos ? '?' : '&') + wording.query;
}

void send_requests(Connection& connection, const Form& form, std::span<const std::string> ids,
                   const Wording& wording, Deadline deadline) {
  std::string bytes;
  for (const std::string& id : ids) bytes += head_of(form, id, wording);
  if (form.body == Body::kLength) bytes.append(form.body_bytes, 'u');
  const bool taken = connection.send(bytes, deadline);
  if (taken && form.body == Body::kChunked) send_chunks(connection, form.body_bytes, deadline);
}

}  // namespace weir::conserve
