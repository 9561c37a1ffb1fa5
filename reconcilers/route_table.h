#pragma once

// RouteTable: what the gateway is told, whole, each time something changes. Made from the World
// (routes.cc), sent by the executor, acknowledged by its epoch; the gateway works from the last one
// until the next is there. Plain data with ==.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/route_policy.h"

namespace weir {

struct RouteEndpoint {
  std::string id = {};        // the pod's uid, or the address where there is no pod
  std::string name = {};      // "default/web-5d9c-x2x4z", for logs and metrics
  std::string revision = {};  // its pod-template-hash
  std::string address = {};   // an IP
  int port = 0;
  bool operator==(const RouteEndpoint&) const = default;
};

// Header fields that change, in this order: some go, some take the place of others, some are added.
struct RouteHeaders {
  using Field = std::pair<std::string, std::string>;
  std::vector<std::string> remove = {};
  std::vector<Field> set = {};
  std::vector<Field> add = {};
  bool operator==(const RouteHeaders&) const = default;
};

// Requests are divided by weight among a rule's backends, and evenly among a backend's endpoints.
struct RouteBackend {
  std::string service = {};   // "default/web:80"
  std::string revision = {};  // the one of its revisions that it is; empty: all
  int weight = 1;
  RouteAffinity affinity = {};  // its Service's; a rule's own goes before it
  bool missing = false;         // it cannot be resolved: its share of the requests fails
  RouteHeaders request = {};
  RouteHeaders response = {};
  bool http2 = false;  // its endpoints speak HTTP/2, in clear and unasked: gRPC
  RoutePolicy policy = {};
  std::vector<RouteEndpoint> endpoints = {};
  bool operator==(const RouteBackend&) const = default;
};

struct RouteMatch {
  std::string path = "/";
  bool exact = false;  // else: a prefix of whole path segments
  std::string method = {};
  std::map<std::string, std::string> headers = {};  // lower-case name → exact value
  std::map<std::string, std::string> query = {};
  // Lower-case header name, ":path" or ":method" → a regular expression (RE2) for the whole of it.
  std::map<std::string, std::string> patterns = {};
  bool operator==(const RouteMatch&) const = default;
};

// Another path: the whole of it, or what stands for the prefix that matched. One at most is there.
struct RoutePath {
  std::optional<std::string> full = {};
  std::optional<std::string> prefix = {};
  bool operator==(const RoutePath&) const = default;
};

// Empty: as the request has it.
struct RouteRedirect {
  int status = 302;
  std::string scheme = {};
  std::string host = {};
  int port = 0;
  RoutePath path = {};
  bool operator==(const RouteRedirect&) const = default;
};

// A copy of so many of a rule's requests goes there, and what comes back is dropped.
struct RouteMirror {
  RouteBackend to = {};
  int basis_points = 10'000;
  bool operator==(const RouteMirror&) const = default;
};

// Rules stand in the order in which they are tried: Gateway API's precedence is http_rules.cc's
// work.
struct RouteRule {
  std::vector<std::string> hosts = {};  // "a.example", "*.example"; none: any
  RouteMatch match = {};
  RouteHeaders request = {};
  RouteHeaders response = {};
  std::string host = {};  // that the request goes on with; empty: its own
  RoutePath path = {};    // likewise
  std::optional<RouteRedirect> redirect = {};
  std::vector<RouteMirror> mirrors = {};
  RouteAffinity affinity = {};
  int timeout_ms = 0;      // of the whole request; 0: none
  int try_timeout_ms = 0;  // of each try
  int refusal = 0;         // a status that answers it: it has backends that cannot be
  std::vector<RouteBackend> backends = {};
  bool operator==(const RouteRule&) const = default;
};

enum class RouteProtocol { detect, http, tcp };

// In PEM. What is in `key` is shown to nobody: no text of a plan, no log.
struct RouteCertificate {
  std::vector<std::string> hosts = {};  // that it is for; none: those that it names itself
  std::string chain = {};               // the leaf first
  std::string key = {};
  bool operator==(const RouteCertificate&) const = default;
};

struct RouteListener {
  std::string name = {};     // "Service/default/web:80": what its socket is known by
  std::string sandbox = {};  // the container in whose network it listens; empty: the host's
  std::string address = {};  // empty: all
  int port = 0;
  RouteProtocol protocol = RouteProtocol::detect;
  std::vector<RouteRule> rules = {};  // of tcp: one that matches all
  // Some: TLS ends here. A client gets the one for the name it asks for, else the first.
  std::vector<RouteCertificate> certificates = {};
  RouteClients clients = {};
  bool operator==(const RouteListener&) const = default;
};

struct RouteTable {
  std::vector<RouteListener> listeners = {};
  bool operator==(const RouteTable&) const = default;
};

template <class Visit>
void for_each_endpoint(const RouteTable& table, Visit visit) {
  for (const RouteListener& listener : table.listeners) {
    for (const RouteRule& rule : listener.rules) {
      for (const RouteBackend& backend : rule.backends) {
        for (const RouteEndpoint& endpoint : backend.endpoints) visit(endpoint);
      }
      for (const RouteMirror& mirror : rule.mirrors) {
        for (const RouteEndpoint& endpoint : mirror.to.endpoints) visit(endpoint);
      }
    }
  }
}

}  // namespace weir
