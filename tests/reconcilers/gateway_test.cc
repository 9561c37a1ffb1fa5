// Gateways, their routes, and Ingresses: which rules the gateway is told, in which order, and what
// the statuses say.

#include "reconcilers/gateway.h"

#include <gtest/gtest.h>

#include "reconcilers/attachment.h"
#include "reconcilers/base64.h"
#include "reconcilers/http_rules.h"
#include "reconcilers/routes.h"
#include "tests/support/world_builder.h"

namespace weir::test {
namespace {

api::GatewayListener http(const std::string& name, std::int64_t port,
                          const std::string& hostname = "") {
  api::GatewayListener listener;
  listener.name = name;
  listener.port = port;
  listener.protocol = "HTTP";
  listener.hostname = hostname;
  return listener;
}

api::HTTPRouteRule rule(const std::string& path, const std::string& service,
                        const std::string& type = "PathPrefix") {
  api::HTTPRouteRule made;
  api::HTTPRouteMatch match;
  match.path.type = type;
  match.path.value = path;
  made.matches = {match};
  api::HTTPBackendRef backend;
  backend.name = service;
  backend.port = 80;
  made.backendRefs = {backend};
  return made;
}

class Edge {
 public:
  Edge() {
    world_.engine = {.synced = true, .store = "store-1", .message = {}, .node_name = "host"};
    world_.engine.host_ip = "192.168.0.1";
    world_.gateway = {.reached = true, .known = true};
    api::Namespace ns;
    ns.metadata.name = "default";
    world_.put(Object(ns));
  }
  // Its endpoint is written by hand: 10.0.0.NUMBER.
  Edge& service(const std::string& name, int number) {
    api::Service service;
    service.metadata.name = name;
    service.metadata.namespace_ = "default";
    service.spec.clusterIP = "None";
    service.spec.ports = {{.name = "http", .port = 80}};
    world_.put(Object(service));
    api::EndpointSlice slice;
    slice.metadata.name = name + "-1";
    slice.metadata.namespace_ = "default";
    slice.metadata.labels = {{"kubernetes.io/service-name", name}};
    slice.addressType = "IPv4";
    slice.ports = {{.name = "http", .port = 8080}};
    api::Endpoint endpoint;
    endpoint.addresses = {"10.0.0." + std::to_string(number)};
    slice.endpoints = {endpoint};
    world_.put(Object(slice));
    return *this;
  }
  Edge& gateway(const std::string& name, std::vector<api::GatewayListener> listeners) {
    api::Gateway gateway;
    gateway.metadata.name = name;
    gateway.metadata.namespace_ = "default";
    gateway.metadata.creationTimestamp = to_seconds(kNow) + seconds(++objects_);
    gateway.spec.gatewayClassName = "weir";
    gateway.spec.listeners = std::move(listeners);
    world_.put(Object(gateway));
    return *this;
  }
  Edge& route(const std::string& name, std::vector<std::string> hosts,
              std::vector<api::HTTPRouteRule> rules, const std::string& ns = "default",
              const std::string& parent_kind = "Gateway", const std::string& parent = "edge") {
    api::HTTPRoute route;
    route.metadata.name = name;
    route.metadata.namespace_ = ns;
    route.metadata.creationTimestamp = to_seconds(kNow) + seconds(++objects_);
    route.spec.hostnames = std::move(hosts);
    api::ParentReference ref;
    ref.kind = parent_kind;
    ref.name = parent;
    ref.namespace_ = parent_kind == "Gateway" ? "default" : "";
    route.spec.parentRefs = {ref};
    route.spec.rules = std::move(rules);
    world_.put(Object(route));
    return *this;
  }
  template <class Change>
  Edge& change(Change change) {
    change(world_);
    return *this;
  }
  operator const World&() const { return world_; }

 private:
  World world_;
  int objects_ = 0;
};

std::string shown(const RouteRule& rule) {
  std::string out = " ";
  for (const std::string& host : rule.hosts) out += host;
  out += rule.match.exact ? "=" : "";
  out += rule.match.path;
  if (!rule.match.method.empty()) out += " " + rule.match.method;
  for (const auto& [name, value] : rule.match.headers) out += " " + name + ":" + value;
  out += " ->";
  if (rule.refusal != 0) out += " " + std::to_string(rule.refusal);
  for (const RouteBackend& backend : rule.backends) {
    out += " " + backend.service + "*" + std::to_string(backend.weight);
    if (backend.missing) out += "?";
    for (const RouteEndpoint& e : backend.endpoints) out += "@" + e.address;
  }
  return out + "\n";
}

std::string table_of(const World& world) {
  std::string out;
  for (const RouteListener& l : routes(world).listeners) {
    out += l.name + (l.certificates.empty() ? "" : " tls") + "\n";
    for (const RouteRule& rule : l.rules) out += shown(rule);
  }
  return out;
}

struct Row {
  const char* name;
  World world;
  const char* want;
};

TEST(Gateway, RulesAreTriedTheMostSpecificFirst) {
  api::HTTPRouteRule by_header = rule("/", "b"), by_method = rule("/", "b");
  api::HTTPHeaderMatch header;
  header.name = "X-Canary";
  header.value = "1";
  by_header.matches[0].headers = {header};
  by_method.matches[0].method = "POST";
  api::HTTPRouteRule split = rule("/", "a");
  split.backendRefs.push_back(rule("/", "b").backendRefs[0]);
  split.backendRefs[0].weight = 90;
  split.backendRefs[1].weight = 10;
  const Row rows[] = {
      {"paths: exact, then the longest",
       Edge()
           .service("a", 1)
           .gateway("edge", {http("web", 80)})
           .route("r", {}, {rule("/", "a"), rule("/foo", "a"), rule("/foo", "a", "Exact")}),
       "host:80\n =/foo -> default/a:80*1@10.0.0.1\n /foo -> default/a:80*1@10.0.0.1\n"
       " / -> default/a:80*1@10.0.0.1\n"},
      {"a method before headers, and both before neither",
       Edge()
           .service("b", 2)
           .gateway("edge", {http("web", 80)})
           .route("r", {}, {rule("/", "b"), by_header, by_method}),
       "host:80\n / POST -> default/b:80*1@10.0.0.2\n"
       " / x-canary:1 -> default/b:80*1@10.0.0.2\n / -> default/b:80*1@10.0.0.2\n"},
      {"hosts: exact before wildcard before none",
       Edge()
           .service("a", 1)
           .gateway("edge", {http("web", 80)})
           .route("any", {}, {rule("/long/path", "a")})
           .route("wild", {"*.example"}, {rule("/", "a")})
           .route("one", {"A.example"}, {rule("/", "a")}),
       "host:80\n a.example/ -> default/a:80*1@10.0.0.1\n"
       " *.example/ -> default/a:80*1@10.0.0.1\n /long/path -> default/a:80*1@10.0.0.1\n"},
      {"the older route wins a draw",
       Edge()
           .service("a", 1)
           .service("b", 2)
           .gateway("edge", {http("web", 80)})
           .route("z-older", {}, {rule("/", "a")})
           .route("a-newer", {}, {rule("/", "b")}),
       "host:80\n / -> default/a:80*1@10.0.0.1\n / -> default/b:80*1@10.0.0.2\n"},
      {"weights",
       Edge()
           .service("a", 1)
           .service("b", 2)
           .gateway("edge", {http("web", 80)})
           .route("r", {}, {split}),
       "host:80\n / -> default/a:80*90@10.0.0.1 default/b:80*10@10.0.0.2\n"},
      {"a backend that does not exist keeps its share",
       Edge().service("a", 1).gateway("edge", {http("web", 80)}).route("r", {}, {split}),
       "host:80\n / -> default/a:80*90@10.0.0.1 default/b:80*10?\n"},
      {"gateways share a port; each lets in whom its hostname allows",
       Edge()
           .service("a", 1)
           .gateway("edge", {http("web", 80, "*.a.example"), http("other", 8080)})
           .gateway("other", {http("web", 80, "b.example")})
           .route("r", {"x.a.example", "b.example"}, {rule("/", "a")}),
       "host:80\n x.a.example/ -> default/a:80*1@10.0.0.1\n"
       "host:8080\n x.a.example/ -> default/a:80*1@10.0.0.1\n"
       " b.example/ -> default/a:80*1@10.0.0.1\n"},
      {"a port without routes is open all the same", Edge().gateway("edge", {http("web", 80)}),
       "host:80\n"},
      {"a route of another namespace is not let in",
       Edge()
           .service("a", 1)
           .gateway("edge", {http("web", 80)})
           .route("r", {}, {rule("/", "a")}, "elsewhere"),
       "host:80\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(table_of(row.world), row.want) << row.name;
}

TEST(Gateway, ARouteOfAServiceTakesItsTraffic) {
  const World world = Edge()
                          .service("a", 1)
                          .service("b", 2)
                          .change([](World& w) {
                            auto service = *w.get<api::Service>("default", "a");
                            service.spec.type = "NodePort";
                            service.spec.ports[0].nodePort = 30080;
                            w.put(Object(service));
                          })
                          .route("r", {}, {rule("/b", "b")}, "default", "Service", "a");
  EXPECT_EQ(table_of(world), "Service/default/a:80/node\n /b -> default/b:80*1@10.0.0.2\n");
}

// "Accepted=True(Accepted) ResolvedRefs=False(BackendNotFound)"
std::string shown(const std::vector<api::Condition>& conditions) {
  std::string out;
  for (const api::Condition& c : conditions) {
    out += (out.empty() ? "" : " ") + c.type + "=" + c.status + "(" + c.reason + ")";
  }
  return out;
}

std::string gateway_status(const World& world, const std::string& name) {
  const Plan plan =
      plan_gateway(world, {.kind = Kind::Gateway, .ns = "default", .name = name}, kNow);
  for (const Change& change : plan.changes) {
    const auto* update = std::get_if<UpdateStatus>(&change);
    if (!update) continue;
    const auto& status = std::get<api::Gateway>(update->object).status;
    std::string out = shown(status.conditions) + "\n";
    for (const api::ListenerStatus& l : status.listeners) {
      out += l.name + " " + std::to_string(l.attachedRoutes) + " " + shown(l.conditions) + "\n";
    }
    return out;
  }
  return "no status";
}

TEST(Gateway, TlsNeedsItsCertificate) {
  api::GatewayListener https = http("tls", 443);
  https.protocol = "HTTPS";
  https.tls.emplace();
  https.tls->certificateRefs = {{.name = "cert"}};
  Edge edge;
  edge.gateway("edge", {https});
  EXPECT_EQ(table_of(edge), "");  // rather than in the clear
  edge.change([](World& w) {
    api::Secret secret;
    secret.metadata.name = "cert";
    secret.metadata.namespace_ = "default";
    secret.data = {{"tls.crt", base64_encode("-----BEGIN CERTIFICATE-----")},
                   {"tls.key", base64_encode("-----BEGIN PRIVATE KEY-----")}};
    w.put(Object(secret));
  });
  EXPECT_EQ(table_of(edge), "host:443 tls\n");
  edge.change([](World& w) {
    auto secret = *w.get<api::Secret>("default", "cert");
    secret.data["tls.crt"] = base64_encode("0\x82\xff not text");
    w.put(Object(secret));
  });
  EXPECT_EQ(table_of(edge), "");
  EXPECT_EQ(gateway_status(edge, "edge"),
            "Accepted=True(Accepted) Programmed=False(Invalid)\n"
            "tls 0 Conflicted=False(NoConflicts) Accepted=True(Accepted) "
            "Programmed=False(Invalid) ResolvedRefs=False(InvalidCertificateRef)\n");
}

TEST(Gateway, OneThatIsBeingDeletedIsLeftAlone) {
  Edge edge;
  edge.gateway("edge", {http("web", 80)}).change([](World& w) {
    auto gateway = *w.get<api::Gateway>("default", "edge");
    gateway.metadata.deletionTimestamp = to_seconds(kNow);
    gateway.metadata.finalizers = {"example.com/x"};
    w.put(Object(gateway));
  });
  EXPECT_EQ(table_of(edge), "");
  EXPECT_EQ(gateway_status(edge, "edge"), "no status");
}

api::IngressBackend to(const std::string& service, const std::string& port) {
  api::IngressBackend backend;
  backend.service.emplace();
  backend.service->name = service;
  backend.service->port.name = port;
  return backend;
}

TEST(Ingress, IsRulesOfPort80) {
  api::Ingress ingress;
  ingress.metadata.name = "web";
  ingress.metadata.namespace_ = "default";
  api::IngressRule one;
  one.host = "a.example";
  one.http.emplace();
  one.http->paths = {{.backend = to("a", "http"), .path = "/x", .pathType = "Exact"},
                     {.backend = to("a", "nonsense"), .path = "/y", .pathType = "Prefix"}};
  ingress.spec.rules = {one};
  ingress.spec.defaultBackend = to("b", "http");
  const World world =
      Edge().service("a", 1).service("b", 2).change([&](World& w) { w.put(Object(ingress)); });
  EXPECT_EQ(table_of(world),
            "host:80\n a.example=/x -> default/a:80*1@10.0.0.1\n a.example/y -> 503\n"
            " / -> default/b:80*1@10.0.0.2\n");
}

TEST(Ingress, SaysThatItsCertificateIsMissing) {
  api::Ingress ingress;
  ingress.metadata.name = "web";
  ingress.metadata.namespace_ = "default";
  ingress.spec.defaultBackend = to("b", "http");
  ingress.spec.tls = {{.hosts = {}, .secretName = "cert"}};
  const World world = Edge().service("b", 2).change([&](World& w) { w.put(Object(ingress)); });
  const Key key{.kind = Kind::Ingress, .ns = "default", .name = "web"};
  const Plan plan = plan_ingress(world, key, kNow);
  ASSERT_EQ(plan.events.size(), 1u);
  EXPECT_EQ(plan.events[0].reason, "InvalidCertificateRef");
  EXPECT_EQ(plan.events[0].message, "there is no Secret default/cert");
  EXPECT_EQ(table_of(world), "host:80\n / -> default/b:80*1@10.0.0.2\n");
}

std::string route_status(const World& world, const std::string& name,
                         const std::string& ns = "default") {
  const Plan plan = plan_http_route(world, {.kind = Kind::HTTPRoute, .ns = ns, .name = name}, kNow);
  for (const Change& change : plan.changes) {
    const auto* update = std::get_if<UpdateStatus>(&change);
    const auto* route = update ? std::get_if<api::HTTPRoute>(&update->object) : nullptr;
    if (route) return shown(route->status.parents.at(0).conditions);
  }
  return "no status";
}

TEST(TCPRoute, BelongsToGatewaysOnly) {
  api::TCPRoute route;
  route.metadata.namespace_ = "default";
  api::ParentReference service;
  service.kind = "Service";
  service.name = "a";
  EXPECT_EQ(attach(Edge().service("a", 1), view_of(route), service).reason, "NoMatchingParent");
}

TEST(HTTPRoute, SaysWhatBecameOfIt) {
  struct {
    const char* name;
    World world;
    const char* want;
    const char* ns = "default";
  } const rows[] = {
      {"attached",
       Edge().service("a", 1).gateway("edge", {http("web", 80)}).route("r", {}, {rule("/", "a")}),
       "Accepted=True(Accepted) ResolvedRefs=True(ResolvedRefs)"},
      {"no gateway", Edge().service("a", 1).route("r", {}, {rule("/", "a")}),
       "Accepted=False(NoMatchingParent) ResolvedRefs=True(ResolvedRefs)"},
      {"no host in common",
       Edge()
           .service("a", 1)
           .gateway("edge", {http("web", 80, "b.example")})
           .route("r", {"a.example"}, {rule("/", "a")}),
       "Accepted=False(NoMatchingListenerHostname) ResolvedRefs=True(ResolvedRefs)"},
      {"no such Service",
       Edge().gateway("edge", {http("web", 80)}).route("r", {}, {rule("/", "a")}),
       "Accepted=True(Accepted) ResolvedRefs=False(BackendNotFound)"},
      {"a namespace that is not let in",
       Edge().gateway("edge", {http("web", 80)}).route("r", {}, {}, "elsewhere"),
       "Accepted=False(NotAllowedByListeners) ResolvedRefs=True(ResolvedRefs)", "elsewhere"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(route_status(row.world, "r", row.ns), row.want) << row.name;
}

TEST(Gateway, SaysWhatBecameOfIt) {
  Edge edge;
  edge.service("a", 1).gateway("edge", {http("web", 80)}).route("r", {}, {rule("/", "a")});
  EXPECT_EQ(gateway_status(edge, "edge"),
            "Accepted=True(Accepted) Programmed=False(Pending)\n"
            "web 1 Conflicted=False(NoConflicts) Accepted=True(Accepted) Programmed=False(Pending) "
            "ResolvedRefs=True(ResolvedRefs)\n");
  edge.change([](World& w) { w.gateway.table = routes(w); });
  EXPECT_EQ(gateway_status(edge, "edge"),
            "Accepted=True(Accepted) Programmed=True(Programmed)\n"
            "web 1 Conflicted=False(NoConflicts) Accepted=True(Accepted) "
            "Programmed=True(Programmed) ResolvedRefs=True(ResolvedRefs)\n");
  edge.change([](World& w) { w.gateway.closed = {{"host:80", "in use"}}; });
  EXPECT_EQ(gateway_status(edge, "edge"),
            "Accepted=True(Accepted) Programmed=False(AddressNotUsable)\n"
            "web 1 Conflicted=False(NoConflicts) Accepted=True(Accepted) "
            "Programmed=False(AddressNotUsable) ResolvedRefs=True(ResolvedRefs)\n");
}

TEST(Gateway, APortSpeaksWhatTheOldestSays) {
  api::GatewayListener tcp = http("tcp", 80);
  tcp.protocol = "TCP";
  Edge edge;
  edge.gateway("edge", {http("web", 80)}).gateway("late", {tcp});
  EXPECT_EQ(gateway_status(edge, "late"),
            "Accepted=True(Accepted) Programmed=False(Invalid)\n"
            "tcp 0 Conflicted=True(ProtocolConflict) Accepted=False(PortUnavailable) "
            "Programmed=False(Invalid) ResolvedRefs=True(ResolvedRefs)\n");
}

TEST(Duration, IsReadAsTheGatewayApiWritesIt) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
  for (const char* wrong : {"", "10", "s", "-1s", "1.5s", "123456s", "1h1h1h1h1h", "1d"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(Hosts, HaveInCommon) {
  EXPECT_EQ(common_host("", ""), "");
  EXPECT_EQ(common_host("", "a.b"), "a.b");
  EXPECT_EQ(common_host("*.b", "a.b"), "a.b");
  EXPECT_EQ(common_host("a.b", "*.b"), "a.b");
  EXPECT_EQ(common_host("*.b", "*.a.b"), "*.a.b");
  EXPECT_EQ(common_host("*.b", "b"), std::nullopt);
  EXPECT_EQ(common_host("a.b", "c.b"), std::nullopt);
}

}  // namespace
}  // namespace weir::test
