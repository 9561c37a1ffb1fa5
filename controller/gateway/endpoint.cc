#include "controller/gateway/endpoint.h"

#include <algorithm>

namespace weir::gateway {

void CodeCounts::add(int code) {
  const auto slot = std::find_if(std::next(slots_.begin()), slots_.end(), [&](Slot& one) {
    int there = one.code.load(std::memory_order_relaxed);
    if (there == 0 && code != 0) one.code.store(there = code, std::memory_order_release);
    return there == code && code != 0;
  });
  (slot == slots_.end() ? slots_.front() : *slot).count.add();
}

void EndpointCounts::ended(int code, Clock::duration took) {
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
    for (std::size_t i = 0; i < kRetries.size(); ++i) {
      if (!endpoint.id.empty()) sum.retries[kRetries[i]] += thread.retries[i].value();
    }
    for (std::size_t i = 0; i < kRefusals.size(); ++i) {
      if (const auto count = thread.refusals[i].value()) sum.refusals[kRefusals[i]] += count;
    }
    sum.ejections += thread.ejections.value();
    sum.connections += thread.connections.value();
    sum.connections_made += thread.connections_made.value();
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

}  // namespace weir::gateway
