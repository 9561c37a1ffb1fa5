#pragma once

// The rules that a schema cannot say, in Kubernetes' words: names, references inside an object,
// and what may not change. Pure functions over typed objects whose structure has been checked and
// whose defaults are filled in.

#include <string>
#include <vector>

#include "controller/admission/causes.h"
#include "gen/kinds.h"

namespace weir {

std::vector<Cause> validate(const Object& object);
// `before` and `after` have the same kind and name. Includes validate(after).
std::vector<Cause> validate_update(const Object& before, const Object& after);

// The parts, by file. `path` is where the struct is in the object.
void validate_metadata(const api::ObjectMeta& metadata, Kind kind, Causes& causes);
void validate_metadata_update(const api::ObjectMeta& before, const api::ObjectMeta& after,
                              Causes& causes);
void validate_labels(const std::map<std::string, std::string>& labels, const std::string& path,
                     Causes& causes);
void validate_selector(const api::LabelSelector& selector, const std::string& path, Causes& causes);
void validate_pod_spec(const api::PodSpec& spec, const std::string& path, Causes& causes);
void validate_container(const api::Container& container, const api::PodSpec& pod,
                        const std::string& path, Causes& causes);
void validate_volumes(const api::PodSpec& pod, const std::string& path, Causes& causes);
void validate_pod_update(const api::Pod& before, const api::Pod& after, Causes& causes);
// Selector and template of a struct at `parent`, of Pods that run until they are told to end.
void validate_pods(const api::LabelSelector& selector, const api::PodTemplateSpec& pods,
                   const std::string& parent, const std::string& kind, Causes& causes);
void validate_deployment(const api::DeploymentSpec& spec, Causes& causes);
void validate_deployment_update(const api::DeploymentSpec& before, const api::DeploymentSpec& after,
                                Causes& causes);
// The annotations by which weir rolls it out by weights.
void validate_rollout_annotations(const api::Deployment& deployment, Causes& causes);
void validate_replica_set(const api::ReplicaSetSpec& spec, Causes& causes);
void validate_replica_set_update(const api::ReplicaSetSpec& before,
                                 const api::ReplicaSetSpec& after, Causes& causes);
void validate_rollout(const api::RolloutSpec& spec, Causes& causes);
void validate_rollout_update(const api::RolloutSpec& before, const api::RolloutSpec& after,
                             Causes& causes);
void validate_analysis(const api::AnalysisTemplateSpec& spec, Causes& causes);
void validate_analysis(const api::AnalysisRunSpec& spec, Causes& causes);
void validate_analysis_update(const api::AnalysisRunSpec& before, const api::AnalysisRunSpec& after,
                              Causes& causes);
// They name metrics, or how their names begin: no other patterns.
void validate_rules(const std::vector<api::DryRun>& rules, const std::string& path, Causes& causes);
void validate_rules(const std::vector<api::MeasurementRetention>& rules, const std::string& path,
                    Causes& causes);
void validate_experiment(const api::ExperimentSpec& spec, Causes& causes);
void validate_experiment_update(const api::ExperimentSpec& before, const api::ExperimentSpec& after,
                                Causes& causes);
// The step with this index. `pods`: the labels of the Rollout's template; null: a Deployment's.
void validate_experiment_step(const api::CanaryStrategy& canary, std::size_t index,
                              const std::map<std::string, std::string>* pods,
                              const std::string& path, Causes& causes);
// Of an analysis in a Rollout: each has one value.
void validate_arguments(const std::vector<api::AnalysisRunArgument>& arguments,
                        const std::string& path, Causes& causes);
void validate_git_repository(const api::GitRepositorySpec& spec, Causes& causes);
void validate_kustomization(const api::KustomizationSpec& spec, Causes& causes);
void validate_job(const api::Job& job, Causes& causes);
void validate_job_update(const api::JobSpec& before, const api::JobSpec& after, Causes& causes);
void validate_config_map(const api::ConfigMap& config_map, Causes& causes);
void validate_config_map_update(const api::ConfigMap& before, const api::ConfigMap& after,
                                Causes& causes);
void validate_secret(const api::Secret& secret, Causes& causes);
void validate_secret_update(const api::Secret& before, const api::Secret& after, Causes& causes);
void validate_service(const api::ServiceSpec& spec, Causes& causes);
void validate_gateway(const api::GatewaySpec& spec, Causes& causes);
void validate_http_route(const api::HTTPRouteSpec& spec, Causes& causes);
void validate_tcp_route(const api::TCPRouteSpec& spec, Causes& causes);
void validate_traffic_policy(const api::BackendTrafficPolicySpec& spec, Causes& causes);
void validate_traffic_policy(const api::ClientTrafficPolicySpec& spec, Causes& causes);
void validate_session(const std::string& path, const api::SessionPersistence& session,
                      Causes& causes);
// As the Gateway API writes them; absent is valid.
void validate_duration(const std::string& path, const std::string& duration, Causes& causes);
void validate_ingress(const api::IngressSpec& spec, Causes& causes);
void validate_event(const api::Event& event, Causes& causes);

// {"app":"web"}: labels as messages show them.
std::string shown(const std::map<std::string, std::string>& labels);

// Why this host path may not be mounted, for a path that is normalised here by its text alone;
// empty: it may. The Docker socket gives a container the whole host. `engine_socket`: one more
// place where it is, beside the usual ones.
std::string host_path_problem(std::string_view path, std::string_view engine_socket = {});

}  // namespace weir
