// Services: who stands behind them, what the gateway is told, and when a pod may go.

#include "reconcilers/service.h"

#include <gtest/gtest.h>

#include "reconcilers/names.h"
#include "reconcilers/pod.h"
#include "reconcilers/routes.h"
#include "reconcilers/sandbox.h"
#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

using Names = std::vector<std::string>;

struct PodForm {
  std::string name;
  bool ready = true;
  int deleting = -1;     // seconds ago; negative: it is not
  bool runs = true;      // a container has its address
  bool adopted = false;  // which was made by a weir whose data folder is lost
  std::string app = "web";
};

api::Pod pod_of(const PodForm& form, int number) {
  api::Pod pod;
  pod.metadata.name = form.name;
  pod.metadata.namespace_ = "default";
  pod.metadata.uid = "uid-" + form.name;
  pod.metadata.labels = {{"app", form.app}, {"pod-template-hash", "5d9c"}};
  if (form.deleting >= 0) {
    pod.metadata.deletionTimestamp = to_seconds(kNow) + seconds(30 - form.deleting);
    pod.metadata.deletionGracePeriodSeconds = 30;
  }
  api::Container container;
  container.name = "app";
  container.image = "web:1";
  container.ports = {{.containerPort = 8080, .name = "http"}};
  pod.spec.containers = {container};
  pod.status.phase = "Running";
  pod.status.podIP = "10.0.0." + std::to_string(number);
  pod.status.containerStatuses = {{.containerID = "docker://c-" + form.name, .name = "app"}};
  pod.status.conditions = {{.status = form.ready ? "True" : "False", .type = "Ready"}};
  return pod;
}

struct ServiceForm {
  std::string type = "NodePort";
  std::int64_t node_port = 30080;
  api::IntOrString target = {.is_string = true, .text = "http"};
  bool selector = true;
};

class Behind {
 public:
  explicit Behind(const ServiceForm& form = {}) {
    api::Service service;
    service.metadata.name = "web";
    service.metadata.namespace_ = "default";
    service.metadata.uid = "uid-service";
    service.spec.type = form.type;
    if (form.selector) service.spec.selector = {{"app", "web"}};
    service.spec.ports = {{.nodePort = form.node_port, .port = 80, .targetPort = form.target}};
    world_.put(Object(service));
    world_.engine = {.synced = true, .store = "store-1", .message = {}, .node_name = "host"};
    world_.gateway = {.reached = true, .known = true};
  }
  Behind& pod(const PodForm& form) {
    const api::Pod pod = pod_of(form, ++pods_);
    world_.put(Object(pod));
    if (!form.runs) return *this;
    world_.put(Container{.id = "c-" + form.name,
                         .name = "weir_app_" + form.name + "_default_0",
                         .state = ContainerState::running,
                         .image = "web:1",
                         .ip = pod.status.podIP,
                         .started_at = kNow - seconds(100),
                         .store = form.adopted ? "lost" : "store-1",
                         .uid = form.adopted ? "uid-lost" : pod.metadata.uid,
                         .pod_ns = "default",
                         .pod_name = form.name,
                         .container_name = "app"});
    return *this;
  }
  Behind& slice(const std::string& address, bool ready) {
    api::EndpointSlice slice;
    slice.metadata.name = "by-hand-" + address;
    slice.metadata.namespace_ = "default";
    slice.metadata.labels = {{"kubernetes.io/service-name", "web"}};
    slice.addressType = "IPv4";
    slice.ports = {{.port = 9000}};
    api::Endpoint endpoint;
    endpoint.addresses = {address};
    endpoint.conditions.ready = ready;
    slice.endpoints = {endpoint};
    world_.put(Object(slice));
    return *this;
  }
  Behind& told() {  // the gateway works by the table of this World
    world_.gateway.table = routes(world_);
    for_each_endpoint(*world_.gateway.table,
                      [&](const RouteEndpoint& e) { world_.gateway.in_use[e.id] = 0; });
    return *this;
  }
  Behind& change(const std::function<void(World&)>& change) {
    change(world_);
    return *this;
  }
  operator const World&() const { return world_; }

 private:
  World world_;
  int pods_ = 0;
};

std::string table_of(const World& world) {
  std::string out;
  for (const RouteListener& l : routes(world).listeners) {
    out += l.name + " " + std::to_string(l.port) + " ->";
    for (const RouteEndpoint& e : l.rules.at(0).backends.at(0).endpoints) {
      out += " " + e.address + ":" + std::to_string(e.port);
    }
    out += "\n";
  }
  return out;
}

struct Row {
  const char* name;
  World world;
  const char* want;
};

TEST(Routes, LeadToWhoIsReady) {
  const Row rows[] = {
      {"ready pods, by the name of their port", Behind().pod({"a"}).pod({"b"}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:8080 10.0.0.2:8080\n"},
      {"by number", Behind({.target = {.number = 9090}}).pod({"a"}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:9090\n"},
      {"a name that no container has",
       Behind({.target = {.is_string = true, .text = "x"}}).pod({"a"}),
       "Service/default/web:80/node 30080 ->\n"},
      {"not who is not ready", Behind().pod({"a"}).pod({.name = "b", .ready = false}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:8080\n"},
      {"not who is ending, while another is ready",
       Behind().pod({"a"}).pod({.name = "b", .deleting = 0}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:8080\n"},
      {"who is ending and serves, when nobody is ready",
       Behind().pod({.name = "a", .ready = false}).pod({.name = "b", .deleting = 0}),
       "Service/default/web:80/node 30080 -> 10.0.0.2:8080\n"},
      {"not an address that its container has lost", Behind().pod({.name = "a", .runs = false}),
       "Service/default/web:80/node 30080 ->\n"},
      {"the container that a pod has adopted", Behind().pod({.name = "a", .adopted = true}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:8080\n"},
      {"not pods of others", Behind().pod({.name = "a", .app = "db"}),
       "Service/default/web:80/node 30080 ->\n"},
      {"a LoadBalancer listens on its own port, too", Behind({.type = "LoadBalancer"}).pod({"a"}),
       "Service/default/web:80/node 30080 -> 10.0.0.1:8080\n"
       "Service/default/web:80/host 80 -> 10.0.0.1:8080\n"},
      {"addresses written by hand",
       Behind({.selector = false}).slice("192.168.0.9", true).slice("192.168.0.10", false),
       "Service/default/web:80/node 30080 -> 192.168.0.9:9000\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(table_of(row.world), row.want) << row.name;
}

const Key kService{.kind = Kind::Service, .ns = "default", .name = "web"};

std::string deeds(const World& world) {
  const Plan plan = plan_service(world, kService, kNow);
  std::string out;
  for (const Change& change : plan.changes) {
    const auto* create = std::get_if<CreateObject>(&change);
    const auto* update = std::get_if<UpdateObject>(&change);
    const auto* remove = std::get_if<DeleteObject>(&change);
    out += create   ? "create " + text(key_of(create->object)) + "\n"
           : update ? "update " + text(key_of(update->object)) + "\n"
           : remove ? "delete " + text(remove->key) + "\n"
                    : "status\n";
  }
  for (const Action& action : plan.actions) out += text(action) + "\n";
  return out;
}

TEST(Service, ShowsWhoIsBehindItAndTellsTheGateway) {
  EXPECT_EQ(deeds(Behind().pod({"a"})),
            "create " + text(sandbox_key(kService)) + "\ncreate EndpointSlice default/" +
                pod_name("web", 0) + "\npublish routes Service/default/web:80/node=default/a\n");
}

TEST(Service, WhatTheGatewayHasIsNotToldAgain) {
  World world = Behind().pod({"a"}).told();
  for (const Change& change : plan_service(world, kService, kNow).changes) {
    if (const auto* create = std::get_if<CreateObject>(&change)) world.put(create->object);
  }
  EXPECT_EQ(deeds(world), "");
}

TEST(Service, ChoosesANodePortThatIsFree) {
  const World world = Behind({.node_port = 0}).pod({"a"});
  const Plan plan = plan_service(world, kService, kNow);
  ASSERT_EQ(plan.changes.size(), 1u);
  const auto& chosen = std::get<api::Service>(std::get<UpdateObject>(plan.changes[0]).object);
  EXPECT_GE(chosen.spec.ports[0].nodePort, 30000);
  EXPECT_LE(chosen.spec.ports[0].nodePort, 32767);
  EXPECT_TRUE(plan.actions.empty());  // no route before it has its port
}

// After a start of weir no container is known yet: an empty table would be an outage.
TEST(Service, WithoutTheEngineTheGatewayGoesOnWithWhatItHas) {
  for (World world : {Behind().pod({.name = "a", .runs = false}), Behind({.selector = false})}) {
    world.engine = {.message = "connecting"};
    EXPECT_EQ(deeds(world), "");
    world.erase(kService);
    EXPECT_EQ(deeds(world), "");
  }
}

// Weir died between the two: what is left of it needs no engine to be known.
TEST(Service, ThatHasGoneTakesItsSandboxWithIt) {
  World world;
  world.put(Object(sandbox_of(kService)));
  EXPECT_EQ(deeds(world), "delete " + text(sandbox_key(kService)) + "\n");
}

// --- Its sandbox ---------------------------------------------------------------------------------

void start_sandbox(World& world) {
  const Key pod = sandbox_key(kService);
  world.put(Container{.id = "s",
                      .state = ContainerState::running,
                      .ip = "10.0.0.99",
                      .network_path = "/run/docker/netns/1",
                      .pod_ns = pod.ns,
                      .pod_name = pod.name});
}

TEST(Service, HasTheAddressOfItsSandbox) {
  World world = Behind().pod({"a"}).told();
  const api::Pod sandbox = sandbox_of(kService);
  EXPECT_EQ(service_of_sandbox(sandbox), kService);
  const std::string slice = "create EndpointSlice default/" + pod_name("web", 0) + "\n";
  EXPECT_EQ(deeds(world), "create " + text(sandbox_key(kService)) + "\n" + slice);

  world.put(Object(sandbox));
  EXPECT_EQ(deeds(world), slice);
  start_sandbox(world);
  EXPECT_EQ(deeds(world), "update Service default/web\n");
  EXPECT_EQ(table_of(world),
            "Service/default/web:80/cluster 80 -> 10.0.0.1:8080\n"
            "Service/default/web:80/node 30080 -> 10.0.0.1:8080\n");

  world.erase(kService);
  EXPECT_EQ(deeds(world), "delete " + text(sandbox_key(kService)) + "\npublish routes\n");
}

TEST(Service, ItsNamesAreOfItsSandboxAndOfNoOtherPod) {
  const World world = Behind();
  api::Pod pod = sandbox_of(kService);
  EXPECT_EQ(network_aliases(world, pod),
            (Names{"web.default", "web.default.svc", "web.default.svc.cluster.local"}));
  pod.metadata.name = "mine";  // the labels alone say nothing
  EXPECT_EQ(network_aliases(world, pod), Names{});
}

TEST(Service, AHeadlessOneNamesItsPods) {
  World world = Behind({.type = "ClusterIP", .node_port = 0});
  api::Service service = *world.get<api::Service>("default", "web");
  service.spec.clusterIP = "None";
  world.put(Object(service));
  api::Pod pod = pod_of({"a"}, 1);
  pod.spec.hostname = "zero";
  pod.spec.subdomain = "web";
  EXPECT_EQ(
      network_aliases(world, pod),
      (Names{"web.default", "web.default.svc", "web.default.svc.cluster.local", "zero.web.default",
             "zero.web.default.svc", "zero.web.default.svc.cluster.local"}));
  EXPECT_EQ(table_of(world), "");
}

// A Service that stands for db.example, its sandbox, and what its plans have written.
class Elsewhere {
 public:
  explicit Elsewhere(const std::string& host = "db.example")
      : world(Behind({.type = "ExternalName", .node_port = 0}).pod({"a"})) {
    api::Service service = *world.get<api::Service>("default", "web");
    service.spec.externalName = host;
    service.spec.ports = {{.port = 80, .targetPort = {{.number = 5432}}}};
    world.put(Object(service));
    world.gateway.table = RouteTable{};
    world.put(Object(sandbox_of(kService)));
    start_sandbox(world);
  }
  // What it does, and then that is done but for the lookup.
  std::string turn() {
    const std::string did = deeds(world);
    for (const Change& change : plan_service(world, kService, kNow).changes) {
      if (const auto* create = std::get_if<CreateObject>(&change)) world.put(create->object);
      if (const auto* update = std::get_if<UpdateObject>(&change)) world.put(update->object);
    }
    world.gateway.table = routes(world);
    return did;
  }
  std::string leads_to() const {
    const std::string table = table_of(world);
    return table.substr(table.find("->"));
  }
  World world;
};
const std::string kSlice = "EndpointSlice default/" + pod_name("web", 0) + "\n";

TEST(Service, AnExternalNameLeadsToTheAddressesOfThatName) {
  Elsewhere service;
  EXPECT_EQ(service.turn(), "create " + kSlice +
                                "resolve db.example\npublish routes "
                                "Service/default/web:80/cluster\n");
  service.world.names["db.example"] = {.addresses = {"192.0.2.1", "192.0.2.2"}, .at = kNow};
  EXPECT_EQ(service.turn(), "update " + kSlice);
  EXPECT_EQ(service.leads_to(), "-> 192.0.2.1:5432 192.0.2.2:5432\n");
  EXPECT_EQ(service.turn(), "");
  EXPECT_EQ(plan_service(service.world, kService, kNow).wake_at, kNow + seconds(30));
}

TEST(Service, AnExternalNameIsLookedUpAgainAndStaysWhereItWasUntilThen) {
  Elsewhere service;
  service.world.names["db.example"] = {.addresses = {"192.0.2.1"}, .at = kNow - seconds(30)};
  service.turn();
  EXPECT_EQ(service.turn(), "resolve db.example\n");
  service.world.attempts["resolve db.example"] = {
      .count = 1, .last_at = kNow, .reason = "", .message = "cannot resolve db.example"};
  EXPECT_EQ(service.turn(), "");
  EXPECT_TRUE(plan_service(service.world, kService, kNow).events.empty());
  const Plan later = plan_service(service.world, kService, kNow + seconds(2));
  EXPECT_EQ(later.events.at(0).message, "cannot resolve db.example");
  EXPECT_EQ(service.leads_to(), "-> 192.0.2.1:5432\n");
  // A weir that has just started has asked nobody yet.
  service.world.names.clear();
  service.world.attempts.clear();
  EXPECT_EQ(service.turn(), "resolve db.example\n");
  EXPECT_EQ(service.leads_to(), "-> 192.0.2.1:5432\n");
  // Another name's address would be the wrong one.
  api::Service other = *service.world.get<api::Service>("default", "web");
  other.spec.externalName = "db2.example";
  service.world.put(Object(other));
  EXPECT_EQ(service.turn(), "update " + kSlice + "resolve db2.example\n");
  EXPECT_EQ(service.leads_to(), "->\n");
}

TEST(Service, AnExternalNameDoesNotLeadToThisHostItself) {
  Elsewhere service;
  service.world.names["db.example"] = {
      .addresses = {"127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "::1",
                    "::ffff:127.0.0.1", "fe80::1", "10.0.0.99", "10.1.2.3", "2001:db8::1"},
      .at = kNow};
  service.turn();
  EXPECT_EQ(service.leads_to(), "-> 10.1.2.3:5432 2001:db8::1:5432\n");
  service.world.names["db.example"] = {.addresses = {"127.0.0.1"}, .at = kNow - seconds(30)};
  EXPECT_EQ(plan_service(service.world, kService, kNow).events.at(0).message,
            "db.example has no address that pods may be led to");
}

TEST(Service, AnExternalNameOfAServiceLeadsToThatServicesPods) {
  for (const char* name :
       {"shop.default.svc", "shop.default.svc.cluster.local", "shop.default.svc.cluster.local."}) {
    Elsewhere service(name);
    api::Service shop = *service.world.get<api::Service>("default", "web");
    shop.metadata.name = "shop";
    shop.spec = {};
    shop.spec.clusterIP = "None";
    shop.spec.selector = {{"app", "web"}};
    shop.spec.ports = {{.port = 5432, .targetPort = {{.number = 9000}}}};
    service.world.put(Object(shop));
    EXPECT_EQ(service.turn(), "publish routes Service/default/web:80/cluster=default/a\n");
    EXPECT_EQ(service.leads_to(), "-> 10.0.0.1:9000\n") << name;
  }
}

TEST(Service, AnExternalNameWithoutPortsHasNothingToListenOn) {
  World world = Behind({.type = "ExternalName", .node_port = 0});
  api::Service service = *world.get<api::Service>("default", "web");
  service.spec.externalName = "db.example";
  service.spec.ports.clear();
  world.put(Object(service));
  world.gateway.table = RouteTable{};
  EXPECT_EQ(deeds(world), "");
}

TEST(Service, APortThatCannotBeOpenedIsAnEvent) {
  World world = Behind().pod({"a"}).told();
  world.gateway.closed["Service/default/web:80/node"] = "cannot listen on 0.0.0.0:30080";
  const Plan plan = plan_service(world, kService, kNow);
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].reason, "FailedToListen");
  world.gateway.closed = {{"Service/default/other:80/node", "cannot"}};
  EXPECT_TRUE(plan_service(world, kService, kNow).events.empty());
}

TEST(Service, OneThatHasGoneLeavesTheTable) {
  World world = Behind().pod({"a"}).told();
  world.erase(kService);
  EXPECT_EQ(deeds(world), "publish routes\n");
}

// A pod that is to go: what its plan does about its container.
std::string ending(const World& world, const std::string& pod) {
  const Plan plan = plan_pod(world, {.kind = Kind::Pod, .ns = "default", .name = pod}, kNow);
  std::string out;
  for (const Action& action : plan.actions) out += text(action) + "\n";
  if (out.empty()) out = plan.reasons.back().verdict + "\n";
  return out;
}

TEST(Pod, IsStoppedWhenTheGatewayHasLetGoOfIt) {
  const auto leaving = [](int ago) {
    return Behind().pod({"a"}).pod({.name = "b", .deleting = ago});
  };
  const auto using_b = [](std::int64_t requests) {
    return [=](World& world) { world.gateway.in_use["uid-b"] = requests; };
  };
  const std::string stop = "stop container c-b grace=30s\n";
  EXPECT_EQ(ending(leaving(0).change(using_b(0)), "b"),
            "waiting for the gateway to send it no more requests\n");
  EXPECT_EQ(ending(leaving(0).change(using_b(3)), "b"), "answering 3 requests\n");
  EXPECT_EQ(ending(leaving(0), "b"), stop);
  EXPECT_EQ(ending(leaving(10), "b"), "stop container c-b grace=20s\n");
  EXPECT_EQ(ending(leaving(30).change(using_b(3)), "b"), "stop container c-b grace=2s\n");
  EXPECT_EQ(ending(leaving(0).change([](World& w) { w.gateway = {.message = "gone"}; }), "b"),
            "waiting for the gateway to say whom it sends requests to: gone\n");
}

TEST(Pod, ThatNobodyTakesOverFromDoesNotWait) {
  const World last = Behind().pod({.name = "b", .deleting = 0}).told();
  EXPECT_EQ(ending(last, "b"), "stop container c-b grace=30s\n");
}

}  // namespace
}  // namespace weir::test
