#include "controller/gateway/snapshot.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "controller/pattern/pattern.h"

namespace weir::gateway {

namespace {

bool host_matches(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return equals_ignoring_case(pattern, host);
  const std::string_view suffix = pattern.substr(1);  // ".example"
  return host.size() > suffix.size() &&
         equals_ignoring_case(host.substr(host.size() - suffix.size()), suffix);
}

// Gateway API: PathPrefix matches whole segments: "/foo" takes "/foo" and "/foo/bar", not
// "/foobar".
bool path_matches(const RouteMatch& match, std::string_view path) {
  std::string_view wanted = match.path;
  if (match.exact) return path == wanted;
  if (wanted.ends_with('/')) wanted.remove_suffix(1);
  return path.starts_with(wanted) && (path.size() == wanted.size() || path[wanted.size()] == '/');
}

// The value of a parameter of "a=b&c=d", as it is written there.
bool has_parameter(std::string_view query, std::string_view name, std::string_view value) {
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    const std::size_t equals = std::min(one.find('='), one.size());
    if (one.substr(0, equals) == name) {
      return one.substr(std::min(equals + 1, one.size())) == value;  // the first one counts
    }
  }
  return false;
}

// "a=1; b=2" has "a=1". A cookie is what somebody who matches on Cookie means.
bool has_cookie(std::string_view cookies, std::string_view wanted) {
  while (!cookies.empty()) {
    std::string_view one = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(one.size() + 1, cookies.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (one == wanted) return true;
  }
  return false;
}

bool header_matches(const RequestHead& head, const std::string& name, const std::string& value) {
  const Header* header = head.find(name);
  if (!header) return false;
  return header->value == value || (name == "cookie" && has_cookie(header->value, value));
}

// Of headers that are there more than once the first counts. Admission has refused what is no
// pattern; should one come here all the same, nothing fits it.
bool pattern_matches(const RequestHead& head, const std::string& name, const RE2& pattern) {
  if (!pattern.ok()) return false;
  if (name == ":path") return RE2::FullMatch(head.path, pattern);
  if (name == ":method") return RE2::FullMatch(head.method, pattern);
  const Header* header = head.find(name);
  return header && RE2::FullMatch(header->value, pattern);
}

std::string key_of(const std::string& service, const RouteEndpoint& e) {
  return service + " " + e.id + "@" + e.address + ":" + std::to_string(e.port);
}

EndpointPtr state_made(const std::string& service, const RouteEndpoint& endpoint, bool http2) {
  auto state = std::make_shared<EndpointState>();
  state->service = service;
  state->endpoint = endpoint;
  state->http2 = http2;
  state->address = Address::of(endpoint.address, endpoint.port);
  if (endpoint.id.empty()) state->load = std::make_unique<Load>();
  return state;
}

const RouteAffinity* affinity_of(const Rule& rule) {
  if (rule.from.affinity.by != RouteAffinity::By::nothing) return &rule.from.affinity;
  const auto& all = rule.backends;
  if (all.empty() || all.front().from.affinity.by == RouteAffinity::By::nothing) return nullptr;
  const bool agreed = std::all_of(all.begin(), all.end(), [&](const Backend& one) {
    return one.from.affinity == all.front().from.affinity;
  });
  return agreed ? &all.front().from.affinity : nullptr;
}

}  // namespace

bool Rule::takes(const RequestHead& head) const {
  const auto& [hosts, match] = std::tie(from.hosts, from.match);
  const bool host = hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const auto& one) {
                      return host_matches(one, head.host);
                    });
  if (!host || !path_matches(match, head.path)) return false;
  if (!match.method.empty() && match.method != head.method) return false;
  for (const auto& [name, value] : match.headers) {
    if (!header_matches(head, name, value)) return false;
  }
  for (const auto& [name, pattern] : patterns) {
    if (!pattern_matches(head, name, *pattern)) return false;
  }
  return std::all_of(match.query.begin(), match.query.end(), [&](const auto& one) {
    return has_parameter(head.query, one.first, one.second);
  });
}

const Rule* Listener::rule_for(const RequestHead& head) const {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.takes(head); });
  return found == rules.end() ? nullptr : &*found;
}

const Rule& Listener::rule_for_bytes() const {
  const auto found = std::find_if(rules.begin(), rules.end(), [](const Rule& rule) {
    return rule.from.hosts.empty() && rule.from.match == RouteMatch{};
  });
  return found == rules.end() ? rules.front() : *found;
}

const Backend* Snapshot::backend(const RouteBackend& like) const {
  const Backend* other = nullptr;  // another revision's, if its own has gone
  const auto look = [&](const Backend& backend) {
    if (backend.from.service != like.service || backend.from.missing) return false;
    if (!other) other = &backend;
    if (backend.from.revision != like.revision) return false;
    other = &backend;
    return true;
  };
  for (const auto& [name, listener] : listeners) {
    for (const Rule& rule : listener.rules) {
      for (const Backend& backend : rule.backends) {
        if (look(backend)) return other;
      }
      for (const Mirror& mirror : rule.mirrors) {
        if (look(mirror.to)) return other;
      }
    }
  }
  return other;
}

SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table, Lasting& lasting) {
  const auto& known = lasting.endpoints;
  auto made = std::make_shared<Snapshot>();
  std::set<std::string_view> gone;  // before this table
  for (const auto& [key, endpoint] : known) {
    if (!endpoint->routed.exchange(false)) gone.insert(key);
  }
  made->epoch = epoch;
  const auto state_of = [&](const std::string& service, const RouteEndpoint& endpoint, bool http2) {
    const std::string key = key_of(service, endpoint) + (http2 ? "/http2" : "");
    EndpointPtr& state = made->endpoints[key];
    if (state) return state;
    if (const auto old = known.find(key); old != known.end()) {
      // One that was away and is back is ready again: what it did before is forgotten.
      old->second->routed = true;
      if (gone.contains(key)) old->second->health.forget();
      return state = old->second;
    }
    state = state_made(service, endpoint, http2);
    if (!known.empty()) state->since = Clock::now();
    return state;
  };
  const auto backend_from = [&](const RouteBackend& from) {
    Backend made_of{.index = made->backends++,
                    .from = from,
                    .endpoints = {},
                    .nobody = state_of(from.service, {}, false)};
    for (const RouteEndpoint& e : from.endpoints) {
      made_of.endpoints.push_back(state_of(from.service, e, from.http2));
    }
    made_of.from.endpoints.clear();
    return made_of;
  };
  for (const RouteListener& from : table.listeners) {
    Listener& listener = made->listeners[from.name];
    listener.name = from.name;
    listener.port = from.port;
    listener.protocol = from.protocol;
    listener.tls = lasting.certificates.context_of(from);
    listener.clients = make_clients(from.clients);
    ListenerCountsPtr& counts = lasting.listeners[from.name];
    if (!counts) counts = std::make_shared<ListenerCounts>();
    listener.counts = counts;
    for (const RouteRule& rule : from.rules) {
      Rule& to = listener.rules.emplace_back();
      to.from = rule;
      to.from.backends.clear();
      to.from.mirrors.clear();
      for (const auto& [name, text] : rule.match.patterns)
        to.patterns[name] = compile_pattern(text);
      for (const RouteBackend& backend : rule.backends) {
        to.backends.push_back(backend_from(backend));
        to.weight += backend.weight;
      }
      for (const RouteMirror& mirror : rule.mirrors) {
        to.mirrors.push_back({backend_from(mirror.to), mirror.basis_points});
      }
    }
    for (Rule& rule : listener.rules) rule.affinity = affinity_of(rule);
  }
  lasting.certificates.forget_unused();
  std::erase_if(lasting.listeners, [&](const auto& one) {
    return !made->listeners.contains(one.first) && one.second->open == 0;
  });
  for (const auto& [key, endpoint] : made->endpoints) lasting.endpoints[key] = endpoint;
  return made;
}

}  // namespace weir::gateway
