// BackendTrafficPolicies: which one a Service is under, what the gateway is told, and what their
// statuses say.

#include <gtest/gtest.h>

#include "reconcilers/routes.h"
#include "reconcilers/traffic_policies.h"
#include "tests/reconcilers/policy_status.h"
#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

api::BackendTrafficPolicy policy(const std::string& name, int age, const std::string& service,
                                 const std::string& section = "") {
  api::BackendTrafficPolicy made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  made.metadata.creationTimestamp = to_seconds(kNow) - seconds(age);
  made.spec.targetRefs = {{.kind = "Service", .name = service, .sectionName = section}};
  return made;
}

api::BackendTrafficPolicy paused(const std::string& name, int age, const std::string& timeout,
                                 const std::string& section = "") {
  auto made = policy(name, age, "web", section);
  made.spec.pause = api::PolicyPause{.timeout = timeout};
  return made;
}

World with(const std::vector<api::BackendTrafficPolicy>& policies) {
  World world;
  world.engine = {.synced = true, .store = "store-1", .message = {}, .node_name = "host"};
  api::Service service;
  service.metadata.name = "web";
  service.metadata.namespace_ = "default";
  service.spec.clusterIP = "None";
  service.spec.ports = {{.name = "http", .nodePort = 30080, .port = 80},
                        {.name = "admin", .nodePort = 30081, .port = 81}};
  world.put(Object(service));
  for (const auto& one : policies) world.put(Object(one));
  return world;
}

std::string number(int value, const char* unit = "") { return std::to_string(value) + unit; }

std::string shown(const RouteAffinity& a) {
  constexpr const char* kBy[] = {"", " by address", " by header ", " by cookie "};
  std::string out = kBy[static_cast<int>(a.by)] + a.name;
  if (a.given) out += " (given)";
  return out + (a.ttl_s > 0 ? " for " + number(a.ttl_s, "s") : "");
}

// Only what differs from what goes without saying.
std::string shown(const RoutePolicy& p) {
  std::string out;
  const RoutePolicy plain;
  if (p.fault != plain.fault) {
    out += " delay " + number(p.fault.delay_ms) + "*" + number(p.fault.delay_basis_points) +
           " abort " + number(p.fault.abort_status) + "*" + number(p.fault.abort_basis_points);
  }
  if (p.outliers != plain.outliers) {
    const RouteOutliers& o = p.outliers;
    out += " outliers " + number(o.gateway_errors) + (o.answers ? "+answers " : " ") +
           number(o.server_errors) + " " + number(o.interval_ms) + " " + number(o.base_ms) + " " +
           number(o.max_percent, "%");
  }
  if (p.retries) {
    out += " retries " + number(p.retries->percent, "%/") + number(p.retries->interval_ms) + " " +
           number(p.retries->min_count, "/") + number(p.retries->min_interval_ms);
  }
  if (p.limits != plain.limits) {
    out += " limits " + number(p.limits.connections) + " " + number(p.limits.requests) + " " +
           number(p.limits.pending);
  }
  if (p.pause) out += " pause " + number(p.pause->timeout_ms) + " " + number(p.pause->pending);
  if (p.slow_start_ms > 0) out += " slow " + number(p.slow_start_ms);
  return out;
}

std::string told(const World& world) {
  std::string out;
  for (const RouteListener& l : routes(world).listeners) {
    for (const RouteRule& rule : l.rules) {
      for (const RouteBackend& backend : rule.backends) {
        out += backend.service + shown(rule.affinity) + shown(backend.affinity) +
               shown(backend.policy) + "\n";
      }
    }
  }
  return out;
}

TEST(TrafficPolicy, AppliesToItsTarget) {
  auto elsewhere = paused("elsewhere", 9, "1s");
  elsewhere.metadata.namespace_ = "other";
  auto going = paused("going", 9, "1s");
  going.metadata.deletionTimestamp = to_seconds(kNow);
  going.metadata.finalizers = {"example.com/x"};
  const struct {
    const char* name;
    World world;
    const char* want;
  } rows[] = {
      {"none", with({}), "default/web:80\ndefault/web:81\n"},
      {"all ports", with({paused("a", 1, "1s")}),
       "default/web:80 pause 1000 1000\ndefault/web:81 pause 1000 1000\n"},
      {"one port", with({paused("a", 1, "1s", "admin")}),
       "default/web:80\ndefault/web:81 pause 1000 1000\n"},
      {"the port's own before the Service's",
       with({paused("a", 9, "1s"), paused("b", 1, "2s", "admin")}),
       "default/web:80 pause 1000 1000\ndefault/web:81 pause 2000 1000\n"},
      {"the older before the newer", with({paused("a", 1, "1s"), paused("b", 9, "2s")}),
       "default/web:80 pause 2000 1000\ndefault/web:81 pause 2000 1000\n"},
      {"the first by name of two as old", with({paused("b", 1, "1s"), paused("a", 1, "2s")}),
       "default/web:80 pause 2000 1000\ndefault/web:81 pause 2000 1000\n"},
      {"not that of another namespace", with({elsewhere}), "default/web:80\ndefault/web:81\n"},
      {"not one that is being deleted", with({going}), "default/web:80\ndefault/web:81\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(told(row.world), row.want) << row.name;
}

template <class Change>
std::string told_of(Change change) {
  auto made = policy("a", 1, "web", "http");
  change(made.spec);
  const std::string out = told(with({made}));
  return out.substr(14, out.find('\n') - 14);
}

TEST(TrafficPolicy, IsToldToTheGateway) {
  using Spec = api::BackendTrafficPolicySpec;
  EXPECT_EQ(told_of([](Spec& s) {
              s.faultInjection.emplace();
              s.faultInjection->delay = api::PolicyFaultDelay{.fixedDelay = "1s500ms"};
              s.faultInjection->abort =
                  api::PolicyFaultAbort{.httpStatus = 503, .percentage = 0.25};
            }),
            " delay 1500*10000 abort 503*25");
  EXPECT_EQ(told_of([](Spec& s) {
              s.healthCheck.emplace();
              s.healthCheck->passive.emplace();
            }),
            " outliers 5+answers 0 3000 30000 50%");
  EXPECT_EQ(told_of([](Spec& s) {
              s.healthCheck.emplace();
              s.healthCheck->passive = api::PolicyPassiveHealthCheck{.baseEjectionTime = "10s",
                                                                     .consecutive5XxErrors = 3,
                                                                     .consecutiveGatewayErrors = 2,
                                                                     .interval = "1s",
                                                                     .maxEjectionPercent = 20};
            }),
            " outliers 2+answers 3 1000 10000 20%");
  EXPECT_EQ(told_of([](Spec& s) { s.retryConstraint.emplace(); }), " retries 20%/10000 10/1000");
  EXPECT_EQ(told_of([](Spec& s) { s.circuitBreaker.emplace().maxConnections = 7; }),
            " limits 7 1024 1024");
  EXPECT_EQ(told_of([](Spec& s) {
              s.loadBalancer.emplace().type = "RoundRobin";
              s.loadBalancer->slowStart = api::PolicySlowStart{.window = "1m"};
            }),
            " slow 60000");
  const auto hash = [](const api::PolicyConsistentHash& how) {
    return told_of([&](Spec& s) {
      s.loadBalancer.emplace().type = "ConsistentHash";
      s.loadBalancer->consistentHash = how;
    });
  };
  EXPECT_EQ(hash({.type = "SourceIP"}), " by address");
  EXPECT_EQ(hash({.header = api::PolicyHashHeader{.name = "X-User"}, .type = "Header"}),
            " by header x-user");
  EXPECT_EQ(hash({.cookie = api::PolicyCookie{.name = "sid", .ttl = "1h"}, .type = "Cookie"}),
            " by cookie sid (given) for 3600s");
  EXPECT_EQ(hash({.cookie = api::PolicyCookie{.name = "sid", .ttl = "720h"}, .type = "Cookie"}),
            " by cookie sid (given) for 2592000s");
}

TEST(TrafficPolicy, ClientIPIsAffinityByAddress) {
  World world = with({});
  auto service = *world.get<api::Service>("default", "web");
  service.spec.sessionAffinity = "ClientIP";
  world.put(Object(service));
  EXPECT_EQ(told(world), "default/web:80 by address\ndefault/web:81 by address\n");
}

TEST(TrafficPolicy, ARoutesSessionIsItsRules) {
  World world = with({});
  api::HTTPRoute route;
  route.metadata.name = "r";
  route.metadata.namespace_ = "default";
  api::ParentReference parent;
  parent.kind = "Service";
  parent.name = "web";
  parent.port = 80;
  route.spec.parentRefs = {parent};
  route.spec.rules.emplace_back().sessionPersistence.emplace();
  api::HTTPBackendRef backend;
  backend.name = "web";
  backend.port = 80;
  route.spec.rules[0].backendRefs = {backend};
  world.put(Object(route));
  EXPECT_EQ(told(world), "default/web:80 by cookie weir-session (given)\ndefault/web:81\n");
  auto& session = *route.spec.rules[0].sessionPersistence;
  session.absoluteTimeout = "1h";
  session.cookieConfig = api::CookieConfig{.lifetimeType = "Permanent"};
  world.put(Object(route));
  EXPECT_EQ(told(world),
            "default/web:80 by cookie weir-session (given) for 3600s\ndefault/web:81\n");
  session.type = "Header";
  session.sessionName = "X-Session";
  world.put(Object(route));
  EXPECT_EQ(told(world), "default/web:80 by header x-session (given)\ndefault/web:81\n");
}

std::string status_of(const World& world, const std::string& name) {
  const Key key{.kind = Kind::BackendTrafficPolicy, .ns = "default", .name = name};
  return status_in<api::BackendTrafficPolicy>(plan_backend_traffic_policy(world, key, kNow));
}

TEST(TrafficPolicy, SaysWhatBecameOfIt) {
  const struct {
    const char* name;
    World world;
    const char* want;
  } rows[] = {
      {"its target's", with({policy("a", 1, "web")}), "Service web Accepted=True(Accepted) \n"},
      {"no such Service", with({policy("a", 1, "nobody")}),
       "Service nobody Accepted=False(TargetNotFound) there is no Service nobody\n"},
      {"no such port", with({policy("a", 1, "web", "grpc")}),
       "Service web Accepted=False(TargetNotFound) Service web has no port named grpc\n"},
      {"an older one has it", with({policy("a", 1, "web"), policy("b", 2, "web")}),
       "Service web Accepted=False(Conflicted) BackendTrafficPolicy b has the same target, and is "
       "older or the first by name\n"},
      {"another has but a port of it", with({policy("a", 1, "web"), policy("b", 2, "web", "http")}),
       "Service web Accepted=True(Accepted) \n"},
  };
  for (const auto& row : rows) EXPECT_EQ(status_of(row.world, "a"), row.want) << row.name;
}

TEST(TrafficPolicy, AStatusThatIsRightIsNotWrittenAgain) {
  World world = with({policy("a", 1, "web")});
  const Key key{.kind = Kind::BackendTrafficPolicy, .ns = "default", .name = "a"};
  const Plan first = plan_backend_traffic_policy(world, key, kNow);
  ASSERT_EQ(first.changes.size(), 1u);
  world.put(std::get<UpdateStatus>(first.changes[0]).object);
  EXPECT_TRUE(plan_backend_traffic_policy(world, key, kNow + seconds(60)).changes.empty());
}

}  // namespace
}  // namespace weir::test
