#include "reconcilers/sandbox.h"

#include "reconcilers/endpoints.h"
#include "reconcilers/labels.h"
#include "reconcilers/names.h"
#include "reconcilers/pod_containers.h"

namespace weir {

namespace {

constexpr char kNamespace[] = "kube-system";
constexpr char kOfName[] = "weir.dev/service-name";
constexpr char kOfNamespace[] = "weir.dev/service-namespace";

void add_names(const std::string& name, const std::string& ns, std::vector<std::string>& aliases) {
  for (const char* domain : {"", ".svc", ".svc.cluster.local"}) {
    aliases.push_back(name + "." + ns + domain);
  }
}

}  // namespace

bool has_cluster_ip(const api::Service& service) {
  return service.spec.type != "ExternalName" && service.spec.clusterIP != "None" &&
         !service.metadata.deletionTimestamp;
}

bool has_sandbox(const api::Service& service) {
  const bool stands_for = service.spec.type == "ExternalName" && !service.spec.ports.empty() &&
                          !service.metadata.deletionTimestamp;
  return has_cluster_ip(service) || stands_for;
}

Key sandbox_key(const Key& service) {
  return {.kind = Kind::Pod,
          .ns = kNamespace,
          .name = pod_name("svc-" + service.ns + "-" + service.name, 0)};
}

api::Pod sandbox_of(const Key& service) {
  const Key key = sandbox_key(service);
  api::Container container;
  container.name = "sandbox";
  container.image = kSandboxImage;
  container.imagePullPolicy = "IfNotPresent";
  api::Pod pod;
  pod.metadata.name = key.name;
  pod.metadata.namespace_ = key.ns;
  pod.metadata.labels = {{kOfName, service.name}, {kOfNamespace, service.ns}};
  pod.spec.containers = {std::move(container)};
  pod.spec.restartPolicy = "Always";
  pod.spec.dnsPolicy = "Default";
  pod.spec.terminationGracePeriodSeconds = 0;
  return pod;
}

// By its name, too: labels alone would let any pod take a Service's names.
std::optional<Key> service_of_sandbox(const api::Pod& pod) {
  if (pod.metadata.namespace_ != kNamespace) return {};
  Key service{.kind = Kind::Service,
              .ns = text_at(pod.metadata.labels, kOfNamespace),
              .name = text_at(pod.metadata.labels, kOfName)};
  if (service.ns.empty() || sandbox_key(service).name != pod.metadata.name) return {};
  return service;
}

std::optional<SandboxAddress> sandbox_address(const World& world, const Key& service) {
  const Key key = sandbox_key(service);
  const auto* pod = world.get<api::Pod>(key.ns, key.name);
  const Container* container = pod ? running_container(world, *pod) : nullptr;
  if (!container || container->network_path.empty()) return {};
  return SandboxAddress{container->network_path, container->ip};
}

std::map<std::string, std::string> service_addresses(const World& world, const std::string& ns,
                                                     const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return {};
  const std::size_t begin = scheme + 3;
  const std::string host = url.substr(begin, url.find_first_of(":/?#", begin) - begin);
  const std::size_t dot = host.find('.');
  Key key{.kind = Kind::Service, .ns = ns, .name = host.substr(0, dot)};
  if (dot != host.npos) {
    const std::string rest = host.substr(dot + 1);
    const std::size_t end = rest.find('.');
    const std::string domain = end == rest.npos ? "" : rest.substr(end);
    if (!domain.empty() && domain != ".svc" && domain != ".svc.cluster.local") return {};
    key.ns = rest.substr(0, end);
  }
  const auto* service = world.get<api::Service>(key.ns, key.name);
  if (!service || !has_cluster_ip(*service)) return {};
  const auto address = sandbox_address(world, key);
  if (!address || address->ip.empty()) return {};
  return {{host, address->ip}};
}

std::vector<std::string> network_aliases(const World& world, const api::Pod& pod) {
  std::vector<std::string> aliases;
  if (const auto service = service_of_sandbox(pod)) {
    add_names(service->name, service->ns, aliases);
    return aliases;
  }
  const std::string& ns = pod.metadata.namespace_;
  for (const Key& key : services_of(world, ns, pod.metadata.labels)) {
    if (world.get<api::Service>(ns, key.name)->spec.clusterIP != "None") continue;
    add_names(key.name, ns, aliases);
    const bool has_own_name = !pod.spec.hostname.empty() && pod.spec.subdomain == key.name;
    if (has_own_name) add_names(pod.spec.hostname + "." + key.name, ns, aliases);
  }
  return aliases;
}

}  // namespace weir
