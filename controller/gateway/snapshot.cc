#include "controller/gateway/snapshot.h"

#include <algorithm>
#include <tuple>

#include "reconcilers/names.h"

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

std::string key_of(const std::string& service, const RouteEndpoint& e) {
  return service + " " + e.id + "@" + e.address + ":" + std::to_string(e.port);
}

// Rendezvous hashing: every thread, and a weir of tomorrow, finds the same one; when it goes, its
// clients are divided among the others, and nobody else's move. One that failed is the last resort.
EndpointPtr home_of(const std::string& client, const Backend& backend,
                    const std::vector<EndpointPtr>& tried) {
  EndpointPtr best;
  std::pair<bool, std::uint32_t> highest;
  for (const EndpointPtr& one : backend.endpoints) {
    const bool fresh = std::find(tried.begin(), tried.end(), one) == tried.end();
    const std::pair standing(fresh, fnv1a_32(client + " " + one->endpoint.id));
    if (!best || standing > highest) {
      best = one;
      highest = standing;
    }
  }
  return best;
}

}  // namespace

void CodeCounts::add(int code) {
  const auto slot = std::find_if(std::next(slots_.begin()), slots_.end(), [&](Slot& one) {
    int there = one.code.load(std::memory_order_relaxed);
    if (there == 0 && code != 0) one.code.store(there = code, std::memory_order_release);
    return there == code && code != 0;
  });
  (slot == slots_.end() ? slots_.front() : *slot).count.add();
}

void EndpointCounts::ended(int code, std::chrono::steady_clock::duration took) {
  requests.add(code);
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::lower_bound(kLatencySeconds.begin(), kLatencySeconds.end(), seconds);
  latency[static_cast<std::size_t>(bound - kLatencySeconds.begin())].add();
  microseconds.add(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

Traffic EndpointState::traffic() const {
  Traffic sum{.service = service, .endpoint = endpoint.name, .revision = endpoint.revision};
  sum.latency.resize(kLatencySeconds.size() + 1);
  for (const EndpointCounts& thread : counts) {
    thread.requests.for_each([&](int code, std::int64_t count) { sum.requests[code] += count; });
    for (std::size_t i = 0; i < sum.latency.size(); ++i)
      sum.latency[i] += thread.latency[i].value();
    sum.microseconds += thread.microseconds.value();
    sum.in_flight += thread.in_flight.value();
    sum.retries += thread.retries.value();
    sum.sent_bytes += thread.sent_bytes.value();
    sum.received_bytes += thread.received_bytes.value();
  }
  return sum;
}

std::int64_t EndpointState::in_flight() const {
  std::int64_t sum = 0;
  for (const EndpointCounts& thread : counts) sum += thread.in_flight.value();
  return sum;
}

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
  return std::all_of(match.query.begin(), match.query.end(), [&](const auto& one) {
    return has_parameter(head.query, one.first, one.second);
  });
}

const Rule* Listener::rule_for(const RequestHead& head) const {
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.takes(head); });
  return found == rules.end() ? nullptr : &*found;
}

const Backend* Snapshot::backend(const std::string& service) const {
  for (const auto& [name, listener] : listeners) {
    for (const Rule& rule : listener.rules) {
      for (const Backend& backend : rule.backends) {
        if (backend.from.service == service && !backend.from.missing) return &backend;
      }
      for (const Mirror& mirror : rule.mirrors) {
        if (mirror.to.from.service == service) return &mirror.to;
      }
    }
  }
  return nullptr;
}

SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table,
                          const std::map<std::string, EndpointPtr>& known,
                          Certificates& certificates) {
  auto made = std::make_shared<Snapshot>();
  for (const auto& [key, endpoint] : known) endpoint->routed = false;
  made->epoch = epoch;
  const auto state_of = [&](const std::string& service, const RouteEndpoint& endpoint, bool http2) {
    const std::string key = key_of(service, endpoint) + (http2 ? "/http2" : "");
    EndpointPtr& state = made->endpoints[key];
    if (state) return state;
    if (const auto old = known.find(key); old != known.end()) {
      old->second->routed = true;
      return state = old->second;
    }
    state = std::make_shared<EndpointState>();
    state->service = service;
    state->endpoint = endpoint;
    state->http2 = http2;
    state->address = Address::of(endpoint.address, endpoint.port);
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
    listener.tls = certificates.context_of(from);
    for (const RouteRule& rule : from.rules) {
      Rule& to = listener.rules.emplace_back();
      to.from = rule;
      to.from.backends.clear();
      to.from.mirrors.clear();
      for (const RouteBackend& backend : rule.backends) {
        to.backends.push_back(backend_from(backend));
        to.weight += backend.weight;
      }
      for (const RouteMirror& mirror : rule.mirrors) {
        to.mirrors.push_back({backend_from(mirror.to), mirror.basis_points});
      }
    }
  }
  certificates.forget_unused();
  return made;
}

const Backend* Turns::backend(const Rule& rule) {
  const Backend* best = nullptr;
  for (const Backend& one : rule.backends) {
    if (one.from.weight <= 0) continue;
    turns_[one.index].credit += one.from.weight;
    if (!best || turns_[one.index].credit > turns_[best->index].credit) best = &one;
  }
  if (best) turns_[best->index].credit -= rule.weight;
  return best;
}

EndpointPtr Turns::endpoint(const Backend& backend, const std::vector<EndpointPtr>& tried) {
  const std::size_t count = backend.endpoints.size();
  if (count == 0) return nullptr;
  std::size_t& next = turns_[backend.index].next;
  for (std::size_t i = 0; i < count; ++i) {
    const EndpointPtr& one = backend.endpoints[next++ % count];
    if (std::find(tried.begin(), tried.end(), one) == tried.end()) return one;
  }
  return backend.endpoints[next++ % count];
}

bool Turns::mirrors(const Mirror& mirror) {
  constexpr std::int64_t kAll = 10'000;
  std::int64_t& credit = turns_[mirror.to.index].credit;
  credit += mirror.basis_points;
  if (credit < kAll) return false;
  credit -= kAll;
  return true;
}

EndpointPtr Choice::next(const ViewPtr& newest) {
  if (newest != view_) {
    const Backend* same = newest->snapshot->backend(backend_->from.service);
    if (!same) return nullptr;
    backend_ = same;
    view_ = newest;
  }
  if (!client_.empty()) return home_of(client_, *backend_, tried_);
  return view_->turns.endpoint(*backend_, tried_);
}

}  // namespace weir::gateway
