#include "controller/gateway/traffic.h"

#include <algorithm>

namespace weir::gateway {

bool has_any(const Traffic& traffic) {
  const bool retried = std::any_of(traffic.retries.begin(), traffic.retries.end(),
                                   [](const auto& one) { return one.second > 0; });
  return !traffic.requests.empty() || traffic.in_flight > 0 || retried ||
         !traffic.refusals.empty() || traffic.ejections > 0 || traffic.connections_made > 0;
}

void add(Traffic& to, const Traffic& from) {
  for (const auto& [code, count] : from.requests) to.requests[code] += count;
  to.latency.resize(std::max(to.latency.size(), from.latency.size()));
  for (std::size_t i = 0; i < from.latency.size(); ++i) to.latency[i] += from.latency[i];
  to.microseconds += from.microseconds;
  to.in_flight += from.in_flight;
  for (const auto& [reason, count] : from.retries) to.retries[reason] += count;
  for (const auto& [reason, count] : from.refusals) to.refusals[reason] += count;
  to.ejections += from.ejections;
  to.connections += from.connections;
  to.connections_made += from.connections_made;
  to.sent_bytes += from.sent_bytes;
  to.received_bytes += from.received_bytes;
}

void add(TrafficReport& to, const TrafficReport& from) {
  for (const Traffic& one : from.endpoints) {
    const auto same = std::find_if(to.endpoints.begin(), to.endpoints.end(), [&](const Traffic& t) {
      return t.service == one.service && t.endpoint == one.endpoint;
    });
    if (same == to.endpoints.end()) {
      to.endpoints.push_back(one);
    } else {
      add(*same, one);
    }
  }
  for (const ListenerTraffic& one : from.listeners) {
    const auto same =
        std::find_if(to.listeners.begin(), to.listeners.end(),
                     [&](const ListenerTraffic& t) { return t.listener == one.listener; });
    if (same == to.listeners.end()) {
      to.listeners.push_back(one);
      continue;
    }
    same->connections += one.connections;
    same->accepted += one.accepted;
    for (const auto& [why, count] : one.refused) same->refused[why] += count;
  }
  if (!from.io.empty()) to.io = from.io;  // else it has not reported yet
  to.log_lines_dropped += from.log_lines_dropped;
}

}  // namespace weir::gateway
