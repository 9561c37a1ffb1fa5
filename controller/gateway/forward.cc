#include "controller/gateway/forward.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "controller/gateway/mirrored_request.h"

namespace weir::gateway {

namespace {

// Headers of a request that are written anew rather than passed on.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 6> kOurs{"host",
                                                  "content-length",
                                                  "forwarded",
                                                  "x-forwarded-for",
                                                  "x-forwarded-proto",
                                                  "x-forwarded-host"};
  for (const std::string_view one : kOurs) {
    if (equals_ignoring_case(name, one)) return true;
  }
  return false;
}

// What the rule changes, and then what its backend does.
using Changes = std::array<const RouteHeaders*, 2>;

bool are_empty(const Changes& changes) {
  return *changes[0] == RouteHeaders{} && *changes[1] == RouteHeaders{};
}

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, name); });
}
bool names(const std::vector<RouteHeaders::Field>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const RouteHeaders::Field& one) {
    return equals_ignoring_case(one.first, name);
  });
}

bool drops(const Changes& changes, std::string_view name) {
  return std::any_of(changes.begin(), changes.end(), [&](const RouteHeaders* one) {
    return names(one->remove, name) || names(one->set, name);
  });
}

// The backend's come after the rule's: what it sets takes the place of what the rule did.
template <class Visit>
void for_each_new(const Changes& changes, Visit visit) {
  for (const RouteHeaders* one : changes) {
    const bool last = one == changes.back();
    for (const std::vector<RouteHeaders::Field>* fields : {&one->set, &one->add}) {
      for (const auto& [name, value] : *fields) {
        const RouteHeaders& later = *changes.back();
        if (last || !(names(later.remove, name) || names(later.set, name))) visit(name, value);
      }
    }
  }
}

// "/foo/bar" with "/foo" matched: "/xyz" makes it "/xyz/bar", "/" makes it "/bar".
std::string rewritten(std::string_view path, const RouteMatch& match, const RoutePath& to) {
  if (to.full) return *to.full;
  if (!to.prefix) return std::string(path);
  std::string_view matched = match.path;
  if (matched.ends_with('/')) matched.remove_suffix(1);
  std::string out = *to.prefix;
  if (out.ends_with('/')) out.pop_back();
  out.append(path.substr(std::min(matched.size(), path.size())));
  return out.empty() ? "/" : out;
}

void append_target(std::string& out, const RequestHead& head, const RouteMatch& match,
                   const RoutePath& to) {
  out.append(rewritten(head.path, match, to));
  if (!head.query.empty()) out.append("?").append(head.query);
}

// Gateway API: a port of its own, else the scheme's, else the listener's.
std::string location_of(const RequestHead& head, const Origin& origin, const Listener& listener,
                        const Rule& rule) {
  const RouteRedirect& to = *rule.from.redirect;
  const std::string_view came = origin.secure ? "https" : "http";
  const std::string_view scheme = to.scheme.empty() ? came : std::string_view(to.scheme);
  const int usual = scheme == "https" ? 443 : 80;
  const int port = to.port != 0 ? to.port : to.scheme.empty() ? listener.port : usual;
  std::string out(scheme);
  out.append("://").append(to.host.empty() ? head.host : std::string_view(to.host));
  if (port != usual) out.append(":").append(std::to_string(port));
  append_target(out, head, rule.from.match, to.path);
  return out;
}

// A field that is a list: what came in it, and room for one more behind that.
void append_list(std::string& out, std::string_view name, const RequestHead& head) {
  out.append(name).append(": ");
  for (const Header& h : head.headers) {
    if (equals_ignoring_case(h.name, name) && !h.value.empty()) out.append(h.value).append(", ");
  }
}

// Whoever reads it must not take a part of a name for an element of its own.
bool is_plain_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  });
}

// RFC 7239: for=192.0.2.1;host="web.example:8080";proto=https
void append_forwarded(std::string& out, std::string_view ip, std::string_view host,
                      std::string_view scheme) {
  const bool v6 = ip.find(':') != ip.npos;
  out.append(v6 ? "for=\"[" : "for=").append(ip).append(v6 ? "]\"" : "");
  const char* quote = host.find_first_of(":[]") == host.npos ? "" : "\"";
  if (is_plain_host(host)) out.append(";host=").append(quote).append(host).append(quote);
  out.append(";proto=").append(scheme).append("\r\n");
}

// A proxy in front that is trusted has seen what the client meant; who else says so is not
// believed.
std::string_view said_or(const RequestHead& head, bool believed, std::string_view name,
                         std::string_view ours) {
  if (!believed) return ours;
  for (const Header& h : head.headers) {
    if (equals_ignoring_case(h.name, name) && !h.value.empty()) return h.value;
  }
  return ours;
}

// A client of HTTP/1.0 need not say whom it means, and an endpoint of HTTP/1.1 must be told
// something: its Service's name, "web.default" of "default/web:80".
std::string name_of(const std::string& service) {
  const std::size_t slash = service.find('/'), name = slash + 1;
  return service.substr(name, service.rfind(':') - name) + "." + service.substr(0, slash);
}

std::string upstream_head(const RequestHead& head, const Origin& origin, const Choice& choice,
                          bool upgrade) {
  const RouteRule& rule = choice.rule().from;
  const Changes changes{&rule.request, &choice.backend().request};
  std::string out;
  out.reserve(head.size + 128);
  out.append(head.method).append(" ");
  append_target(out, head, rule.match, rule.path);
  out.append(" HTTP/1.1\r\n");
  const std::string_view asked = rule.host.empty() ? head.authority : std::string_view(rule.host);
  append_header(out, "Host", asked.empty() ? name_of(choice.service()) : asked);
  const bool as_it_is = are_empty(changes);
  for (const Header& h : head.headers) {
    if (h.hop_by_hop || is_ours(h.name)) continue;
    if (as_it_is || !drops(changes, h.name)) append_header(out, h.name, h.value);
  }
  if (!as_it_is) {
    for_each_new(changes, [&](const std::string& name, const std::string& value) {
      append_header(out, name, value);
    });
  }
  const auto is_kept = [&](std::string_view name) { return as_it_is || !drops(changes, name); };
  const Caller caller = caller_of(origin, head);
  const bool believed = caller.through_proxy;
  const std::string_view scheme =
      said_or(head, believed, "x-forwarded-proto", origin.secure ? "https" : "http");
  const std::string_view host = said_or(head, believed, "x-forwarded-host", head.authority);
  if (is_kept("Forwarded")) {
    // A proxy that is trusted has begun the list, or has said the same in its own words (RFC 7239
    // 7.4). What anybody else says there of himself goes no further.
    if (believed && head.find("forwarded")) {
      append_list(out, "Forwarded", head);
      append_forwarded(out, origin.ip, head.authority, origin.secure ? "https" : "http");
    } else {
      out.append("Forwarded: ");
      append_forwarded(out, caller.ip, host, scheme == "https" ? "https" : "http");
    }
  }
  if (is_kept("X-Forwarded-For")) {
    append_list(out, "X-Forwarded-For", head);
    out.append(origin.ip).append("\r\n");
  }
  if (is_kept("X-Forwarded-Proto")) append_header(out, "X-Forwarded-Proto", scheme);
  if (is_kept("X-Forwarded-Host") && !host.empty()) append_header(out, "X-Forwarded-Host", host);
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

// So many of a listener's requests, evenly.
bool is_logged(const Origin& origin) {
  const std::int64_t part = origin.clients->from.log_basis_points;
  if (part == 0) return false;
  const std::int64_t before = origin.counts->requests.fetch_add(1, std::memory_order_relaxed);
  return (before + 1) * part / kAllBasisPoints > before * part / kAllBasisPoints;
}

}  // namespace

Answer too_long(std::int64_t most) {
  return {413, "the body is longer than " + std::to_string(most) + " bytes"};
}

const Listener* listener_in(const View& view, const std::string& name) {
  const auto& listeners = view.snapshot->listeners;
  const auto found = listeners.find(name);
  return found == listeners.end() ? nullptr : &found->second;
}

tl::expected<Choice, Answer> choose(Gate& gate, const Origin& origin, const RequestHead& head) {
  const std::int64_t longest = origin.clients ? origin.clients->from.body_max : 0;
  if (longest > 0 && head.content_length.value_or(0) > static_cast<std::uint64_t>(longest)) {
    return tl::unexpected(too_long(longest));
  }
  const ViewPtr view = gate.view();  // one for all of it: a newer one may come at any instant
  const Listener* l = listener_in(*view, *origin.listener);
  const Rule* rule = l ? l->rule_for(head) : nullptr;
  if (!rule) {
    return tl::unexpected(
        Answer{404, "no route takes " + std::string(head.authority) + std::string(head.path)});
  }
  if (rule->from.redirect) {
    return tl::unexpected(Answer{.status = rule->from.redirect->status,
                                 .why = "it is elsewhere",
                                 .location = location_of(head, origin, *l, *rule)});
  }
  if (rule->from.refusal != 0) {
    return tl::unexpected(Answer{rule->from.refusal, "the route has no backend"});
  }
  User user;
  const auto user_by = [&](const RouteAffinity& affinity) {
    if (affinity.by == RouteAffinity::By::nothing) return User{};
    return user_of(affinity, caller_of(origin, head).ip, origin.secure, head);
  };
  if (rule->affinity) user = user_by(*rule->affinity);
  const Backend* backend = user.key.empty() ? view->turns.backend(*rule) : backend_of(user, *rule);
  if (!backend) return tl::unexpected(Answer{503, "no backend has a weight"});
  if (backend->from.missing) {
    return tl::unexpected(Answer{500, "there is no " + backend->from.service});
  }
  Choice choice(view, *rule, *backend);
  if (!rule->affinity) user = user_by(backend->from.affinity);
  choice.stick_to(std::move(user));
  return choice;
}

Request upstream_request(const RequestHead& head, const Origin& origin, const Choice& choice) {
  // h2c by Upgrade is obsolete, and how to smuggle past a proxy (RFC 9113 3.1).
  const bool upgrade = !head.upgrade.empty() && !equals_ignoring_case(head.upgrade, "h2c");
  const Clients* clients = origin.clients.get();
  return {.head = upstream_head(head, origin, choice, upgrade),
          .method = std::string(head.method),
          .idempotent = head.idempotent(),
          .has_body = !Body::of(head).whole(),
          .chunked = head.chunked,
          .upgrade = upgrade,
          .body_max = clients ? clients->from.body_max : 0,
          .body_ms = clients ? clients->from.body_ms : 0};
}

void for_each_header(const ResponseHead& head, const Choice& choice,
                     const std::function<void(std::string_view, std::string_view)>& visit) {
  const Changes changes{&choice.rule().from.response, &choice.backend().response};
  const bool as_it_is = are_empty(changes);
  if (const User& user = choice.user();
      !user.name.empty() && (head.status == 101 || head.status >= 200)) {
    visit(user.name, user.value);
  }
  for (const Header& h : head.headers) {
    if (!h.hop_by_hop && (as_it_is || !drops(changes, h.name))) visit(h.name, h.value);
  }
  if (as_it_is) return;
  for_each_new(changes,
               [&](const std::string& name, const std::string& value) { visit(name, value); });
}

void mirror(Gate& gate, const Request& request, const Choice& choice, std::string_view body) {
  if (request.upgrade) return;
  for (const Mirror& one : choice.rule().mirrors) {
    if (!choice.view()->turns.mirrors(one)) continue;
    if (gate.copies() >= gate.limits().copies_max) continue;  // its target does not keep up
    gate.admit(std::make_unique<MirroredRequest>(gate, request, body,
                                                 Choice(choice.view(), choice.rule(), one.to)));
  }
}

AccessEntryPtr entry_of(Gate& gate, const Origin& origin, const RequestHead& head,
                        const char* protocol) {
  if (!origin.clients || !is_logged(origin)) return nullptr;
  return std::make_unique<AccessEntry>(origin, head, protocol, gate.now());
}

void log_answer(Gate& gate, const AccessEntryPtr& entry, int status) {
  if (entry) gate.log(entry->line(status, {}, nullptr, gate.now()));
}

std::string_view reason_of(int status) {
  switch (status) {
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
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
