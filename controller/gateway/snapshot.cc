#include "controller/gateway/snapshot.h"

#include <algorithm>

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

std::string key_of(const RouteEndpoint& e) {
  return e.id + "@" + e.address + ":" + std::to_string(e.port);
}

}  // namespace

std::int64_t EndpointState::in_flight() const {
  std::int64_t sum = 0;
  for (const EndpointCounts& thread : counts) sum += thread.in_flight.value();
  return sum;
}

bool Rule::takes(const RequestHead& head) const {
  const bool host = hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const auto& one) {
                      return host_matches(one, head.host);
                    });
  if (!host || !path_matches(match, head.path)) return false;
  if (!match.method.empty() && match.method != head.method) return false;
  for (const auto& [name, value] : match.headers) {
    const Header* header = head.find(name);
    if (!header || header->value != value) return false;
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
        if (backend.service == service) return &backend;
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
  const auto state_of = [&](const RouteEndpoint& endpoint) {
    const std::string key = key_of(endpoint);
    EndpointPtr& state = made->endpoints[key];
    if (state) return state;
    if (const auto old = known.find(key); old != known.end()) {
      old->second->routed = true;
      return state = old->second;
    }
    state = std::make_shared<EndpointState>();
    state->endpoint = endpoint;
    state->address = Address::of(endpoint.address, endpoint.port);
    return state;
  };
  for (const RouteListener& from : table.listeners) {
    Listener& listener = made->listeners[from.name];
    listener.name = from.name;
    listener.protocol = from.protocol;
    listener.tls = certificates.context_of(from);
    for (const RouteRule& rule : from.rules) {
      Rule& to = listener.rules.emplace_back();
      to.hosts = rule.hosts;
      to.match = rule.match;
      for (const RouteBackend& backend : rule.backends) {
        Backend& b = to.backends.emplace_back();
        b.index = made->backends++;
        b.service = backend.service;
        b.weight = backend.weight;
        to.weight += backend.weight;
        for (const RouteEndpoint& e : backend.endpoints) b.endpoints.push_back(state_of(e));
      }
    }
  }
  certificates.forget_unused();
  return made;
}

const Backend* Turns::backend(const Rule& rule) {
  const Backend* best = nullptr;
  for (const Backend& one : rule.backends) {
    if (one.weight <= 0) continue;
    turns_[one.index].credit += one.weight;
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

EndpointPtr Choice::next(const ViewPtr& newest) {
  if (newest != view_) {
    const Backend* same = newest->snapshot->backend(backend_->service);
    if (!same) return nullptr;
    backend_ = same;
    view_ = newest;
  }
  return view_->turns.endpoint(*backend_, tried_);
}

}  // namespace weir::gateway
