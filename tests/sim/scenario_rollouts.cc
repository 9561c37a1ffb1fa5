#include "tests/sim/scenario_rollouts.h"

#include <algorithm>

#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir::sim {

namespace {

constexpr const char* kRatio = "ratio";       // a canary without a router
constexpr const char* kRouted = "routed";     // a canary with one
constexpr const char* kBlueGreen = "colour";  // blue-green
constexpr const char* kNames[] = {kRatio, kRouted, kRouted, kBlueGreen};
constexpr const char* kGoodImages[] = {"v1", "v2", "v3"};
constexpr const char* kBadImages[] = {"sick", "crash", "private"};

std::string& image_of(api::Rollout& rollout) {
  return rollout.spec.template_.spec.containers.at(0).image;
}

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }

// 0: until somebody promotes.
api::CanaryStep pause(std::int64_t seconds) {
  api::CanaryStep step;
  step.pause.emplace();
  if (seconds > 0) step.pause->duration = api::IntOrString{.number = seconds};
  return step;
}

// An empty value: the route goes.
api::CanaryStep header_route(const std::string& value) {
  api::CanaryStep step;
  auto& route = step.setHeaderRoute.emplace();
  route.name = "beta";
  if (value.empty()) return step;
  api::HeaderRoutingMatch match{.headerName = "x-beta"};
  match.headerValue.emplace().exact = value;
  route.match.push_back(match);
  return step;
}

// Of a canary, or of what is not active yet. Empty: there is none.
const std::string& second_service(const api::RolloutStrategy& strategy) {
  return strategy.canary ? strategy.canary->canaryService : strategy.blueGreen->previewService;
}

bool is_at_rest(const api::Rollout& rollout) {
  return rollout.status.phase == "Healthy" &&
         rollout.status.observedGeneration == std::to_string(rollout.metadata.generation);
}

}  // namespace

// --- Manifests -----------------------------------------------------------------------------------

std::vector<api::CanaryStep> RolloutUsers::steps(bool router) {
  std::vector<api::CanaryStep> steps;
  const auto look = [&](int percent) {
    if (dice_.chance(percent)) steps.push_back(pause(dice_.chance(70) ? dice_.number(5, 30) : 0));
  };
  if (dice_.chance(8)) return steps;
  const bool by_hand = router && dice_.chance(30);
  const bool by_header = router && dice_.chance(40);
  if (by_hand) {
    auto& scale = steps.emplace_back().setCanaryScale.emplace();
    if (dice_.chance(50)) {
      scale.replicas = dice_.number(1, 3);
    } else {
      scale.weight = dice_.number(1, 100);
    }
    look(50);
  }
  if (by_header) {
    steps.push_back(header_route("1"));
    look(70);
  }
  if (by_hand && dice_.chance(70)) {
    steps.emplace_back().setCanaryScale.emplace().matchTrafficWeight = true;
  }
  const bool rises = dice_.chance(80);
  int present = 0;
  for (int weights = dice_.number(1, 3); weights > 0; --weights) {
    present = dice_.number(rises ? present : 0, 100);
    steps.push_back(weight(present));
    look(80);
  }
  if (by_header && dice_.chance(50)) steps.push_back(header_route(""));
  return steps;
}

api::RolloutStrategy RolloutUsers::strategy_of(const std::string& name) {
  api::RolloutStrategy strategy;
  const auto seconds = [&](std::optional<std::int64_t>& delay, int percent, int least) {
    if (dice_.chance(percent)) delay = dice_.number(least, 25);
  };
  const auto part = [&](int most) {
    if (dice_.chance(60)) return api::IntOrString{.number = dice_.number(1, most)};
    return api::IntOrString{.is_string = true, .text = std::to_string(dice_.number(1, 70)) + "%"};
  };
  if (name == kBlueGreen) {
    auto& colours = strategy.blueGreen.emplace();
    colours.activeService = name;
    if (dice_.chance(60)) colours.previewService = name + "-next";
    if (dice_.chance(30)) colours.autoPromotionEnabled = false;
    if (dice_.chance(40)) colours.autoPromotionSeconds = dice_.number(5, 25);
    if (dice_.chance(40)) colours.previewReplicaCount = dice_.number(1, 2);
    seconds(colours.scaleDownDelaySeconds, 50, 0);
    seconds(colours.abortScaleDownDelaySeconds, 30, 0);
    return strategy;
  }
  auto& canary = strategy.canary.emplace();
  canary.steps = steps(name == kRouted);
  if (name == kRatio) {
    if (dice_.chance(70)) canary.maxSurge = part(3);
    if (dice_.chance(70)) canary.maxUnavailable = part(2);
    if (dice_.chance(20)) {
      canary.maxSurge = api::IntOrString{};
      canary.maxUnavailable = part(2);
    } else if (dice_.chance(30)) {
      canary.maxSurge = part(3);
      canary.maxUnavailable = api::IntOrString{};
    }
    return strategy;
  }
  canary.trafficRouting.emplace().managedRoutes.push_back({.name = "beta"});
  if (dice_.chance(50)) {
    canary.stableService = name;
    canary.canaryService = name + "-next";
  }
  if (dice_.chance(30)) canary.dynamicStableScale = true;
  if (dice_.chance(25)) canary.maxSurge = part(3);
  if (dice_.chance(20)) canary.minPodsPerReplicaSet = 2;
  if (!canary.dynamicStableScale) seconds(canary.scaleDownDelaySeconds, 40, 0);
  seconds(canary.abortScaleDownDelaySeconds, 40, 0);
  return strategy;
}

api::Rollout RolloutUsers::rollout_of(const std::string& name) {
  const auto known = wanted_.find(name);
  if (known != wanted_.end()) return known->second;
  const api::Deployment like = deployment({.name = name});
  api::Rollout rollout;
  rollout.metadata.name = name;
  rollout.metadata.namespace_ = "default";
  rollout.spec.replicas = dice_.number(1, 4);
  rollout.spec.revisionHistoryLimit = dice_.number(0, 3);
  rollout.spec.selector = like.spec.selector;
  rollout.spec.template_ = like.spec.template_;
  rollout.spec.strategy = strategy_of(name);
  return rollout;
}

// Their selectors are the Rollout's once they are there: nobody writes them again.
void RolloutUsers::apply_services() {
  for (const auto& [one, whose] : services_) {
    if (sim_.get<api::Service>("default", one)) continue;
    api::Service made = service(one);
    made.spec.selector = {{"app", whose}};
    sim_.apply(Object(made));
  }
}

void RolloutUsers::apply(const api::Rollout& rollout) {
  const std::string& name = rollout.metadata.name;
  services_[name] = name;
  const std::string next = second_service(rollout.spec.strategy);
  if (!next.empty()) services_[next] = name;
  apply_services();
  wanted_[name] = rollout;
  sim_.apply(Object(rollout));
}

void RolloutUsers::apply_all() {
  apply_services();
  for (const auto& [name, rollout] : std::map(wanted_)) apply(rollout);
}

// --- Users ---------------------------------------------------------------------------------------

void RolloutUsers::begin() {
  apply(rollout_of(dice_.pick(kNames)));
  sim_.run_for(std::chrono::seconds(20));
}

void RolloutUsers::change() {
  const std::string name = wanted_.empty() || dice_.chance(20) ? dice_.pick(kNames)
                           : dice_.chance(50)                  ? wanted_.begin()->first
                                                               : wanted_.rbegin()->first;
  api::Rollout rollout = rollout_of(name);
  switch (dice_.number(0, 15)) {
    case 0:
    case 1:
    case 2:
    case 3:
      image_of(rollout) = dice_.pick(kGoodImages);
      return apply(rollout);
    case 4:
      image_of(rollout) = dice_.pick(kBadImages);
      rollout.spec.progressDeadlineSeconds = 60;
      rollout.spec.progressDeadlineAbort = dice_.chance(70);
      return apply(rollout);
    case 5:
      rollout.spec.replicas = dice_.number(0, 6);
      return apply(rollout);
    case 6:
      rollout.spec.strategy = strategy_of(name);
      rollout.spec.minReadySeconds = dice_.chance(30) ? 5 : 0;
      return apply(rollout);
    case 7:
      rollout.spec.paused = !rollout.spec.paused;
      return apply(rollout);
    case 8:  // back to what is stable
      if (const auto stored = sim_.get<api::Rollout>("default", name)) {
        const std::string image = image_of_stable(*stored);
        if (!image.empty()) image_of(rollout) = image;
      }
      return apply(rollout);
    case 9:
    case 10:
      set_under_way(name);
      return steer(name, [](api::Rollout& r) { r.status.abort = true; });
    case 11:
      return retry(name);
    case 12:
    case 13:
      set_under_way(name);
      return promote(name);
    case 14:
      set_under_way(name);
      return steer(name, [](api::Rollout& r) { r.status.promoteFull = true; });
    default:
      if (dice_.chance(50)) return;
      wanted_.erase(name);
      sim_.remove({.kind = Kind::Rollout, .ns = "default", .name = name},
                  dice_.chance(50) ? Propagation::background : Propagation::foreground);
  }
}

// Of what is at rest there is nothing to steer.
void RolloutUsers::set_under_way(const std::string& name) {
  const auto stored = sim_.get<api::Rollout>("default", name);
  if (!stored || !is_at_rest(*stored)) return;
  api::Rollout rollout = rollout_of(name);
  image_of(rollout) = dice_.pick(kGoodImages);
  apply(rollout);
  sim_.run_for(std::chrono::seconds(dice_.number(5, 25)));
}

void RolloutUsers::steer(const std::string& name, const std::function<void(api::Rollout&)>& by) {
  sim_.change<api::Rollout>("default", name, by);
}

void RolloutUsers::retry(const std::string& name) {
  steer(name, [](api::Rollout& r) { r.status.abort = false; });
}

// As `kubectl argo rollouts promote` does it: a pause ends, else the step that is under way is
// skipped.
void RolloutUsers::promote(const std::string& name) {
  steer(name, [](api::Rollout& r) {
    const bool paused = !r.status.pauseConditions.empty();
    r.status.pauseConditions.clear();
    if (paused || !r.spec.strategy.canary || r.status.controllerPause) return;
    const auto steps = std::ssize(r.spec.strategy.canary->steps);
    const std::int64_t next = r.status.currentStepIndex.value_or(0) + 1;
    if (next <= steps) r.status.currentStepIndex = next;
  });
}

std::string RolloutUsers::image_of_stable(const api::Rollout& rollout) const {
  const auto stable =
      sim_.get<api::ReplicaSet>("default", rollout.metadata.name + "-" + rollout.status.stableRS);
  return stable ? stable->spec.template_.spec.containers.at(0).image : "";
}

// --- The end -------------------------------------------------------------------------------------

// A change of what is being deleted would go with it.
void RolloutUsers::await_deletion(const std::string& name) {
  for (int minutes = 0; minutes < 30; ++minutes) {
    const auto rollout = sim_.get<api::Rollout>("default", name);
    if (!rollout || !rollout->metadata.deletionTimestamp) return;
    sim_.run_for(std::chrono::minutes(1));
  }
}

bool RolloutUsers::stays_aborted(const std::string& name, const api::Rollout& wanted) {
  const auto stored = sim_.get<api::Rollout>("default", name);
  if (!stored || !stored->status.abort || stored->spec != wanted.spec || dice_.chance(40)) {
    return false;
  }
  const auto& canary = wanted.spec.strategy.canary;
  const auto delay = canary ? canary->abortScaleDownDelaySeconds
                            : wanted.spec.strategy.blueGreen->abortScaleDownDelaySeconds;
  const std::string stable = image_of_stable(*stored);
  return delay != 0 && std::count(std::begin(kGoodImages), std::end(kGoodImages), stable) > 0;
}

// Whether it is where it is to be; if it is not, somebody does what only people can do.
bool RolloutUsers::advance(const std::string& name) {
  const auto rollout = sim_.get<api::Rollout>("default", name);
  if (left_aborted_.contains(name)) return true;
  if (!rollout) return false;
  if (rollout->status.abort) {
    retry(name);
  } else if (!rollout->status.pauseConditions.empty() && dice_.chance(30)) {
    promote(name);
  }
  return is_at_rest(*rollout);
}

void RolloutUsers::make_possible() {
  apply_services();
  for (const auto& [name, last] : std::map(wanted_)) {
    await_deletion(name);
    if (stays_aborted(name, last)) {
      left_aborted_.insert(name);
      continue;
    }
    api::Rollout rollout = last;
    if (!sim_.engine.images.at(image_of(rollout)).works()) {
      image_of(rollout) = dice_.pick(kGoodImages);
    }
    rollout.spec.paused = false;
    rollout.spec.progressDeadlineSeconds = 600;
    apply(rollout);
    sim_.run_for(std::chrono::seconds(1));
  }
  for (int rounds = 0; rounds < 200; ++rounds) {
    bool done = true;
    for (const auto& [name, rollout] : wanted_) done &= advance(name);
    if (done) return;
    sim_.run_for(std::chrono::seconds(5));
  }
}

std::optional<Time> RolloutUsers::stands_by_until() const {
  std::optional<Time> last;
  for (const StoredPtr& stored : sim_.store().list(Kind::ReplicaSet).objects) {
    const auto& set = std::get<api::ReplicaSet>(*stored->typed);
    const auto until =
        parse_time(text_at(set.metadata.annotations, annotation::kScaleDownDeadline));
    if (until && set.spec.replicas > 0) last = std::max<Time>(last.value_or(*until), *until);
  }
  return last;
}

bool RolloutUsers::say_again() {
  bool said = false;
  if (const auto until = stands_by_until(); until && *until > sim_.now()) {
    sim_.run_for(*until - sim_.now());
    said = true;
  }
  for (const auto& [name, wanted] : wanted_) {
    const auto rollout = sim_.get<api::Rollout>("default", name);
    if (left_aborted_.contains(name) || !rollout || !rollout->status.abort) continue;
    retry(name);
    said = true;
  }
  if (said) make_possible();
  return said;
}

std::size_t RolloutUsers::pods() const {
  std::size_t sum = 0;
  for (const auto& [name, wanted] : wanted_) sum += static_cast<std::size_t>(wanted.spec.replicas);
  return sum;
}

// An unaborted one is Healthy, with all its Pods of the template that is asked for; an aborted one
// has all of what is stable. Its Services lead to those, and to nothing else.
std::string RolloutUsers::unfinished(const std::string& name, const api::Rollout& wanted) const {
  const auto rollout = sim_.get<api::Rollout>("default", name);
  if (!rollout) return "Rollout " + name + " is gone";
  const api::RolloutStatus& status = rollout->status;
  const bool aborted = left_aborted_.contains(name);
  const bool told = status.phase == (aborted ? "Degraded" : "Healthy") && status.abort == aborted;
  const std::int64_t n = wanted.spec.replicas;
  const auto serving = sim_.get<api::ReplicaSet>("default", name + "-" + status.stableRS);
  const std::string image = wanted.spec.template_.spec.containers.at(0).image;
  const bool full = serving && serving->spec.replicas == n &&
                    serving->status.availableReplicas == n && status.replicas == n &&
                    status.availableReplicas == n;
  const bool right = aborted || (status.stableRS == status.currentPodHash &&
                                 image_of_stable(*rollout) == image && status.updatedReplicas == n);
  if (told && full && right) return "";
  return "invariant 17: Rollout " + name + (aborted ? ", aborted," : "") +
         " did not converge: " + status.phase + " " + status.message + "\n" + sim_.end_state();
}

std::string RolloutUsers::unfinished() const {
  for (const auto& [name, wanted] : wanted_) {
    const std::string why = unfinished(name, wanted);
    if (!why.empty()) return why;
  }
  for (const auto& [service, rollout] : services_) {
    const auto owner = wanted_.find(rollout);
    const auto pods = owner == wanted_.end() ? 0 : owner->second.spec.replicas;
    // A Service that the strategy has no word of any more picks what it picked last.
    const bool kept = owner == wanted_.end() || service == rollout ||
                      service == second_service(owner->second.spec.strategy);
    if (!kept || sim_.gateway.endpoints_of(service) == static_cast<std::size_t>(pods)) continue;
    return "invariant 17: Service " + service + " leads to " +
           std::to_string(sim_.gateway.endpoints_of(service)) + " of " + std::to_string(pods) +
           " pods\n" + sim_.end_state();
  }
  return "";
}

}  // namespace weir::sim
