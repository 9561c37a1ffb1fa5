#include "controller/loop/loop.h"

#include <algorithm>
#include <utility>

#include "reconcilers/reconciler.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kExpireEventsEvery{60};
constexpr std::chrono::seconds kLongestSleep{5};

}  // namespace

Loop::Loop(Parts parts, ObserverOptions options)
    : parts_(parts),
      cache_(queue_),
      recorder_(parts.store, parts.mailbox, parts.clock),
      observer_(std::move(options), parts.engine, cache_, parts.mailbox, parts.clock),
      executor_({.store = parts.store,
                 .engine = parts.engine,
                 .gateway = parts.gateway,
                 .volumes = parts.volumes,
                 .measurer = parts.measurer,
                 .git_ops = parts.git_ops,
                 .cache = cache_,
                 .queue = queue_,
                 .recorder = recorder_,
                 .mailbox = parts.mailbox,
                 .clock = parts.clock}) {}

Result<void> Loop::start() {
  const Store::Listing listing = parts_.store.list_all();
  cache_.load(listing);
  TRY(subscription_,
      parts_.store.subscribe(listing.version, [this](std::span<const Commit> commits) {
        parts_.mailbox.post([this, batch = std::vector<Commit>(commits.begin(), commits.end())] {
          for (const Commit& commit : batch) cache_.apply(commit);
        });
      }));
  next_expiry_ = parts_.clock.now() + kExpireEventsEvery;
  observer_.start();
  parts_.gateway.follow([this](GatewayReport report) {
    parts_.mailbox.post([this, report = std::move(report)] { cache_.gateway_said(report); });
  });
  return {};
}

void Loop::run() {
  while (!parts_.mailbox.closed()) {
    if (turn()) continue;
    const Duration sleep = next_wake() - parts_.clock.now();
    parts_.mailbox.wait_for(std::clamp<Duration>(sleep, Duration(0), kLongestSleep));
  }
}

bool Loop::turn() {
  const bool told = parts_.mailbox.run_all();
  const Time now = parts_.clock.now();
  run_timers(now);
  tell_engine();
  queue_.advance(now);
  const std::optional<Key> key = queue_.take();
  if (!key) {
    recorder_.flush();
    return told;
  }
  const auto began = std::chrono::steady_clock::now();
  Plan plan = weir::plan(cache_.world(), *key, now);
  executor_.apply(*key, plan);
  if (watcher_) watcher_->planned(*key, plan, std::chrono::steady_clock::now() - began);
  if (cache_.world().find(*key)) {
    last_plans_[*key] = {.at = now, .plan = std::move(plan)};
  } else {
    last_plans_.erase(*key);
  }
  return true;
}

void Loop::run_timers(Time now) {
  observer_.tick();
  executor_.tick();
  if (now < next_expiry_) return;
  next_expiry_ = now + kExpireEventsEvery;
  recorder_.expire();
}

void Loop::tell_engine() {
  const EngineState& engine = cache_.world().engine;
  if (!watcher_ || engine == told_engine_) return;
  told_engine_ = engine;
  watcher_->engine_changed(engine);
}

Time Loop::next_wake() const {
  const Time timers = std::min({observer_.next_tick(), executor_.next_tick(), next_expiry_});
  return std::min(queue_.next_wake().value_or(timers), timers);
}

const LastPlan* Loop::last_plan(const Key& key) const {
  const auto found = last_plans_.find(key);
  return found == last_plans_.end() ? nullptr : &found->second;
}

bool Loop::idle() const {
  return queue_.depth() == 0 && executor_.under_way() == 0 && recorder_.idle();
}

}  // namespace weir
