#pragma once

// A Docker Engine that is a model: containers, names, images, networks and addresses in memory, on
// a virtual clock, with the faults of the real one. It lives through crashes of weir.
// `SimConnection` is what one life of weir holds of it.
//
// It also judges: an effect on a container that is not weir's, or one that nothing explains, is a
// violation, noted at once.

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "controller/engine/engine.h"
#include "controller/loop/clock.h"
#include "tests/sim/schedule.h"

namespace weir::sim {

// Three clocks in one. `steady` never jumps: the simulator goes by it. `wall` is the host's, which
// stamps containers. `now` is weir's: the wall clock as it was when weir started, carried on by the
// steady one.
class SimClock : public Clock {
 public:
  Time now() const override { return steady_ + weir_offset_; }
  Time steady() const { return steady_; }
  Time wall() const { return steady_ + wall_offset_; }
  Time steady_of(Time weirs) const { return weirs == Time::max() ? weirs : weirs - weir_offset_; }
  void advance_to(Time steady) { steady_ = std::max(steady_, steady); }
  void jump(Duration by) { wall_offset_ += by; }
  void weir_starts() { weir_offset_ = wall_offset_; }

 private:
  Time steady_{std::chrono::hours(24 * 365 * 50)};
  Duration wall_offset_{0};
  Duration weir_offset_{0};
};

// What can go wrong, each with its chance per request (or per hint). All zero: a quiet engine.
struct Faults {
  double request_lost = 0;  // never arrives; the caller hears of its deadline
  double reply_lost = 0;    // done, and the caller hears of its deadline
  double refused = 0;       // 500, nothing done
  double slow = 0;          // takes seconds instead of milliseconds
  double hint_lost = 0;
  double hint_twice = 0;
  double list_empty = 0;  // a list that lies: 200 and nothing in it
  double list_half = 0;
  double list_stale = 0;  // a list as it was the last time
  bool lists_lie() const { return list_empty > 0 || list_half > 0 || list_stale > 0; }
  double not_found = 0;      // "No such container", to its id, of one that has not run yet
  double name_taken = 0;     // a stranger's container has the name, just before
  double name_phantom = 0;   // a name that is held by nobody who can be seen
  double removal_stuck = 0;  // "removal … already in progress" for a while
  double start_fails = 0;
  double pull_fails = 0;
};

// How a container of an image behaves.
struct Behaviour {
  Duration ready_after{500};  // its probes succeed from then on; negative: never
  Duration exits_after{-1};   // negative: never
  int exit_code = 1;
  bool pullable = true;
  bool works() const { return pullable && ready_after >= Duration(0) && exits_after < Duration(0); }
};

struct SimContainer {
  Container view;  // as an inspection shows it
  ContainerSpec spec;
  bool foreign = false;
  bool hung = false;      // no request about it is ever answered
  bool sick = false;      // its probes fail until it is replaced
  bool orphan = false;    // started for a weir that has died and told its successor nothing
  bool seen = false;      // weir has been told that it runs
  Time up_since = {};     // by the steady clock
  Time stuck_until = {};  // a removal makes no progress before
};

class SimEngine {
 public:
  SimEngine(SimClock& clock, std::uint64_t seed);

  Faults faults;
  std::map<std::string, Behaviour> images;  // by reference; absent: pulls fail

  // --- The engine's own life -------------------------------------------------------------------
  // One weir at a time is connected; the next connection ends the one before it.
  std::unique_ptr<engine::Engine> connect();
  // The earliest instant at which something of its own happens, and letting it happen.
  Time next_event() const { return schedule_.next(); }
  void run_due() { schedule_.run_due(clock_.steady()); }

  // --- The world around it -----------------------------------------------------------------------
  void restart(bool containers_survive);
  void kill(const std::string& id, int exit_code);
  void remove_by_hand(const std::string& id);
  void pause_by_hand(const std::string& id);
  void rename_by_hand(const std::string& id, const std::string& name);
  std::string add_foreign(const std::string& name, std::map<std::string, std::string> labels);
  void lose_image(const std::string& reference);
  void hang(const std::string& id) { containers_.at(id).hung = true; }
  void unhang();

  const SimClock& clock() const { return clock_; }
  const std::map<std::string, SimContainer>& containers() const { return containers_; }
  std::vector<std::string> ours() const;  // ids
  // The running container at this address.
  const SimContainer* holds(const std::string& ip) const;
  std::uint64_t mutations() const { return mutations_; }
  std::uint64_t changes() const { return changes_; }  // grows when a container does anything
  std::uint64_t faults_fired() const { return faults_fired_; }
  const std::map<std::string, int>& effects() const { return effects_; }  // "create": 3 …

  // Called as weir sends a mutation (false: weir died at that instant, nothing was sent), and right
  // before and after its effect: crash enumeration counts these.
  std::function<bool(const engine::Request&)> on_send;
  std::function<void(const engine::Request&)> before_effect;
  std::function<void(const engine::Request&)> after_effect;
  // Says why this running container may be stopped or removed now; empty: a violation.
  std::function<std::string(const SimContainer&)> explain_end;
  std::function<void(const SimContainer&)> on_end;  // as it is asked for
  struct Violation {
    int number;  // of the invariant
    std::string what;
  };
  std::vector<Violation> violations;

 private:
  friend class SimConnection;
  struct Link;  // to one connection; dead once weir has crashed

  bool happens(double chance);
  Duration latency(const engine::Request& request);
  void submit(std::shared_ptr<Link> link, engine::Request request, engine::OnReply on_reply);
  void hint(const std::string& id);
  void send(engine::Hint hint);

  Result<engine::Reply> serve(const engine::Request& request);
  Result<engine::Reply> serve(const engine::GetInfo&);
  Result<engine::Reply> serve(const engine::ListContainers& request);
  Result<engine::Reply> serve(const engine::InspectContainer& request);
  Result<engine::Reply> serve(const engine::ContainerStats& request);
  Result<engine::Reply> serve(const engine::InspectImage& request);
  Result<engine::Reply> serve(const engine::EnsureNetwork& request);
  Result<engine::Reply> serve(const engine::Resolve& request);
  Result<engine::Reply> serve(const engine::PullImage& request);
  Result<engine::Reply> serve(const engine::CreateContainer& request);
  Result<engine::Reply> serve(const engine::StartContainer& request);
  Result<engine::Reply> serve(const engine::StopContainer& request);
  Result<engine::Reply> serve(const engine::UnpauseContainer& request);
  Result<engine::Reply> serve(const engine::RemoveContainer& request);
  Result<engine::Reply> serve(const engine::Exec& request);
  Result<engine::Reply> serve(const engine::HttpGet& request);
  Result<engine::Reply> serve(const engine::TcpConnect& request);

  Result<SimContainer*> find(const std::string& id_or_name);
  Result<SimContainer*> find_ours(const std::string& id, const char* verb);
  void judge_end(const engine::Request& request);
  void seen(const std::string& id);           // weir is told that it runs
  bool answers(const std::string& ip) const;  // the container at this address is healthy
  void exit(SimContainer& container, int code);
  void exit_later(const std::string& id, Duration after, int code);
  std::string free_address() const;

  SimClock& clock_;
  std::mt19937_64 random_;
  std::map<std::string, SimContainer> containers_;
  std::map<std::string, std::string> names_;  // name → id
  std::map<std::string, Time> phantoms_;      // name → held until
  std::set<std::string> present_images_;
  std::vector<Container> last_list_;
  Schedule schedule_;
  std::shared_ptr<Link> link_;
  bool asker_died_ = false;  // of the request that is being served
  std::uint64_t next_id_ = 1;
  std::uint64_t mutations_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t faults_fired_ = 0;
  std::map<std::string, int> effects_;
  bool network_ = false;
};

}  // namespace weir::sim
