// Rollouts: their plans held against what they say of themselves, their weights against the table
// that the gateway works by.

#include <algorithm>

#include "reconcilers/labels.h"
#include "reconcilers/routes.h"
#include "tests/sim/invariants.h"
#include "tests/sim/invariants_world.h"

namespace weir::sim {

namespace {

const api::CanaryStrategy* router_of(const api::Rollout& rollout) {
  const auto& canary = rollout.spec.strategy.canary;
  return canary && canary->trafficRouting ? &*canary : nullptr;
}

std::int64_t most_of(const api::CanaryStrategy& canary) {
  const auto& router = canary.trafficRouting;
  return router ? router->maxTrafficWeight.value_or(100) : 100;
}

// Shares grow and shrink in parts, as Pods can carry them.
bool is_gradual(const api::CanaryStrategy& canary) {
  return canary.dynamicStableScale || canary.maxSurge.has_value();
}

// That of the last setWeight up to this step.
std::int64_t declared_weight(const api::CanaryStrategy& canary, std::int64_t index) {
  if (index >= std::ssize(canary.steps)) return most_of(canary);
  std::int64_t weight = 0;
  for (std::int64_t i = 0; i <= index; ++i) {
    weight = canary.steps[static_cast<std::size_t>(i)].setWeight.value_or(weight);
  }
  return weight;
}

// That can carry this weight. Where shares and Pods grow together, a weight that is rounded to a
// whole number needs no Pod more: 34 of 100 are carried by one of three.
std::int64_t pods_for(const api::CanaryStrategy& canary, std::int64_t replicas,
                      std::int64_t weight) {
  const std::int64_t most = most_of(canary);
  if (canary.maxSurge && weight > 0) return std::min(replicas, (weight - 1) * replicas / most + 1);
  return (replicas * weight + most - 1) / most;
}

// The Pods that a setCanaryScale asks for; nothing: none is in force.
std::optional<std::int64_t> pods_by_hand(const api::CanaryStrategy& canary, std::int64_t index,
                                         std::int64_t replicas) {
  std::optional<std::int64_t> pods;
  if (index >= std::ssize(canary.steps)) return pods;
  for (std::int64_t i = 0; i <= index; ++i) {
    const auto& scale = canary.steps[static_cast<std::size_t>(i)].setCanaryScale;
    if (!scale) continue;
    pods.reset();
    if (scale->matchTrafficWeight) continue;
    pods = scale->replicas.value_or((replicas * scale->weight.value_or(0) + 99) / 100);
  }
  return pods;
}

std::int64_t index_in(const api::RolloutStatus& status) {
  return status.currentStepIndex.value_or(0);
}

// The weight of this revision as a status has it.
std::int64_t weight_in(const api::RolloutStatus& status, const std::string& hash) {
  const auto& weights = status.canary.weights;
  return weights && weights->canary.podTemplateHash == hash ? weights->canary.weight : 0;
}

struct Share {
  std::int64_t weight = 0;
  std::int64_t whole = 0;
  bool endpoints = false;  // there are some
};

// Of what comes to a listener and fits none of its narrower rules.
Share share_of(const RouteListener& listener, const std::string& hash) {
  Share share;
  for (const RouteBackend& backend : listener.rules.back().backends) {
    share.whole += backend.weight;
    if (backend.endpoints.empty() || backend.endpoints.front().revision != hash) continue;
    share.weight += backend.weight;
    share.endpoints = true;
  }
  return share;
}

std::vector<const RouteListener*> listeners_of(const RouteTable& table,
                                               const api::Service& service) {
  std::vector<const RouteListener*> found;
  for (const RouteListener& listener : table.listeners) {
    if (is_listener_of(service, listener.name)) found.push_back(&listener);
  }
  return found;
}

}  // namespace

struct Invariants::RolloutPlan {
  const Key& key;
  const api::Rollout& rollout;      // as it is stored
  const api::RolloutStatus& after;  // as the plan leaves it
  std::vector<SizeChange> sizes;
  Time now;
  std::int64_t n() const { return rollout.spec.replicas; }
  const api::RolloutStatus& before() const { return rollout.status; }
  bool aborted() const { return after.abort; }
  const SizeChange* with_hash(const std::string& hash) const {
    const auto found = std::find_if(sizes.begin(), sizes.end(),
                                    [&](const SizeChange& s) { return s.hash == hash; });
    return found == sizes.end() ? nullptr : &*found;
  }
  const SizeChange* current() const { return with_hash(after.currentPodHash); }
  const SizeChange* stable() const { return with_hash(before().stableRS); }
  // From one revision to another, when the plan was made.
  bool is_under_way() const {
    return current() && stable() && current() != stable() && !before().stableRS.empty();
  }
};

void Invariants::check_rollout_plan(const Key& key, const Plan& plan) {
  const World& world = loop_->world();
  const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
  const bool gone = !rollout || rollout->metadata.deletionTimestamp;
  const auto* status = written<api::Rollout, UpdateStatus>(plan, key);
  for (const Change& change : plan.changes) {
    const auto* create = change_of<CreateObject>(change);
    const auto* set = create ? std::get_if<api::ReplicaSet>(&create->object) : nullptr;
    if (set && gone) violated(21, "a ReplicaSet for " + text(key) + ", which is gone");
    if (set && set->spec.replicas > 0) violated(22, text(key) + " begins with pods");
    const auto* remove = change_of<DeleteObject>(change);
    const auto* old =
        remove ? world.get<api::ReplicaSet>(remove->key.ns, remove->key.name) : nullptr;
    const bool stable =
        old && !gone &&
        hash_of(old->metadata.labels) == (status ? status : rollout)->status.stableRS;
    if (old && !gone && (old->spec.replicas > 0 || stable)) {
      violated(19, text(key) + " would remove " + text(remove->key) + ", which is in use");
    }
  }
  if (gone) return;
  const Time now = engine_.clock().now();
  const auto* workload = workload_of(world, *rollout);
  const api::ObjectMeta& owner = workload ? workload->metadata : rollout->metadata;
  const RolloutPlan read{
      .key = key,
      .rollout = *rollout,
      .after = status ? status->status : rollout->status,
      .sizes = size_changes(world, owner, rollout->spec.minReadySeconds, now, plan),
      .now = now};
  if (rollout->spec.strategy.canary) {
    check_steps(read);
    check_weights(read);
    router_of(*rollout) ? check_canary_sizes(read) : check_ratio(read);
  } else {
    check_colours(read, plan);
  }
  check_promotion(read);
}

// 20, 22: a pause ends by its time or by somebody's word; a weight is left behind only when the
// gateway works by it.
void Invariants::check_steps(const RolloutPlan& plan) {
  const api::RolloutStatus& before = plan.before();
  const api::CanaryStrategy& canary = *plan.rollout.spec.strategy.canary;
  const bool same = before.currentPodHash == plan.after.currentPodHash &&
                    before.currentStepHash == plan.after.currentStepHash;
  if (!same || !plan.is_under_way() || before.promoteFull) return;
  for (std::int64_t i = index_in(before); i < index_in(plan.after); ++i) {
    const api::CanaryStep& step = canary.steps[static_cast<std::size_t>(i)];
    const std::string what = text(plan.key) + " would end step " + std::to_string(i + 1) + " ";
    if (plan.rollout.spec.paused) violated(20, what + "though it is paused");
    if (step.pause) {
      const bool resumed = before.controllerPause && before.pauseConditions.empty();
      const bool over = !before.pauseConditions.empty() && step.pause->duration &&
                        plan.now >= before.pauseConditions[0].startTime +
                                        std::chrono::seconds(step.pause->duration->number);
      if (i != index_in(before) || (!resumed && !over)) violated(20, what + "before its time");
    }
    if (!step.setWeight || !canary.trafficRouting) continue;
    for (const api::Service* service : services(loop_->world())) {
      if (divider_of(loop_->world(), *service) != &plan.rollout) continue;
      for (const RouteListener* listener : listeners_of(gateway_.table(), *service)) {
        const Share ours = share_of(*listener, plan.after.currentPodHash);
        const Share theirs = share_of(*listener, before.stableRS);
        if (!ours.endpoints && !theirs.endpoints) continue;
        const std::int64_t most = most_of(canary);
        const bool all_or_nothing = !ours.endpoints || !theirs.endpoints;
        if (all_or_nothing && *step.setWeight > 0 && *step.setWeight < most) continue;
        if (ours.weight * most != *step.setWeight * ours.whole && !all_or_nothing) {
          violated(22, what + "before the gateway sends it its share");
        }
      }
    }
  }
}

// 22: the weight of a canary is one that a step declares, or, where it moves in parts, on the way
// there; it is there for Pods that can carry it (12). 31: the shares are all there is.
void Invariants::check_weights(const RolloutPlan& plan) {
  const auto* canary = router_of(plan.rollout);
  const auto& weights = plan.after.canary.weights;
  if (!canary || !weights) return;
  const std::int64_t most = most_of(*canary), n = plan.n();
  const std::string& hash = weights->canary.podTemplateHash;
  const std::int64_t before = weight_in(plan.before(), hash), after = weights->canary.weight;
  const std::string what = text(plan.key) + " would go from weight " + std::to_string(before) +
                           " to " + std::to_string(after);
  std::int64_t sum = after + weights->stable.weight;
  for (const api::WeightDestination& more : weights->additional) sum += more.weight;
  if (after < 0 || after > most || weights->stable.weight < 0 || sum != most) {
    violated(31, what + ", and leave " + std::to_string(weights->stable.weight));
  }
  const bool current = hash == plan.after.currentPodHash;
  const bool settled = plan.after.stableRS == plan.after.currentPodHash;
  if (settled && after != 0 && current) violated(22, what + " with nothing under way");
  if (plan.aborted() && !settled && after > (is_gradual(*canary) ? before : 0)) {
    violated(22, what + ", aborted");
  }
  if (!current && after > before) violated(22, what + " of a revision that is not asked for");
  if (!current || settled) return;
  const std::int64_t target = plan.aborted() ? 0 : declared_weight(*canary, index_in(plan.after));
  const SizeChange* revision = plan.current();
  const std::int64_t serving = revision ? revision->serving : 0;
  if (after > before) {
    const bool declared = after == target || (canary->maxSurge && after < target);
    if (!declared) violated(22, what + ", where the steps say " + std::to_string(target));
    const bool by_hand = pods_by_hand(*canary, index_in(plan.after), n).has_value();
    const std::int64_t needed =
        by_hand ? std::min<std::int64_t>(n, 1) : pods_for(*canary, n, after);
    if (serving < needed) {
      violated(22, what + " with " + std::to_string(serving) + " available pods of " +
                       std::to_string(n));
    }
  }
  if (after < before && serving > 0) {
    const bool declared = after == target || (is_gradual(*canary) && after > target);
    if (!declared) violated(22, what + ", where the steps say " + std::to_string(target));
    const std::int64_t carried = plan.stable() ? plan.stable()->serving : 0;
    if (is_gradual(*canary) && n > 0 && carried * most / n < most - after) {
      violated(12, what + ", and " + std::to_string(carried) + " stable pods cannot carry that");
    }
  }
}

// 22, with a router: no more Pods of the canary than its share needs. 12: the stable revision
// keeps those that its share needs, by all that is decided and by what the gateway does.
void Invariants::check_canary_sizes(const RolloutPlan& plan) {
  if (!plan.is_under_way()) return;
  const api::CanaryStrategy& canary = *plan.rollout.spec.strategy.canary;
  const std::int64_t most = most_of(canary), n = plan.n();
  const SizeChange &current = *plan.current(), &stable = *plan.stable();
  std::int64_t low =
      std::min(weight_in(plan.before(), current.hash), weight_in(plan.after, current.hash));
  std::int64_t high =
      std::max(weight_in(plan.before(), current.hash), weight_in(plan.after, current.hash));
  for (const api::Service* service : services(loop_->world())) {
    if (divider_of(loop_->world(), *service) != &plan.rollout) continue;
    for (const RouteListener* listener : listeners_of(gateway_.table(), *service)) {
      const Share ours = share_of(*listener, current.hash);
      const Share theirs = share_of(*listener, stable.hash);
      if (theirs.endpoints) low = std::min(low, ours.weight * most / ours.whole);
    }
  }
  const std::int64_t needed = is_gradual(canary) ? pods_for(canary, n, most - low) : n;
  if (stable.after < std::min(stable.before, needed) && plan.after.stableRS == stable.hash) {
    violated(12, text(plan.key) + " would leave the stable revision too few pods" + text(stable));
  }
  if (plan.aborted()) {
    if (current.after > std::max(current.before, pods_for(canary, n, high))) {
      violated(22, text(plan.key) + ", aborted, would grow" + text(current));
    }
    return;
  }
  const std::int64_t index = index_in(plan.after);
  const std::int64_t weight = std::max(high, declared_weight(canary, index));
  const std::int64_t least =
      std::min(n, canary.maxSurge ? 1 : canary.minPodsPerReplicaSet.value_or(1));
  const std::int64_t wanted =
      pods_by_hand(canary, index, n)
          .value_or(weight == 0 ? 0 : std::max(least, pods_for(canary, n, weight)));
  if (current.after > wanted) {
    violated(22, text(plan.key) + " would have more canary pods than the " +
                     std::to_string(wanted) + " that are wanted" + text(current));
  }
}

// Without a router: the bounds of a Deployment (12, 13), and no more canary Pods than its share of
// them (22).
void Invariants::check_ratio(const RolloutPlan& plan) {
  const api::CanaryStrategy& canary = *plan.rollout.spec.strategy.canary;
  const std::int64_t n = plan.n();
  const api::IntOrString quarter{.is_string = true, .text = "25%"};
  const std::int64_t surge = resolve(canary.maxSurge.value_or(quarter), n, true);
  std::int64_t unavailable = resolve(canary.maxUnavailable.value_or(quarter), n, false);
  if (surge == 0 && unavailable == 0) unavailable = 1;
  std::int64_t total_before = 0, total_after = 0, kept_before = 0, kept_after = 0;
  std::string sets;
  for (const SizeChange& size : plan.sizes) {
    sets += text(size);
    total_before += size.before;
    total_after += size.after;
    kept_before += size.kept_before();
    kept_after += size.kept_after();
  }
  if (total_after > std::max(n + surge, total_before)) {
    violated(13,
             text(plan.key) + " would have " + std::to_string(total_after) + " replicas" + sets);
  }
  if (kept_after < std::min(n - unavailable, kept_before)) {
    violated(12, text(plan.key) + " would go from " + std::to_string(kept_before) + " to " +
                     std::to_string(kept_after) + " available replicas of " + std::to_string(n) +
                     ", of which " + std::to_string(unavailable) + " may miss" + sets);
  }
  if (!plan.is_under_way()) return;
  const std::int64_t weight = plan.aborted() ? 0 : declared_weight(canary, index_in(plan.after));
  const SizeChange& current = *plan.current();
  if (current.after > std::max(current.before, (n * weight + 99) / 100)) {
    violated(22, text(plan.key) + " would have more canary pods than weight " +
                     std::to_string(weight) + " needs" + sets);
  }
}

// Blue-green: the active Service changes over to a revision that is full (12) and that nobody holds
// back (20); the one before keeps its Pods, for the way back (30).
void Invariants::check_colours(const RolloutPlan& plan, const Plan& whole) {
  const api::BlueGreenStrategy& strategy = *plan.rollout.spec.strategy.blueGreen;
  const Key service{.kind = Kind::Service, .ns = plan.key.ns, .name = strategy.activeService};
  const auto* stored = loop_->world().get<api::Service>(service.ns, service.name);
  if (!stored) return;
  const auto* changed = written<api::Service, UpdateObject>(whole, service);
  const std::string active = text_at(stored->spec.selector, kRolloutsPodTemplateHash);
  const std::string next =
      changed ? text_at(changed->spec.selector, kRolloutsPodTemplateHash) : active;
  Colours& colours = colours_[plan.rollout.metadata.uid];
  for (const SizeChange& size : plan.sizes) {
    if (size.hash == active && size.after < std::min(size.before, plan.n())) {
      violated(12, text(plan.key) + " would shrink the active revision" + text(size));
    }
    const auto until = colours.stands_by.find(size.hash);
    const bool early = until != colours.stands_by.end() && plan.now < until->second &&
                       size.after < size.before && size.hash != plan.after.currentPodHash;
    if (early) violated(30, text(plan.key) + " would take away the way back" + text(size));
  }
  if (next == active) return;
  const SizeChange *from = plan.with_hash(active), *to = plan.with_hash(next);
  const bool back = plan.aborted() && next == plan.before().stableRS;
  const std::string what = text(plan.key) + " would change over to " + next;
  colours.stands_by.erase(next);
  if (back) return;
  if (!to || to->serving < plan.n()) violated(12, what + ", which is not full");
  if (from && from->before > 0) {
    colours.stands_by[active] = std::chrono::floor<std::chrono::seconds>(plan.now) +
                                std::chrono::seconds(strategy.scaleDownDelaySeconds.value_or(30));
  }
  const api::RolloutStatus& before = plan.before();
  const bool by_clock = strategy.autoPromotionEnabled.value_or(true);
  const bool stood_by =
      to && to->set->metadata.annotations.contains(annotation::kScaleDownDeadline);
  const bool resumed = before.controllerPause && before.pauseConditions.empty();
  const bool over = by_clock && !before.pauseConditions.empty() &&
                    plan.now >= before.pauseConditions[0].startTime +
                                    std::chrono::seconds(strategy.autoPromotionSeconds);
  const bool free = !from || (by_clock && strategy.autoPromotionSeconds == 0) || stood_by ||
                    before.promoteFull || before.blueGreen.scaleUpPreviewCheckPoint;
  if (plan.rollout.spec.paused || !(free || resumed || over)) violated(20, what + ", held back");
}

// 22, 30: what becomes stable is full, and the gateway sends nothing any more to what was.
void Invariants::check_promotion(const RolloutPlan& plan) {
  const std::string &before = plan.before().stableRS, &after = plan.after.stableRS;
  if (before == after) return;
  const std::string what = text(plan.key) + " would call " + after + " stable";
  const SizeChange *now = plan.with_hash(after), *then = plan.with_hash(before);
  const auto& colours = plan.rollout.spec.strategy.blueGreen;
  // A blue-green one was full when its Service changed over.
  if (!colours && (!now || now->serving < plan.n())) violated(12, what + ", which is not full");
  if (before.empty() || plan.n() == 0) return;
  if (!colours && !router_of(plan.rollout)) {
    if (then && then->before > 0) violated(22, what + " beside the other one" + text(*then));
    return;
  }
  for (const api::Service* service : services(loop_->world())) {
    const bool its = colours ? service->metadata.name == colours->activeService
                             : divider_of(loop_->world(), *service) == &plan.rollout;
    if (!its) continue;
    for (const RouteListener* listener : listeners_of(gateway_.table(), *service)) {
      if (share_of(*listener, before).weight == 0) continue;
      violated(colours ? 30 : 22, what + " while the gateway asks " + before);
    }
  }
}

// --- Tables --------------------------------------------------------------------------------------

// 22, 31: what a table divides, it divides as the Rollout's status says; whoever is aborted, and
// need not wait for Pods, gets nothing by any table from then on.
void Invariants::check_shares(const RouteListener& listener) {
  const World& world = loop_->world();
  for (const api::Service* service : services(world)) {
    const auto* rollout = divider_of(world, *service);
    if (!rollout || !is_listener_of(*service, listener.name)) continue;
    const api::TrafficWeights& weights = *rollout->status.canary.weights;
    const std::string& hash = weights.canary.podTemplateHash;
    if (hash == weights.stable.podTemplateHash) continue;
    const api::CanaryStrategy& canary = *rollout->spec.strategy.canary;
    const Share ours = share_of(listener, hash);
    const Share theirs = share_of(listener, weights.stable.podTemplateHash);
    const std::int64_t weight =
        rollout->status.abort && !is_gradual(canary) ? 0 : weights.canary.weight;
    // A template of an Experiment may have lost its Pods; the others share what it had.
    std::int64_t most = most_of(canary);
    for (const api::WeightDestination& more : weights.additional) {
      if (!share_of(listener, more.podTemplateHash).endpoints) most -= more.weight;
    }
    if (rollout->status.abort && !is_gradual(canary) && ours.endpoints) {
      violated(22, listener.name + " would send requests to a revision that is aborted");
    } else if (ours.endpoints && theirs.endpoints && ours.weight * most != weight * ours.whole) {
      violated(31, listener.name + " would send " + std::to_string(ours.weight) + " of " +
                       std::to_string(ours.whole) + " to a canary of weight " +
                       std::to_string(weight));
    }
    for (const RouteRule& rule : listener.rules) {
      if (rule.match.headers.empty()) continue;
      if (rollout->status.abort) violated(22, listener.name + " has a route to what is aborted");
      for (const RouteBackend& backend : rule.backends) {
        for (const RouteEndpoint& endpoint : backend.endpoints) {
          if (endpoint.revision == hash) continue;
          violated(22, listener.name + " would send by header to " + endpoint.name);
        }
      }
    }
  }
}

// 30: from blue to green once, and back only for a reason: an abort, a retry, another template.
void Invariants::check_colours_of(const RouteTable& table) {
  const World& world = loop_->world();
  for (const Key& key : world.keys(Kind::Rollout)) {
    const auto* rollout = world.get<api::Rollout>(key.ns, key.name);
    if (!rollout->spec.strategy.blueGreen) continue;
    const auto* service =
        world.get<api::Service>(key.ns, rollout->spec.strategy.blueGreen->activeService);
    if (!service) continue;
    Colours& colours = colours_[rollout->metadata.uid];
    if (rollout->status.stableRS.empty()) {  // nothing has served yet that could be gone back to
      colours.left.clear();
      continue;
    }
    const std::pair reason(rollout->status.abort, rollout->spec.template_);
    if (std::exchange(colours.reason, reason) != reason || colours.reasons > 0) {
      colours.left.clear();
      colours.reasons = 0;
    }
    for (const RouteListener* listener : listeners_of(table, *service)) {
      std::set<std::string> revisions;
      for (const RouteBackend& backend : listener->rules.back().backends) {
        for (const RouteEndpoint& endpoint : backend.endpoints) revisions.insert(endpoint.revision);
      }
      for (const std::string& revision : revisions) {
        if (!colours.left.contains(revision)) continue;
        violated(30, listener->name + " would go back to " + revision);
      }
      if (revisions.size() != 1 || revisions.contains(colours.active)) continue;
      if (!colours.active.empty()) colours.left.insert(colours.active);
      colours.active = *revisions.begin();
    }
  }
}

// Somebody has a reason to go back, though no World may ever show it: it can be taken back.
void Invariants::check_rollout_update(const api::Rollout& before, const api::Rollout& after) {
  const bool reason =
      before.status.abort != after.status.abort || !(before.spec.template_ == after.spec.template_);
  if (reason && after.spec.strategy.blueGreen) ++colours_[after.metadata.uid].reasons;
}

}  // namespace weir::sim
