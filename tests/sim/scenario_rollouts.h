#pragma once

// The users of Rollouts in a scenario: one Rollout of each strategy, behind Services of its own,
// changed and steered at random as people do it with kubectl and Argo's plugin.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/dice.h"
#include "tests/sim/simulation.h"

namespace weir::sim {

class RolloutUsers {
 public:
  explicit RolloutUsers(Simulation& sim) : sim_(sim), dice_(sim.random) {}

  void begin();      // one is there, and has its first Pods
  void change();     // anything, of any of them
  void apply_all();  // the manifests again; the Services that are gone, too
  // What is asked for last can be reached, and whoever must promote or retry does so.
  void make_possible();
  // What has aborted itself meanwhile is tried again; what stands by until a time that a clock has
  // put off goes in the end. False: neither was to do.
  bool say_again();

  std::string unfinished() const;  // why it has not come to its end; empty: it has
  std::size_t pods() const;        // that are to run then
  std::size_t services() const { return services_.size(); }

 private:
  api::Rollout rollout_of(const std::string& name);
  api::RolloutStrategy strategy_of(const std::string& name);
  std::vector<api::CanaryStep> steps(bool router);
  void apply(const api::Rollout& rollout);
  void apply_services();  // those that are not there
  void steer(const std::string& name, const std::function<void(api::Rollout&)>& by);
  void set_under_way(const std::string& name);
  void promote(const std::string& name);
  void retry(const std::string& name);
  void await_deletion(const std::string& name);
  bool advance(const std::string& name);
  std::optional<Time> stands_by_until() const;  // the last of any revision
  // The revision that is stable works, and what came after it is given up for good.
  bool stays_aborted(const std::string& name, const api::Rollout& wanted);
  std::string image_of_stable(const api::Rollout& rollout) const;
  std::string unfinished(const std::string& name, const api::Rollout& wanted) const;

  Simulation& sim_;
  Dice dice_;
  std::map<std::string, api::Rollout> wanted_;
  std::map<std::string, std::string> services_;  // name → whose
  std::set<std::string> left_aborted_;
};

}  // namespace weir::sim
