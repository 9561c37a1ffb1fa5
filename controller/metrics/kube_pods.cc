// kube_pod_*: pods and their containers.

#include <map>

#include "controller/metrics/kube_rows.h"
#include "reconcilers/quantity.h"

namespace weir::kube_state {
namespace {

using P = api::Pod;
using Status = api::ContainerStatus;

void each_container(const P& pod, const Say& say, double (*value)(const Status&)) {
  for (const Status& status : pod.status.containerStatuses) {
    say(value(status), {{"container", status.name}});
  }
}

const api::OwnerReference* controller_of(const P& pod) {
  for (const api::OwnerReference& owner : pod.metadata.ownerReferences) {
    if (owner.controller.value_or(false)) return &owner;
  }
  return nullptr;
}

void info(const P& pod, const Say& say) {
  const api::OwnerReference* maker = controller_of(pod);
  say(1, {{"host_ip", pod.status.hostIP},
          {"pod_ip", pod.status.podIP},
          {"node", say.node},
          {"created_by_kind", maker ? maker->kind : ""},
          {"created_by_name", maker ? maker->name : ""},
          {"priority_class", pod.spec.priorityClassName},
          {"host_network", pod.spec.hostNetwork ? "true" : "false"}});
}

// "app.kubernetes.io/name" → label_app_kubernetes_io_name. Where two become one, all of them get a
// number: label_a_b_conflict1, label_a_b_conflict2.
void labels(const P& pod, const Say& say) {
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& [key, value] : pod.metadata.labels) {
    std::string name = "label_" + key;
    for (char& c : name) {
      if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    }
    by_name[name].push_back(value);
  }
  Labels all;
  for (const auto& [name, values] : by_name) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string end = values.size() > 1 ? "_conflict" + std::to_string(i + 1) : "";
      all.emplace_back(name + end, values[i]);
    }
  }
  say(1, std::move(all));
}

void condition(const P& pod, std::string_view type, const Say& say) {
  for (const api::PodCondition& one : pod.status.conditions) {
    if (one.type == type) each_status(one.status, say, "condition", {});
  }
}

// {"cpu": "250m", "memory": "64Mi"} → 0.25 cores and 67108864 bytes.
void resources(const P& pod, const Say& say,
               std::map<std::string, std::string> api::ResourceRequirements::*amounts) {
  for (const api::Container& container : pod.spec.containers) {
    for (const auto& [name, text] : container.resources.*amounts) {
      const bool cpu = name == "cpu";
      const auto value = cpu ? quantity_milli(text) : quantity_value(text);
      if (!value) continue;  // admission has refused it
      std::string resource = name;
      for (char& c : resource) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      const bool bytes = name == "memory" || name == "ephemeral-storage";
      say(cpu ? static_cast<double>(*value) / 1000 : static_cast<double>(*value),
          {{"container", container.name},
           {"node", say.node},
           {"resource", resource},
           {"unit", cpu     ? "core"
                    : bytes ? "byte"
                            : "integer"}});
    }
  }
}

// The containers of which `of` has something to say, and what.
template <class Of>
void reasons(const P& pod, const Say& say, Of of) {
  for (const Status& status : pod.status.containerStatuses) {
    if (const auto& state = of(status)) {
      say(1, {{"container", status.name}, {"reason", state->reason}});
    }
  }
}

constexpr std::array kPod{
    Row<P>{"kube_pod_created", "Unix creation timestamp", kGauge, created},
    Row<P>{"kube_pod_info", "Information about pod.", kGauge, info},
    Row<P>{"kube_pod_labels", "Kubernetes labels converted to Prometheus labels.", kGauge, labels},
    Row<P>{"kube_pod_owner", "Information about the Pod's owner.", kGauge, owners},
    Row<P>{"kube_pod_start_time", "Start time in unix timestamp for a pod.", kGauge,
           [](const P& pod, const Say& say) { time_of(pod.status.startTime, say); }},
    Row<P>{"kube_pod_deletion_timestamp", "Unix deletion timestamp", kGauge,
           [](const P& pod, const Say& say) { time_of(pod.metadata.deletionTimestamp, say); }},
    Row<P>{"kube_pod_restart_policy", "Describes the restart policy in use by this pod.", kGauge,
           [](const P& pod, const Say& say) {
             say(1, {{"type", pod.spec.restartPolicy}});
           }},
    Row<P>{"kube_pod_status_phase", "The pods current phase.", kGauge,
           [](const P& pod, const Say& say) {
             for (const char* phase : {"Pending", "Running", "Succeeded", "Failed", "Unknown"}) {
               say(pod.status.phase == phase ? 1 : 0, {{"phase", phase}});
             }
           }},
    Row<P>{"kube_pod_status_ready", "Describes whether the pod is ready to serve requests.", kGauge,
           [](const P& pod, const Say& say) { condition(pod, "Ready", say); }},
    Row<P>{"kube_pod_status_scheduled",
           "Describes the status of the scheduling process for the pod.", kGauge,
           [](const P& pod, const Say& say) { condition(pod, "PodScheduled", say); }},
    Row<P>{"kube_pod_container_resource_requests",
           "The number of requested request resource by a container.", kGauge,
           [](const P& pod, const Say& say) {
             resources(pod, say, &api::ResourceRequirements::requests);
           }},
    Row<P>{"kube_pod_container_resource_limits",
           "The number of requested limit resource by a container.", kGauge,
           [](const P& pod, const Say& say) {
             resources(pod, say, &api::ResourceRequirements::limits);
           }},
    Row<P>{"kube_pod_container_info", "Information about a container in a pod.", kGauge,
           [](const P& pod, const Say& say) {
             for (const Status& status : pod.status.containerStatuses) {
               say(1, {{"container", status.name},
                       {"container_id", status.containerID},
                       {"image", status.image},
                       {"image_spec", status.image},
                       {"image_id", status.imageID}});
             }
           }},
    Row<P>{"kube_pod_container_status_ready",
           "Describes whether the containers readiness check succeeded.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(pod, say, [](const Status& s) { return s.ready ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_running",
           "Describes whether the container is currently in running state.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(pod, say, [](const Status& s) { return s.state.running ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_waiting",
           "Describes whether the container is currently in waiting state.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(pod, say, [](const Status& s) { return s.state.waiting ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_waiting_reason",
           "Describes the reason the container is currently in waiting state.", kGauge,
           [](const P& pod, const Say& say) {
             reasons(
                 pod, say, [](const Status& s) -> auto& { return s.state.waiting; });
           }},
    Row<P>{"kube_pod_container_status_terminated",
           "Describes whether the container is currently in terminated state.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(pod, say, [](const Status& s) { return s.state.terminated ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_terminated_reason",
           "Describes the reason the container is currently in terminated state.", kGauge,
           [](const P& pod, const Say& say) {
             reasons(
                 pod, say, [](const Status& s) -> auto& { return s.state.terminated; });
           }},
    Row<P>{"kube_pod_container_status_last_terminated_reason",
           "Describes the last reason the container was in terminated state.", kGauge,
           [](const P& pod, const Say& say) {
             reasons(
                 pod, say, [](const Status& s) -> auto& { return s.lastState.terminated; });
           }},
    Row<P>{"kube_pod_container_status_last_terminated_exitcode",
           "Describes the exit code for the last container in terminated state.", kGauge,
           [](const P& pod, const Say& say) {
             for (const Status& status : pod.status.containerStatuses) {
               const auto& last = status.lastState.terminated;
               if (last) say(static_cast<double>(last->exitCode), {{"container", status.name}});
             }
           }},
    Row<P>{"kube_pod_container_state_started", "Start time in unix timestamp for a pod container.",
           kGauge,
           [](const P& pod, const Say& say) {
             for (const Status& status : pod.status.containerStatuses) {
               const auto& running = status.state.running;
               if (!running || !running->startedAt) continue;
               say(static_cast<double>(running->startedAt->time_since_epoch().count()),
                   {{"container", status.name}});
             }
           }},
    Row<P>{"kube_pod_container_status_restarts_total",
           "The number of container restarts per container.", kCounter,
           [](const P& pod, const Say& say) {
             each_container(pod, say, [](const Status& s) { return double(s.restartCount); });
           }},
};

}  // namespace

void collect_pods(const Store& store, const std::string& node, Families& out) {
  collect(store, kPod, out, node);
}

}  // namespace weir::kube_state
