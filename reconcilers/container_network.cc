#include <algorithm>

#include "reconcilers/container_spec.h"
#include "reconcilers/sandbox.h"

namespace weir {

namespace {

constexpr std::size_t kHostnameMax = 63;  // the kernel takes 64, DNS a label of 63

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string hostname_of(const api::Pod& pod) {
  std::string name = pod.spec.hostname.empty() ? pod.metadata.name : pod.spec.hostname;
  name = name.substr(0, kHostnameMax);
  // A cut may end in what no host name ends in.
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  const std::string& domain = pod.spec.subdomain;
  if (pod.spec.setHostnameAsFQDN != true || domain.empty()) return name;
  return name + "." + domain + "." + pod.metadata.namespace_ + ".svc.cluster.local";
}

void set_option(std::vector<std::string>& options, const std::string& name,
                const std::string& value) {
  std::erase_if(options, [&](const std::string& option) {
    return option.substr(0, option.find(':')) == name;
  });
  options.push_back(value.empty() ? name : name + ":" + value);
}

void add_dns(const api::Pod& pod, ContainerSpec& spec) {
  const std::string& policy = pod.spec.dnsPolicy;
  // As in Kubernetes, ClusterFirst on the host's network is the host's own DNS.
  const bool cluster = policy == "ClusterFirstWithHostNet" ||
                       (policy != "Default" && policy != "None" && !pod.spec.hostNetwork);
  if (cluster) {
    spec.dns_search = {pod.metadata.namespace_ + ".svc.cluster.local", "svc.cluster.local"};
    spec.dns_options = {"ndots:5"};
  }
  if (!pod.spec.dnsConfig) return;
  const api::PodDNSConfig& config = *pod.spec.dnsConfig;
  spec.dns_servers = config.nameservers;
  for (const std::string& search : config.searches) {
    if (std::find(spec.dns_search.begin(), spec.dns_search.end(), search) ==
        spec.dns_search.end()) {
      spec.dns_search.push_back(search);
    }
  }
  for (const api::PodDNSConfigOption& option : config.options) {
    set_option(spec.dns_options, option.name, option.value);
  }
}

}  // namespace

void add_network(const PodView& view, ContainerSpec& spec) {
  const api::Pod& pod = *view.pod;
  const bool host = pod.spec.hostNetwork;
  spec.network = host ? "host" : view.world.engine.network;
  if (!host) {
    spec.hostname = hostname_of(pod);
    spec.network_aliases = network_aliases(view.world, pod);
  }
  if (pod.spec.hostPID) spec.pid_mode = "host";
  if (pod.spec.hostIPC) spec.ipc_mode = "host";
  add_dns(pod, spec);
  for (const api::HostAlias& alias : pod.spec.hostAliases) {
    for (const std::string& name : alias.hostnames) {
      spec.extra_hosts.push_back(name + ":" + alias.ip);
    }
  }
  // On the host's network the container's ports are the host's already.
  for (const api::ContainerPort& port : view.container->ports) {
    if (host || port.hostPort == 0) continue;
    spec.ports.push_back({.container_port = static_cast<int>(port.containerPort),
                          .host_port = static_cast<int>(port.hostPort),
                          .host_ip = port.hostIP,
                          .protocol = lower(port.protocol)});
  }
}

}  // namespace weir
