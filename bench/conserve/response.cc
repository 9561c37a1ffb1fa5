#include "bench/conserve/response.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace weir::conserve {

namespace {

[[noreturn]] void malformed(const std::string& what) { throw Failure(Reason::kMalformed, what); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::uint64_t parse_number(std::string_view text, int base, const char* what) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    malformed(std::string(what) + " is no number: " + std::string(text.substr(0, 40)));
  }
  return number;
}

// Takes what stands before the first `end` off the connection.
std::string take_until(Connection& connection, std::string_view end, Deadline deadline) {
  std::size_t found;
  while ((found = connection.buffer().find(end)) == std::string::npos) {
    connection.receive_more(deadline);
  }
  std::string taken = connection.buffer().substr(0, found);
  connection.buffer().erase(0, found + end.size());
  return taken;
}

void take_bytes(Connection& connection, std::uint64_t count, std::string& out, Deadline deadline) {
  while (connection.buffer().size() < count) connection.receive_more(deadline);
  out.append(connection.buffer(), 0, count);
  connection.buffer().erase(0, count);
}

Response parse_head(std::string_view head) {
  Response response;
  const std::string_view status_line = head.substr(0, head.find("\r\n"));
  if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 12) {
    malformed("no status line: " + std::string(status_line.substr(0, 60)));
  }
  response.status = static_cast<int>(parse_number(status_line.substr(9, 3), 10, "the status"));
  head.remove_prefix(std::min(head.size(), status_line.size() + 2));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) malformed("no header: " + std::string(line.substr(0, 60)));
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    response.headers.emplace_back(lower(line.substr(0, colon)), value);
  }
  response.closes = lower(response.header("connection")) == "close";
  return response;
}

void read_chunks(Connection& connection, std::string& body, Deadline deadline) {
  for (;;) {
    const std::string line = take_until(connection, "\r\n", deadline);
    const std::string_view digits = std::string_view(line).substr(0, line.find(';'));
    const std::uint64_t size = parse_number(digits, 16, "the size of a chunk");
    if (size == 0) break;
    take_bytes(connection, size, body, deadline);
    if (!take_until(connection, "\r\n", deadline).empty()) malformed("a chunk does not end");
  }
  while (!take_until(connection, "\r\n", deadline).empty()) {  // trailers
  }
}

void read_body(Connection& connection, Response& response, Deadline deadline) {
  if (response.status < 200 || response.status == 204 || response.status == 304) return;
  const std::string_view length = response.header("content-length");
  if (!response.header("transfer-encoding").empty()) {
    if (!length.empty()) malformed("both Content-Length and Transfer-Encoding");
    read_chunks(connection, response.body, deadline);
  } else if (!length.empty()) {
    const std::uint64_t size = parse_number(length, 10, "Content-Length");
    take_bytes(connection, size, response.body, deadline);
  } else {
    response.closes = true;
    while (connection.receive(deadline)) {
    }
    response.body = std::move(connection.buffer());
    connection.buffer().clear();
  }
}

}  // namespace

std::string_view Response::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Response read_response(Connection& connection, Deadline deadline) {
  Response response;
  do {
    response = parse_head(take_until(connection, "\r\n\r\n", deadline));
  } while (response.status < 200 && response.status != 101);
  read_body(connection, response, deadline);
  return response;
}

}  // namespace weir::conserve
