#pragma once

// Origin: how requests come: the same for all of a client's connection, and what the policy of its
// listener says of it (RouteClients), as it was when the connection was made.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/gateway/http1.h"
#include "controller/gateway/load.h"
#include "reconcilers/cidr.h"
#include "reconcilers/route_policy.h"

namespace weir::gateway {

// Why a connection was closed before its first byte was looked at.
enum class Door { connection_limit, proxy_protocol };
inline constexpr std::array kDoors{"connection-limit", "proxy-protocol"};

// Of a listener, through all epochs that it is in. Counted once a connection, by all threads.
struct ListenerCounts {
  std::atomic<std::int64_t> open = 0;
  std::atomic<std::int64_t> accepted = 0;
  std::array<std::atomic<std::int64_t>, kDoors.size()> refused = {};
  std::atomic<std::int64_t> requests = 0;  // where some of them are logged
};
using ListenerCountsPtr = std::shared_ptr<ListenerCounts>;

struct Clients {
  RouteClients from;
  std::vector<Cidr> trusted;

  bool has_proxy_header() const { return from.proxy_protocol != RouteClients::ProxyProtocol::no; }
  bool needs_proxy_header() const {
    return from.proxy_protocol == RouteClients::ProxyProtocol::required;
  }
  bool trusts(const std::string& ip) const;
};
using ClientsPtr = std::shared_ptr<const Clients>;  // null: nothing is said of them

ClientsPtr make_clients(const RouteClients& from);

struct Origin {
  std::string ip = {};
  std::shared_ptr<const std::string> listener = {};  // its name
  bool secure = false;                               // through TLS
  ClientsPtr clients = {};
  ListenerCountsPtr counts = {};
  Ticket place = {};  // among the listener's connections
};

// Who asks: who has connected; behind proxies that are trusted, who has connected to them.
struct Caller {
  std::string ip = {};
  bool through_proxy = false;  // one that is trusted: what it says of the request is true
};
Caller caller_of(const Origin& origin, const RequestHead& head);

}  // namespace weir::gateway
