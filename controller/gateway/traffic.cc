#include "controller/gateway/traffic.h"

#include <algorithm>

namespace weir::gateway {

bool has_any(const Traffic& traffic) {
  const bool retried = std::any_of(traffic.retries.begin(), traffic.retries.end(),
                                   [](const auto& one) { return one.second > 0; });
  return !traffic.requests.empty() || traffic.in_flight > 0 || retried ||
         !traffic.refusals.empty() || traffic.ejections > 0;
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
  to.sent_bytes += from.sent_bytes;
  to.received_bytes += from.received_bytes;
}

}  // namespace weir::gateway
