#include "controller/admission/validate.h"

namespace weir {
namespace {

// The kind's own rules. A kind that is not named here has none beyond its schema and its names.
struct Rules {
  Causes& causes;

  void operator()(const auto&) {}
  void operator()(const api::AnalysisRun& x) { validate_analysis(x.spec, causes); }
  void operator()(const api::AnalysisTemplate& x) { validate_analysis(x.spec, causes); }
  void operator()(const api::ClusterAnalysisTemplate& x) { validate_analysis(x.spec, causes); }
  void operator()(const api::BackendTrafficPolicy& x) { validate_traffic_policy(x.spec, causes); }
  void operator()(const api::ClientTrafficPolicy& x) { validate_traffic_policy(x.spec, causes); }
  void operator()(const api::ConfigMap& x) { validate_config_map(x, causes); }
  void operator()(const api::Deployment& x) {
    validate_deployment(x.spec, causes);
    validate_rollout_annotations(x, causes);
  }
  void operator()(const api::Event& x) { validate_event(x, causes); }
  void operator()(const api::Experiment& x) { validate_experiment(x.spec, causes); }
  void operator()(const api::Gateway& x) { validate_gateway(x.spec, causes); }
  void operator()(const api::GitRepository& x) { validate_git_repository(x.spec, causes); }
  void operator()(const api::HTTPRoute& x) { validate_http_route(x.spec, causes); }
  void operator()(const api::Ingress& x) { validate_ingress(x.spec, causes); }
  void operator()(const api::Job& x) { validate_job(x, causes); }
  void operator()(const api::Kustomization& x) { validate_kustomization(x.spec, causes); }
  void operator()(const api::TCPRoute& x) { validate_tcp_route(x.spec, causes); }
  void operator()(const api::Pod& x) { validate_pod_spec(x.spec, "spec", causes); }
  void operator()(const api::ReplicaSet& x) { validate_replica_set(x.spec, causes); }
  void operator()(const api::Rollout& x) { validate_rollout(x.spec, causes); }
  void operator()(const api::Secret& x) { validate_secret(x, causes); }
  void operator()(const api::Service& x) { validate_service(x.spec, causes); }
};

struct UpdateRules {
  const Object& before;
  Causes& causes;

  void operator()(const auto&) {}
  void operator()(const api::AnalysisRun& x) {
    validate_analysis_update(std::get<api::AnalysisRun>(before).spec, x.spec, causes);
  }
  void operator()(const api::ConfigMap& x) {
    validate_config_map_update(std::get<api::ConfigMap>(before), x, causes);
  }
  void operator()(const api::Deployment& x) {
    validate_deployment_update(std::get<api::Deployment>(before).spec, x.spec, causes);
  }
  void operator()(const api::Experiment& x) {
    validate_experiment_update(std::get<api::Experiment>(before).spec, x.spec, causes);
  }
  void operator()(const api::Job& x) {
    validate_job_update(std::get<api::Job>(before).spec, x.spec, causes);
  }
  void operator()(const api::Pod& x) { validate_pod_update(std::get<api::Pod>(before), x, causes); }
  void operator()(const api::ReplicaSet& x) {
    validate_replica_set_update(std::get<api::ReplicaSet>(before).spec, x.spec, causes);
  }
  void operator()(const api::Rollout& x) {
    validate_rollout_update(std::get<api::Rollout>(before).spec, x.spec, causes);
  }
  void operator()(const api::Secret& x) {
    validate_secret_update(std::get<api::Secret>(before), x, causes);
  }
};

}  // namespace

std::vector<Cause> validate(const Object& object) {
  Causes causes;
  validate_metadata(meta(object), kind_of(object), causes);
  std::visit(Rules{causes}, object);
  return causes.take();
}

std::vector<Cause> validate_update(const Object& before, const Object& after) {
  Causes causes;
  validate_metadata(meta(after), kind_of(after), causes);
  validate_metadata_update(meta(before), meta(after), causes);
  std::visit(Rules{causes}, after);
  std::visit(UpdateRules{before, causes}, after);
  return causes.take();
}

}  // namespace weir
