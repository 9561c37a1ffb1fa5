#include <algorithm>
#include <array>
#include <cstring>

#include "controller/gateway/http1.h"

namespace weir::gateway {

namespace {

// RFC 9110 5.6.2: what a method and a header's name are made of.
constexpr auto kToken = [] {
  std::array<bool, 256> is{};
  for (int c = '0'; c <= '9'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) is[static_cast<std::size_t>(c)] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    is[static_cast<unsigned char>(c)] = true;
  return is;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}
// A field's value: no control character but the tab (RFC 9110 5.5).
bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}
// RFC 9112 3.2: a fragment stays with the client. Where one is sent, it is read in two ways.
bool is_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7f && c != '#';
  });
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next line, without its CRLF; nothing: it has not come whole. `bad`: it ends in a bare LF.
std::optional<std::string_view> take_line(std::string_view& rest, bool& bad) {
  const std::size_t end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  bad = end == 0 || rest[end - 1] != '\r';
  const std::string_view line = rest.substr(0, bad ? end : end - 1);
  rest.remove_prefix(end + 1);
  return line;
}

// Each member of a comma-separated list.
template <class Visit>
void each_member(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const std::string_view one = trimmed(list.substr(0, comma)); !one.empty()) visit(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

std::optional<std::uint64_t> number(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;  // below 2^63 in any case
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

Refusal parse_headers(std::string_view& rest, Head& head) {
  for (;;) {
    bool bad = false;
    const auto line = take_line(rest, bad);
    if (!line) return rest.size() > kLineMax ? Refusal{431, "a header is too long"} : Refusal{};
    if (bad) return {400, "a line ends without CR"};
    if (line->empty()) return {0, "whole"};
    if (line->size() > kLineMax) return {431, "a header is too long"};
    if (head.headers.size() == kHeadersMax) return {431, "too many headers"};
    const std::size_t colon = line->find(':');
    const std::string_view name = line->substr(0, std::min(colon, line->size()));
    if (colon == line->npos || !is_token(name)) return {400, "a header's name is malformed"};
    const std::string_view value = trimmed(line->substr(colon + 1));
    if (!is_value(value)) return {400, "a header's value holds a control character"};
    head.headers.push_back({.name = name, .value = value});
  }
}

bool is_hop_by_hop(std::string_view name) {
  for (const char* one : {"connection", "keep-alive", "proxy-connection", "te", "trailer",
                          "transfer-encoding", "upgrade"}) {
    if (equals_ignoring_case(name, one)) return true;
  }
  return false;
}

// What the headers say about the connection and the body.
Refusal understand(Head& head) {
  bool names_upgrade = false;
  head.keep_alive = head.minor == 1;
  std::string_view upgrade;
  for (Header& h : head.headers) {
    h.hop_by_hop = h.hop_by_hop || is_hop_by_hop(h.name);
    if (equals_ignoring_case(h.name, "content-length")) {
      if (head.content_length) return {400, "more than one Content-Length"};
      head.content_length = number(h.value);
      if (!head.content_length) return {400, "Content-Length is not a number"};
    } else if (equals_ignoring_case(h.name, "transfer-encoding")) {
      if (head.chunked || head.minor == 0 || !equals_ignoring_case(h.value, "chunked")) {
        return {400, "a Transfer-Encoding that is not chunked"};
      }
      head.chunked = true;
    } else if (equals_ignoring_case(h.name, "upgrade")) {
      upgrade = h.value;
    } else if (equals_ignoring_case(h.name, "connection")) {
      each_member(h.value, [&](std::string_view option) {
        if (equals_ignoring_case(option, "close")) head.keep_alive = false;
        if (equals_ignoring_case(option, "keep-alive") && head.minor == 0) head.keep_alive = true;
        if (equals_ignoring_case(option, "upgrade")) names_upgrade = true;
        for (Header& named : head.headers) {
          if (equals_ignoring_case(named.name, option)) named.hop_by_hop = true;
        }
      });
    }
  }
  if (head.chunked && head.content_length)
    return {400, "both Transfer-Encoding and Content-Length"};
  if (names_upgrade) head.upgrade = upgrade;
  return {};
}

// "GET /path?query HTTP/1.1"
Refusal parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return {400, "the request line has not three parts"};
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) return {400, "the method is malformed"};
  if (!is_target(head.target)) return {400, "the target is malformed"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {505, "not HTTP/1.1"};
  head.minor = version.back() - '0';
  return {};
}

// Origin-form, absolute-form, and `*` of an OPTIONS. CONNECT has no place at a reverse proxy.
Refusal understand_target(RequestHead& head) {
  const Header* host = nullptr;
  for (const Header& h : head.headers) {
    if (!equals_ignoring_case(h.name, "host")) continue;
    if (host) return {400, "more than one Host"};
    host = &h;
  }
  if (!host && head.minor == 1) return {400, "no Host"};
  if (host) head.authority = host->value;
  if (head.method == "CONNECT") return {405, "CONNECT is not for this server"};
  std::string_view path = head.target;
  bool has_host = host != nullptr;
  if (path.front() != '/') {
    constexpr std::string_view kScheme = "://";
    const std::size_t scheme = path.find(kScheme);
    const bool asterisk = path == "*" && head.method == "OPTIONS";
    if (!asterisk && scheme == path.npos) return {400, "the target is not a path"};
    if (!asterisk) {
      path.remove_prefix(scheme + kScheme.size());
      const std::size_t end = std::min(path.find_first_of("/?"), path.size());
      if (host && !equals_ignoring_case(path.substr(0, end), head.authority)) {
        return {400, "the target's authority is not the Host"};
      }
      head.authority = path.substr(0, end);
      has_host = true;
      path.remove_prefix(end);
    }
  }
  const std::size_t question = std::min(path.find('?'), path.size());
  head.path = question == 0 ? "/" : path.substr(0, question);
  head.query = path.substr(std::min(question + 1, path.size()));
  // "[::1]:80" and "host:80"
  const std::size_t colon = head.authority.rfind(':');
  const bool has_port =
      colon != head.authority.npos && head.authority.find(']', colon) == head.authority.npos;
  head.host = has_port ? head.authority.substr(0, colon) : head.authority;
  if (head.authority.find_first_of("/@ ,\t?#") != head.authority.npos) {
    return {400, "the Host is malformed"};
  }
  // RFC 9110 4.2.1: an http URI without a host is invalid.
  if (has_host && head.host.empty()) return {400, "the Host is empty"};
  return {};
}

Refusal parse_status_line(std::string_view line, ResponseHead& head) {
  constexpr std::string_view kShape = "HTTP/1.1 200";
  if (line.size() < kShape.size() || !line.starts_with("HTTP/1.") || line[8] != ' ' ||
      (line[7] != '0' && line[7] != '1') || (line.size() > kShape.size() && line[12] != ' ')) {
    return {502, "the status line is malformed"};
  }
  const auto status = number(line.substr(9, 3));
  if (!status || *status < 100) return {502, "the status is malformed"};
  head.minor = line[7] - '0';
  head.status = static_cast<int>(*status);
  head.reason = line.substr(std::min<std::size_t>(13, line.size()));
  if (!is_value(head.reason)) return {502, "the reason holds a control character"};
  return {};
}

// Both kinds of head: a first line, headers, what they mean.
template <class T, class ParseLine>
Refusal parse_head(std::string_view bytes, T& head, ParseLine parse_line) {
  std::vector<Header> headers = std::move(head.headers);
  headers.clear();
  head = {};
  head.headers = std::move(headers);
  std::string_view rest = bytes;
  bool bad = false;
  const auto line = take_line(rest, bad);
  if (!line)
    return bytes.size() > kLineMax ? Refusal{414, "the first line is too long"} : Refusal{};
  if (bad) return {400, "a line ends without CR"};
  if (line->size() > kLineMax) return {414, "the first line is too long"};
  if (const Refusal refusal = parse_line(*line, head)) return refusal;
  const Refusal end = parse_headers(rest, head);
  if (end) return end;
  const std::size_t size = bytes.size() - rest.size();
  if (size > kHeadMax) return {431, "the head is too long"};
  if (*end.why == '\0') return {};  // more is needed
  if (const Refusal refusal = understand(head)) return refusal;
  head.size = size;
  return {};
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return x == y || lower(x) == lower(y);
         });
}

const Header* Head::find(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& h) {
    return equals_ignoring_case(h.name, name);
  });
  return found == headers.end() ? nullptr : &*found;
}

std::vector<Header> parse_trailers(std::string_view lines) {
  Head head;
  const Refusal end = parse_headers(lines, head);
  if (end || *end.why == '\0') return {};
  std::erase_if(head.headers, [](const Header& h) {
    return is_hop_by_hop(h.name) || equals_ignoring_case(h.name, "content-length") ||
           equals_ignoring_case(h.name, "host");
  });
  return std::move(head.headers);
}

bool RequestHead::idempotent() const {
  for (const char* one : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    if (method == one) return true;
  }
  return find("idempotency-key") != nullptr;
}

Refusal parse(std::string_view bytes, RequestHead& head) {
  if (const Refusal refusal = parse_head(bytes, head, parse_request_line)) return refusal;
  if (head.size == 0) return {};
  if (const Refusal refusal = understand_target(head)) return refusal;
  if (const Header* expect = head.find("expect")) {
    if (!equals_ignoring_case(expect->value, "100-continue")) {
      return {417, "an Expect that is not 100-continue"};
    }
    head.expects_continue = head.minor == 1;
  }
  return {};
}

Refusal parse(std::string_view bytes, ResponseHead& head) {
  Refusal refusal = parse_head(bytes, head, parse_status_line);
  if (refusal) refusal.status = 502;
  return refusal;
}

}  // namespace weir::gateway
