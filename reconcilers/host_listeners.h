#pragma once

// The ports of this host that Gateways and Ingresses ask for, with the rules of all their routes.
// Gateways that name the same port share it, where a cluster gives each an address of its own:
// hosts and paths keep them apart. The oldest decides what is spoken on it.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/route_table.h"
#include "reconcilers/world.h"

namespace weir {

std::vector<RouteListener> host_listeners(const World& world);

// "host:443": how the route table calls it.
std::string host_listener(std::int64_t port);

// Whose words hold on a port that several name: the oldest Gateway's first listener with it.
// Ingresses have no policies. Null: no Gateway has the port.
struct PortOwner {
  const api::Gateway* gateway = nullptr;
  const api::GatewayListener* listener = nullptr;
};
PortOwner owner_of_port(const World& world, std::int64_t port);

// By port: what is spoken there, as listeners of gateways say it (HTTP, HTTPS, TCP, TLS).
std::map<std::int64_t, std::string> host_protocols(const World& world);

// The certificate in that Secret, for these hosts; or what is wrong with it.
struct CertificateFound {
  std::optional<RouteCertificate> certificate = {};
  std::string problem = {};
};
CertificateFound certificate_in(const World& world, const std::string& ns,
                                const std::string& secret, std::vector<std::string> hosts);

// The ports that an Ingress is reached on.
std::set<std::int64_t> ports_of(const api::Ingress& ingress);

// All of a kind that are not being deleted, the oldest first; then by name.
template <class T>
std::vector<const T*> by_age(const World& world) {
  std::vector<const T*> all;
  for (const Key& key : world.keys(KindOf<T>::value)) {
    const T* object = world.get<T>(key.ns, key.name);
    if (!object->metadata.deletionTimestamp) all.push_back(object);
  }
  std::stable_sort(all.begin(), all.end(), [](const T* a, const T* b) {
    return a->metadata.creationTimestamp < b->metadata.creationTimestamp;
  });
  return all;
}

}  // namespace weir
