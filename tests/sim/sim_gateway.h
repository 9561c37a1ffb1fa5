#pragma once

// A gateway that is a model: tables that arrive late, requests that take their time, workers and
// holders that die, connections that break. Like the real one it lives through crashes of weir, and
// carries out what a dead weir had sent. `connect` is what one life of weir holds of it.
//
// What it really does (`asks`, `answering`, `table`) is what invariants are checked against; weir
// sees only what it is told.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "controller/loop/gateway_link.h"
#include "tests/sim/schedule.h"
#include "tests/sim/sim_engine.h"

namespace weir::sim {

// Each with its chance per table. All zero: a quiet gateway.
struct GatewayFaults {
  double slow = 0;         // takes seconds to arrive, or to be acknowledged
  double never_told = 0;   // the connection breaks before it arrives
  double never_heard = 0;  // … and after that: it will be in force, and nobody says so
};

class SimGateway {
 public:
  SimGateway(const SimClock& clock, const SimEngine& engine, std::uint64_t seed);

  GatewayFaults faults;

  // One weir at a time is connected; the next connection ends the one before it.
  std::unique_ptr<GatewayLink> connect();
  Time next_event() const { return schedule_.next(); }
  void run_due() { schedule_.run_due(clock_.steady()); }

  // --- The world around it -----------------------------------------------------------------------
  // One client, at a listener of its own choice.
  void ask();
  void worker_dies();  // the requests in flight are cut, the next one has the newest table
  void holder_dies();  // everything is gone until weir starts another
  std::function<void(const RouteEndpoint&)> on_ask;
  std::function<void(const std::string&)> on_event;  // for whoever reads a trace

  // --- What is true of it ------------------------------------------------------------------------
  // A request may go to this endpoint: by the table in force, or by one that will be.
  bool asks(const std::string& endpoint) const;
  int answering(const std::string& endpoint) const;
  const RouteTable& table() const { return table_; }  // in force
  // Of a Service's port on the host, in the table in force; npos: it has none there.
  std::size_t endpoints_of(const std::string& service) const;
  // Of the tables that weir has sent and that have not arrived: an endpoint that is not asked yet.
  std::string newcomer() const;
  std::string one_of_several() const;  // an endpoint in force, not the only one of its Service
  std::uint64_t requests() const { return requests_; }
  std::uint64_t faults_fired() const { return faults_fired_; }

 private:
  friend class SimGatewayLink;
  struct Publication {
    RouteTable table;
    std::function<void(Result<void>)> on_ack;
  };
  struct Link {
    bool alive = true;
    bool connected = false;
    std::uint64_t connection = 0;  // which one
    bool greeted = false;          // it has been told the epoch: its own go on from there
    std::uint64_t epoch = 0;
    std::function<void(GatewayReport)> on_report;
    std::vector<Publication> due;                                     // until it is greeted
    std::map<std::uint64_t, std::function<void(Result<void>)>> sent;  // by epoch
  };
  using LinkPtr = std::shared_ptr<Link>;

  bool happens(double chance);
  void tell(const std::string& what) const;
  Duration latency();
  void to_holder(std::function<void()> run);
  void to_weir(const LinkPtr& link, std::function<void()> run);
  void reach(const LinkPtr& link);
  void publish(const LinkPtr& link, Publication publication);
  void receive(std::uint64_t epoch, RouteTable table);
  void lose(const LinkPtr& link);
  void report();
  void end_request(const std::string& endpoint, std::uint64_t worker);

  const SimClock& clock_;
  const SimEngine& engine_;
  std::mt19937_64 random_;
  Schedule schedule_;
  Time last_to_holder_ = {}, last_to_weir_ = {};  // both ways, what was said first arrives first
  LinkPtr link_;
  // The holder's.
  std::deque<RouteTable> sent_;  // and not arrived
  bool runs_ = false;
  std::uint64_t holder_ = 0;  // which one
  std::uint64_t worker_ = 0;
  RouteTable table_;
  std::uint64_t epoch_ = 0;   // of the table in force
  std::uint64_t newest_ = 0;  // of the newest that was sent, by any weir
  std::deque<std::pair<std::uint64_t, RouteTable>> coming_;
  std::map<std::string, int> answering_;
  std::uint64_t requests_ = 0;
  std::uint64_t faults_fired_ = 0;
};

}  // namespace weir::sim
