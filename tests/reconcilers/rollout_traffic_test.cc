// Which rules of the route table a canary makes of a Service's.

#include "reconcilers/rollout_traffic.h"

#include <gtest/gtest.h>

#include "reconcilers/labels.h"
#include "reconcilers/routes.h"
#include "tests/support/rollout_story.h"

namespace weir {
namespace {

using test::RolloutStory;

api::Rollout routed(std::vector<api::CanaryStep> steps) {
  api::Rollout rollout = test::rollout_of_web(2);
  auto& canary = rollout.spec.strategy.canary.emplace();
  canary.steps = std::move(steps);
  canary.trafficRouting.emplace().managedRoutes = {{.name = "first"}, {.name = "second"}};
  return rollout;
}

api::CanaryStep weight(std::int64_t weight) { return {.setWeight = weight}; }
api::CanaryStep wait() {
  api::CanaryStep step;
  step.pause.emplace();
  return step;
}
api::CanaryStep testers(const std::string& route, bool some = true) {
  api::CanaryStep step;
  step.setHeaderRoute.emplace().name = route;
  if (some) {
    step.setHeaderRoute->match = {
        {.headerName = "X-Tester", .headerValue = api::StringMatch{.exact = "yes"}}};
  }
  return step;
}
api::CanaryStep copies(const std::string& route) {
  api::CanaryStep step;
  step.setMirrorRoute.emplace().name = route;
  step.setMirrorRoute->percentage = 35;
  step.setMirrorRoute->match.emplace_back().path = api::StringMatch{.prefix = "/read"};
  return step;
}

// Of the Service "web": "/read copies 35% to v2: v1 90, v2 10" a line.
std::string rules_of(const World& world) {
  const auto& status = world.get<api::Rollout>("default", "web")->status;
  const auto image = [&](const RouteBackend& backend) {
    std::string names;
    for (const RouteEndpoint& e : backend.endpoints) {
      const std::string name = e.revision == status.currentPodHash ? "new" : "old";
      if (names.find(name) == names.npos) names += (names.empty() ? "" : "+") + name;
    }
    return names;
  };
  std::string out;
  for (const RouteListener& listener : routes(world).listeners) {
    if (listener.name != "Service/default/web:80/node") continue;
    for (const RouteRule& rule : listener.rules) {
      out += rule.match.path;
      for (const auto& [name, value] : rule.match.headers) out += " " + name + "=" + value;
      for (const auto& [name, value] : rule.match.patterns) out += " " + name + "~" + value;
      for (const RouteMirror& mirror : rule.mirrors) {
        out += " copies " + std::to_string(mirror.basis_points / 100) + "% to " + image(mirror.to);
      }
      out += ":";
      for (const RouteBackend& b : rule.backends) {
        out += " " + image(b) + " " + std::to_string(b.weight);
      }
      out += "\n";
    }
  }
  return out;
}

TEST(RolloutTraffic, IsDividedByWeight) {
  RolloutStory story(routed({weight(10), wait()}));
  story.run();
  EXPECT_EQ(rules_of(story.world()), "/: new 1\n");
  story.image("v2").run();
  EXPECT_EQ(rules_of(story.world()), "/: old 90 new 10\n");
  story.change("abort", [](api::Rollout& r) { r.status.abort = true; });
  EXPECT_EQ(rules_of(story.world()), "/: old 1\n") << "already before the next plan";
}

TEST(RolloutTraffic, GoesWhereStepsHaveSetARoute) {
  RolloutStory story(routed(
      {weight(0), testers("second"), copies("first"), wait(), testers("second", false), wait()}));
  story.run();
  story.image("v2").run();
  EXPECT_EQ(rules_of(story.world()), "/: old 100\n") << "no Pods of the new one, nothing to send";
  RolloutStory sized(routed(
      {weight(10), testers("second"), copies("first"), wait(), testers("second", false), wait()}));
  sized.run();
  sized.image("v2").run();
  EXPECT_EQ(rules_of(sized.world()),
            "/read copies 35% to new: old 90 new 10\n"
            "/ x-tester=yes: new 1\n"
            "/: old 90 new 10\n");
  sized.change("promote", [](api::Rollout& r) { r.status.pauseConditions.clear(); }).run();
  EXPECT_EQ(rules_of(sized.world()),
            "/read copies 35% to new: old 90 new 10\n"
            "/: old 90 new 10\n");
  sized.change("abort", [](api::Rollout& r) { r.status.abort = true; }).run();
  EXPECT_EQ(rules_of(sized.world()), "/: old 1\n");
}

TEST(RolloutTraffic, RoutesByPatterns) {
  api::CanaryStep header, copies;
  auto& route = header.setHeaderRoute.emplace();
  route.name = "second";
  route.match = {{.headerName = "X-User", .headerValue = api::StringMatch{.prefix = "a.b_é"}},
                 {.headerName = "X-Age", .headerValue = api::StringMatch{.regex = "[0-9]+"}}};
  auto& mirror = copies.setMirrorRoute.emplace();
  mirror.name = "first";
  mirror.match.resize(1);
  mirror.match[0].path = api::StringMatch{.regex = "/v[12]/.*"};
  mirror.match[0].method = api::StringMatch{.regex = "GET|HEAD"};
  RolloutStory story(routed({weight(10), header, copies, wait()}));
  story.run();
  story.image("v2").run();
  EXPECT_EQ(rules_of(story.world()),
            "/ :method~GET|HEAD :path~/v[12]/.* copies 100% to new: old 90 new 10\n"
            "/ x-age~[0-9]+ x-user~a\\.b_é.*: new 1\n"
            "/: old 90 new 10\n");
}

// Whose Pods go one by one: no request is sent to them by its header meanwhile.
TEST(RolloutTraffic, AnAbortTakesTheRoutesBack) {
  api::Rollout rollout = routed({testers("second"), weight(50), wait()});
  rollout.spec.strategy.canary->dynamicStableScale = true;
  RolloutStory story(rollout);
  story.run();
  story.image("v2").run();
  EXPECT_EQ(rules_of(story.world()), "/ x-tester=yes: new 1\n/: old 50 new 50\n");
  story.change("abort", [](api::Rollout& r) { r.status.abort = true; });
  EXPECT_EQ(rules_of(story.world()), "/: old 50 new 50\n");
}

// A rule of three: two Services, one of them divided.
TEST(RolloutTraffic, KeepsTheWeightsOfItsRule) {
  RolloutStory story(routed({weight(25), wait()}));
  story.run();
  story.image("v2").run();
  RouteRule rule;
  for (const RouteListener& listener : routes(story.world()).listeners) {
    if (listener.name == "Service/default/web:80/node") rule = listener.rules.at(0);
  }
  RouteBackend web = rule.backends.at(0);
  web.endpoints.insert(web.endpoints.end(), rule.backends.at(1).endpoints.begin(),
                       rule.backends.at(1).endpoints.end());
  web.weight = 3;
  const RouteBackend other{.service = "default/other:80", .weight = 1};
  rule.backends = {web, other};
  const auto rules = divided(story.world(), rule);
  ASSERT_EQ(rules.size(), 1u);
  std::string weights;
  for (const RouteBackend& b : rules[0].backends) weights += std::to_string(b.weight) + " ";
  EXPECT_EQ(weights, "225 75 100 ");
}

}  // namespace
}  // namespace weir
