#pragma once

// Snapshot: one epoch of the route table as the worker uses it: addresses parsed, rules to walk,
// the state of each endpoint shared with the snapshots before and after. Immutable. All threads
// switch to a new one at one instant, at their next request.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/gateway/endpoint.h"
#include "controller/gateway/http1.h"
#include "controller/gateway/origin.h"
#include "controller/gateway/tls_context.h"
#include "reconcilers/route_table.h"

namespace re2 {
class RE2;
}

namespace weir::gateway {

struct Backend {
  std::size_t index = 0;  // in the snapshot: each gate keeps its own turns by it
  RouteBackend from;      // without its endpoints
  std::vector<EndpointPtr> endpoints;
  EndpointPtr nobody;  // for what reached none of them, and for all of them together
};

struct Mirror {
  Backend to;
  int basis_points = 0;
};

struct Rule {
  RouteRule from;  // without its backends and mirrors
  std::map<std::string, std::shared_ptr<const re2::RE2>> patterns;  // from.match's, compiled
  std::vector<Backend> backends;
  std::vector<Mirror> mirrors;
  int weight = 0;  // of all backends
  // By what users are known before a backend is chosen: the rule's, or what all backends agree on.
  // Null: by nothing.
  const RouteAffinity* affinity = nullptr;

  bool takes(const RequestHead& head) const;
};

struct Listener {
  std::string name;
  int port = 0;
  RouteProtocol protocol = RouteProtocol::detect;
  std::vector<Rule> rules;
  TlsContextPtr tls;   // null: TLS does not end here
  ClientsPtr clients;  // null: nothing is said of them
  ListenerCountsPtr counts;

  const Rule* rule_for(const RequestHead& head) const;
  // What is no request: the first rule that asks for nothing, else the first. There are rules.
  const Rule& rule_for_bytes() const;
};

struct Snapshot {
  std::uint64_t epoch = 0;
  std::map<std::string, Listener> listeners;
  std::map<std::string, EndpointPtr> endpoints;  // by Service, id and address
  std::size_t backends = 0;

  // The backend of that service and revision, else of that service: a retry may find a newer epoch
  // than its request did.
  const Backend* backend(const RouteBackend& like) const;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// What lives on from one epoch to the next.
struct Lasting {
  std::map<std::string, EndpointPtr> endpoints = {};  // in a table, or draining
  std::map<std::string, ListenerCountsPtr> listeners = {};
  Certificates certificates = {};
};

SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table, Lasting& lasting);
inline SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table,
                                 const std::map<std::string, EndpointPtr>& known) {
  Lasting lasting{.endpoints = known};
  return make_snapshot(epoch, table, lasting);
}

}  // namespace weir::gateway
