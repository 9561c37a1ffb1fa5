#pragma once

// Gate: one thread of the worker, and what its connections share: its sockets, the snapshot, the
// kept connections to endpoints, whose turn it is. Nothing in it is touched by another thread.

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/gateway/access_log.h"
#include "controller/gateway/choice.h"
#include "controller/gateway/io.h"
#include "controller/gateway/wait.h"

namespace weir::gateway {

struct Limits {
  std::size_t unsent_max = 256 << 10;      // then nothing more is read from the other side
  std::size_t replay_max = 64 << 10;       // of a body that is kept for another try
  std::size_t connections_max = 16 << 10;  // of a gate
  std::size_t copies_max = 256;            // of requests, under way at a time in a gate
  std::chrono::seconds head{10};           // from a request's first byte to its empty line
  std::chrono::seconds idle{75};           // of a client between two requests
  std::chrono::seconds upstream_idle{4};   // below the 5 s of many servers: see exchange.h
  std::chrono::seconds connect{2};
};

// The current snapshot. The switch is one store, which all gates see at their next request.
class CurrentSnapshot {
 public:
  void set(SnapshotPtr snapshot);
  SnapshotPtr get() const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;  // taken once a switch, not on the path
  SnapshotPtr snapshot_;
  std::atomic<std::uint64_t> version_ = 0;
};

// A connection to an endpoint. While it is busy, the endpoint has one more request in flight: from
// the instant it is picked until the last byte.
class Upstream {
 public:
  Upstream(EndpointPtr endpoint, EndpointCounts& counts)
      : endpoint_(std::move(endpoint)), counts_(counts) {
    counts_.connections.add();
    counts_.connections_made.add();
    begin();
  }
  ~Upstream() {
    end();
    counts_.connections.add(-1);
  }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  void begin() {
    if (!std::exchange(busy_, true)) counts_.in_flight.add();
  }
  void end() {
    if (std::exchange(busy_, false)) counts_.in_flight.add(-1);
  }
  const EndpointPtr& endpoint() const { return endpoint_; }
  EndpointCounts& counts() const { return counts_; }

  StreamPtr stream = {};
  bool kept = false;   // it has carried a request before
  Ticket ticket = {};  // where the number of connections is limited

 private:
  const EndpointPtr endpoint_;
  EndpointCounts& counts_;
  bool busy_ = false;
};
using UpstreamPtr = std::unique_ptr<Upstream>;

class Gate;

// A client's connection, in whatever protocol. Owned by the gate until it is over.
class Session {
 public:
  virtual ~Session() = default;
  virtual void tick(Clock::time_point now) = 0;  // a few times a second: its deadlines
  virtual void drain() = 0;                      // no request after this one
};

// A client that has connected.
struct Accepted {
  int fd = -1;
  Address peer = {};
  std::shared_ptr<const std::string> listener = {};
};

class Gate {
 public:
  Gate(std::size_t number, std::unique_ptr<Io> io, const CurrentSnapshot& current, Limits limits,
       AccessLog& log);
  ~Gate();

  Io& io() { return *io_; }
  const Limits& limits() const { return limits_; }
  Clock::time_point now() const { return now_; }
  const ViewPtr& view();  // of this instant
  // For a head that is read and done with in one call: their lists are not made anew each time.
  RequestHead& request_head() { return request_head_; }
  ResponseHead& response_head() { return response_head_; }
  std::string& scratch() { return scratch_; }

  // A connection to the endpoint that is ready, or is being made. `fresh`: not a kept one.
  UpstreamPtr upstream(const EndpointPtr& endpoint, bool fresh, StreamUser& user);
  EndpointCounts& counts_of(EndpointState& endpoint) const { return endpoint.counts[number_]; }
  std::size_t number() const { return number_; }
  Waits& waits() { return waits_; }
  // For bytes that are no requests.
  UpstreamPtr raw_upstream(const EndpointPtr& endpoint, StreamUser& user);
  void keep(UpstreamPtr upstream);  // it may carry another request
  bool keeps_one(const EndpointPtr& endpoint) const;

  // Whoever connects comes to `accepted`, which may choose another gate to admit them.
  using OnAccepted = std::function<void(Accepted)>;
  void listen(int fd, const std::string& listener, OnAccepted accepted);
  void accept(const Accepted& connection);
  void stop_listening(int fd, std::function<void()> stopped);
  // A connection whose client is known. `first` has come already.
  void greet(StreamPtr stream, Origin origin, std::string_view first);
  static void refused(const Origin& origin, Door why);  // one that is closed at once
  void admit(std::unique_ptr<Session> session);
  void over(Session& session) { over_.push_back(&session); }  // freed at the end of the turn

  void turn();   // one round of the thread
  void drain();  // each session ends with its present request
  std::size_t sessions() const { return sessions_.size() + new_.size() - copies_; }
  // How many of its sessions are copies of requests, which nobody waits for.
  std::size_t& copies() { return copies_; }
  Clock::duration idle_of(const Origin& origin) const;  // between two requests
  void log(std::string_view line);
  // From any thread: every request that this gate picks an endpoint for sees this version or later.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  class Idle;
  void tick();
  void write_log();

  RequestHead request_head_;
  ResponseHead response_head_;
  std::string scratch_;
  const std::size_t number_;
  const std::unique_ptr<Io> io_;
  const CurrentSnapshot& current_;
  const Limits limits_;
  Clock::time_point now_ = Clock::now();
  Clock::time_point next_tick_ = {};
  AccessLog& log_;
  std::string log_lines_;  // that the log does not have yet
  ViewPtr view_;
  Waits waits_;
  bool new_table_ = false;                  // for those who wait
  std::atomic<std::uint64_t> version_ = 0;  // of the view
  std::unordered_map<EndpointPtr, std::vector<std::unique_ptr<Idle>>> idle_;
  std::unordered_map<const Session*, std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>> new_;  // since this turn began
  std::vector<Session*> over_;
  std::size_t copies_ = 0;
  bool draining_ = false;
};

}  // namespace weir::gateway
