#include "controller/gateway/forward.h"

#include <algorithm>
#include <array>
#include <utility>

#include "controller/gateway/mirrored_request.h"

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

std::string upstream_head(const RequestHead& head, const Origin& origin, const Choice& choice,
                          bool upgrade) {
  const RouteRule& rule = choice.rule().from;
  const Changes changes{&rule.request, &choice.backend().request};
  std::string out;
  out.reserve(head.size + 128);
  out.append(head.method).append(" ");
  append_target(out, head, rule.match, rule.path);
  out.append(" HTTP/1.1\r\n");
  append_header(out, "Host", rule.host.empty() ? head.authority : std::string_view(rule.host));
  std::string_view forwarded;
  const bool as_it_is = are_empty(changes);
  for (const Header& h : head.headers) {
    if (equals_ignoring_case(h.name, "x-forwarded-for")) forwarded = h.value;
    if (h.hop_by_hop || is_ours(h.name)) continue;
    if (as_it_is || !drops(changes, h.name)) append_header(out, h.name, h.value);
  }
  if (!as_it_is) {
    for_each_new(changes, [&](const std::string& name, const std::string& value) {
      append_header(out, name, value);
    });
  }
  const auto say = [&](std::string_view name, std::string_view value) {
    if (as_it_is || !drops(changes, name)) append_header(out, name, value);
  };
  say("X-Forwarded-For", forwarded.empty() ? origin.ip : std::string(forwarded) + ", " + origin.ip);
  say("X-Forwarded-Proto", origin.secure ? "https" : "http");
  say("X-Forwarded-Host", head.authority);
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
  if (rule->from.redirect) {
    return tl::unexpected(Answer{.status = rule->from.redirect->status,
                                 .why = "it is elsewhere",
                                 .location = location_of(head, origin, *l, *rule)});
  }
  if (rule->from.refusal != 0) {
    return tl::unexpected(Answer{rule->from.refusal, "the route has no backend"});
  }
  User user;
  if (rule->affinity) user = user_of(*rule->affinity, origin.ip, origin.secure, head);
  const Backend* backend = user.key.empty() ? view->turns.backend(*rule) : backend_of(user, *rule);
  if (!backend) return tl::unexpected(Answer{503, "no backend has a weight"});
  if (backend->from.missing) {
    return tl::unexpected(Answer{500, "there is no " + backend->from.service});
  }
  Choice choice(view, *rule, *backend);
  if (!rule->affinity) user = user_of(backend->from.affinity, origin.ip, origin.secure, head);
  choice.stick_to(std::move(user));
  return choice;
}

Request upstream_request(const RequestHead& head, const Origin& origin, const Choice& choice) {
  // h2c by Upgrade is obsolete, and how to smuggle past a proxy (RFC 9113 3.1).
  const bool upgrade = !head.upgrade.empty() && !equals_ignoring_case(head.upgrade, "h2c");
  return {.head = upstream_head(head, origin, choice, upgrade),
          .method = std::string(head.method),
          .idempotent = head.idempotent(),
          .has_body = !Body::of(head).whole(),
          .chunked = head.chunked,
          .upgrade = upgrade};
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
