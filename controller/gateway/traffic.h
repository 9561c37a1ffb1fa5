#pragma once

// What the gateway has seen, in plain numbers, from the worker's start: Traffic of each endpoint of
// a Service, ListenerTraffic of each listener. The worker sums it up from its threads, the holder
// from its workers, and weir serve shows it as metrics. A worker that is replaced takes its numbers
// with it: they are counters, and whoever reads them knows that counters start anew.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::gateway {

// Of a request, from its head until the last byte of its response; Prometheus' usual bounds, finer
// where a proxy's requests are.
inline constexpr std::array kLatencySeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

// Why a request was tried again, and why one was answered by the gateway itself though there were
// endpoints: as labels of metrics.
enum class Retry { connect_failure, reset, timeout };
inline constexpr std::array kRetries{"connect-failure", "reset", "timeout"};
enum class Refused { fault, connections, requests, pending, retries, paused };
inline constexpr std::array kRefusals{
    "fault", "max-connections", "max-parallel-requests", "max-pending-requests", "retry-budget",
    "pause"};

struct Traffic {
  std::string service = {};   // "default/web:80"
  std::string endpoint = {};  // "default/web-5d9c-x2x4z"; empty: requests that reached none
  std::string revision = {};
  std::map<int, std::int64_t> requests = {};  // by the status of their answer; 0: it was cut
  std::vector<std::int64_t> latency = {};     // those of each bound, and those beyond
  std::int64_t microseconds = 0;              // of all requests
  std::int64_t in_flight = 0;
  std::map<std::string, std::int64_t> retries = {};   // requests that went elsewhere from here
  std::map<std::string, std::int64_t> refusals = {};  // by a policy
  std::int64_t ejections = 0;
  std::int64_t connections = 0;       // to it, open now
  std::int64_t connections_made = 0;  // and ever
  std::int64_t sent_bytes = 0;        // to the endpoint, of bodies
  std::int64_t received_bytes = 0;    // from it
  bool operator==(const Traffic&) const = default;
};

struct ListenerTraffic {
  std::string listener = {};  // "host:443", "Service/default/web:80/node"
  std::int64_t connections = 0;
  std::int64_t accepted = 0;
  std::map<std::string, std::int64_t> refused = {};  // of those, by why
  bool operator==(const ListenerTraffic&) const = default;
};

struct TrafficReport {
  std::vector<Traffic> endpoints = {};
  std::vector<ListenerTraffic> listeners = {};
  std::string io = {};                 // "io_uring" or "epoll"
  std::int64_t log_lines_dropped = 0;  // of the access log
  bool operator==(const TrafficReport&) const = default;
};

bool has_any(const Traffic& traffic);

// Adds the numbers of `from`: of the same endpoint; of another worker, which is the newer one.
void add(Traffic& to, const Traffic& from);
void add(TrafficReport& to, const TrafficReport& from);

}  // namespace weir::gateway
