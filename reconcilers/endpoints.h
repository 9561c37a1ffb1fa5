#pragma once

// Endpoints: who stands behind a Service's port, and in which state. Read by the Service
// reconciler, which shows them as an EndpointSlice, by the route table, and by the Pod that wants
// to go.

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/route_table.h"
#include "reconcilers/world.h"

namespace weir {

// Kubernetes: serving is readiness alone; ready is serving and not terminating.
struct PodEndpoint {
  const api::Pod* pod = nullptr;
  bool serving = false;
  bool terminating = false;
  bool ready() const { return serving && !terminating; }
};

// Whether its selector picks pods with these labels.
bool picks(const api::Service& service, const std::map<std::string, std::string>& labels);

// Which template pods with these labels are made from, as their Deployment or Rollout has marked
// them.
std::string revision_hash(const std::map<std::string, std::string>& labels);

// The pods that the Service's selector picks and that have an address, in key order. None without a
// selector.
std::vector<PodEndpoint> pods_behind(const World& world, const api::Service& service);

// The port of that pod that a Service's port leads to. Nothing: no container of it has that name.
std::optional<int> target_port(const api::Pod& pod, const api::ServicePort& port);

// Of a Service whose ports lead to no pods: where this one leads.
std::int64_t target_number(const api::ServicePort& port);

// The Service of this host that an ExternalName stands for. Null: it is another host.
const api::Service* named_service(const World& world, const api::Service& service);

// By its appProtocol: the endpoints behind this port speak HTTP/2 only.
bool is_http2(const api::ServicePort& port);

// Where the gateway sends what comes to this port. The ready ones; where none is, those that serve
// while they end (as kube-proxy, KEP-1669). Without a selector, those of EndpointSlices; an
// ExternalName's reconciler writes one of that name's addresses, so that they outlive weir. Of one
// that names another Service, that Service's. Of one that a Rollout divides, those of each revision
// that has a share, be it none of a hundred.
std::vector<RouteEndpoint> route_endpoints(const World& world, const api::Service& service,
                                           const api::ServicePort& port);

// Whether this pod's place is taken: every Service that picks it has another that is ready.
bool has_successor(const World& world, const api::Pod& pod);

// Services that pick pods with these labels, in their namespace.
std::vector<Key> services_of(const World& world, const std::string& ns,
                             const std::map<std::string, std::string>& labels);
// Those, and those that pick another revision of the same: a Rollout may have what comes to them go
// to these pods, too.
std::vector<Key> services_of_any_revision(const World& world, const std::string& ns,
                                          const std::map<std::string, std::string>& labels);

}  // namespace weir
