#pragma once

// Snapshot: one epoch of the route table as the worker uses it: addresses parsed, rules to walk,
// the state of each endpoint shared with the snapshots before and after. Immutable. All threads
// switch to a new one at one instant, at their next request.

#include <array>
#include <atomic>
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
struct alignas(64) EndpointCounts {
  Count in_flight;
  std::array<Count, 6> responses;  // by the status' first digit; [0]: none came
  Count retries;
};

// An endpoint, in every epoch that it is in and until its last request has ended.
struct EndpointState {
  RouteEndpoint endpoint;
  Address address;
  std::atomic<bool> routed = true;  // it is in the newest epoch
  std::array<EndpointCounts, kThreadsMax> counts = {};

  std::int64_t in_flight() const;
};
using EndpointPtr = std::shared_ptr<EndpointState>;

struct Backend {
  std::size_t index = 0;  // in the snapshot: each gate keeps its own turns by it
  std::string service;    // "default/web:80"
  int weight = 1;
  std::vector<EndpointPtr> endpoints;
};

struct Rule {
  std::vector<std::string> hosts;
  RouteMatch match;
  std::vector<Backend> backends;
  int weight = 0;  // of all backends

  bool takes(const RequestHead& head) const;
};

struct Listener {
  std::string name;
  RouteProtocol protocol = RouteProtocol::detect;
  std::vector<Rule> rules;
  TlsContextPtr tls;  // null: TLS does not end here

  const Rule* rule_for(const RequestHead& head) const;
};

struct Snapshot {
  std::uint64_t epoch = 0;
  std::map<std::string, Listener> listeners;
  std::map<std::string, EndpointPtr> endpoints;  // by id and address
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
  // `backend` is one of the view's.
  Choice(ViewPtr view, const Backend& backend) : view_(std::move(view)), backend_(&backend) {}

  EndpointPtr next(const ViewPtr& newest);  // null: there is none
  void failed(const EndpointPtr& endpoint) { tried_.push_back(endpoint); }
  std::size_t tried() const { return tried_.size(); }
  const std::string& service() const { return backend_->service; }

 private:
  ViewPtr view_;
  const Backend* backend_;
  std::vector<EndpointPtr> tried_;
};

}  // namespace weir::gateway
