#include "tests/sim/simulation.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "controller/admission/codec.h"
#include "controller/admission/deletion.h"
#include "controller/admission/manifest.h"
#include "reconcilers/sandbox.h"
#include "tests/sim/invariants.h"

namespace weir::sim {

// Files that are written at once, and lost with nothing.
class Simulation::Volumes : public VolumeFiles {
 public:
  void write(WriteVolume, OnDone on_done) override { on_done({}); }
  void remove(std::string, OnDone on_done) override { on_done({}); }
  void write_environment(std::string, std::string, std::map<std::string, std::string>,
                         OnEnvironment on_done) override {
    on_done(EnvironmentFile{.environment = "/env", .starter = "/exec"});
  }
};

Simulation::Simulation(std::uint64_t seed)
    : engine(clock, seed * 2 + 1),
      gateway(clock, engine, seed * 2 + 1),
      random(seed * 2),
      invariants_(std::make_unique<Invariants>(engine, gateway)),
      watch_([this](const std::string& what) { invariants_->violated(5, what); }) {
  engine.images["v1"] = {};
  engine.images[kSandboxImage] = {};
  engine.explain_end = [this](const SimContainer& container) {
    return invariants_->explain_end(container);
  };
  engine.on_end = [this](const SimContainer& container) { invariants_->asked_to_end(container); };
  gateway.on_ask = [this](const RouteEndpoint& endpoint) { invariants_->asked(endpoint); };
  engine.on_send = [this](const engine::Request&) { return !pass(Instant::before_send); };
  engine.before_effect = [this](const engine::Request&) { pass(Instant::before_effect); };
  engine.after_effect = [this](const engine::Request& request) {
    if (trace_) tell(engine::text(request));
    pass(Instant::after_effect);
  };
  begin_life();
}

std::string_view text(Instant instant) {
  switch (instant) {
    case Instant::before_send:
      return "before the call is sent";
    case Instant::before_effect:
      return "after sending, before the effect";
    case Instant::after_effect:
      return "after the effect, before its answer";
    case Instant::before_commit:
      return "before the commit";
    case Instant::after_commit:
      return "after the commit, before its answer";
  }
  return "";
}

Simulation::~Simulation() {
  watch_.disconnect();
  loop_.reset();
  connection_.reset();
  store_.reset();
}

// --- Lives ---------------------------------------------------------------------------------------

void Simulation::begin_life(bool power_was_cut) {
  auto opened = Store::open(
      {.path = "data" + std::to_string(data_folder_) + "/weir.db",
       .own_thread = false,
       .vfs = disk_.vfs(),
       .unix_seconds = [this] { return to_seconds(clock.now()).time_since_epoch().count(); },
       .make_uid = [this] { return "uid-" + std::to_string(next_uid_++); }});
  if (!opened) throw std::runtime_error("store: " + opened.error().message);
  store_ = *std::move(opened);
  clock.weir_starts();
  connection_ = engine.connect();
  mailbox_ = std::make_unique<Mailbox>();
  git.begin_life(*store_);
  volumes_ = std::make_unique<Volumes>();
  gateway_link_ = gateway.connect();
  loop_ = std::make_unique<Loop>(Loop::Parts{.store = *store_,
                                             .engine = *connection_,
                                             .gateway = *gateway_link_,
                                             .volumes = *volumes_,
                                             .measurer = measurer,
                                             .git_ops = git,
                                             .clock = clock,
                                             .mailbox = *mailbox_},
                                 ObserverOptions{.instance = "weir",
                                                 .store = store_->id(),
                                                 .network = "weir",
                                                 .volume_root = "/volumes",
                                                 .memory_root = "/memory",
                                                 .node_name = "sim"});
  if (trace_) tell("--- a new life");
  invariants_->begin_life(*store_, *loop_, power_was_cut);
  if (check_) loop_->watch(invariants_.get());
  const auto watched =
      store_->subscribe(store_->list_all().version, [this](std::span<const Commit> commits) {
        for (const Commit& c : commits) {
          if (trace_) tell_rollout(*c.object);
          invariants_->committed(c);
        }
      });
  if (!watched) throw std::runtime_error("subscribe: " + watched.error().message);
  subscription_ = *watched;
  if (check_) watch_.connect(*store_);
  if (const auto started = loop_->start(); !started) {
    throw std::runtime_error("loop: " + started.error().message);
  }
}

void Simulation::check_nothing() {
  check_ = false;
  loop_->watch(nullptr);
  watch_.disconnect();
}

void Simulation::crash(bool power_cut) {
  // From here on the old life reaches no disk: what it had not committed is gone with it.
  if (power_cut) {
    disk_.cut(random());
  } else {
    disk_.fail({.nth = 1, .lasting = true});
  }
  watch_.disconnect();
  loop_.reset();
  connection_.reset();
  subscription_.reset();
  store_.reset();
  mailbox_.reset();
  disk_.heal();
  begin_life(power_cut);
}

void Simulation::lose_data_folder() {
  ++data_folder_;
  invariants_->lost_data_folder();
  watch_.forget();
  crash();
}

// --- Steps ---------------------------------------------------------------------------------------

bool Simulation::step(Time until) {
  ++steps_;
  if (is_spinning()) {
    invariants_->violated(17, "it goes on and on without any time passing");
    clock.advance_to(until);
    return false;
  }
  bool went_on = false;
  const int first = std::uniform_int_distribution<>(0, 3)(random);
  for (int i = 0; i < 4 && !went_on; ++i) {
    switch ((first + i) % 4) {
      case 0:
        went_on = loop_->turn();
        break;
      case 1:
        went_on = commit();
        break;
      case 2:
        went_on = engine.next_event() <= clock.steady();
        engine.run_due();
        break;
      case 3:
        went_on = gateway.next_event() <= clock.steady();
        gateway.run_due();
        break;
    }
  }
  if (dying_) {
    dying_ = false;
    crash();
    went_on = true;
  }
  if (!went_on) {
    const Time next =
        std::min({engine.next_event(), gateway.next_event(), clock.steady_of(loop_->next_wake())});
    if (next > until) {
      clock.advance_to(until);
      return false;
    }
    clock.advance_to(next);
  }
  // Seldom: the end of a request is a step, too.
  if (check_ && went_on && random() % 4 == 0) gateway.ask();
  if (check_) invariants_->after_step();
  return true;
}

bool Simulation::is_spinning() {
  constexpr int kMost = 100'000;  // steps at one instant; a busy one has some hundreds
  if (std::exchange(last_instant_, clock.steady()) != clock.steady()) steps_at_once_ = 0;
  return ++steps_at_once_ > kMost;
}

void Simulation::trace() {
  trace_ = true;
  gateway.on_event = [this](const std::string& what) { tell(what); };
}

void Simulation::tell(const std::string& what) const {
  std::printf("%lld %s\n",
              static_cast<long long>(clock.steady().time_since_epoch().count() % 100'000'000),
              what.c_str());
}

// What a Rollout says of itself: its effects on the engine come much later.
void Simulation::tell_rollout(const Stored& stored) const {
  const auto* rollout = std::get_if<api::Rollout>(stored.typed.get());
  if (!rollout) return;
  const api::RolloutStatus& status = rollout->status;
  const auto& weights = status.canary.weights;
  tell("Rollout " + rollout->metadata.name + " " + status.phase + " " + status.message +
       " | generation " + std::to_string(rollout->metadata.generation) + " replicas " +
       std::to_string(rollout->spec.replicas) + " current " + status.currentPodHash + " stable " +
       status.stableRS + " step " + std::to_string(status.currentStepIndex.value_or(-1)) +
       (weights ? " weight " + std::to_string(weights->canary.weight) : "") +
       (weights && weights->verified.value_or(false) ? "" : " unverified") +
       (status.abort ? " aborted" : "") + (status.promoteFull ? " in full" : "") +
       (rollout->spec.paused ? " paused" : ""));
}

bool Simulation::pass(Instant instant) {
  ++passed_[instant];
  if (!crash_at_ || *crash_at_ != std::pair(instant, passed_[instant])) return false;
  crash_at_.reset();
  dying_ = true;
  return true;
}

bool Simulation::commit() {
  const std::uint64_t before = store_->commits_total();
  if (store_->queued() > 0 && pass(Instant::before_commit)) return true;
  if (!store_->commit_pending()) return false;
  if (store_->commits_total() != before) pass(Instant::after_commit);
  return true;
}

void Simulation::run_for(Duration time) {
  const Time until = clock.steady() + time;
  while (step(until)) {
  }
}

// Quiet means: no effect on the engine and no write but of Events for ten minutes, longer than any
// back-off. Probes and lists go on, they are reads.
bool Simulation::settle(Duration limit) {
  constexpr std::chrono::minutes kQuiet{10};
  const Time until = clock.steady() + limit;
  Time quiet_since = clock.steady();
  std::uint64_t changes = engine.mutations() + writes();
  while (clock.steady() < until) {
    step(until);
    if (std::exchange(changes, engine.mutations() + writes()) != changes) {
      quiet_since = clock.steady();
    }
    if (clock.steady() - quiet_since > kQuiet && loop_->idle()) return true;
  }
  return false;
}

std::uint64_t Simulation::writes() const { return invariants_->writes(); }
const std::vector<std::string>& Simulation::violations() const { return invariants_->violations(); }

// --- Users ---------------------------------------------------------------------------------------

void Simulation::submit(Transaction transaction) {
  store_->submit(std::move(transaction), [this](Result<std::vector<StoredPtr>> stored) {
    if (!stored) return;
    for (const StoredPtr& object : *stored) {
      ++acknowledged_;
      invariants_->acknowledged(object->key, object->version);
    }
  });
}

void Simulation::apply(Object object) {
  const Key key = key_of(object);
  const StoredPtr stored = store_->get(key);
  if (!stored) {
    meta(object).generation = 1;
    submit({.writes = {{.type = Write::Type::create, .key = key, .json = encode_text(object)}}});
    return;
  }
  // As a user's apply: the spec and the user's own annotations, everything else stays.
  nlohmann::json document = *parse_json(stored->json);
  const nlohmann::json wanted = encode(object);
  if (document.value("spec", nlohmann::json()) != wanted.value("spec", nlohmann::json())) {
    document["spec"] = wanted["spec"];
    document["metadata"]["generation"] = document["metadata"]["generation"].get<int>() + 1;
  }
  if (wanted.contains("data")) document["data"] = wanted["data"];
  for (const auto& [name, value] : meta(object).annotations) {
    document["metadata"]["annotations"][name] = value;
  }
  submit({.writes = {{.type = Write::Type::update,
                      .key = key,
                      .json = document.dump(),
                      .expected_version = stored->version}}});
}

void Simulation::replace(const Stored& stored, Object object) {
  submit({.writes = {{.type = Write::Type::update,
                      .key = stored.key,
                      .json = encode_text(object),
                      .expected_version = stored.version}}});
}

void Simulation::remove(const Key& key, Propagation propagation) {
  const StoredPtr stored = store_->get(key);
  if (!stored) return;
  const auto marked =
      mark_deleted(key.kind, *parse_json(stored->json), {.propagation = propagation}, clock.now());
  if (marked) {
    submit({.writes = {{.type = Write::Type::update, .key = key, .json = marked->dump()}}});
  } else {
    submit({.writes = {{.type = Write::Type::remove, .key = key}}});
  }
}

// --- Ends ----------------------------------------------------------------------------------------

std::string Simulation::end_state() const {
  std::map<std::string, int> lines;
  for (const StoredPtr& stored : store_->list_all().objects) {
    if (const auto* d = std::get_if<api::Deployment>(stored->typed.get())) {
      ++lines["Deployment " + d->metadata.name + " " + std::to_string(d->status.availableReplicas) +
              "/" + std::to_string(d->spec.replicas) + " updated " +
              std::to_string(d->status.updatedReplicas)];
    }
    if (const auto* r = std::get_if<api::ReplicaSet>(stored->typed.get())) {
      ++lines["ReplicaSet of " + r->spec.template_.spec.containers[0].image + " " +
              std::to_string(r->status.availableReplicas) + "/" + std::to_string(r->spec.replicas)];
    }
    if (const auto* c = std::get_if<api::ConfigMap>(stored->typed.get())) {
      ++lines["ConfigMap " + c->metadata.name];
    }
    if (const auto* r = std::get_if<api::Rollout>(stored->typed.get())) {
      ++lines["Rollout " + r->metadata.name + " " + r->status.phase + " " +
              std::to_string(r->status.updatedReplicas) + " updated"];
    }
    if (const auto* j = std::get_if<api::Job>(stored->typed.get())) {
      // Those of analyses have a uid before the first dot.
      const std::string& name = j->metadata.name;
      ++lines["Job " + name.substr(name.find('.') + 1) + " " + std::to_string(j->status.succeeded) +
              "/" + std::to_string(j->spec.completions.value_or(1)) + " " +
              (j->status.conditions.empty() ? "" : j->status.conditions.back().type)];
    }
    if (const auto* a = std::get_if<api::AnalysisRun>(stored->typed.get())) {
      ++lines["AnalysisRun of " + a->spec.metrics.front().name + " " + a->status.phase];
    }
    if (const auto* p = std::get_if<api::Pod>(stored->typed.get())) {
      ++lines["Pod " + p->spec.containers[0].image + " " + p->status.phase +
              (p->metadata.deletionTimestamp ? ", going" : "")];
    }
  }
  for (const std::string& id : engine.ours()) {
    const SimContainer& container = engine.containers().at(id);
    if (container.view.state != ContainerState::running) continue;
    ++lines["Container " + container.spec.image + " running"];
  }
  for (const RouteListener& listener : gateway.table().listeners) {
    const std::size_t endpoints = listener.rules.front().backends.front().endpoints.size();
    ++lines["Route " + listener.name + " to " + std::to_string(endpoints) + " endpoints"];
  }
  std::string out;
  for (const auto& [line, count] : lines) out += std::to_string(count) + " x " + line + "\n";
  return out;
}

api::Deployment deployment(const DeploymentOptions& options) {
  api::Deployment d;
  d.metadata.name = options.name;
  d.metadata.namespace_ = options.ns;
  if (options.auto_rollback) d.metadata.annotations["weir.dev/auto-rollback"] = "true";
  d.spec.replicas = options.replicas;
  d.spec.paused = options.paused;
  d.spec.progressDeadlineSeconds = options.progress_deadline_seconds;
  d.spec.revisionHistoryLimit = options.history;
  d.spec.minReadySeconds = options.min_ready_seconds;
  d.spec.selector.matchLabels = {{"app", options.name}};
  d.spec.template_.metadata.labels = {{"app", options.name}};
  if (options.recreate) {
    d.spec.strategy.type = "Recreate";
  } else {
    const auto bound = [&](int number) {
      if (!options.percent) return api::IntOrString{.number = number};
      return api::IntOrString{.is_string = true, .text = std::to_string(number) + "%"};
    };
    d.spec.strategy.rollingUpdate = {.maxSurge = bound(options.max_surge),
                                     .maxUnavailable = bound(options.max_unavailable)};
  }
  api::Probe probe;
  probe.httpGet = api::HTTPGetAction{.path = "/healthz", .port = {.number = 8080}};
  probe.periodSeconds = 10;
  api::Container container;
  container.name = "app";
  container.image = options.image;
  container.imagePullPolicy = "IfNotPresent";
  container.readinessProbe = probe;
  if (options.configured) {
    d.metadata.annotations["weir.dev/rollout-on-config-change"] = "true";
    container.envFrom.emplace_back().configMapRef =
        api::ConfigMapEnvSource{.name = "app", .optional = true};
  }
  d.spec.template_.spec.containers = {container};
  return d;
}

api::Service service(const std::string& name) {
  api::Service s;
  s.metadata.name = name;
  s.metadata.namespace_ = "default";
  s.spec.type = "NodePort";
  s.spec.selector = {{"app", name}};
  api::ServicePort port;
  port.port = 80;
  port.protocol = "TCP";
  port.targetPort = api::IntOrString{.number = 8080};
  s.spec.ports = {port};
  return s;
}

}  // namespace weir::sim
