// kube_service_*, kube_configmap_* and kube_secret_*.

#include "controller/metrics/kube_rows.h"

namespace weir::kube_state {
namespace {

using S = api::Service;

const std::vector<api::LoadBalancerIngress>& ingress_of(const S& service) {
  return service.status.loadBalancer.ingress;
}

constexpr std::array kService{
    Row<S>{"kube_service_info", "Information about service.", kGauge,
           [](const S& s, const Say& say) {
             const auto& ingress = ingress_of(s);
             say(1, {{"cluster_ip", s.spec.clusterIP},
                     {"external_name", s.spec.externalName},
                     {"external_traffic_policy", s.spec.externalTrafficPolicy},
                     {"load_balancer_ip", s.spec.loadBalancerIP.empty() && !ingress.empty()
                                              ? ingress.front().ip
                                              : s.spec.loadBalancerIP}});
           }},
    Row<S>{"kube_service_created", "Unix creation timestamp", kGauge, created},
    Row<S>{"kube_service_spec_type", "Type about service.", kGauge,
           [](const S& s, const Say& say) {
             say(1, {{"type", s.spec.type}});
           }},
    Row<S>{"kube_service_status_load_balancer_ingress", "Service load balancer ingress status",
           kGauge,
           [](const S& s, const Say& say) {
             for (const auto& one : ingress_of(s)) {
               say(1, {{"ip", one.ip}, {"hostname", one.hostname}});
             }
           }},
};

using C = api::ConfigMap;
constexpr std::array kConfigMap{
    Row<C>{"kube_configmap_info", "Information about configmap.", kGauge, info_of},
    Row<C>{"kube_configmap_created", "Unix creation timestamp", kGauge, created},
};

using X = api::Secret;
constexpr std::array kSecret{
    Row<X>{"kube_secret_info", "Information about secret.", kGauge, info_of},
    Row<X>{"kube_secret_created", "Unix creation timestamp", kGauge, created},
    Row<X>{"kube_secret_type", "Type about secret.", kGauge,
           [](const X& x, const Say& say) {
             say(1, {{"type", x.type}});
           }},
};

}  // namespace

void collect_services(const Store& store, Families& out) {
  collect(store, kService, out);
  collect(store, kConfigMap, out);
  collect(store, kSecret, out);
}

}  // namespace weir::kube_state
