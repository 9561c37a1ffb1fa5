#pragma once

// Snapshot: one epoch of the route table as the worker uses it: addresses parsed, rules to walk,
// the state of each endpoint shared with the snapshots before and after. Immutable. All threads
// switch to a new one at one instant, at their next request.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/gateway/http1.h"
#include "controller/gateway/io.h"
#include "controller/gateway/tls_context.h"
#include "controller/gateway/traffic.h"
#include "reconcilers/route_table.h"

namespace weir::gateway {

inline constexpr std::size_t kThreadsMax = 16;

// What one thread has seen of one endpoint. Written by that thread alone, read by any: a plain
// load and store each, no lock and no shared cache line on the path.
class Count {
 public:
  void add(std::int64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};
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
  Count retries;
  Count sent_bytes;
  Count received_bytes;

  // A request has ended so; `code` 0: its response was cut.
  void ended(int code, std::chrono::steady_clock::duration took);
};

// An endpoint of a Service, in every epoch that it is in and until its last request has ended.
// Without an address it stands for the requests of that Service that reached none.
struct EndpointState {
  std::string service;
  RouteEndpoint endpoint;
  Address address;
  bool http2 = false;
  std::atomic<bool> routed = true;  // it is in the newest epoch
  std::array<EndpointCounts, kThreadsMax> counts = {};

  std::int64_t in_flight() const;
  Traffic traffic() const;
};
using EndpointPtr = std::shared_ptr<EndpointState>;

struct Backend {
  std::size_t index = 0;  // in the snapshot: each gate keeps its own turns by it
  RouteBackend from;      // without its endpoints
  std::vector<EndpointPtr> endpoints;
  EndpointPtr nobody;  // for what reached none of them
};

struct Mirror {
  Backend to;
  int basis_points = 0;
};

struct Rule {
  RouteRule from;  // without its backends and mirrors
  std::vector<Backend> backends;
  std::vector<Mirror> mirrors;
  int weight = 0;  // of all backends

  bool takes(const RequestHead& head) const;
};

struct Listener {
  std::string name;
  int port = 0;
  RouteProtocol protocol = RouteProtocol::detect;
  std::vector<Rule> rules;
  TlsContextPtr tls;  // null: TLS does not end here

  const Rule* rule_for(const RequestHead& head) const;
};

struct Snapshot {
  std::uint64_t epoch = 0;
  std::map<std::string, Listener> listeners;
  std::map<std::string, EndpointPtr> endpoints;  // by Service, id and address
  std::size_t backends = 0;

  // The backend of that service: a retry may find a newer epoch than its request did.
  const Backend* backend(const std::string& service) const;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

// `known`, `certificates`: what lives on from earlier epochs.
SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table,
                          const std::map<std::string, EndpointPtr>& known,
                          Certificates& certificates);
inline SnapshotPtr make_snapshot(std::uint64_t epoch, const RouteTable& table,
                                 const std::map<std::string, EndpointPtr>& known) {
  Certificates read_anew;
  return make_snapshot(epoch, table, known, read_anew);
}

// Whose turn it is, of one thread. Weights come out exact, with no more than one request of error
// at any time (smooth weighted round robin, as nginx has it).
class Turns {
 public:
  explicit Turns(std::size_t backends) : turns_(backends) {}
  // Null: none has a weight.
  const Backend* backend(const Rule& rule);
  // None that is in `tried` while there is another. Null: it has none.
  EndpointPtr endpoint(const Backend& backend, const std::vector<EndpointPtr>& tried);
  // Whether this request is one of those of which it gets a copy.
  bool mirrors(const Mirror& mirror);

 private:
  struct Turn {
    std::int64_t credit = 0;
    std::size_t next = 0;
  };
  std::vector<Turn> turns_;  // by Backend::index
};

// A snapshot and a gate's turns in it.
struct View {
  explicit View(SnapshotPtr of) : snapshot(std::move(of)), turns(snapshot->backends) {}
  const SnapshotPtr snapshot;
  Turns turns;
};
using ViewPtr = std::shared_ptr<View>;

// Where one request or connection goes, and where to if that fails. Each try is by the newest
// epoch: what a later one has left out gets nothing from an earlier one's request.
class Choice {
 public:
  // Both are the view's, `backend` one of the rule's.
  Choice(ViewPtr view, const Rule& rule, const Backend& backend)
      : chosen_in_(view),
        rule_(&rule),
        chosen_(&backend),
        view_(std::move(view)),
        backend_(&backend) {}

  EndpointPtr next(const ViewPtr& newest);  // null: there is none
  // Where the backend wants that: this client's requests go to one endpoint.
  void stick_to(std::string_view client) {
    if (backend_->from.client_affinity) client_ = client;
  }
  void failed(const EndpointPtr& endpoint) { tried_.push_back(endpoint); }
  std::size_t tried() const { return tried_.size(); }
  const std::string& service() const { return backend_->from.service; }
  const EndpointPtr& nobody() const { return chosen_->nobody; }
  const ViewPtr& view() const { return chosen_in_; }
  // As they were when it was chosen.
  const Rule& rule() const { return *rule_; }
  const RouteBackend& backend() const { return chosen_->from; }

 private:
  ViewPtr chosen_in_;
  const Rule* rule_;
  const Backend* chosen_;
  ViewPtr view_;
  const Backend* backend_;
  std::string client_;
  std::vector<EndpointPtr> tried_;
};

}  // namespace weir::gateway
