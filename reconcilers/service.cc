#include "reconcilers/service.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "reconcilers/cidr.h"
#include "reconcilers/claims.h"
#include "reconcilers/endpoints.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/reconciler.h"
#include "reconcilers/retry.h"
#include "reconcilers/rollout_traffic.h"
#include "reconcilers/routes.h"
#include "reconcilers/sandbox.h"

namespace weir {

namespace {

// Kubernetes' range.
constexpr std::int64_t kNodePortFirst = 30000;
constexpr std::int64_t kNodePorts = 2768;
constexpr std::chrono::seconds kNameLasts{30};  // CoreDNS' own
constexpr char kOfHost[] = "weir.dev/external-name";
constexpr char kManagedBy[] = "endpointslice.kubernetes.io/managed-by";
constexpr char kManager[] = "endpointslice-controller.k8s.io";

struct View {
  const World& world;
  const Key& key;
  const api::Service& service;
  Time now;
};

bool wants_node_ports(const api::ServiceSpec& spec) {
  return spec.type == "NodePort" ||
         (spec.type == "LoadBalancer" && spec.allocateLoadBalancerNodePorts.value_or(true));
}

std::set<std::int64_t> node_ports(const World& world) {
  std::set<std::int64_t> taken;
  for (const Key& key : world.keys(Kind::Service)) {
    for (const auto& port : world.get<api::Service>(key.ns, key.name)->spec.ports) {
      taken.insert(port.nodePort);
    }
  }
  return taken;
}

void remove_sandbox(const World& world, const Key& service, Plan& plan) {
  const Key key = sandbox_key(service);
  const auto* pod = world.get<api::Pod>(key.ns, key.name);
  if (!pod || pod->metadata.deletionTimestamp) return;
  plan.changes.push_back(DeleteObject{.key = key, .uid = pod->metadata.uid});
}

// --- Steps ---------------------------------------------------------------------------------------

// Before that no pod has an address that is sure: the gateway goes on with what it has.
Verdict wait_for_engine(const View& view, Plan&) {
  if (view.world.engine.synced) return next();
  return stop("waiting for the engine: " + view.world.engine.message);
}

// A Rollout that has gone, or names another Service now, leaves nobody who would say which revision
// is to be picked.
Verdict release(const View& view, Plan& plan) {
  const api::ObjectMeta& m = view.service.metadata;
  const std::string rollout = text_at(m.annotations, annotation::kManagedByRollouts);
  const auto* owner = view.world.get<api::Rollout>(view.key.ns, rollout);
  if (rollout.empty() || (owner && points_at(*owner, m.name))) return next();
  api::Service service = view.service;
  service.metadata.annotations.erase(annotation::kManagedByRollouts);
  service.spec.selector.erase(kRolloutsPodTemplateHash);
  plan.changes.push_back(UpdateObject{std::move(service)});
  return stop("Rollout " + rollout + " has nothing to do with it: it picks all revisions again");
}

// The same Service gets the same port wherever it is free: nobody has to look it up anew after
// everything was made again.
Verdict choose_node_ports(const View& view, Plan& plan) {
  if (!wants_node_ports(view.service.spec)) return next();
  api::Service service = view.service;
  std::set<std::int64_t> taken = node_ports(view.world);
  for (api::ServicePort& port : service.spec.ports) {
    if (port.nodePort != 0) continue;
    const std::uint32_t hash = fnv1a_32(text(view.key) + ":" + std::to_string(port.port));
    for (std::int64_t i = 0; i < kNodePorts && port.nodePort == 0; ++i) {
      const std::int64_t candidate = kNodePortFirst + (hash + i) % kNodePorts;
      if (taken.insert(candidate).second) port.nodePort = candidate;
    }
    if (port.nodePort == 0) return stop("every node port is taken");
  }
  if (service == view.service) return next();
  plan.changes.push_back(UpdateObject{std::move(service)});
  return stop("node ports are chosen");
}

// Its address is that of its sandbox, so it is known only when that runs, and may change with it.
Verdict sandbox(const View& view, Plan& plan) {
  const Key key = sandbox_key(view.key);
  const auto* pod = view.world.get<api::Pod>(key.ns, key.name);
  if (!has_sandbox(view.service)) {
    remove_sandbox(view.world, view.key, plan);
    return next();
  }
  if (!pod) {
    plan.changes.push_back(CreateObject{sandbox_of(view.key)});
    return next("its sandbox is made");
  }
  if (!has_cluster_ip(view.service)) return next();
  const auto address = sandbox_address(view.world, view.key);
  if (!address || address->ip == view.service.spec.clusterIP) return next();
  api::Service service = view.service;
  service.spec.clusterIP = address->ip;
  service.spec.clusterIPs = {address->ip};
  plan.changes.push_back(UpdateObject{std::move(service)});
  return stop("its address is " + address->ip);
}

bool leads_elsewhere(const View& view) {
  const api::ServiceSpec& spec = view.service.spec;
  return spec.type == "ExternalName" && !spec.ports.empty() &&
         !named_service(view.world, view.service);
}

// Not to this host's own loopback, whatever a name server says: what listens there is not for pods
// (the rule that keeps DNS rebinding out); nor to nobody in particular, nor to itself.
bool may_lead_to(const View& view, const std::string& address) {
  constexpr std::array kOwn{"127.0.0.0/8", "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4",
                            "::1",         "::",        "fe80::/10",      "ff00::/8"};
  const auto ip = parse_ip(address);
  const auto sandbox = sandbox_address(view.world, view.key);
  if (!ip || (sandbox && sandbox->ip == address)) return false;
  return std::none_of(kOwn.begin(), kOwn.end(),
                      [&](const char* block) { return Cidr::parse(block)->has(*ip); });
}

std::vector<std::string> usable_addresses(const View& view, const ResolvedName& name) {
  std::vector<std::string> usable;
  std::copy_if(name.addresses.begin(), name.addresses.end(), std::back_inserter(usable),
               [&](const std::string& address) { return may_lead_to(view, address); });
  return usable;
}

// The host that an ExternalName stands for is looked up again and again: it may move.
Verdict resolve(const View& view, Plan& plan) {
  if (!leads_elsewhere(view)) return next();
  const std::string& host = view.service.spec.externalName;
  const ResolveName ask{.host = host};
  const auto known = view.world.names.find(host);
  const bool is_known = known != view.world.names.end();
  const Attempt* failed = attempt_of(view.world, identity(ask));
  std::string trouble = failed ? failed->message : "";
  if (!failed && is_known && usable_addresses(view, known->second).empty()) {
    trouble = host + " has no address that pods may be led to";
  }
  const bool fresh = is_known && view.now < known->second.at + kNameLasts;
  if (fresh) plan.wake(known->second.at + kNameLasts);
  if (fresh || !act(view.world, view.now, ask, plan, {.longest = kNameLasts})) return next(trouble);
  if (trouble.empty()) return next("looking up " + host);
  plan.events.push_back(
      {.about = view.key, .warning = true, .reason = "FailedToResolve", .message = trouble});
  return next(std::move(trouble));
}

api::EndpointSlice new_slice(const View& view) {
  const api::ObjectMeta& m = view.service.metadata;
  api::EndpointSlice slice;
  slice.metadata.name = pod_name(m.name, 0);
  slice.metadata.namespace_ = m.namespace_;
  slice.metadata.generateName = m.name + "-";
  slice.metadata.labels = {{kServiceNameLabel, m.name}, {kManagedBy, kManager}};
  slice.metadata.ownerReferences = {controller_reference(Kind::Service, m)};
  slice.addressType = "IPv4";
  return slice;
}

api::EndpointSlice slice_of(const View& view) {
  api::EndpointSlice slice = new_slice(view);
  const std::vector<PodEndpoint> pods = pods_behind(view.world, view.service);
  for (const api::ServicePort& port : view.service.spec.ports) {
    // By name the port may differ from pod to pod; one slice shows that of the first.
    const auto number = pods.empty() ? std::nullopt : target_port(*pods.front().pod, port);
    slice.ports.push_back({.appProtocol = port.appProtocol,
                           .name = port.name,
                           .port = number.value_or(0),
                           .protocol = port.protocol});
  }
  for (const PodEndpoint& pod : pods) {
    const api::ObjectMeta& of = pod.pod->metadata;
    api::Endpoint endpoint;
    endpoint.addresses = {pod.pod->status.podIP};
    endpoint.conditions = {
        .ready = pod.ready(), .serving = pod.serving, .terminating = pod.terminating};
    endpoint.nodeName = view.world.engine.node_name;
    endpoint.targetRef = api::ObjectReference{
        .kind = "Pod", .name = of.name, .namespace_ = of.namespace_, .uid = of.uid};
    slice.endpoints.push_back(std::move(endpoint));
  }
  return slice;
}

// Of another host. As long as nobody has said where that is: what the last answer was, if it was
// about this name.
api::EndpointSlice slice_elsewhere(const View& view) {
  api::EndpointSlice slice = new_slice(view);
  const api::ServiceSpec& spec = view.service.spec;
  const api::ObjectMeta& m = slice.metadata;
  slice.metadata.annotations[kOfHost] = spec.externalName;
  const auto known = view.world.names.find(spec.externalName);
  const auto* last = view.world.get<api::EndpointSlice>(m.namespace_, m.name);
  const bool of_this = last && text_at(last->metadata.annotations, kOfHost) == spec.externalName;
  if (known == view.world.names.end() && of_this) slice.endpoints = last->endpoints;
  if (known != view.world.names.end()) {
    for (const std::string& address : usable_addresses(view, known->second)) {
      api::Endpoint& endpoint = slice.endpoints.emplace_back();
      endpoint.addresses = {address};
      endpoint.conditions = {.ready = true, .serving = true, .terminating = false};
    }
  }
  for (const api::ServicePort& port : spec.ports) {
    slice.ports.push_back({.appProtocol = port.appProtocol,
                           .name = port.name,
                           .port = target_number(port),
                           .protocol = port.protocol});
  }
  return slice;
}

Verdict show_endpoints(const View& view, Plan& plan) {
  std::optional<api::EndpointSlice> made;
  if (leads_elsewhere(view)) made = slice_elsewhere(view);
  const bool of_pods =
      !view.service.spec.selector.empty() && view.service.spec.type != "ExternalName";
  if (of_pods) made = slice_of(view);
  if (!made) return next();
  api::EndpointSlice wanted = *std::move(made);
  const auto* present =
      view.world.get<api::EndpointSlice>(wanted.metadata.namespace_, wanted.metadata.name);
  if (!present) {
    plan.changes.push_back(CreateObject{std::move(wanted)});
    return next("its EndpointSlice is made");
  }
  if (!is_controlled_by(present->metadata, view.service.metadata.uid)) {
    return next("EndpointSlice " + present->metadata.name + " is somebody else's: left as it is");
  }
  const bool same_host = text_at(present->metadata.annotations, kOfHost) ==
                         text_at(wanted.metadata.annotations, kOfHost);
  if (present->endpoints == wanted.endpoints && present->ports == wanted.ports && same_host) {
    return next();
  }
  api::EndpointSlice changed = *present;
  changed.metadata.annotations = wanted.metadata.annotations;
  changed.endpoints = wanted.endpoints;
  changed.ports = wanted.ports;
  plan.changes.push_back(UpdateObject{std::move(changed)});
  return next("its EndpointSlice is brought up to date");
}

Verdict publish(const View& view, Plan& plan) {
  if (!publish_routes(view.world, view.now, plan)) return next();
  for (const auto& [listener, why] : view.world.gateway.closed) {
    if (!is_listener_of(view.service, listener)) continue;
    plan.events.push_back(
        {.about = view.key, .warning = true, .reason = "FailedToListen", .message = why});
    return next(why);
  }
  return next("the gateway has been told");
}

Verdict status(const View& view, Plan& plan) {
  api::Service service = view.service;
  service.status.loadBalancer.ingress.clear();
  if (service.spec.type == "LoadBalancer") {
    const std::string& ip = service.spec.loadBalancerIP.empty() ? view.world.engine.host_ip
                                                                : service.spec.loadBalancerIP;
    if (!ip.empty()) service.status.loadBalancer.ingress.push_back({.ip = ip});
  }
  if (service == view.service) return stop("its status is as it should be");
  plan.changes.push_back(UpdateStatus{std::move(service)});
  return stop("status written");
}

// Run in order; the first one that stops ends the plan.
struct Step {
  const char* name;
  Verdict (*run)(const View&, Plan&);
};
constexpr std::array kSteps{
    Step{"engine", wait_for_engine},        // what runs is known
    Step{"rollout", release},               // whose part it was
    Step{"node-ports", choose_node_ports},  // the ports of the host, where it wants some
    Step{"sandbox", sandbox},               // its address and its names, for pods
    Step{"name", resolve},                  // where an ExternalName leads
    Step{"endpoints", show_endpoints},      // an EndpointSlice says who stands behind it
    Step{"routes", publish},                // the gateway gets the table of this World
    Step{"status", status},                 // where a LoadBalancer is reached
};

}  // namespace

Plan plan_service(const World& world, const Key& key, Time now) {
  const auto* service = world.get<api::Service>(key.ns, key.name);
  Plan plan;
  if (!service) {
    // It has gone, and its sandbox and its listeners go with it.
    remove_sandbox(world, key, plan);
    publish_routes(world, now, plan);
    return plan;
  }
  const View view{.world = world, .key = key, .service = *service, .now = now};
  for (const Step& step : kSteps) {
    const Verdict verdict = step.run(view, plan);
    if (!verdict.text.empty()) {
      plan.reasons.push_back({.step = step.name, .verdict = verdict.text});
    }
    if (verdict.stop) break;
  }
  return plan;
}

}  // namespace weir
