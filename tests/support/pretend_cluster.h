#pragma once

// A cluster in memory, for closed-loop tests of workloads: a pretend store that commits plans as
// the real one does (in order, whole, guarded by resourceVersion, some time after they were made),
// and a pretend kubelet whose Pods start, become ready and end, one small move at a time. A seed
// chooses the order of everything. An image whose name contains "bad" never becomes ready, nor does
// one that `failing` names.
//
// After every move the bounds of a rollout are checked, and `violations` says which were broken.

#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/plan.h"

namespace weir::test {

class PretendCluster {
 public:
  PretendCluster(std::uint64_t seed, api::Deployment deployment);

  // A user's change of the Deployment.
  template <class Change>
  void change(Change&& change) {
    api::Deployment next = deployment();
    const api::DeploymentSpec before = next.spec;
    change(next);
    if (next.spec != before) ++next.metadata.generation;
    write(std::move(next));
    widen_bounds();
  }
  // `kubectl delete pod`, and a Pod that stops being ready for a while. From the first of these on,
  // availability is no longer the rollout's to answer for.
  void delete_random_pod();
  void break_random_pod();

  void step();  // one random move
  void steps(int count);
  // Moves until nothing is left to do, now or later; false when that takes too long.
  bool run_until_quiet();

  const api::Deployment& deployment() const;
  const World& world() const { return world_; }
  Time now() const { return now_; }
  std::string pods() const;      // "web:1 x3, web:2 x1": the active ones by image
  std::string progress() const;  // "True NewReplicaSetAvailable"
  std::size_t random(std::size_t below);

  std::string failing = {};  // an image of which nothing becomes ready from now on
  std::vector<std::string> violations = {};
  int rollbacks = 0;
  int revisions_made = 0;

 private:
  struct InFlight {
    Key key;
    Plan plan;
  };
  void write(Object object);
  void remove(const Key& key);
  void mark_deleted(const Key& key);
  void plan_for(const Key& key);
  void commit_oldest();
  bool is_current(const Plan& plan) const;
  void carry_out(const Change& change);
  bool is_bad(const api::Pod& pod) const;
  std::vector<Key> movable_pods() const;
  void move_pod(const Key& key);
  const Key* random_pod(std::vector<Key>& pods);
  void widen_bounds();
  void check(const Key& key, const Plan& plan);

  std::mt19937_64 random_;
  World world_;
  Time now_;
  std::uint64_t version_ = 1;
  std::set<Key> dirty_ = {};
  std::deque<InFlight> in_flight_ = {};
  std::map<Key, Time> wakes_ = {};
  bool faults_ = false;
  // The widest that the user's changes since the last quiet moment allow.
  std::int64_t most_pods_ = 0;
  std::int64_t least_available_ = 0;
};

}  // namespace weir::test
