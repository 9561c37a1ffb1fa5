#include "controller/metrics/kube_state.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

namespace weir {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;
// Adds one sample of the object at hand: value, and labels beside those of the object itself.
using Say = std::function<void(double value, Labels more)>;

template <class T>
struct Row {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  void (*samples)(const T&, const Say&);
};

constexpr auto kGauge = prometheus::MetricType::Gauge;
constexpr auto kCounter = prometheus::MetricType::Counter;

template <class T>
void created(const T& object, const Say& say) {
  const auto& at = object.metadata.creationTimestamp;
  if (at) say(static_cast<double>(at->time_since_epoch().count()), {});
}

template <class T>
void generation(const T& object, const Say& say) {
  say(static_cast<double>(object.metadata.generation), {});
}

template <class T>
void owners(const T& object, const Say& say) {
  for (const api::OwnerReference& owner : object.metadata.ownerReferences) {
    say(1, {{"owner_kind", owner.kind},
            {"owner_name", owner.name},
            {"owner_is_controller", owner.controller.value_or(false) ? "true" : "false"}});
  }
}

template <class Conditions>
void conditions(const Conditions& list, const Say& say) {
  for (const auto& condition : list) {
    for (const char* status : {"true", "false", "unknown"}) {
      const bool is = std::tolower(condition.status.empty() ? ' ' : condition.status[0]) == *status;
      say(is ? 1 : 0, {{"condition", condition.type}, {"status", status}});
    }
  }
}

// --- Namespace -----------------------------------------------------------------------------------

constexpr std::array kNamespace{
    Row<api::Namespace>{"kube_namespace_created", "Unix creation timestamp", kGauge, created},
    Row<api::Namespace>{"kube_namespace_status_phase", "kubernetes namespace status phase.", kGauge,
                        [](const api::Namespace& ns, const Say& say) {
                          for (const char* phase : {"Active", "Terminating"}) {
                            say(ns.status.phase == phase ? 1 : 0, {{"phase", phase}});
                          }
                        }},
};

// --- Deployment ----------------------------------------------------------------------------------

using D = api::Deployment;
constexpr std::array kDeployment{
    Row<D>{"kube_deployment_created", "Unix creation timestamp", kGauge, created},
    Row<D>{"kube_deployment_metadata_generation",
           "Sequence number representing a specific generation of the desired state.", kGauge,
           generation},
    Row<D>{"kube_deployment_spec_replicas", "Number of desired pods for a deployment.", kGauge,
           [](const D& d, const Say& say) { say(d.spec.replicas, {}); }},
    Row<D>{"kube_deployment_spec_paused",
           "Whether the deployment is paused and will not be processed by the deployment "
           "controller.",
           kGauge, [](const D& d, const Say& say) { say(d.spec.paused ? 1 : 0, {}); }},
    Row<D>{"kube_deployment_status_observed_generation",
           "The generation observed by the deployment controller.", kGauge,
           [](const D& d, const Say& say) {
             say(static_cast<double>(d.status.observedGeneration), {});
           }},
    Row<D>{"kube_deployment_status_replicas", "The number of replicas per deployment.", kGauge,
           [](const D& d, const Say& say) { say(d.status.replicas, {}); }},
    Row<D>{"kube_deployment_status_replicas_available",
           "The number of available replicas per deployment.", kGauge,
           [](const D& d, const Say& say) { say(d.status.availableReplicas, {}); }},
    Row<D>{"kube_deployment_status_replicas_ready", "The number of ready replicas per deployment.",
           kGauge, [](const D& d, const Say& say) { say(d.status.readyReplicas, {}); }},
    Row<D>{"kube_deployment_status_replicas_unavailable",
           "The number of unavailable replicas per deployment.", kGauge,
           [](const D& d, const Say& say) { say(d.status.unavailableReplicas, {}); }},
    Row<D>{"kube_deployment_status_replicas_updated",
           "The number of updated replicas per deployment.", kGauge,
           [](const D& d, const Say& say) { say(d.status.updatedReplicas, {}); }},
    Row<D>{"kube_deployment_status_condition", "The current status conditions of a deployment.",
           kGauge, [](const D& d, const Say& say) { conditions(d.status.conditions, say); }},
};

// --- ReplicaSet ----------------------------------------------------------------------------------

using R = api::ReplicaSet;
constexpr std::array kReplicaSet{
    Row<R>{"kube_replicaset_created", "Unix creation timestamp", kGauge, created},
    Row<R>{"kube_replicaset_metadata_generation",
           "Sequence number representing a specific generation of the desired state.", kGauge,
           generation},
    Row<R>{"kube_replicaset_owner", "Information about the ReplicaSet's owner.", kGauge, owners},
    Row<R>{"kube_replicaset_spec_replicas", "Number of desired pods for a ReplicaSet.", kGauge,
           [](const R& r, const Say& say) { say(r.spec.replicas, {}); }},
    Row<R>{"kube_replicaset_status_replicas", "The number of replicas per ReplicaSet.", kGauge,
           [](const R& r, const Say& say) { say(r.status.replicas, {}); }},
    Row<R>{"kube_replicaset_status_ready_replicas", "The number of ready replicas per ReplicaSet.",
           kGauge, [](const R& r, const Say& say) { say(r.status.readyReplicas, {}); }},
};

// --- Pod -----------------------------------------------------------------------------------------

using P = api::Pod;

void each_container(const P& pod, const Say& say, double (*value)(const api::ContainerStatus&)) {
  for (const api::ContainerStatus& status : pod.status.containerStatuses) {
    say(value(status), {{"container", status.name}});
  }
}

constexpr std::array kPod{
    Row<P>{"kube_pod_created", "Unix creation timestamp", kGauge, created},
    Row<P>{"kube_pod_info", "Information about pod.", kGauge,
           [](const P& pod, const Say& say) {
             say(1, {{"host_ip", pod.status.hostIP},
                     {"pod_ip", pod.status.podIP},
                     {"node", pod.spec.nodeName}});
           }},
    Row<P>{"kube_pod_owner", "Information about the Pod's owner.", kGauge, owners},
    Row<P>{"kube_pod_start_time", "Start time in unix timestamp for a pod.", kGauge,
           [](const P& pod, const Say& say) {
             if (pod.status.startTime) {
               say(static_cast<double>(pod.status.startTime->time_since_epoch().count()), {});
             }
           }},
    Row<P>{"kube_pod_status_phase", "The pods current phase.", kGauge,
           [](const P& pod, const Say& say) {
             for (const char* phase : {"Pending", "Running", "Succeeded", "Failed", "Unknown"}) {
               say(pod.status.phase == phase ? 1 : 0, {{"phase", phase}});
             }
           }},
    Row<P>{"kube_pod_status_ready", "Describes whether the pod is ready to serve requests.", kGauge,
           [](const P& pod, const Say& say) {
             for (const api::PodCondition& condition : pod.status.conditions) {
               if (condition.type != "Ready") continue;
               say(condition.status == "True" ? 1 : 0, {{"condition", "true"}});
               say(condition.status == "False" ? 1 : 0, {{"condition", "false"}});
             }
           }},
    Row<P>{"kube_pod_container_info", "Information about a container in a pod.", kGauge,
           [](const P& pod, const Say& say) {
             for (const api::ContainerStatus& status : pod.status.containerStatuses) {
               say(1, {{"container", status.name},
                       {"container_id", status.containerID},
                       {"image", status.image},
                       {"image_id", status.imageID}});
             }
           }},
    Row<P>{"kube_pod_container_status_ready",
           "Describes whether the containers readiness check succeeded.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(pod, say,
                            [](const api::ContainerStatus& s) { return s.ready ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_running",
           "Describes whether the container is currently in running state.", kGauge,
           [](const P& pod, const Say& say) {
             each_container(
                 pod, say, [](const api::ContainerStatus& s) { return s.state.running ? 1. : 0.; });
           }},
    Row<P>{"kube_pod_container_status_waiting_reason",
           "Describes the reason the container is currently in waiting state.", kGauge,
           [](const P& pod, const Say& say) {
             for (const api::ContainerStatus& status : pod.status.containerStatuses) {
               if (!status.state.waiting) continue;
               say(1, {{"container", status.name}, {"reason", status.state.waiting->reason}});
             }
           }},
    Row<P>{"kube_pod_container_status_terminated_reason",
           "Describes the reason the container is currently in terminated state.", kGauge,
           [](const P& pod, const Say& say) {
             for (const api::ContainerStatus& status : pod.status.containerStatuses) {
               if (!status.state.terminated) continue;
               say(1, {{"container", status.name}, {"reason", status.state.terminated->reason}});
             }
           }},
    Row<P>{"kube_pod_container_status_restarts_total",
           "The number of container restarts per container.", kCounter,
           [](const P& pod, const Say& say) {
             each_container(pod, say,
                            [](const api::ContainerStatus& s) { return double(s.restartCount); });
           }},
};

// --- All -----------------------------------------------------------------------------------------

template <class T>
Labels labels_of(const T& object) {
  std::string kind(info(KindOf<T>::value).singular);
  if (kind == "job") kind = "job_name";  // "job" is who is scraped
  if (kind == "rollout") kind = "name";
  const api::ObjectMeta& m = object.metadata;
  if (m.namespace_.empty()) return {{kind, m.name}};
  Labels labels{{"namespace", m.namespace_}, {kind, m.name}};
  if (kind == "pod") labels.push_back({"uid", m.uid});
  return labels;
}

// --- Job -----------------------------------------------------------------------------------------

using J = api::Job;
void time_of(const std::optional<std::chrono::sys_seconds>& time, const Say& say) {
  if (time) say(static_cast<double>(time->time_since_epoch().count()), {});
}

void condition_of(const J& job, std::string_view type, const Say& say) {
  for (const api::JobCondition& condition : job.status.conditions) {
    if (condition.type != type) continue;
    for (const char* status : {"true", "false", "unknown"}) {
      const bool is = std::tolower(condition.status.empty() ? ' ' : condition.status[0]) == *status;
      say(is ? 1 : 0, {{"condition", status}});
    }
  }
}

constexpr std::array kJob{
    Row<J>{"kube_job_created", "Unix creation timestamp", kGauge, created},
    Row<J>{"kube_job_spec_parallelism",
           "The maximum desired number of pods the job should run at any given time.", kGauge,
           [](const J& j, const Say& say) { say(j.spec.parallelism.value_or(1), {}); }},
    Row<J>{"kube_job_spec_completions",
           "The desired number of successfully finished pods the job should be run with.", kGauge,
           [](const J& j, const Say& say) {
             if (j.spec.completions) say(*j.spec.completions, {});
           }},
    Row<J>{"kube_job_status_active", "The number of actively running pods.", kGauge,
           [](const J& j, const Say& say) { say(j.status.active, {}); }},
    Row<J>{"kube_job_status_succeeded", "The number of pods which reached Phase Succeeded.", kGauge,
           [](const J& j, const Say& say) { say(j.status.succeeded, {}); }},
    Row<J>{"kube_job_status_failed", "The number of pods which reached Phase Failed.", kGauge,
           [](const J& j, const Say& say) { say(j.status.failed, {}); }},
    Row<J>{"kube_job_status_start_time", "When the job was acknowledged by the job controller.",
           kGauge, [](const J& j, const Say& say) { time_of(j.status.startTime, say); }},
    Row<J>{"kube_job_status_completion_time", "When the job was completed.", kGauge,
           [](const J& j, const Say& say) { time_of(j.status.completionTime, say); }},
    Row<J>{"kube_job_complete", "The job has completed its execution.", kGauge,
           [](const J& j, const Say& say) { condition_of(j, "Complete", say); }},
    Row<J>{"kube_job_failed", "The job has failed its execution.", kGauge,
           [](const J& j, const Say& say) { condition_of(j, "Failed", say); }},
};

// --- Rollout, by Argo Rollouts' names ------------------------------------------------------------

using O = api::Rollout;

// Of an update that has ended: while it moved, while it stood paused, or both.
void duration_of(const O& rollout, const Say& say, bool moving, bool paused) {
  const auto& duration = rollout.status.duration;
  if (!duration || !duration->rolloutStartedAt || !duration->finishedAt) return;
  const auto all = (*duration->finishedAt - *duration->rolloutStartedAt).count();
  const auto pauses = duration->totalManualPauseDurationSeconds;
  const auto seconds = (moving ? all - pauses : 0) + (paused ? pauses : 0);
  say(static_cast<double>(seconds), {{"status", duration->completionStatus}});
}

constexpr std::array kRollout{
    Row<O>{"rollout_info", "Information about rollout.", kGauge,
           [](const O& o, const Say& say) {
             const auto& canary = o.spec.strategy.canary;
             say(1,
                 {{"strategy", canary ? "canary" : "blueGreen"},
                  {"phase", o.status.phase},
                  {"traffic_router", canary && canary->trafficRouting ? "weir.dev/gateway" : ""}});
           }},
    Row<O>{"rollout_info_replicas_available", "The number of available replicas per rollout.",
           kGauge, [](const O& o, const Say& say) { say(o.status.availableReplicas, {}); }},
    Row<O>{"rollout_info_replicas_unavailable", "The number of unavailable replicas per rollout.",
           kGauge,
           [](const O& o, const Say& say) {
             say(std::max<std::int64_t>(0, o.spec.replicas - o.status.availableReplicas), {});
           }},
    Row<O>{"rollout_info_replicas_desired", "The number of desired replicas per rollout.", kGauge,
           [](const O& o, const Say& say) { say(o.spec.replicas, {}); }},
    Row<O>{"rollout_info_replicas_updated", "The number of updated replicas per rollout.", kGauge,
           [](const O& o, const Say& say) { say(o.status.updatedReplicas, {}); }},
    Row<O>{"rollout_duration_seconds", "How long the last update took.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, true, true); }},
    Row<O>{"rollout_progression_duration_seconds", "The same, without its pauses.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, true, false); }},
    Row<O>{"rollout_manual_pause_duration_seconds", "How long it stood paused.", kGauge,
           [](const O& o, const Say& say) { duration_of(o, say, false, true); }},
};

// --- AnalysisRun, likewise -----------------------------------------------------------------------

const char* provider_of(const api::MetricProvider& provider) {
  return provider.job          ? "Job"
         : provider.prometheus ? "Prometheus"
         : provider.web        ? "WebMetric"
                               : "Weir";
}

// Each metric of the run, with what became of it.
void metrics_of(const api::AnalysisRun& run, const auto& each) {
  for (const api::Metric& metric : run.spec.metrics) {
    std::string phase = "Pending";
    for (const api::MetricResult& result : run.status.metricResults) {
      if (result.name == metric.name) phase = result.phase;
    }
    each(metric, phase);
  }
}

using A = api::AnalysisRun;
constexpr const char* kPhases[] = {"Pending", "Running",      "Successful",
                                   "Failed",  "Inconclusive", "Error"};
constexpr std::array kAnalysisRun{
    Row<A>{"analysis_run_info", "Information about analysis run.", kGauge,
           [](const A& a, const Say& say) {
             say(1, {{"phase", a.status.phase.empty() ? "Pending" : a.status.phase}});
           }},
    Row<A>{"analysis_run_metric_type", "Information on the type of a specific metric.", kGauge,
           [](const A& a, const Say& say) {
             metrics_of(a, [&](const api::Metric& metric, const std::string&) {
               say(1, {{"metric", metric.name}, {"type", provider_of(metric.provider)}});
             });
           }},
    Row<A>{"analysis_run_metric_phase",
           "Information on the duration of a specific metric in the analysis run.", kGauge,
           [](const A& a, const Say& say) {
             metrics_of(a, [&](const api::Metric& metric, const std::string& is) {
               for (const char* phase : kPhases) {
                 say(is == phase ? 1 : 0, {{"metric", metric.name},
                                           {"phase", phase},
                                           {"type", provider_of(metric.provider)}});
               }
             });
           }},
};

// --- Experiment, likewise ------------------------------------------------------------------------

using E = api::Experiment;
constexpr std::array kExperiment{
    Row<E>{"experiment_info", "Information about Experiment.", kGauge,
           [](const E& e, const Say& say) {
             say(1, {{"phase", e.status.phase.empty() ? "Pending" : e.status.phase}});
           }},
    Row<E>{"experiment_phase", "Information on the state of the experiment.", kGauge,
           [](const E& e, const Say& say) {
             for (const char* phase : kPhases) {
               say(e.status.phase == phase ? 1 : 0, {{"phase", phase}});
             }
           }},
};

template <class T, std::size_t N>
void collect(const Store& store, const std::array<Row<T>, N>& rows,
             std::vector<prometheus::MetricFamily>& out) {
  const Store::Listing listing = store.list(KindOf<T>::value);
  for (const Row<T>& row : rows) {
    prometheus::MetricFamily family{
        .name = row.name, .help = row.help, .type = row.type, .metric = {}};
    for (const StoredPtr& stored : listing.objects) {
      const T& object = std::get<T>(*stored->typed);
      const Labels own = labels_of(object);
      row.samples(object, [&](double value, Labels more) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : own) metric.label.push_back({name, text});
        for (const auto& [name, text] : more) metric.label.push_back({name, text});
        (row.type == kCounter ? metric.counter.value : metric.gauge.value) = value;
        family.metric.push_back(std::move(metric));
      });
    }
    out.push_back(std::move(family));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> KubeState::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  collect(store_, kNamespace, out);
  collect(store_, kDeployment, out);
  collect(store_, kReplicaSet, out);
  collect(store_, kPod, out);
  collect(store_, kJob, out);
  collect(store_, kRollout, out);
  collect(store_, kAnalysisRun, out);
  collect(store_, kExperiment, out);
  return out;
}

}  // namespace weir
