#pragma once

// The users of Jobs in a scenario: made, suspended, made wider or narrower, and deleted at random.

#include <map>
#include <string>

#include "tests/sim/dice.h"
#include "tests/sim/simulation.h"

namespace weir::sim {

class JobUsers {
 public:
  explicit JobUsers(Simulation& sim);

  void change();                   // anything, of any of them
  void apply_all();                // after a data folder was lost
  void make_possible();            // none is suspended any more
  std::string unfinished() const;  // why one has not come to its end; empty: all have

 private:
  void make(const std::string& name);
  void delete_a_pod(const std::string& job);
  void change(const std::string& name, const std::function<void(api::JobSpec&)>& by);

  Simulation& sim_;
  Dice dice_;
  std::map<std::string, api::Job> wanted_;  // as they were made
};

}  // namespace weir::sim
