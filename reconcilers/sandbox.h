#pragma once

// The sandbox of a Service: a pod of weir's own, in kube-system, that only waits. It gives the
// Service an address on the pods' network and its names in Docker's DNS; the gateway listens in its
// network namespace. Being a pod it is made, healed and removed as every pod is.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/key.h"
#include "reconcilers/world.h"

namespace weir {

// Built from bytes within weir (engine/pause.cc): no registry has it.
inline constexpr char kSandboxImage[] = "weir/pause:1";

bool has_cluster_ip(const api::Service& service);
// Whether it needs one: for its cluster IP; or to stand for another host on some ports.
bool has_sandbox(const api::Service& service);

Key sandbox_key(const Key& service);
api::Pod sandbox_of(const Key& service);
// Whose sandbox this is.
std::optional<Key> service_of_sandbox(const api::Pod& pod);

// Where the gateway listens for a Service: its sandbox's container, if that runs.
struct SandboxAddress {
  std::string network = {};  // the path of its network namespace: "/run/docker/netns/3f2a…"
  std::string ip = {};
};
std::optional<SandboxAddress> sandbox_address(const World& world, const Key& service);

// The Service that this URL names, seen from `ns`, and its address: "http://web.shop:80/" gives
// "web.shop" → "172.18.0.5". Empty: it names none, or one that has no address.
std::map<std::string, std::string> service_addresses(const World& world, const std::string& ns,
                                                     const std::string& url);

// "web.default", "web.default.svc", "web.default.svc.cluster.local": what Docker's DNS knows this
// pod by. A sandbox has its Service's names, any other pod those of its headless Services.
std::vector<std::string> network_aliases(const World& world, const api::Pod& pod);

}  // namespace weir
