// ClientTrafficPolicies: which listeners they hold for, what the gateway is told, and what their
// statuses say.

#include <gtest/gtest.h>

#include "reconcilers/routes.h"
#include "reconcilers/sandbox.h"
#include "reconcilers/traffic_policies.h"
#include "tests/reconcilers/policy_status.h"
#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

api::ClientTrafficPolicy policy(const std::string& name, int age, const std::string& kind,
                                const std::string& target, const std::string& section = "") {
  api::ClientTrafficPolicy made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  made.metadata.creationTimestamp = to_seconds(kNow) - seconds(age);
  made.spec.targetRefs = {{.kind = kind, .name = target, .sectionName = section}};
  return made;
}

api::ClientTrafficPolicy limited(int most, api::ClientTrafficPolicy made) {
  made.spec.connection.emplace().connectionLimit = api::PolicyConnectionLimit{.value = most};
  return made;
}

api::Gateway gateway(const std::string& name, int age, std::vector<std::int64_t> ports) {
  api::Gateway made;
  made.metadata.name = name;
  made.metadata.namespace_ = "default";
  made.metadata.creationTimestamp = to_seconds(kNow) - seconds(age);
  for (const std::int64_t port : ports) {
    api::GatewayListener& listener = made.spec.listeners.emplace_back();
    listener.name = "p" + std::to_string(port);
    listener.port = port;
    listener.protocol = "HTTP";
  }
  return made;
}

// A Service with two ports of the host, and a Gateway with two of its own.
World with(const std::vector<api::ClientTrafficPolicy>& policies) {
  World world;
  world.engine = {.synced = true, .store = "store-1", .message = {}, .node_name = "host"};
  api::Service service;
  service.metadata.name = "web";
  service.metadata.namespace_ = "default";
  service.spec.clusterIP = "None";
  service.spec.ports = {{.name = "http", .nodePort = 30080, .port = 80},
                        {.name = "admin", .nodePort = 30081, .port = 81}};
  world.put(Object(service));
  world.put(Object(gateway("edge", 5, {8080, 8081})));
  for (const auto& one : policies) world.put(Object(one));
  return world;
}

std::string number(std::int64_t value) { return std::to_string(value); }

// Only what differs from what goes without saying.
std::string shown(const RouteClients& c) {
  const RouteClients plain;
  std::string out;
  constexpr const char* kProxy[] = {"", " may say PROXY", " says PROXY"};
  out += kProxy[static_cast<int>(c.proxy_protocol)];
  if (c.trusted_hops > 0) out += " behind " + number(c.trusted_hops);
  for (const std::string& block : c.trusted_cidrs) out += " behind " + block;
  if (c.connections > 0) out += " at most " + number(c.connections);
  if (c.body_max > 0) out += " body " + number(c.body_max);
  if (c.body_ms > 0) out += " body in " + number(c.body_ms);
  if (c.idle_ms > 0) out += " idle " + number(c.idle_ms);
  if (c.log_basis_points > 0) out += " logs " + number(c.log_basis_points);
  return out;
}

// Of the listeners that have a policy.
std::string told(const World& world) {
  std::string out;
  for (const RouteListener& l : routes(world).listeners) {
    if (l.clients != RouteClients{}) out += l.name + shown(l.clients) + "\n";
  }
  return out;
}

TEST(ClientPolicy, AppliesToItsTarget) {
  auto elsewhere = limited(9, policy("elsewhere", 9, "Service", "web"));
  elsewhere.metadata.namespace_ = "other";
  World shared = with({limited(1, policy("a", 1, "Gateway", "edge")),
                       limited(2, policy("b", 1, "Gateway", "late"))});
  shared.put(Object(gateway("late", 1, {8080, 9090})));
  const struct {
    const char* name;
    World world;
    const char* want;
  } rows[] = {
      {"none", with({}), ""},
      {"a Service", with({limited(1, policy("a", 1, "Service", "web"))}),
       "Service/default/web:80/node at most 1\nService/default/web:81/node at most 1\n"},
      {"a port of it, and the whole",
       with({limited(1, policy("a", 9, "Service", "web")),
             limited(2, policy("b", 1, "Service", "web", "admin"))}),
       "Service/default/web:80/node at most 1\nService/default/web:81/node at most 2\n"},
      {"a Gateway", with({limited(1, policy("a", 1, "Gateway", "edge"))}),
       "host:8080 at most 1\nhost:8081 at most 1\n"},
      {"a listener of it", with({limited(1, policy("a", 1, "Gateway", "edge", "p8081"))}),
       "host:8081 at most 1\n"},
      {"on a shared port the oldest Gateway's", shared,
       "host:8080 at most 1\nhost:8081 at most 1\nhost:9090 at most 2\n"},
      {"not a Gateway's for a Service of its name",
       with({limited(1, policy("a", 1, "Gateway", "web"))}), ""},
      {"not that of another namespace", with({elsewhere}), ""},
  };
  for (const auto& row : rows) EXPECT_EQ(told(row.world), row.want) << row.name;
}

TEST(ClientPolicy, IsToldWhole) {
  auto all = policy("a", 1, "Gateway", "edge", "p8080");
  all.spec.accessLog = api::PolicyAccessLog{.samplingRate = 0.5};
  all.spec.body = api::PolicyBody{.maxSize = "1Ki"};
  all.spec.clientIPDetection.emplace().xForwardedFor =
      api::PolicyXForwardedFor{.trustedCIDRs = {"10.0.0.0/8"}};
  all.spec.proxyProtocol = api::PolicyProxyProtocol{.optional = true};
  all.spec.timeout.emplace().http =
      api::PolicyClientHttpTimeout{.idleTimeout = "11m", .requestReceivedTimeout = "30s"};
  EXPECT_EQ(told(with({all})),
            "host:8080 may say PROXY behind 10.0.0.0/8 body 1024 body in 30000 idle 660000 logs "
            "50\n");
  auto other = policy("a", 1, "Gateway", "edge", "p8080");
  other.spec.accessLog = api::PolicyAccessLog{};
  other.spec.clientIPDetection.emplace().xForwardedFor =
      api::PolicyXForwardedFor{.numTrustedHops = 2};
  other.spec.proxyProtocol = api::PolicyProxyProtocol{};
  EXPECT_EQ(told(with({other})), "host:8080 says PROXY behind 2 logs 10000\n");
}

// The balancer in front of the host is not in front of them: they say nothing for others.
TEST(ClientPolicy, PodsComeToTheServicesOwnAddressAsThemselves) {
  auto all = limited(1, policy("a", 1, "Service", "web", "http"));
  all.spec.proxyProtocol = api::PolicyProxyProtocol{};
  all.spec.clientIPDetection.emplace().xForwardedFor =
      api::PolicyXForwardedFor{.numTrustedHops = 1};
  World world = with({all});
  api::Service service = *world.get<api::Service>("default", "web");
  service.spec.clusterIP = "10.0.0.99";
  world.put(Object(service));
  const Key key{.kind = Kind::Service, .ns = "default", .name = "web"};
  const api::Pod sandbox = sandbox_of(key);
  world.put(Object(sandbox));
  world.put(Container{.id = "s",
                      .state = ContainerState::running,
                      .ip = "10.0.0.99",
                      .network_path = "/run/docker/netns/1",
                      .pod_ns = sandbox.metadata.namespace_,
                      .pod_name = sandbox.metadata.name});
  EXPECT_EQ(told(world),
            "Service/default/web:80/cluster at most 1\n"
            "Service/default/web:80/node says PROXY behind 1 at most 1\n");
}

std::string status_of(const World& world, const std::string& name) {
  const Key key{.kind = Kind::ClientTrafficPolicy, .ns = "default", .name = name};
  return status_in<api::ClientTrafficPolicy>(plan_client_traffic_policy(world, key, kNow));
}

TEST(ClientPolicy, SaysWhatBecameOfIt) {
  const struct {
    const char* name;
    World world;
    const char* want;
  } rows[] = {
      {"a Service's", with({policy("a", 1, "Service", "web")}),
       "Service web Accepted=True(Accepted) \n"},
      {"a Gateway's", with({policy("a", 1, "Gateway", "edge", "p8080")}),
       "Gateway edge Accepted=True(Accepted) \n"},
      {"no such Gateway", with({policy("a", 1, "Gateway", "web")}),
       "Gateway web Accepted=False(TargetNotFound) there is no Gateway web\n"},
      {"no such listener", with({policy("a", 1, "Gateway", "edge", "x")}),
       "Gateway edge Accepted=False(TargetNotFound) Gateway edge has no listener named x\n"},
      {"an older one has it",
       with({policy("a", 1, "Gateway", "edge"), policy("b", 2, "Gateway", "edge")}),
       "Gateway edge Accepted=False(Conflicted) ClientTrafficPolicy b has the same target, and is "
       "older or the first by name\n"},
  };
  for (const auto& row : rows) EXPECT_EQ(status_of(row.world, "a"), row.want) << row.name;
}

TEST(ClientPolicy, SaysThatAnotherListenerHasThePort) {
  World world =
      with({policy("a", 1, "Gateway", "late"), policy("b", 1, "Gateway", "late", "p8080")});
  world.put(Object(gateway("late", 1, {8080, 9090})));
  EXPECT_EQ(status_of(world, "a"), "Gateway late Accepted=True(Accepted) \n");  // for 9090
  EXPECT_EQ(
      status_of(world, "b"),
      "Gateway late Accepted=False(Conflicted) port 8080 is shared: listener p8080 of Gateway "
      "default/edge decides\n");
}

TEST(ClientPolicy, OfAGatewayThatIsGoing) {
  World world = with({policy("a", 1, "Gateway", "edge")});
  api::Gateway going = gateway("edge", 5, {8080});
  going.metadata.deletionTimestamp = to_seconds(kNow);
  going.metadata.finalizers = {"example.com/x"};
  world.put(Object(going));
  EXPECT_EQ(status_of(world, "a"),
            "Gateway edge Accepted=False(TargetNotFound) Gateway edge is being deleted\n");
}

}  // namespace
}  // namespace weir::test
