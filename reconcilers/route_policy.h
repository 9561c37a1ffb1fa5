#pragma once

// RoutePolicy: how the gateway treats what goes to a backend, beyond where it goes; RouteClients:
// how it treats who comes to a listener. Parts of the route table, and like it plain data with ==.
// What a BackendTrafficPolicy and a ClientTrafficPolicy say (policies.cc); what they do not say has
// its default here.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// Of all: ten thousand basis points.
inline constexpr int kAllBasisPoints = 10'000;

// By what a user is known whose requests all go to one endpoint, and, in a rule with several
// backends, to one backend.
struct RouteAffinity {
  enum class By { nothing, source_ip, header, cookie };
  By by = By::nothing;
  std::string name = {};  // of the header field, in lower case, or of the cookie
  bool given = false;     // to who has none, by the gateway; cookies always are
  int ttl_s = 0;          // of the cookie; 0: until the browser ends
  bool operator==(const RouteAffinity&) const = default;
};

// Trouble on purpose, for so many of the requests. Status or milliseconds 0: none.
struct RouteFault {
  int delay_ms = 0;
  int delay_basis_points = kAllBasisPoints;
  int abort_status = 0;
  int abort_basis_points = kAllBasisPoints;
  bool operator==(const RouteFault&) const = default;
};

// An endpoint that fails so often in a row gets nothing for a while. Failures of connections count
// always; what an endpoint answers counts only where a policy says so, for an error of the
// application must not take all of its endpoints away.
struct RouteOutliers {
  int gateway_errors = 5;
  bool answers = false;    // its 502, 503, 504 and its silence are gateway errors, too
  int server_errors = 0;   // so many answers from 500 on are too many; 0: they do not count
  int interval_ms = 3000;  // of good service: then one ejection is forgotten
  int base_ms = 30'000;    // the first ejection; each in a row is longer by as much
  int max_percent = 50;    // of a backend's endpoints; one may always go, the last one never
  bool operator==(const RouteOutliers&) const = default;
};

// Second tries: so many to a hundred requests of the last interval, and a few in any case.
struct RouteRetryBudget {
  int percent = 20;
  int interval_ms = 10'000;
  int min_count = 10;
  int min_interval_ms = 1000;
  bool operator==(const RouteRetryBudget&) const = default;
};

// At a time, of all threads together; 0: no limit.
struct RouteLimits {
  int connections = 0;
  int requests = 0;
  int pending = 0;  // that wait for a connection to be made
  bool operator==(const RouteLimits&) const = default;
};

// Nothing goes to an endpoint; what comes waits, so many and so long.
struct RoutePause {
  int timeout_ms = 30'000;
  int pending = 1000;
  bool operator==(const RoutePause&) const = default;
};

struct RoutePolicy {
  RouteFault fault = {};
  RouteOutliers outliers = {};
  std::optional<RouteRetryBudget> retries = {};
  RouteLimits limits = {};
  std::optional<RoutePause> pause = {};
  int slow_start_ms = 0;  // until a new endpoint has a whole share; 0: from the start
  bool operator==(const RoutePolicy&) const = default;
};

// Of a listener's connections and requests; 0 and none: no limit, nobody, or as the gateway has it.
struct RouteClients {
  enum class ProxyProtocol { no, optional, required };
  ProxyProtocol proxy_protocol = ProxyProtocol::no;
  int trusted_hops = 0;                         // proxies in front, that many
  std::vector<std::string> trusted_cidrs = {};  // or with these addresses
  int connections = 0;                          // open at a time
  std::int64_t body_max = 0;                    // bytes
  int body_ms = 0;                              // until it is whole, from the head
  int idle_ms = 0;                              // between two requests
  int log_basis_points = 0;                     // of the requests
  bool operator==(const RouteClients&) const = default;
};

}  // namespace weir
