#pragma once

// Probes as the kubelet runs them. What they have said is in World::probes, one record a container
// and kind; here is what follows from it, and which probe is due. Before the startup probe has
// succeeded no other runs. Lost records (weir was restarted) change no verdict: readiness keeps
// what the pod's status says of the same container until new results reach a threshold.

#include <optional>
#include <string>

#include "reconcilers/pod_view.h"

namespace weir {

struct Health {
  bool started = false;
  bool ready = false;
  std::string doomed = {};  // why the container must be stopped and restarted; empty: it need not
  std::int64_t grace_seconds = 0;  // for that stop
};

// Of a container that runs or has run.
Health health_of(const PodView& view, const Container& container);

// The postStart hook has not ended well yet: the container does not count as running.
bool awaits_post_start(const PodView& view, const Container& container);

void plan_probes(const PodView& view, const Container& container, const Health& health, Plan& plan);

// Where probes and hooks reach the container.
std::string address_of(const PodView& view, const Container& container);
std::optional<int> port_of(const api::IntOrString& port, const api::Container& container);
// Named ports of a hook become numbers: the executor knows no container spec.
void resolve_ports(const api::Container& container, api::LifecycleHandler& handler);

// "readiness probe: gRPC probes are not supported" …: probes that can never run. Empty: none.
std::string unusable_probes(const api::Container& container);

}  // namespace weir
