#include "reconcilers/probes.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr std::chrono::seconds kAddressPause{
    1};  // a container that has just started gets its address

const std::optional<api::Probe>& probe_of(const api::Container& container, ProbeKind kind) {
  switch (kind) {
    case ProbeKind::startup:
      return container.startupProbe;
    case ProbeKind::readiness:
      return container.readinessProbe;
    case ProbeKind::liveness:
      break;
  }
  return container.livenessProbe;
}

const ProbeRecord& record_of(const World& world, const std::string& id, ProbeKind kind) {
  static const ProbeRecord kNothing;
  const auto found = world.probes.find({id, kind});
  return found == world.probes.end() ? kNothing : found->second;
}

bool failed(const World& world, const Container& c, ProbeKind kind, const api::Probe& probe) {
  return record_of(world, c.id, kind).failures >= std::max<std::int64_t>(1, probe.failureThreshold);
}

// What the status says is about this container and no other.
const api::ContainerStatus* stored_about(const PodView& view, const Container& c) {
  return view.stored && view.stored->containerID == "docker://" + c.id ? view.stored : nullptr;
}

bool is_started(const PodView& view, const Container& c) {
  const auto& probe = view.container->startupProbe;
  if (!probe) return true;
  const api::ContainerStatus* stored = stored_about(view, c);
  return (stored && stored->started == true) ||
         record_of(view.world, c.id, ProbeKind::startup).successes >= 1;
}

bool is_ready(const PodView& view, const Container& c) {
  const api::Container& spec = *view.container;
  if (!spec.readinessProbe) {
    const bool no_probe = !spec.startupProbe && !spec.livenessProbe;
    return !no_probe || c.health.empty() || c.health == "healthy";
  }
  const api::Probe& probe = *spec.readinessProbe;
  const ProbeRecord& record = record_of(view.world, c.id, ProbeKind::readiness);
  if (record.successes >= std::max<std::int64_t>(1, probe.successThreshold)) return true;
  if (failed(view.world, c, ProbeKind::readiness, probe)) return false;
  const api::ContainerStatus* stored = stored_about(view, c);
  return stored && stored->ready;
}

// Sets `doomed` where a hook or probe has given up on the container.
void judge(const PodView& view, const Container& c, Health& health) {
  const std::string name = "Container " + view.container->name;
  const auto doom = [&](std::string why, const std::optional<api::Probe>& probe) {
    health.doomed = name + why;
    health.grace_seconds = view.pod->spec.terminationGracePeriodSeconds;
    if (probe && probe->terminationGracePeriodSeconds) {
      health.grace_seconds = *probe->terminationGracePeriodSeconds;
    }
  };
  const auto hook = view.world.post_started.find(c.id);
  if (hook != view.world.post_started.end() && !hook->second) {
    doom(" failed its postStart hook, will be restarted", std::nullopt);
    return;
  }
  for (const ProbeKind kind : {ProbeKind::startup, ProbeKind::liveness}) {
    if ((kind == ProbeKind::startup) == health.started) continue;
    const auto& probe = probe_of(*view.container, kind);
    if (!probe || !failed(view.world, c, kind, *probe)) continue;
    doom(" failed " + std::string(text(kind)) + " probe, will be restarted", probe);
    return;
  }
}

// Why this probe can never run.
std::string unusable(const api::Probe& probe, const api::Container& container) {
  if (probe.grpc) return "gRPC probes are not supported";
  const api::IntOrString* port = probe.httpGet     ? &probe.httpGet->port
                                 : probe.tcpSocket ? &probe.tcpSocket->port
                                                   : nullptr;
  if (!port && !probe.exec) return "it has no handler";
  if (port && !port_of(*port, container)) {
    return "port \"" + port->text + "\" is not a port of the container";
  }
  return "";
}

Time first_probe(const Container& c, const api::Probe& probe, Time now) {
  return state_began(c, now).value_or(Time{}) + bounded_seconds(probe.initialDelaySeconds);
}

void plan_probe(const PodView& view, const Container& c, ProbeKind kind, Plan& plan) {
  const auto& probe = probe_of(*view.container, kind);
  if (!probe || !unusable(*probe, *view.container).empty()) return;
  const ProbeRecord& record = record_of(view.world, c.id, kind);
  const auto period = bounded_seconds(std::max<std::int64_t>(1, probe->periodSeconds));
  const Time due = record.last_at ? *record.last_at + period : first_probe(c, *probe, view.now);
  if (view.now < due) {
    plan.wake(due);
    return;
  }
  RunProbe run{.pod = view.key,
               .container_id = c.id,
               .kind = kind,
               .probe = *probe,
               .ip = address_of(view, c)};
  if (!probe->exec) {
    if (run.ip.empty()) {
      plan.wake(view.now + kAddressPause);
      return;
    }
    run.port =
        *port_of(probe->httpGet ? probe->httpGet->port : probe->tcpSocket->port, *view.container);
  }
  plan.actions.push_back(std::move(run));
}

}  // namespace

Health health_of(const PodView& view, const Container& c) {
  Health health;
  health.started = is_started(view, c) && !awaits_post_start(view, c);
  judge(view, c, health);
  health.ready = c.state == ContainerState::running && health.started && health.doomed.empty() &&
                 is_ready(view, c);
  return health;
}

bool awaits_post_start(const PodView& view, const Container& c) {
  if (!view.container->lifecycle || !view.container->lifecycle->postStart) return false;
  const auto hook = view.world.post_started.find(c.id);
  if (hook != view.world.post_started.end()) return !hook->second;
  // A status that says it runs was written after the hook; another weir's container is past it.
  const api::ContainerStatus* stored = stored_about(view, c);
  return !(stored && stored->state.running) && c.store == view.world.engine.store;
}

void plan_probes(const PodView& view, const Container& c, const Health& health, Plan& plan) {
  if (!health.started) {
    plan_probe(view, c, ProbeKind::startup, plan);
    return;
  }
  plan_probe(view, c, ProbeKind::readiness, plan);
  plan_probe(view, c, ProbeKind::liveness, plan);
}

std::string address_of(const PodView& view, const Container& c) {
  if (!view.pod->spec.hostNetwork) return c.ip;
  return view.world.engine.host_ip.empty() ? "127.0.0.1" : view.world.engine.host_ip;
}

std::optional<int> port_of(const api::IntOrString& port, const api::Container& container) {
  if (!port.is_string) return static_cast<int>(port.number);
  for (const api::ContainerPort& named : container.ports) {
    if (named.name == port.text) return static_cast<int>(named.containerPort);
  }
  return std::nullopt;
}

void resolve_ports(const api::Container& container, api::LifecycleHandler& handler) {
  const auto resolve = [&](api::IntOrString& port) {
    if (const auto number = port_of(port, container)) port = {.number = *number};
  };
  if (handler.httpGet) resolve(handler.httpGet->port);
  if (handler.tcpSocket) resolve(handler.tcpSocket->port);
}

std::string unusable_probes(const api::Container& container) {
  std::string out;
  for (const ProbeKind kind : {ProbeKind::startup, ProbeKind::readiness, ProbeKind::liveness}) {
    const auto& probe = probe_of(container, kind);
    const std::string why = probe ? unusable(*probe, container) : "";
    if (why.empty()) continue;
    if (!out.empty()) out += "; ";
    out += std::string(text(kind)) + " probe: " + why;
  }
  return out;
}

}  // namespace weir
