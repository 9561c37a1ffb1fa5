#include "controller/metrics/kube_state.h"

#include <algorithm>

#include "controller/metrics/kube_rows.h"
#include "reconcilers/deployment_size.h"

namespace weir {
namespace kube_state {
namespace {

void count(std::int64_t number, const Say& say) { say(static_cast<double>(number), {}); }

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

void conditions(const D& deployment, const Say& say) {
  for (const api::DeploymentCondition& condition : deployment.status.conditions) {
    each_status(condition.status, say, "status",
                {{"condition", condition.type}, {"reason", condition.reason}});
  }
}

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
           "The generation observed by the deployment controller.", kGauge, observed_generation},
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
           kGauge, conditions},
    Row<D>{"kube_deployment_spec_strategy_rollingupdate_max_unavailable",
           "Maximum number of unavailable replicas during a rolling update of a deployment.",
           kGauge,
           [](const D& d, const Say& say) {
             if (d.spec.strategy.type == "RollingUpdate") count(limits_of(d.spec).unavailable, say);
           }},
    Row<D>{"kube_deployment_spec_strategy_rollingupdate_max_surge",
           "Maximum number of replicas that can be scheduled above the desired number of replicas "
           "during a rolling update of a deployment.",
           kGauge,
           [](const D& d, const Say& say) {
             if (d.spec.strategy.type == "RollingUpdate") count(limits_of(d.spec).surge, say);
           }},
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
    Row<R>{"kube_replicaset_status_fully_labeled_replicas",
           "The number of fully labeled replicas per ReplicaSet.", kGauge,
           [](const R& r, const Say& say) { count(r.status.fullyLabeledReplicas, say); }},
    Row<R>{"kube_replicaset_status_observed_generation",
           "The generation observed by the ReplicaSet controller.", kGauge, observed_generation},
};

// --- Job -----------------------------------------------------------------------------------------

using J = api::Job;

void condition_of(const J& job, std::string_view type, const Say& say) {
  for (const api::JobCondition& condition : job.status.conditions) {
    if (condition.type == type) each_status(condition.status, say, "condition", {});
  }
}

// A Job that has failed says why, in place of how many of its pods have.
void failures(const J& job, const Say& say) {
  constexpr const char* kReasons[] = {"BackoffLimitExceeded", "DeadlineExceeded", "Evicted"};
  const auto& list = job.status.conditions;
  const auto known = std::find_if(list.begin(), list.end(), [&](const api::JobCondition& one) {
    return one.type == "Failed" && std::ranges::find(kReasons, one.reason) != std::end(kReasons);
  });
  if (known == list.end()) return count(job.status.failed, say);
  for (const char* reason : kReasons) say(known->reason == reason ? 1 : 0, {{"reason", reason}});
}

constexpr std::array kJob{
    Row<J>{"kube_job_info", "Information about job.", kGauge, info_of},
    Row<J>{"kube_job_created", "Unix creation timestamp", kGauge, created},
    Row<J>{"kube_job_owner", "Information about the Job's owner.", kGauge, owners},
    Row<J>{
        "kube_job_spec_active_deadline_seconds",
        "The duration in seconds relative to the startTime that the job may be active before the "
        "system tries to terminate it.",
        kGauge,
        [](const J& j, const Say& say) {
          if (j.spec.activeDeadlineSeconds) count(*j.spec.activeDeadlineSeconds, say);
        }},
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
           failures},
    Row<J>{"kube_job_status_start_time", "When the job was acknowledged by the job controller.",
           kGauge, [](const J& j, const Say& say) { time_of(j.status.startTime, say); }},
    Row<J>{"kube_job_status_completion_time", "When the job was completed.", kGauge,
           [](const J& j, const Say& say) { time_of(j.status.completionTime, say); }},
    Row<J>{"kube_job_complete", "The job has completed its execution.", kGauge,
           [](const J& j, const Say& say) { condition_of(j, "Complete", say); }},
    Row<J>{"kube_job_failed", "The job has failed its execution.", kGauge,
           [](const J& j, const Say& say) { condition_of(j, "Failed", say); }},
};

}  // namespace
}  // namespace kube_state

std::vector<prometheus::MetricFamily> KubeState::Collect() const {
  std::vector<prometheus::MetricFamily> out;
  kube_state::collect(store_, kube_state::kNamespace, out);
  kube_state::collect(store_, kube_state::kDeployment, out);
  kube_state::collect(store_, kube_state::kReplicaSet, out);
  kube_state::collect_pods(store_, node_(), out);
  kube_state::collect(store_, kube_state::kJob, out);
  kube_state::collect_services(store_, out);
  kube_state::collect_argo(store_, out);
  return out;
}

}  // namespace weir
