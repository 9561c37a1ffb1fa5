#include "tests/sim/scenario.h"

#include <algorithm>

#include "tests/sim/dice.h"
#include "tests/sim/ledger.h"
#include "tests/sim/scenario_git.h"
#include "tests/sim/scenario_jobs.h"
#include "tests/sim/scenario_rollouts.h"
#include "tests/sim/simulation.h"

namespace weir::sim {

namespace {

constexpr const char* kNames[] = {"web", "api", "job"};
constexpr const char* kGoodImages[] = {"v1", "v2", "v3"};
constexpr std::uint64_t kOneInSoMany = 5;  // seeds, in which a repository has a say, too

class Scenario {
 public:
  Scenario(std::uint64_t seed, bool trace)
      : sim_(seed), dice_(sim_.random), rollouts_(sim_), jobs_(sim_), git_(sim_), seed_(seed) {
    if (trace) sim_.trace();
    for (const char* image : kGoodImages) sim_.engine.images[image] = {};
    sim_.engine.images["sick"] = {.ready_after = Duration(-1)};
    sim_.engine.images["crash"] = {.exits_after = Duration(2000)};
    sim_.engine.images["private"] = {.pullable = false};
    decoys_ = {sim_.engine.add_foreign("weir_app_web-1_default_0", {}),
               sim_.engine.add_foreign("web", {{label::kInstance, "other"}}),
               sim_.engine.add_foreign(
                   "decoy", {{label::kPodName, "web-1"}, {label::kPodNamespace, "default"}})};
  }

  Outcome run() {
    apply_namespace();
    set_faults();
    if (dice_.chance(50)) rollout_percent_ = dice_.number(20, 60);
    if (dice_.chance(40)) job_percent_ = dice_.number(5, 20);
    if (rollout_percent_ > 0) rollouts_.begin();
    const bool has_git = seed_ % kOneInSoMany == 0;
    if (has_git) git_.begin();
    const int changes = dice_.number(3, 12);
    for (int i = 0; i < changes && sim_.violations().empty(); ++i) {
      const int whose = dice_.number(1, 100);
      if (whose <= rollout_percent_) {
        rollouts_.change();
      } else if (whose <= rollout_percent_ + job_percent_) {
        jobs_.change();
      } else {
        change();
      }
      if (has_git) git_.change();
      dice_.chance(50) ? sim_.follow() : sim_.look_away();
      for (int counts = dice_.number(0, 2); counts > 0; --counts) ledger_.count(sim_.store());
      sim_.run_for(std::chrono::seconds(dice_.number(0, 40)));
    }
    sim_.engine.faults = {};
    sim_.gateway.faults = {};
    sim_.engine.unhang();
    for (const char* image : kGoodImages) sim_.engine.images[image] = {};
    make_possible();
    bool settled = sim_.settle(std::chrono::hours(3));
    if (settled && say_again()) settled = sim_.settle(std::chrono::hours(3));
    Outcome outcome{.seed = seed_,
                    .steps = sim_.steps(),
                    .effects = sim_.engine.mutations(),
                    .faults = sim_.engine.faults_fired() + sim_.gateway.faults_fired(),
                    .crashes = crashes_,
                    .acknowledged = sim_.acknowledged(),
                    .requests = sim_.gateway.requests()};
    if (!sim_.violations().empty()) {
      outcome.failure = sim_.violations().front();
    } else if (!settled) {
      outcome.failure = "invariant 17: it does not come to rest\n" + sim_.end_state();
    } else {
      outcome.failure = unfinished();
    }
    sim_.follow();
    if (!sim_.violations().empty()) outcome.failure = sim_.violations().front();
    if (outcome.failure.empty()) outcome.failure = ledger_.check(sim_.store());
    if (outcome.failure.empty()) outcome.failure = restless();
    return outcome;
  }

 private:
  // Swarm testing: each seed has a mix of faults of its own, so that rare pairs meet.
  void set_faults() {
    Faults& f = sim_.engine.faults;
    for (double* fault :
         {&f.request_lost, &f.reply_lost, &f.refused, &f.slow, &f.hint_lost, &f.hint_twice,
          &f.list_empty, &f.list_half, &f.list_stale, &f.not_found, &f.name_taken, &f.name_phantom,
          &f.removal_stuck, &f.start_fails, &f.pull_fails}) {
      if (dice_.chance(40)) *fault = dice_.number(1, 15) / 100.0;
    }
    GatewayFaults& g = sim_.gateway.faults;
    for (double* fault : {&g.slow, &g.never_told, &g.never_heard}) {
      if (dice_.chance(40)) *fault = dice_.number(1, 15) / 100.0;
    }
  }

  DeploymentOptions options_of(const std::string& name) {
    const auto known = wanted_.find(name);
    if (known != wanted_.end()) return known->second;
    return {.name = name,
            .auto_rollback = dice_.chance(30),
            .history = dice_.number(0, 3),
            .configured = dice_.chance(40)};
  }
  void apply_namespace() {
    api::Namespace ns;
    ns.metadata.name = "default";
    sim_.apply(Object(ns));
  }
  void apply(const DeploymentOptions& options) {
    wanted_[options.name] = options;
    sim_.apply(Object(deployment(options)));
  }

  void change() {
    const std::string name = dice_.pick(kNames);
    DeploymentOptions options = options_of(name);
    switch (dice_.number(0, 24)) {
      case 0:
      case 1:
      case 2:
        options.image = dice_.pick(kGoodImages);
        apply(options);
        break;
      case 3:
        options.image = dice_.chance(50) ? "sick" : dice_.chance(50) ? "crash" : "private";
        options.auto_rollback |= dice_.chance(50);
        options.progress_deadline_seconds = 60;
        apply(options);
        break;
      case 4:
      case 5:
        options.replicas = dice_.number(0, 7);
        apply(options);
        break;
      case 6:
        options.percent = dice_.chance(40);
        options.max_surge = dice_.number(0, options.percent ? 70 : 3);
        options.max_unavailable =
            options.max_surge == 0 ? dice_.number(1, 2) : dice_.number(0, options.percent ? 70 : 2);
        options.recreate = dice_.chance(20);
        options.min_ready_seconds = dice_.chance(30) ? 5 : 0;
        apply(options);
        break;
      case 7:
        options.paused = !options.paused;
        apply(options);
        break;
      case 8:
        wanted_.erase(name);
        sim_.remove({.kind = Kind::Deployment, .ns = "default", .name = name},
                    dice_.chance(50) ? Propagation::background : Propagation::foreground);
        break;
      case 9:
      case 10:
        monkey();
        break;
      case 11:
        sim_.engine.restart(dice_.chance(50));
        break;
      case 12:
      case 13:
        if (dice_.chance(20)) return crash_while_one_leaves();
        ++crashes_;
        sim_.crash(dice_.chance(50));
        break;
      case 14:
        trouble_with(dice_.pick(kGoodImages));
        break;
      case 15:
        dice_.chance(50) ? delete_a_pod() : delete_a_newcomer();
        break;
      case 16:
        sim_.clock.jump(std::chrono::minutes(dice_.number(-60, 60)));
        break;
      case 17:
        if (dice_.chance(30)) lose_data_folder();
        break;
      case 18:
        unlucky_rollback(options);
        break;
      case 19:
      case 20:
        services_.insert(name);
        sim_.apply(Object(service(name)));
        break;
      case 21:
        dice_.chance(70) ? sim_.gateway.worker_dies() : sim_.gateway.holder_dies();
        break;
      case 23:
      case 24:
        change_config();
        break;
      case 22:
        if (dice_.chance(70)) break;
        services_.erase(name);
        sim_.remove({.kind = Kind::Service, .ns = "default", .name = name});
        break;
    }
  }

  void change_config() {
    const Key key{.kind = Kind::ConfigMap, .ns = "default", .name = "app"};
    if (dice_.chance(20)) return sim_.remove(key);
    api::ConfigMap map;
    map.metadata.name = key.name;
    map.metadata.namespace_ = key.ns;
    map.data["mode"] = std::to_string(dice_.number(1, 3));
    sim_.apply(Object(map));
  }

  void trouble_with(const std::string& image) {
    if (dice_.chance(50)) {
      sim_.engine.lose_image(image);
    } else {
      sim_.engine.images[image].ready_after = Duration(-1);  // what it depends on is down
    }
  }

  // A rollback whose target fails too: weir goes back once and stands there.
  void unlucky_rollback(DeploymentOptions options) {
    options.auto_rollback = true;
    options.paused = false;
    options.replicas = dice_.number(1, 3);
    options.progress_deadline_seconds = 60;
    for (const char* image : {"v1", "v2", "sick"}) {
      options.image = image;
      apply(options);
      sim_.run_for(std::chrono::seconds(50));
    }
    sim_.engine.images["v2"].ready_after = Duration(-1);
    sim_.run_for(std::chrono::minutes(4));
  }

  void monkey() {
    const std::vector<std::string> ids = sim_.engine.ours();
    if (ids.empty()) return;
    const std::string id =
        ids[static_cast<std::size_t>(dice_.number(0, static_cast<int>(ids.size()) - 1))];
    switch (dice_.number(0, 5)) {
      case 0:
        sim_.engine.kill(id, 137);
        break;
      case 1:
        sim_.engine.kill(id, 0);
        break;
      case 2:
        sim_.engine.remove_by_hand(id);
        break;
      case 3:
        sim_.engine.pause_by_hand(id);
        break;
      case 4:
        sim_.engine.rename_by_hand(id, "renamed-" + id);
        break;
      case 5:
        sim_.engine.hang(id);
        break;
    }
  }

  void delete_a_pod() {
    const Store::Listing pods = sim_.store().list(Kind::Pod);
    if (pods.objects.empty()) return;
    const std::size_t at =
        static_cast<std::size_t>(dice_.number(0, static_cast<int>(pods.objects.size()) - 1));
    sim_.remove(pods.objects[at]->key);
  }

  // While the gateway is being told of it.
  void delete_a_newcomer() {
    const Time until = sim_.clock.steady() + std::chrono::minutes(2);
    while (sim_.gateway.newcomer().empty() && sim_.step(until)) {
    }
    delete_pod(sim_.gateway.newcomer());
  }

  void delete_pod(const std::string& uid) {
    for (const StoredPtr& pod : sim_.store().list(Kind::Pod).objects) {
      if (pod->uid == uid) sim_.remove(pod->key);
    }
  }

  // The next weir has seen all containers long before the gateway tells it whom it asks.
  void crash_while_one_leaves() {
    const double slow = std::exchange(sim_.gateway.faults.slow, 1);
    delete_pod(sim_.gateway.one_of_several());
    sim_.run_for(Duration(100));  // it is committed, and the gateway is still being told
    ++crashes_;
    sim_.crash(false);
    sim_.run_for(std::chrono::seconds(5));
    sim_.gateway.faults.slow = slow;
  }

  // Their users have their manifests, and apply them again.
  void lose_data_folder() {
    ++crashes_;
    ledger_.lost();
    sim_.lose_data_folder();
    apply_namespace();
    for (const auto& [name, options] : std::map(wanted_)) apply(options);
    for (const std::string& name : services_) sim_.apply(Object(service(name)));
    rollouts_.apply_all();
    jobs_.apply_all();
    git_.apply_all();
  }

  // What is asked for last can be reached: otherwise there is nothing to converge to.
  void make_possible() {
    sim_.run_for(std::chrono::seconds(70));  // what the faults have left under way ends
    for (auto& [name, options] : wanted_) {
      await_deletion(name);
      if (!sim_.engine.images.at(options.image).works()) options.image = dice_.pick(kGoodImages);
      options.paused = false;
      apply(options);
      sim_.run_for(std::chrono::seconds(1));
    }
    jobs_.make_possible();
    rollouts_.make_possible();
    git_.make_possible();
  }

  // What the faults had held up beyond its deadline was rolled back after all: it can be reached
  // now, and their users apply it again.
  bool say_again() {
    bool said = rollouts_.say_again();
    said |= git_.say_again();
    for (const auto& [name, options] : std::map(wanted_)) {
      const auto d = sim_.get<api::Deployment>("default", name);
      if (!d || d->spec.template_ == deployment(options).spec.template_) continue;
      apply(options);
      said = true;
    }
    return said;
  }

  // A change of what is being deleted would go with it.
  void await_deletion(const std::string& name) {
    for (int minutes = 0; minutes < 30; ++minutes) {
      const auto d = sim_.get<api::Deployment>("default", name);
      if (!d || !d->metadata.deletionTimestamp) return;
      sim_.run_for(std::chrono::minutes(1));
    }
  }

  std::string unfinished() {
    for (const std::string& why : {rollouts_.unfinished(), jobs_.unfinished(), git_.unfinished()}) {
      if (!why.empty()) return why;
    }
    std::size_t running = services_.size() + rollouts_.services();  // a sandbox each
    running += rollouts_.pods() + git_.pods();
    for (const auto& [name, options] : wanted_) {
      const auto d = sim_.get<api::Deployment>("default", name);
      if (!d) return "Deployment " + name + " is gone";
      if (d->status.availableReplicas != options.replicas ||
          d->status.updatedReplicas != options.replicas || d->status.replicas != options.replicas) {
        return "invariant 17: Deployment " + name + " did not converge\n" + sim_.end_state();
      }
      running += static_cast<std::size_t>(options.replicas);
    }
    std::size_t seen = 0;
    for (const std::string& id : sim_.engine.ours()) {
      const Container& c = sim_.engine.containers().at(id).view;
      // One of a lost data folder that no pod wants is its user's to remove.
      const bool orphan = c.store != sim_.store().id() && !adopted(c);
      seen += c.state == ContainerState::running && !orphan;
    }
    if (seen != running) {
      return "invariant 21: " + std::to_string(seen) + " containers run, wanted are " +
             std::to_string(running) + "\n" + sim_.end_state();
    }
    for (const std::string& name : services_) {
      const std::size_t routed = sim_.gateway.endpoints_of(name);
      const auto wanted = wanted_.find(name);
      const int pods = wanted == wanted_.end() ? 0 : wanted->second.replicas;
      if (routed != static_cast<std::size_t>(pods)) {
        return "invariant 17: Service " + name + " leads to " + std::to_string(routed) + " of " +
               std::to_string(pods) + " pods";
      }
    }
    for (const std::string& id : decoys_) {
      if (!sim_.engine.containers().contains(id)) return "invariant 8: a foreign container is gone";
    }
    return "";
  }

  bool adopted(const Container& c) const {
    const auto pod = sim_.get<api::Pod>(c.pod_ns, c.pod_name);
    return pod && !pod->status.containerStatuses.empty() &&
           pod->status.containerStatuses[0].containerID.ends_with(c.id);
  }

  // 7: what is there already, asked for again, changes nothing.
  std::string restless() {
    const std::uint64_t writes = sim_.writes(), effects = sim_.engine.mutations();
    for (const auto& [name, options] : wanted_) sim_.apply(Object(deployment(options)));
    rollouts_.apply_all();
    sim_.run_for(std::chrono::minutes(1));
    if (sim_.writes() == writes && sim_.engine.mutations() == effects) return "";
    return "invariant 7: the same manifests again made " + std::to_string(sim_.writes() - writes) +
           " writes and " + std::to_string(sim_.engine.mutations() - effects) + " effects";
  }

  Simulation sim_;
  Dice dice_;
  Ledger ledger_;
  RolloutUsers rollouts_;
  JobUsers jobs_;
  GitUsers git_;
  // Of the changes of this seed: swarm testing again, many seeds are about Deployments alone.
  int rollout_percent_ = 0;
  int job_percent_ = 0;
  const std::uint64_t seed_;
  std::map<std::string, DeploymentOptions> wanted_;
  std::set<std::string> services_;  // of Deployments that may not be there
  std::vector<std::string> decoys_;
  std::uint64_t crashes_ = 0;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, bool trace) { return Scenario(seed, trace).run(); }

}  // namespace weir::sim
