#pragma once

// Invariants: what must hold whatever happens, checked on every plan, every commit and after every
// step. The numbers are those of the project's list of invariants (README, "How it is proven").

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/loop/loop.h"
#include "tests/sim/sim_engine.h"
#include "tests/sim/sim_gateway.h"

namespace weir::sim {

class Invariants : public LoopWatcher {
 public:
  Invariants(SimEngine& engine, const SimGateway& gateway) : engine_(engine), gateway_(gateway) {}

  // A new life of weir: what it finds in its store must be what the last one acknowledged (1, 2).
  void begin_life(const Store& store, const Loop& loop, bool power_was_cut);
  void lost_data_folder();
  void acknowledged(const Key& key, std::uint64_t version);
  void committed(const Commit& commit);
  void planned(const Key& key, const Plan& plan, std::chrono::nanoseconds took) override;
  void after_step();
  std::string explain_end(const SimContainer& container) const;
  void asked_to_end(const SimContainer& container);
  void asked(const RouteEndpoint& endpoint);

  void violated(int number, const std::string& what);
  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t writes() const { return writes_; }  // of anything but Events

 private:
  void check_update(const Stored& before, const Stored& after);
  void check_application(const ApplySource& apply);
  bool same_but_for_snapshots(const std::string& ns, const api::PodTemplateSpec& a,
                              const api::PodTemplateSpec& b) const;
  void check_deployment_plan(const Key& key, const Plan& plan);
  void check_forgotten(const Key& key, const Key& snapshot);
  void check_deployment_change(const Key& key, const Change& change);
  void check_sizes(const Key& key, const api::Deployment& deployment, const Plan& plan);
  void check_replica_set_plan(const Key& key, const Plan& plan);
  void check_pod_plan(const Key& key, const Plan& plan);
  // Rollouts and Jobs: invariants_rollouts.cc, invariants_jobs.cc.
  struct RolloutPlan;
  void check_rollout_plan(const Key& key, const Plan& plan);
  void check_steps(const RolloutPlan& plan);
  void check_weights(const RolloutPlan& plan);
  void check_canary_sizes(const RolloutPlan& plan);
  void check_ratio(const RolloutPlan& plan);
  void check_colours(const RolloutPlan& plan, const Plan& whole);
  void check_promotion(const RolloutPlan& plan);
  void check_rollout_update(const api::Rollout& before, const api::Rollout& after);
  void check_shares(const RouteListener& listener);
  void check_colours_of(const RouteTable& table);
  void check_job_plan(const Key& key, const Plan& plan);
  void count_job_pod(const api::Pod& before, const api::Pod& after);
  void check_job_counts();
  void check_containers();
  void check_table(const RouteTable& table);
  void check_rule(const RouteListener& listener, const RouteRule& rule);

  SimEngine& engine_;
  const SimGateway& gateway_;
  const Store* store_ = nullptr;
  const Loop* loop_ = nullptr;
  std::map<Key, StoredPtr> last_;  // of what was published; the removed ones too
  std::set<Key> removed_;
  std::uint64_t version_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t seen_changes_ = 0;
  std::set<std::string> rolled_back_;  // uids of Deployments, until a user changes the template
  std::set<Key> planned_rollbacks_;    // not yet committed
  std::set<std::string> retired_;      // uids of pods that were told to end, with a successor
  // Of a blue-green Rollout, by uid: what its active Service's requests go to by the last table
  // that was sent, and what they went to before, since somebody last had a reason to go back.
  struct Colours {
    std::string active = {};
    std::set<std::string> left = {};
    std::pair<bool, api::PodTemplateSpec> reason = {};  // aborted, and what is asked for
    int reasons = 0;                                    // that were stored since
    std::map<std::string, Time> stands_by = {};         // until then it is not scaled down
  };
  std::map<std::string, Colours> colours_;
  // Of a Job, by uid: the pods that it has let go of after they had ended.
  struct Counted {
    std::set<std::string> succeeded = {};  // uids; of an Indexed Job, indexes
    std::int64_t failed = 0;
  };
  std::map<std::string, Counted> counted_;
  std::set<Key> counted_anew_;  // Jobs of which something was committed since the last step
  std::vector<std::string> violations_;
};

}  // namespace weir::sim
