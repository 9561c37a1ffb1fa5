#include "reconcilers/endpoints.h"

#include <algorithm>

#include "reconcilers/labels.h"
#include "reconcilers/pod_containers.h"
#include "reconcilers/replicas.h"
#include "reconcilers/rollout_traffic.h"

namespace weir {

namespace {

// A container of it runs at the address that its status names. Addresses are reused: one whose
// container has gone may be somebody else's by now.
bool owns_its_address(const World& world, const api::Pod& pod) {
  const Container* container = running_container(world, pod);
  return container && container->ip == pod.status.podIP;
}

RouteEndpoint route_endpoint(const api::Pod& pod, int port) {
  return {.id = pod.metadata.uid,
          .name = pod.metadata.namespace_ + "/" + pod.metadata.name,
          .revision = revision_hash(pod.metadata.labels),
          .address = pod.status.podIP,
          .port = port};
}

// Picks all revisions of a Rollout.
api::Service unpinned(api::Service service) {
  service.spec.selector.erase(kRolloutsPodTemplateHash);
  return service;
}

// Of an undivided Service everything is one share.
bool has_share(const TrafficDivision& division, const api::Pod& pod) {
  const std::string hash = text_at(pod.metadata.labels, division.hash_label);
  return division.shares.empty() || hash.empty() ||
         std::any_of(division.shares.begin(), division.shares.end(),
                     [&](const TrafficShare& share) { return share.hash == hash; });
}

// Of a Service without selector: what somebody wrote into EndpointSlices that name it.
std::vector<RouteEndpoint> written_endpoints(const World& world, const api::Service& service,
                                             const api::ServicePort& port) {
  std::vector<RouteEndpoint> found;
  for (const Key& key : world.keys(Kind::EndpointSlice, service.metadata.namespace_)) {
    const auto* slice = world.get<api::EndpointSlice>(key.ns, key.name);
    if (text_at(slice->metadata.labels, kServiceNameLabel) != service.metadata.name) continue;
    const auto target = std::find_if(slice->ports.begin(), slice->ports.end(), [&](const auto& p) {
      return p.name == port.name && p.protocol == port.protocol;
    });
    if (target == slice->ports.end() || slice->addressType == "FQDN") continue;
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (!endpoint.conditions.ready.value_or(true) || endpoint.addresses.empty()) continue;
      const std::string& address = endpoint.addresses.front();
      found.push_back({.id = address,
                       .name = address,
                       .address = address,
                       .port = static_cast<int>(target->port)});
    }
  }
  return found;
}

}  // namespace

bool picks(const api::Service& service, const Labels& labels) {
  if (service.spec.selector.empty() || service.spec.type == "ExternalName") return false;
  return std::all_of(service.spec.selector.begin(), service.spec.selector.end(),
                     [&](const auto& wanted) {
                       const auto found = labels.find(wanted.first);
                       return found != labels.end() && found->second == wanted.second;
                     });
}

std::string revision_hash(const std::map<std::string, std::string>& labels) {
  const std::string hash = text_at(labels, kRolloutsPodTemplateHash);
  return hash.empty() ? text_at(labels, kPodTemplateHash) : hash;
}

std::vector<PodEndpoint> pods_behind(const World& world, const api::Service& service) {
  std::vector<PodEndpoint> found;
  if (service.spec.selector.empty()) return found;
  for (const Key& key : world.keys(Kind::Pod, service.metadata.namespace_)) {
    const auto* pod = world.get<api::Pod>(key.ns, key.name);
    if (!picks(service, pod->metadata.labels) || pod->status.podIP.empty() || has_ended(*pod)) {
      continue;
    }
    found.push_back({.pod = pod,
                     .serving = (is_ready(*pod) || service.spec.publishNotReadyAddresses) &&
                                owns_its_address(world, *pod),
                     .terminating = pod->metadata.deletionTimestamp.has_value()});
  }
  return found;
}

std::int64_t target_number(const api::ServicePort& port) {
  const bool has_one =
      port.targetPort && !port.targetPort->is_string && port.targetPort->number != 0;
  return has_one ? port.targetPort->number : port.port;
}

// "web.shop.svc" and "web.shop.svc.cluster.local".
const api::Service* named_service(const World& world, const api::Service& service) {
  if (service.spec.type != "ExternalName") return nullptr;
  std::string_view name = service.spec.externalName;
  for (const std::string_view domain : {".", ".cluster.local"}) {
    if (name.ends_with(domain)) name.remove_suffix(domain.size());
  }
  const std::size_t dot = name.find('.');
  if (dot == name.npos || !name.ends_with(".svc")) return nullptr;
  name.remove_suffix(4);
  return name.size() <= dot ? nullptr
                            : world.get<api::Service>(std::string(name.substr(dot + 1)),
                                                      std::string(name.substr(0, dot)));
}

std::optional<int> target_port(const api::Pod& pod, const api::ServicePort& port) {
  const api::IntOrString target = port.targetPort.value_or(api::IntOrString{.number = port.port});
  if (!target.is_string) return static_cast<int>(target.number != 0 ? target.number : port.port);
  for (const api::Container& container : pod.spec.containers) {
    for (const api::ContainerPort& one : container.ports) {
      if (one.name == target.text && one.protocol == port.protocol) {
        return static_cast<int>(one.containerPort);
      }
    }
  }
  return std::nullopt;
}

bool is_http2(const api::ServicePort& port) {
  return port.appProtocol == "kubernetes.io/h2c" || port.appProtocol == "grpc";
}

std::vector<RouteEndpoint> route_endpoints(const World& world, const api::Service& service,
                                           const api::ServicePort& port) {
  if (const api::Service* other = named_service(world, service)) {
    for (const api::ServicePort& one : other->spec.ports) {
      const bool same = one.port == target_number(port) && one.protocol == port.protocol;
      if (same && other->spec.type != "ExternalName") return route_endpoints(world, *other, one);
    }
    return {};
  }
  const bool written = service.spec.selector.empty() || service.spec.type == "ExternalName";
  if (written) return written_endpoints(world, service, port);
  const TrafficDivision division = division_of(world, service);
  // One that is divided leads to all revisions that have a share.
  std::vector<RouteEndpoint> ready, ending;
  for (const PodEndpoint& endpoint :
       pods_behind(world, division.shares.empty() ? service : unpinned(service))) {
    const std::optional<int> target = target_port(*endpoint.pod, port);
    if (!target || !endpoint.serving) continue;
    if (!has_share(division, *endpoint.pod)) continue;
    (endpoint.terminating ? ending : ready).push_back(route_endpoint(*endpoint.pod, *target));
  }
  return ready.empty() ? ending : ready;
}

bool has_successor(const World& world, const api::Pod& pod) {
  const auto services = services_of(world, pod.metadata.namespace_, pod.metadata.labels);
  return std::all_of(services.begin(), services.end(), [&](const Key& key) {
    // A Rollout sends to another revision what came to this one, as it moves on.
    const auto others = pods_behind(world, unpinned(*world.get<api::Service>(key.ns, key.name)));
    return std::any_of(others.begin(), others.end(),
                       [](const PodEndpoint& other) { return other.ready(); });
  });
}

std::vector<Key> services_of(const World& world, const std::string& ns, const Labels& labels) {
  std::vector<Key> found;
  for (const Key& key : world.keys(Kind::Service, ns)) {
    if (picks(*world.get<api::Service>(key.ns, key.name), labels)) found.push_back(key);
  }
  return found;
}

std::vector<Key> services_of_any_revision(const World& world, const std::string& ns,
                                          const Labels& labels) {
  std::vector<Key> found;
  for (const Key& key : world.keys(Kind::Service, ns)) {
    const auto& service = *world.get<api::Service>(key.ns, key.name);
    if (picks(service, labels) || picks(unpinned(service), labels)) found.push_back(key);
  }
  return found;
}

}  // namespace weir
