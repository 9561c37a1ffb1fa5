#include "reconcilers/reconciler.h"

#include <algorithm>
#include <array>

#include "reconcilers/analysis_run.h"
#include "reconcilers/deployment.h"
#include "reconcilers/experiment.h"
#include "reconcilers/garbage.h"
#include "reconcilers/gateway.h"
#include "reconcilers/git_repository.h"
#include "reconcilers/job.h"
#include "reconcilers/kustomization.h"
#include "reconcilers/namespace.h"
#include "reconcilers/pod.h"
#include "reconcilers/receiver.h"
#include "reconcilers/replica_set.h"
#include "reconcilers/rollout.h"
#include "reconcilers/service.h"
#include "reconcilers/traffic_policies.h"

namespace weir {

namespace {

// One row a kind that does something. ConfigMap, Secret, EndpointSlice, IngressClass,
// AnalysisTemplate, ClusterAnalysisTemplate and Event are data: the common steps are all they need.
constexpr std::array kReconcilers{
    Reconciler{.kind = Kind::Namespace, .plan = plan_namespace},
    Reconciler{.kind = Kind::Pod, .plan = plan_pod},
    Reconciler{.kind = Kind::ReplicaSet, .plan = plan_replica_set},
    Reconciler{.kind = Kind::Deployment, .plan = plan_deployment},
    Reconciler{.kind = Kind::Rollout, .plan = plan_rollout},
    Reconciler{.kind = Kind::AnalysisRun, .plan = plan_analysis_run},
    Reconciler{.kind = Kind::Experiment, .plan = plan_experiment},
    Reconciler{.kind = Kind::Job, .plan = plan_job},
    Reconciler{.kind = Kind::GitRepository, .plan = plan_git_repository},
    Reconciler{.kind = Kind::Kustomization, .plan = plan_kustomization},
    Reconciler{.kind = Kind::Receiver, .plan = plan_receiver},
    Reconciler{.kind = Kind::Service, .plan = plan_service},
    Reconciler{.kind = Kind::GatewayClass, .plan = plan_gateway_class},
    Reconciler{.kind = Kind::Gateway, .plan = plan_gateway},
    Reconciler{.kind = Kind::HTTPRoute, .plan = plan_http_route},
    Reconciler{.kind = Kind::TCPRoute, .plan = plan_tcp_route},
    Reconciler{.kind = Kind::Ingress, .plan = plan_ingress},
    Reconciler{.kind = Kind::BackendTrafficPolicy, .plan = plan_backend_traffic_policy},
    Reconciler{.kind = Kind::ClientTrafficPolicy, .plan = plan_client_traffic_policy},
};

}  // namespace

Plan plan(const World& world, const Key& key, Time now) {
  Plan common;
  if (common_steps(world, key, now, common).stop) return common;
  const auto row = std::find_if(kReconcilers.begin(), kReconcilers.end(),
                                [&](const Reconciler& r) { return r.kind == key.kind; });
  if (row == kReconcilers.end()) return common;
  Plan plan = row->plan(world, key, now);
  plan.reasons.insert(plan.reasons.begin(), common.reasons.begin(), common.reasons.end());
  return plan;
}

}  // namespace weir
