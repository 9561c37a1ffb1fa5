#include "controller/gateway/traffic.h"

#include <algorithm>

namespace weir::gateway {

void add(Traffic& to, const Traffic& from) {
  for (const auto& [code, count] : from.requests) to.requests[code] += count;
  to.latency.resize(std::max(to.latency.size(), from.latency.size()));
  for (std::size_t i = 0; i < from.latency.size(); ++i) to.latency[i] += from.latency[i];
  to.microseconds += from.microseconds;
  to.in_flight += from.in_flight;
  to.retries += from.retries;
  to.sent_bytes += from.sent_bytes;
  to.received_bytes += from.received_bytes;
}

}  // namespace weir::gateway
