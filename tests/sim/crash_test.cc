// Every single crash: each scenario runs once without a crash, which counts its effects and
// commits, and then once for each instant around each of them, with weir dying there. The end must
// be the same, and nothing may have been made or removed more often than a crash explains.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/sim/simulation.h"

namespace weir::sim {
namespace {

struct Story {
  const char* name;
  void (*before)(Simulation&);  // is done and settled before the crashes begin
  void (*act)(Simulation&);
  const char* end;  // a part of how it ends
};

void apply(Simulation& sim, DeploymentOptions options) { sim.apply(Object(deployment(options))); }

void nothing(Simulation&) {}
void three_of_v1(Simulation& sim) { apply(sim, {}); }
void v1_then_v2(Simulation& sim) {
  apply(sim, {});
  sim.settle(std::chrono::hours(1));
  apply(sim, {.image = "v2"});
}

void three_behind_a_service(Simulation& sim) {
  apply(sim, {});
  sim.apply(Object(service("web")));
}

// --- Rollouts ------------------------------------------------------------------------------------

api::Rollout rollout_of(const std::string& image) {
  const api::Deployment like = deployment({.image = image});
  api::Rollout rollout;
  rollout.metadata.name = "web";
  rollout.metadata.namespace_ = "default";
  rollout.spec.replicas = 3;
  rollout.spec.progressDeadlineSeconds = 60;
  rollout.spec.progressDeadlineAbort = true;
  rollout.spec.selector = like.spec.selector;
  rollout.spec.template_ = like.spec.template_;
  return rollout;
}

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }
api::CanaryStep pause_of(std::int64_t seconds) {
  api::CanaryStep step;
  step.pause.emplace().duration = api::IntOrString{.number = seconds};
  return step;
}

api::Rollout canary(const std::string& image, bool router = true) {
  api::Rollout rollout = rollout_of(image);
  auto& strategy = rollout.spec.strategy.canary.emplace();
  strategy.steps = {weight(20), pause_of(20), weight(60), pause_of(20)};
  if (router) strategy.trafficRouting.emplace();
  return rollout;
}

api::Rollout blue_green(const std::string& image) {
  api::Rollout rollout = rollout_of(image);
  auto& strategy = rollout.spec.strategy.blueGreen.emplace();
  strategy.activeService = "web";
  strategy.autoPromotionSeconds = 20;
  return rollout;
}

void canary_of_v1(Simulation& sim) {
  sim.apply(Object(service("web")));
  sim.apply(Object(canary("v1")));
}
void ratio_of_v1(Simulation& sim) {
  sim.apply(Object(service("web")));
  sim.apply(Object(canary("v1", false)));
}
void blue_green_of_v1(Simulation& sim) {
  sim.apply(Object(service("web")));
  sim.apply(Object(blue_green("v1")));
}
// One request in five comes to v2, until somebody says how it goes on.
void paused_canary(Simulation& sim) {
  canary_of_v1(sim);
  sim.settle(std::chrono::hours(1));
  api::Rollout next = canary("v2");
  next.spec.strategy.canary->steps[1].pause->duration.reset();
  sim.apply(Object(next));
}
void steer(Simulation& sim, const std::function<void(api::Rollout&)>& by) {
  sim.change<api::Rollout>("default", "web", by);
}
void abort_it(Simulation& sim) {
  steer(sim, [](api::Rollout& r) { r.status.abort = true; });
}
void promote_in_full(Simulation& sim) {
  steer(sim, [](api::Rollout& r) { r.status.promoteFull = true; });
}

// --- Analyses ------------------------------------------------------------------------------------

api::PodTemplateSpec task() {
  api::PodTemplateSpec made;
  made.spec = deployment({.image = "task"}).spec.template_.spec;
  made.spec.restartPolicy = "Never";
  made.spec.containers[0].readinessProbe.reset();
  return made;
}

api::AnalysisTemplate measured(const char* name, bool by_job = false) {
  api::AnalysisTemplate made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  api::Metric& metric = made.spec.metrics.emplace_back();
  metric.name = name;
  metric.interval = "5s";
  metric.count = api::IntOrString{.number = 3};
  if (by_job) {
    metric.provider.job.emplace().spec.template_ = task();
  } else {
    metric.provider.web.emplace().url = "http://checks/";
  }
  return made;
}

api::Rollout analysed(const std::string& image, const char* by) {
  api::Rollout rollout = canary(image);
  api::CanaryStep step;
  step.analysis.emplace().templates = {{.templateName = by}};
  rollout.spec.strategy.canary->steps[1] = step;
  return rollout;
}

void analysed_v1(Simulation& sim) {
  sim.measurer.phases["errors"] = "Failed";
  sim.apply(Object(service("web")));
  for (const char* name : {"health", "errors"}) sim.apply(Object(measured(name)));
  sim.apply(Object(measured("smoke", true)));
  sim.apply(Object(analysed("v1", "health")));
}

// --- Deployments, by weights ---------------------------------------------------------------------

api::Deployment weighed(const std::string& image, const char* strategy) {
  api::Deployment made = deployment({.image = image, .progress_deadline_seconds = 60});
  made.metadata.annotations["weir.dev/strategy"] = strategy;
  return made;
}
void weighed_v1(Simulation& sim) {
  sim.apply(Object(service("web")));
  sim.apply(Object(weighed("v1", "canary")));
}

// --- Configuration -------------------------------------------------------------------------------

void config_is(Simulation& sim, const std::string& mode) {
  api::ConfigMap map;
  map.metadata.name = "app";
  map.metadata.namespace_ = "default";
  map.data["mode"] = mode;
  sim.apply(Object(map));
}
template <class T>
T configured(T made) {
  made.metadata.annotations["weir.dev/rollout-on-config-change"] = "true";
  api::EnvFromSource from;
  from.configMapRef = api::ConfigMapEnvSource{.name = "app"};
  made.spec.template_.spec.containers.at(0).envFrom = {from};
  return made;
}
void configured_v1(Simulation& sim) {
  config_is(sim, "one");
  sim.apply(Object(configured(deployment({}))));
}
void configured_canary_of_v1(Simulation& sim) {
  sim.apply(Object(service("web")));
  config_is(sim, "one");
  sim.apply(Object(configured(canary("v1"))));
}

// --- Experiments ---------------------------------------------------------------------------------

// Both versions beside each other for 20 seconds, each with its share, and compared.
api::Rollout experiment(const std::string& image) {
  api::Rollout rollout = canary(image);
  api::CanaryStep step;
  step.experiment.emplace().duration = "20s";
  step.experiment->scaleDownDelaySeconds = 5;
  step.experiment->templates = {{.name = "baseline", .specRef = "stable", .weight = 10},
                                {.name = "canary", .specRef = "canary", .weight = 10}};
  step.experiment->analyses = {
      {.name = "compare", .requiredForCompletion = true, .templateName = "errors"}};
  rollout.spec.strategy.canary->steps = {step, weight(60)};
  return rollout;
}
void experiment_of_v1(Simulation& sim) {
  api::AnalysisTemplate errors;
  errors.metadata.name = "errors";
  errors.metadata.namespace_ = "default";
  api::Metric& metric = errors.spec.metrics.emplace_back();
  metric.name = "errors";
  metric.interval = "10s";
  metric.count = api::IntOrString{.number = 3};
  metric.provider.weir.emplace().metric = "error-rate";
  sim.apply(Object(errors));
  sim.apply(Object(service("web")));
  sim.apply(Object(experiment("v1")));
}

// --- GitOps --------------------------------------------------------------------------------------

constexpr char kUrl[] = "https://git/app.git";

void push(Simulation& sim, const char* commit, const std::vector<DeploymentOptions>& all) {
  std::vector<Object> objects;
  for (const DeploymentOptions& one : all) objects.push_back(Object(deployment(one)));
  sim.git.push(kUrl, commit, std::move(objects));
}

// Two Deployments, both from a repository.
void synced(Simulation& sim) {
  push(sim, "c1", {{.replicas = 2}, {.name = "old", .replicas = 1}});
  api::GitRepository repository;
  repository.metadata.name = "app";
  repository.metadata.namespace_ = "default";
  repository.spec.url = kUrl;
  repository.spec.interval = "30s";
  sim.apply(Object(repository));
  api::Kustomization kustomization;
  kustomization.metadata.name = "app";
  kustomization.metadata.namespace_ = "default";
  kustomization.spec.interval = "24h";
  kustomization.spec.prune = true;
  kustomization.spec.sourceRef.kind = "GitRepository";
  kustomization.spec.sourceRef.name = "app";
  sim.apply(Object(kustomization));
}

// --- Jobs ----------------------------------------------------------------------------------------

void work(Simulation& sim) {
  api::Job job;
  job.metadata.name = "work";
  job.metadata.namespace_ = "default";
  job.spec.completions = 3;
  job.spec.parallelism = 2;
  job.spec.template_ = task();
  sim.apply(Object(job));
}

const Story kStories[] = {
    {"canary", canary_of_v1, [](Simulation& sim) { sim.apply(Object(canary("v2"))); },
     "3 x Container v2 running"},
    {"canary by ratio", ratio_of_v1,
     [](Simulation& sim) { sim.apply(Object(canary("v2", false))); }, "3 x Container v2 running"},
    {"canary that is no good", canary_of_v1,
     [](Simulation& sim) { sim.apply(Object(canary("sick"))); }, "3 x Container v1 running"},
    {"canary aborted", paused_canary, abort_it, "3 x Container v1 running"},
    {"canary promoted in full", paused_canary, promote_in_full, "3 x Container v2 running"},
    {"experiment", experiment_of_v1, [](Simulation& sim) { sim.apply(Object(experiment("v2"))); },
     "3 x Container v2 running"},
    {"experiment that is no good", experiment_of_v1,
     [](Simulation& sim) { sim.apply(Object(experiment("sick"))); }, "3 x Container v1 running"},
    {"blue green", blue_green_of_v1, [](Simulation& sim) { sim.apply(Object(blue_green("v2"))); },
     "3 x Container v2 running"},
    {"blue green that is no good", blue_green_of_v1,
     [](Simulation& sim) { sim.apply(Object(blue_green("sick"))); }, "3 x Container v1 running"},
    {"analysis", analysed_v1, [](Simulation& sim) { sim.apply(Object(analysed("v2", "health"))); },
     "3 x Container v2 running"},
    {"analysis that fails", analysed_v1,
     [](Simulation& sim) { sim.apply(Object(analysed("v2", "errors"))); },
     "3 x Container v1 running"},
    {"analysis by jobs", analysed_v1,
     [](Simulation& sim) { sim.apply(Object(analysed("v2", "smoke"))); },
     "3 x Container v2 running"},
    {"deployment as a canary", weighed_v1,
     [](Simulation& sim) { sim.apply(Object(weighed("v2", "canary"))); },
     "3 x Container v2 running"},
    {"deployment as a canary that is no good", weighed_v1,
     [](Simulation& sim) { sim.apply(Object(weighed("sick", "canary"))); },
     "3 x Container v1 running"},
    {"deployment as blue green", weighed_v1,
     [](Simulation& sim) { sim.apply(Object(weighed("v2", "blue-green"))); },
     "3 x Container v2 running"},
    {"deployment that becomes a canary", three_behind_a_service,
     [](Simulation& sim) { sim.apply(Object(weighed("v2", "canary"))); },
     "3 x Container v2 running"},
    {"sync with prune", synced,
     [](Simulation& sim) {
       push(sim, "c2", {{.image = "v2", .replicas = 2}, {.name = "new", .replicas = 1}});
     },
     "1 x Container v1 running\n2 x Container v2 running"},
    {"sync that goes back", synced,
     [](Simulation& sim) {
       push(sim, "c2",
            {{.image = "sick",
              .replicas = 2,
              .auto_rollback = true,
              .progress_deadline_seconds = 30}});
     },
     "2 x Container v1 running"},
    {"kustomization deleted", synced,
     [](Simulation& sim) {
       sim.remove({.kind = Kind::Kustomization, .ns = "default", .name = "app"});
     },
     ""},
    {"configuration", configured_v1, [](Simulation& sim) { config_is(sim, "two"); },
     "1 x ReplicaSet of v1 3/3"},
    {"configuration in the middle of a rollout", configured_v1,
     [](Simulation& sim) {
       sim.apply(Object(configured(deployment({.image = "v2"}))));
       config_is(sim, "two");
       config_is(sim, "three");
     },
     "3 x Container v2 running"},
    {"configuration that is no good", configured_v1,
     [](Simulation& sim) {
       config_is(sim, "two");
       sim.apply(Object(configured(
           deployment({.image = "sick", .auto_rollback = true, .progress_deadline_seconds = 30}))));
     },
     "3 x Container v1 running"},
    {"configuration of a canary", configured_canary_of_v1,
     [](Simulation& sim) { config_is(sim, "two"); }, "1 x ReplicaSet of v1 3/3"},
    {"job", nothing, work, "1 x Job work 3/3 Complete"},
    {"create", nothing, three_of_v1, "3 x Container v1 running"},
    {"rolling update", three_of_v1, [](Simulation& sim) { apply(sim, {.image = "v2"}); },
     "3 x Container v2 running"},
    {"rollback", v1_then_v2, [](Simulation& sim) { apply(sim, {}); }, "3 x Container v1 running"},
    {"automatic rollback", three_of_v1,
     [](Simulation& sim) {
       apply(sim, {.image = "sick", .auto_rollback = true, .progress_deadline_seconds = 30});
     },
     "3 x Container v1 running"},
    {"recreate", three_of_v1,
     [](Simulation& sim) { apply(sim, {.image = "v2", .recreate = true}); },
     "3 x Container v2 running"},
    {"scale up", three_of_v1, [](Simulation& sim) { apply(sim, {.replicas = 6}); },
     "6 x Container v1 running"},
    {"scale down", three_of_v1, [](Simulation& sim) { apply(sim, {.replicas = 1}); },
     "1 x Container v1 running"},
    {"delete", three_of_v1,
     [](Simulation& sim) {
       sim.remove({.kind = Kind::Deployment, .ns = "default", .name = "web"});
     },
     ""},
    {"delete in the foreground", three_of_v1,
     [](Simulation& sim) {
       sim.remove({.kind = Kind::Deployment, .ns = "default", .name = "web"},
                  Propagation::foreground);
     },
     ""},
    {"service", three_of_v1, [](Simulation& sim) { sim.apply(Object(service("web"))); },
     "1 x Route Service/default/web:80/node to 3 endpoints"},
    {"rolling update behind a service", three_behind_a_service,
     [](Simulation& sim) { apply(sim, {.image = "v2"}); },
     "1 x Route Service/default/web:80/node to 3 endpoints"},
    {"scale down behind a service", three_behind_a_service,
     [](Simulation& sim) { apply(sim, {.replicas = 1}); },
     "1 x Route Service/default/web:80/node to 1 endpoints"},
    {"delete a service", three_behind_a_service,
     [](Simulation& sim) { sim.remove({.kind = Kind::Service, .ns = "default", .name = "web"}); },
     "3 x Container v1 running"},
};

struct End {
  std::string state;
  std::map<std::string, int> effects;
  std::map<Instant, int> passed;
};

End tell(const Story& story, std::optional<std::pair<Instant, int>> crash) {
  Simulation sim(7);
  sim.engine.images["v2"] = {};
  sim.engine.images["sick"] = {.ready_after = Duration(-1)};
  sim.engine.images["task"] = {.exits_after = std::chrono::seconds(5), .exit_code = 0};
  api::Namespace ns;
  ns.metadata.name = "default";
  sim.apply(Object(ns));
  story.before(sim);
  EXPECT_TRUE(sim.settle(std::chrono::hours(1)));
  const std::map<std::string, int> effects_before = sim.engine.effects();
  const std::map<Instant, int> passed_before = sim.passed();
  const std::uint64_t acknowledged_before = sim.acknowledged();
  story.act(sim);
  if (crash) sim.crash_at(crash->first, crash->second);
  EXPECT_TRUE(sim.settle(std::chrono::hours(2))) << sim.end_state();
  // A user who was not told that it is done says it again.
  if (sim.acknowledged() == acknowledged_before) story.act(sim);
  EXPECT_TRUE(sim.settle(std::chrono::hours(2))) << sim.end_state();
  for (const std::string& violation : sim.violations()) ADD_FAILURE() << violation;
  End end{.state = sim.end_state(), .effects = sim.engine.effects(), .passed = sim.passed()};
  for (const auto& [effect, count] : effects_before) end.effects[effect] -= count;
  for (const auto& [instant, count] : passed_before) end.passed[instant] -= count;
  return end;
}

class EverySingleCrash : public testing::TestWithParam<Story> {};

TEST_P(EverySingleCrash, EndsAsIfThereHadBeenNone) {
  const Story& story = GetParam();
  const End calm = tell(story, std::nullopt);
  const bool some = calm.state.find(" x Container") != calm.state.npos ||
                    calm.state.find(" x Job") != calm.state.npos;
  ASSERT_EQ(some, *story.end != '\0') << calm.state;
  ASSERT_NE(calm.state.find(story.end), std::string::npos) << calm.state;
  int crashes = 0;
  for (const auto& [instant, count] : calm.passed) {
    for (int nth = 1; nth <= count; ++nth, ++crashes) {
      SCOPED_TRACE(std::string(text(instant)) + ", number " + std::to_string(nth));
      const End end = tell(story, std::pair(instant, nth));
      ASSERT_EQ(end.state, calm.state);
      for (const char* effect : {"create", "remove"}) {
        const auto calm_count = calm.effects.find(effect);
        const int expected = calm_count == calm.effects.end() ? 0 : calm_count->second;
        const auto found = end.effects.find(effect);
        ASSERT_LE(std::abs((found == end.effects.end() ? 0 : found->second) - expected), 1)
            << effect << " was done more often than one crash explains";
      }
    }
  }
  RecordProperty("crashes", crashes);
  EXPECT_GT(crashes, 8) << "too few instants: this run proves nothing";
}

INSTANTIATE_TEST_SUITE_P(Stories, EverySingleCrash, testing::ValuesIn(kStories),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace weir::sim
