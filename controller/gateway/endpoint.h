#pragma once

// Endpoint: what the gateway knows of one pod behind a Service: where it is, what was seen of it,
// and whether it is fit for requests. Shared by the snapshots of all the epochs that it is in, and
// by all threads.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "controller/gateway/io.h"
#include "controller/gateway/load.h"
#include "controller/gateway/traffic.h"
#include "reconcilers/route_table.h"

namespace weir::gateway {

// By the status of the answer: few are seen of one endpoint, so this is a short table to walk.
class CodeCounts {
 public:
  void add(int code);
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (const std::int64_t count = slot.count.value()) visit(slot.code.load(), count);
    }
  }

 private:
  struct Slot {
    std::atomic<int> code = 0;  // of the first: 0, and whatever finds no other place
    Count count;
  };
  std::array<Slot, 16> slots_;
};

struct alignas(64) EndpointCounts {
  Count in_flight;
  CodeCounts requests;
  std::array<Count, kLatencySeconds.size() + 1> latency;
  Count microseconds;
  std::array<Count, kRetries.size()> retries;
  std::array<Count, kRefusals.size()> refusals;
  Count ejections;
  Count connections;
  Count connections_made;
  Count sent_bytes;
  Count received_bytes;

  // A request has ended so; `code` 0: its response was cut.
  void ended(int code, Clock::duration took);
};

// How it does. Read at each request, written only when that changes: by any thread.
struct alignas(64) Health {
  std::atomic<int> gateway_errors = 0;  // in a row
  std::atomic<int> server_errors = 0;
  std::atomic<Clock::rep> ejected_until = 0;
  int ejections = 0;  // not forgotten yet; under Load::ejecting

  void forget() {
    gateway_errors = 0;
    server_errors = 0;
    ejected_until = 0;
  }
  bool ejected(Clock::time_point now) const {
    return now.time_since_epoch().count() < ejected_until.load(std::memory_order_relaxed);
  }
};

// In every epoch that it is in and until its last request has ended. Without an address it stands
// for the Service: for the requests that reached none of its endpoints, and for what all of them
// have on their hands.
struct EndpointState {
  std::string service;
  RouteEndpoint endpoint;
  Address address;
  bool http2 = false;
  Clock::time_point since = {};     // it came; those of the first table have been there always
  std::atomic<bool> routed = true;  // it is in the newest epoch
  Health health;
  std::unique_ptr<Load> load;  // of the Service's only
  std::array<EndpointCounts, kThreadsMax> counts = {};

  std::int64_t in_flight() const;
  Traffic traffic() const;
};
using EndpointPtr = std::shared_ptr<EndpointState>;

}  // namespace weir::gateway
