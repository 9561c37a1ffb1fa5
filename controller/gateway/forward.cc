#include "controller/gateway/forward.h"

#include <array>
#include <utility>

namespace weir::gateway {

namespace {

// Headers of a request that are written anew rather than passed on.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOurs{"host", "content-length", "x-forwarded-for",
                                                  "x-forwarded-proto", "x-forwarded-host"};
  for (const std::string_view one : kOurs) {
    if (equals_ignoring_case(name, one)) return true;
  }
  return false;
}

std::string upstream_head(const RequestHead& head, const Origin& origin, bool upgrade) {
  std::string out;
  out.reserve(head.size + 128);
  out.append(head.method).append(" ").append(head.path);
  if (!head.query.empty()) out.append("?").append(head.query);
  out.append(" HTTP/1.1\r\n");
  append_header(out, "Host", head.authority);
  std::string_view forwarded;
  for (const Header& h : head.headers) {
    if (equals_ignoring_case(h.name, "x-forwarded-for")) forwarded = h.value;
    if (!h.hop_by_hop && !is_ours(h.name)) append_header(out, h.name, h.value);
  }
  append_header(out, "X-Forwarded-For",
                forwarded.empty() ? origin.ip : std::string(forwarded) + ", " + origin.ip);
  append_header(out, "X-Forwarded-Proto", origin.secure ? "https" : "http");
  append_header(out, "X-Forwarded-Host", head.authority);
  if (head.chunked) append_header(out, "Transfer-Encoding", "chunked");
  if (head.content_length) {
    append_header(out, "Content-Length", std::to_string(*head.content_length));
  }
  if (upgrade) {
    append_header(out, "Connection", "Upgrade");
    append_header(out, "Upgrade", head.upgrade);
  }
  return out.append("\r\n");
}

}  // namespace

const Listener* listener_in(const View& view, const std::string& name) {
  const auto& listeners = view.snapshot->listeners;
  const auto found = listeners.find(name);
  return found == listeners.end() ? nullptr : &found->second;
}

tl::expected<Choice, Answer> choose(Gate& gate, const Origin& origin, const RequestHead& head) {
  const ViewPtr view = gate.view();  // one for all of it: a newer one may come at any instant
  const Listener* l = listener_in(*view, origin.listener);
  const Rule* rule = l ? l->rule_for(head) : nullptr;
  if (!rule) {
    return tl::unexpected(
        Answer{404, "no route takes " + std::string(head.authority) + std::string(head.path)});
  }
  const Backend* backend = view->turns.backend(*rule);
  if (!backend) return tl::unexpected(Answer{503, "no backend has a weight"});
  return Choice(view, *backend);
}

Request upstream_request(const RequestHead& head, const Origin& origin) {
  // h2c by Upgrade is obsolete, and how to smuggle past a proxy (RFC 9113 3.1).
  const bool upgrade = !head.upgrade.empty() && !equals_ignoring_case(head.upgrade, "h2c");
  return {.head = upstream_head(head, origin, upgrade),
          .method = std::string(head.method),
          .idempotent = head.idempotent(),
          .has_body = !Body::of(head).whole(),
          .chunked = head.chunked,
          .upgrade = upgrade};
}

std::string_view reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace weir::gateway
