// What holds in every world, however odd: random pods, random containers around them, random
// failures. And a closed loop: with an engine that does as it is told, every such world comes to
// rest, with one container or with none.

#include <gtest/gtest.h>

#include <random>

#include "reconcilers/base64.h"
#include "reconcilers/object_text.h"
#include "reconcilers/pod.h"
#include "reconcilers/pod_hash.h"
#include "tests/support/pod_world.h"

namespace weir::test {
namespace {

constexpr char kMarker[] = "SeCrEtMaRkEr";
constexpr int kWorlds = 600;
const char* const kIds[] = {"c0", "c1", "c2", "c3"};

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int upto(int most) { return std::uniform_int_distribution<int>(0, most)(engine_); }
  bool one_in(int n) { return upto(n - 1) == 0; }
  template <class T, std::size_t N>
  T of(const T (&choices)[N]) {
    return choices[upto(static_cast<int>(N) - 1)];
  }

 private:
  std::mt19937 engine_;
};

std::optional<api::Probe> random_probe(Dice& dice) {
  if (dice.one_in(2)) return std::nullopt;
  api::Probe probe{.failureThreshold = 1 + dice.upto(3), .periodSeconds = 1 + dice.upto(20)};
  if (dice.one_in(2)) {
    probe.exec = api::ExecAction{.command = {"true"}};
  } else {
    probe.tcpSocket = api::TCPSocketAction{.port = {.number = 80}};
  }
  return probe;
}

void random_spec(Dice& dice, api::PodSpec& spec) {
  const char* const policies[] = {"Always", "Always", "OnFailure", "Never"};
  const char* const pulls[] = {"Always", "IfNotPresent", "Never"};
  spec.restartPolicy = dice.of(policies);
  api::Container& c = spec.containers.front();
  c.imagePullPolicy = dice.of(pulls);
  c.startupProbe = random_probe(dice);
  c.readinessProbe = random_probe(dice);
  c.livenessProbe = random_probe(dice);
  if (dice.one_in(3)) {
    c.lifecycle = {.postStart = api::LifecycleHandler{.exec = api::ExecAction{.command = {"x"}}}};
  }
  if (dice.one_in(2)) {
    c.env = {
        {.name = "P",
         .valueFrom = api::EnvVarSource{.secretKeyRef =
                                            api::SecretKeySelector{.key = "key", .name = "cred"}}},
        {.name = "Q", .value = "x-$(P)"}};
  }
  if (dice.one_in(6)) c.args = {"--password=$(P)"};
  if (dice.one_in(2)) {
    spec.volumes = {{.name = "v", .secret = api::SecretVolumeSource{.secretName = "cred"}}};
    c.volumeMounts = {{.mountPath = "/v", .name = "v"}};
  }
  if (dice.one_in(8)) spec.activeDeadlineSeconds = 30;
}

ContainerForm random_container(Dice& dice, const char* id) {
  const ContainerState states[] = {created,  running, running, paused, restarting,
                                   removing, exited,  exited,  dead};
  const char* const uids[] = {"u1", "u1", "u1", "gone", "uid-cred"};
  const char* const stores[] = {"store-1", "store-1", "lost"};
  ContainerForm form{.id = id,
                     .state = dice.of(states),
                     .attempt = dice.upto(3),
                     .backoff = dice.upto(7),
                     .exit_code = dice.one_in(2) ? 0 : 1,
                     .started = 20 + dice.upto(700),
                     .finished = dice.upto(20),
                     .uid = dice.of(uids),
                     .store = dice.of(stores),
                     .lists = dice.upto(3),
                     .listed = dice.upto(20) - 1};
  if (form.state == created && dice.one_in(3)) form.error = "no such file";
  if (dice.one_in(4)) form.hash = "old";
  return form;
}

World random_world(unsigned seed) {
  Dice dice(seed);
  PodWorld made = pod();
  made.secret("cred", {{"key", kMarker}});
  if (dice.one_in(8)) made.change([](World& w) { w.images.clear(); });
  made.pod([&](api::Pod& p) { random_spec(dice, p.spec); });
  for (const char* id : kIds) {
    if (!dice.one_in(3)) made.with(random_container(dice, id));
    const ProbeKind kinds[] = {ProbeKind::startup, ProbeKind::readiness, ProbeKind::liveness};
    for (const ProbeKind kind : kinds) {
      if (!dice.one_in(3)) continue;
      const bool ok = dice.one_in(2);
      made.probe(kind, ok ? dice.upto(4) : 0, ok ? 0 : dice.upto(4), dice.upto(30), id);
    }
    for (const char* verb : {"start ", "stop ", "remove ", "unpause "}) {
      if (dice.one_in(8)) made.attempt(std::string(verb) + id, 1 + dice.upto(4), dice.upto(9), "X");
    }
  }
  if (dice.one_in(3)) made.attempt("create weir_app_web_default_1", 1, 0, "NameConflict");
  if (dice.one_in(2)) made.settle();
  if (dice.one_in(3)) made.without("c0");
  if (dice.one_in(5)) made.spec([](api::Container& c) { c.image = "app:2"; });
  if (dice.one_in(5)) made.deleting(dice.one_in(3) ? 0 : 30);
  if (dice.one_in(10)) made.no_pod();
  if (dice.one_in(15)) made.change([](World& w) { w.engine.synced = false; });
  return made;
}

Plan plan_at(const World& world, Time now) {
  return plan_pod(world, {.kind = Kind::Pod, .ns = "default", .name = "web"}, now);
}

// The rule of ownership, written a second time.
bool may_touch(const World& world, const Container& c, Time now) {
  const auto* pod = world.get<api::Pod>("default", "web");
  if (pod && c.uid == pod->metadata.uid) return true;
  const bool orphan = !world.uid_exists(c.uid);
  if (c.store == "store-1") {
    return orphan && c.lists >= 2 && c.first_listed_at && now - *c.first_listed_at >= seconds(10);
  }
  if (!pod || !orphan) return false;
  if (c.spec_hash == spec_hash(pod->spec, pod->spec.containers[0])) return true;
  return to_text(Object(*pod)).find("docker://" + c.id + "\"") != std::string::npos;
}

// The container that an action is about; empty: none.
std::string target_of(const Action& action) {
  return std::visit(
      [](const auto& a) -> std::string {
        if constexpr (requires { a.container_id; }) return a.container_id;
        if constexpr (requires { a.id; }) return a.id;
        return "";
      },
      action);
}

template <class T>
int count_of(const Plan& plan) {
  int count = 0;
  for (const Action& action : plan.actions) count += std::holds_alternative<T>(action);
  return count;
}

std::string everything_said(const Plan& plan, const World& world) {
  std::string out = text(plan, world);
  for (const Reason& reason : plan.reasons) out += reason.step + ": " + reason.verdict + "\n";
  for (const Action& action : plan.actions) {
    const auto* create = std::get_if<CreateContainer>(&action);
    if (!create) continue;
    for (const auto& [name, value] : create->spec.labels) out += name + "=" + value + "\n";
    for (const std::string& line : create->spec.env) out += line + "\n";
    for (const std::string& word : create->spec.command) out += word + "\n";
  }
  return out;
}

TEST(PodProperty, SameInputSameBytes) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = random_world(seed);
    const World copy = random_world(seed);
    const Plan plan = plan_of(world);
    ASSERT_EQ(plan, plan_of(copy)) << seed;
    ASSERT_EQ(text(plan, world), text(plan_of(copy), copy)) << seed;
  }
}

TEST(PodProperty, OnlyContainersThatBelongAreTouched) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = random_world(seed);
    for (const Action& action : plan_of(world).actions) {
      const std::string id = target_of(action);
      if (id.empty()) continue;
      ASSERT_NE(world.container(id), nullptr) << seed;
      ASSERT_TRUE(may_touch(world, *world.container(id), kNow)) << seed << ": " << text(action);
    }
  }
}

TEST(PodProperty, NoSecretIsEverSaid) {
  int secrets = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = random_world(seed);
    const Plan plan = plan_of(world);
    const std::string said = everything_said(plan, world);
    ASSERT_EQ(said.find(kMarker), std::string::npos) << seed;
    ASSERT_EQ(said.find(base64_encode(kMarker).substr(0, 12)), std::string::npos) << seed;
    for (const Action& action : plan.actions) {
      const auto* create = std::get_if<CreateContainer>(&action);
      secrets += create && !create->spec.secret_env.empty();
    }
  }
  EXPECT_GT(secrets, 10) << "too few of these worlds have anything to hide";
}

TEST(PodProperty, AtMostOneCreationAndOnlyWhereNothingLives) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const World world = random_world(seed);
    const Plan plan = plan_of(world);
    const int creations = count_of<CreateContainer>(plan);
    ASSERT_LE(creations, 1) << seed;
    if (creations == 0) continue;
    const auto* pod = world.get<api::Pod>("default", "web");
    ASSERT_TRUE(pod && !pod->metadata.deletionTimestamp && world.engine.synced) << seed;
    for (const auto& [id, c] : world.containers()) {
      const bool live = c.state == running || c.state == paused || c.state == restarting;
      ASSERT_FALSE(live && c.uid == "u1") << seed << ": a second container beside " << id;
    }
  }
}

TEST(PodProperty, PlansAreTidy) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    World world = random_world(seed);
    const Plan plan = plan_of(world);
    std::set<std::string> identities;
    for (const Action& action : plan.actions) {
      ASSERT_TRUE(identities.insert(identity(action)).second) << seed << ": " << text(action);
    }
    if (plan.wake_at) {
      ASSERT_GT(*plan.wake_at, kNow) << seed;
    }
    if (!world.engine.synced) {
      ASSERT_TRUE(plan.actions.empty() && plan.changes.empty()) << seed;
    }
    for (const Change& change : plan.changes) {
      if (const auto* status = std::get_if<UpdateStatus>(&change)) world.put(status->object);
    }
    for (const Change& change : plan_of(world).changes) {
      ASSERT_FALSE(std::holds_alternative<UpdateStatus>(change)) << seed << text(change, world);
    }
  }
}

// --- The closed loop -----------------------------------------------------------------------------

// An engine that does what it is told, at once, and a clock that jumps to whatever comes next.
class Loop {
 public:
  explicit Loop(World world) : world_(std::move(world)) {
    world_.engine.synced = true;
    world_.attempts.clear();
  }

  // Until a plan holds nothing but probes. False: it never came to rest.
  bool run() {
    constexpr int kRoundsMax = 300;
    for (int round = 0; round < kRoundsMax; ++round) {
      const Plan plan = plan_at(world_, now_);
      const std::size_t probes = static_cast<std::size_t>(count_of<RunProbe>(plan));
      for (const Action& action : plan.actions) {
        if (!target_of(action).empty()) {
          EXPECT_TRUE(may_touch(world_, *world_.container(target_of(action)), now_))
              << text(action);
        }
      }
      for (const Change& change : plan.changes) apply(change);
      for (const Action& action : plan.actions) std::visit([&](auto& a) { act(a); }, action);
      const bool quiet = plan.changes.empty() && plan.actions.size() == probes;
      if (quiet && ++quiet_rounds_ == 12) return true;
      if (!quiet) quiet_rounds_ = 0;
      now_ = plan.wake_at && quiet ? *plan.wake_at : now_ + seconds(1);
    }
    return false;
  }
  const World& world() const { return world_; }

 private:
  void apply(const Change& change) {
    if (const auto* status = std::get_if<UpdateStatus>(&change)) world_.put(status->object);
    if (const auto* end = std::get_if<FinishDelete>(&change)) world_.erase(end->key);
  }
  void set(const std::string& id, const std::function<void(Container&)>& change) {
    Container c = *world_.container(id);
    change(c);
    world_.put(c);
  }
  void act(const Measure&) {}
  void act(const FetchSource&) {}
  void act(const ApplySource&) {}
  void act(const PublishRoutes&) {}
  void act(const ResolveName&) {}
  void act(const InspectImage& a) { world_.images[a.image] = {.present = true, .pulled_at = now_}; }
  void act(const PullImage& a) { world_.images[a.image] = {.present = true, .pulled_at = now_}; }
  void act(const WriteVolume& a) { world_.volumes[a.pod_uid + "/" + a.volume] = a.hash; }
  void act(const CreateContainer& a) {
    const auto& labels = a.spec.labels;
    world_.put(Container{.id = "n" + std::to_string(made_++),
                         .name = a.spec.name,
                         .image = a.spec.image,
                         .created_at = now_,
                         .store = labels.at(label::kStore),
                         .uid = labels.at(label::kUid),
                         .pod_ns = labels.at(label::kPodNamespace),
                         .pod_name = labels.at(label::kPodName),
                         .spec_hash = labels.at(label::kSpec),
                         .attempt = std::stoi(labels.at(label::kAttempt)),
                         .backoff = std::stoi(labels.at(label::kBackoff))});
  }
  void act(const StartContainer& a) {
    set(a.id, [&](Container& c) {
      c.state = running;
      c.started_at = now_;
      c.ip = "10.0.0.9";
    });
  }
  void act(const RunPostStart& a) { world_.post_started[a.container_id] = true; }
  void act(const RunProbe& a) {
    ProbeRecord& record = world_.probes[{a.container_id, a.kind}];
    record = {.successes = record.successes + 1, .last_at = now_};
  }
  void act(const StopContainer& a) {
    set(a.id, [&](Container& c) {
      c.state = exited;
      c.exit_code = 143;
      c.finished_at = now_;
    });
  }
  void act(const UnpauseContainer& a) {
    set(a.id, [](Container& c) { c.state = running; });
  }
  void act(const RemoveContainer& a) { world_.erase_container(a.id); }
  void act(const RemoveVolumes&) { world_.volumes.clear(); }

  World world_;
  Time now_ = kNow;
  int made_ = 0;
  int quiet_rounds_ = 0;
};

TEST(PodClosedLoop, EveryWorldComesToRest) {
  int running_pods = 0, gone = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    Loop loop(random_world(seed));
    const bool existed = loop.world().find({.kind = Kind::Pod, .ns = "default", .name = "web"});
    ASSERT_TRUE(loop.run()) << seed << "\n" << text(plan_of(loop.world()), loop.world());
    const World& world = loop.world();
    const auto* pod = world.get<api::Pod>("default", "web");
    int live = 0;
    for (const auto& [id, c] : world.containers()) {
      const bool lives = c.state == running || c.state == paused || c.state == restarting;
      live += lives && pod && may_touch(world, c, kNow - std::chrono::hours(1));
      EXPECT_TRUE(pod || !existed || c.uid != "u1") << seed << ": " << id << " outlived its pod";
    }
    ASSERT_LE(live, 1) << seed;
    gone += existed && !pod;
    if (!pod) continue;
    const api::PodStatus& status = pod->status;
    if (status.phase == "Running" && status.containerStatuses[0].state.running) {
      ASSERT_EQ(live, 1) << seed;
      ++running_pods;
    } else if (pod->spec.restartPolicy == "Always") {
      const bool explained = status.phase == "Failed" || status.phase == "Succeeded" ||
                             status.containerStatuses[0].state.waiting;
      ASSERT_TRUE(explained) << seed << " " << status.phase;
    }
  }
  EXPECT_GT(running_pods, kWorlds / 3);
  EXPECT_GT(gone, kWorlds / 20);
}

}  // namespace
}  // namespace weir::test
