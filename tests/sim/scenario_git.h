#pragma once

// The users of a Git repository in a scenario: commits appear, vanish and flap, good ones and bad
// ones; the server is away; and somebody changes by hand what was applied.

#include <map>
#include <string>

#include "tests/sim/dice.h"
#include "tests/sim/simulation.h"

namespace weir::sim {

class GitUsers {
 public:
  explicit GitUsers(Simulation& sim);

  void begin();
  void change();  // anything
  void apply_all();
  void make_possible();
  bool say_again();
  std::string unfinished() const;  // why what is there is not the last commit; empty: it is
  std::size_t pods() const;

 private:
  using Contents = std::map<std::string, DeploymentOptions>;  // by name
  void push(Contents contents);
  void push_again(const std::string& commit);
  void meddle();

  Simulation& sim_;
  Dice dice_;
  bool begun_ = false;
  std::map<std::string, Contents> commits_;
  std::string head_;
  Contents contents_;  // of the head
};

}  // namespace weir::sim
