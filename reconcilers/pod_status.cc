#include "reconcilers/pod_status.h"

#include "reconcilers/conditions.h"
#include "reconcilers/field_ref.h"
#include "reconcilers/probes.h"

namespace weir {

namespace {

// --- Phase ---------------------------------------------------------------------------------------

std::string phase_of(const PodView& view, const PodDraft& draft, const api::ContainerStatus& now) {
  if (!draft.phase.empty()) return draft.phase;
  if (now.state.running || draft.restarting) return "Running";
  if (now.state.waiting) return now.lastState.terminated ? "Running" : "Pending";
  // It ended and has no successor yet. One that is made already and only not started will run.
  const Container* current = view.containers.current;
  if (current && current->state == ContainerState::created && !is_ended(*current)) {
    return "Running";
  }
  return now.state.terminated && now.state.terminated->exitCode == 0 ? "Succeeded" : "Failed";
}

// --- Conditions ----------------------------------------------------------------------------------

Statement truth(std::string type, std::string reason = {}) {
  return {.type = std::move(type), .status = "True", .reason = std::move(reason)};
}
Statement untruth(std::string type, std::string reason, std::string message = {}) {
  return {.type = std::move(type),
          .status = "False",
          .reason = std::move(reason),
          .message = std::move(message)};
}

Statement containers_ready(const PodView& view, const std::string& phase, bool ready) {
  if (phase == "Succeeded") return untruth("ContainersReady", "PodCompleted");
  if (phase == "Failed") return untruth("ContainersReady", "PodFailed");
  if (ready) return truth("ContainersReady");
  return untruth("ContainersReady", "ContainersNotReady",
                 "containers with unready status: [" + view.container->name + "]");
}

// Readiness gates are conditions that others write on the pod.
Statement pod_ready(const PodView& view, Statement containers) {
  containers.type = "Ready";
  if (containers.status != "True") return containers;
  std::string closed;
  for (const api::PodReadinessGate& gate : view.pod->spec.readinessGates) {
    const auto* condition = find_condition(view.pod->status.conditions, gate.conditionType);
    if (condition && condition->status == "True") continue;
    if (!closed.empty()) closed += ", ";
    closed += condition ? "the status of pod readiness gate \"" + gate.conditionType +
                              "\" is not \"True\", but " + condition->status
                        : "corresponding condition of pod readiness gate \"" + gate.conditionType +
                              "\" does not exist.";
  }
  return closed.empty() ? containers : untruth("Ready", "ReadinessGatesNotReady", closed);
}

// --- Events --------------------------------------------------------------------------------------

void note(const PodView& view, PodDraft& draft, bool warning, std::string reason,
          std::string message) {
  draft.plan.events.push_back({.about = view.key,
                               .warning = warning,
                               .reason = std::move(reason),
                               .message = std::move(message)});
}

// What the kubelet says when a container comes to wait for something. Failures of actions are told
// by the executor, which sees each of them.
void note_waiting(const PodView& view, const api::ContainerStateWaiting& waiting, PodDraft& draft) {
  const std::string& reason = waiting.reason;
  if (reason == "CrashLoopBackOff") {
    note(view, draft, true, "BackOff", "Back-off restarting failed container " + full_name(view));
  } else if (reason == "ImagePullBackOff") {
    note(view, draft, false, "BackOff", "Back-off pulling image \"" + view.container->image + "\"");
  } else if (reason == "ErrImageNeverPull") {
    note(view, draft, true, "ErrImageNeverPull", waiting.message);
  } else if (reason == "InvalidImageName") {
    note(view, draft, true, "InspectFailed", waiting.message);
  } else if (reason == "CreateContainerConfigError") {
    note(view, draft, true, "Failed", "Error: " + waiting.message);
  } else if (reason == "ContainerCreating" && !waiting.message.empty()) {
    note(view, draft, true, "FailedMount", waiting.message);
  }
}

void note_changes(const PodView& view, const api::PodStatus& after, PodDraft& draft) {
  const api::PodStatus& before = view.pod->status;
  if (!before.startTime) {
    note(view, draft, false, "Scheduled",
         "Successfully assigned " + view.key.ns + "/" + view.key.name + " to " +
             view.world.engine.node_name);
  }
  if (after.reason == "DeadlineExceeded" && before.reason != after.reason) {
    note(view, draft, false, "DeadlineExceeded", after.message);
  }
  const api::ContainerState& now = after.containerStatuses.front().state;
  const auto old_waiting = view.stored ? view.stored->state.waiting : std::nullopt;
  if (now.waiting && now.waiting != old_waiting) note_waiting(view, *now.waiting, draft);
  const bool has_run = view.stored && view.stored->state.running;
  const std::string unusable = now.running && !has_run ? unusable_probes(*view.container) : "";
  if (!unusable.empty()) note(view, draft, true, "UnusableProbe", unusable);
}

// --- The whole -----------------------------------------------------------------------------------

void set_addresses(const PodView& view, bool running, api::PodStatus& status) {
  const std::string& host = view.world.engine.host_ip;
  status.hostIP = host;
  status.hostIPs.clear();
  if (!host.empty()) status.hostIPs.push_back({.ip = host});
  // An address is the pod's only while it runs: the engine gives it to others afterwards.
  status.podIP = running && view.containers.current ? view.containers.current->ip : "";
  if (running && view.pod->spec.hostNetwork) status.podIP = host;
  status.podIPs.clear();
  if (!status.podIP.empty()) status.podIPs.push_back({.ip = status.podIP});
}

api::PodStatus status_of(const PodView& view, const PodDraft& draft) {
  api::PodStatus status = view.pod->status;
  status.containerStatuses = {container_status(view, draft)};
  const api::ContainerStatus& container = status.containerStatuses.front();
  status.phase = phase_of(view, draft, container);
  status.reason = draft.reason;
  status.message = draft.message;
  if (!status.startTime) status.startTime = to_seconds(view.now);
  status.qosClass = qos_class(view.pod->spec);
  set_addresses(view, container.state.running.has_value(), status);

  const Statement containers = containers_ready(view, status.phase, container.ready);
  const std::string done = status.phase == "Succeeded" ? "PodCompleted" : "";
  for (const Statement& statement : {truth("Initialized", done), pod_ready(view, containers),
                                     containers, truth("PodScheduled")}) {
    state_condition(status.conditions, statement, view.now);
  }
  return status;
}

}  // namespace

void write_status(const PodView& view, PodDraft& draft) {
  api::PodStatus status = status_of(view, draft);
  if (status == view.pod->status) return;
  note_changes(view, status, draft);
  api::Pod pod = *view.pod;
  pod.status = std::move(status);
  draft.plan.changes.push_back(UpdateStatus{.object = std::move(pod)});
}

}  // namespace weir
