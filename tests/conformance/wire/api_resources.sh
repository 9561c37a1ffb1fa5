# What is served.
want "deploy" k api-resources
for row in "pods  *po  *v1  *true  *Pod" "namespaces  *ns  *v1  *false  *Namespace" \
  "services  *svc  *v1  *true  *Service" "endpointslices  *discovery.k8s.io/v1  *true  *EndpointSlice" \
  "gateways  *gtw  *gateway.networking.k8s.io/v1  *true  *Gateway" "httproutes  *gateway.networking.k8s.io/v1  *true  *HTTPRoute" \
  "tcproutes  *gateway.networking.k8s.io/v1alpha2  *true  *TCPRoute" "ingresses  *ing  *networking.k8s.io/v1  *true  *Ingress" \
  "backendtrafficpolicies  *btp  *weir.dev/v1alpha1  *true  *BackendTrafficPolicy" \
  "clienttrafficpolicies  *ctp  *weir.dev/v1alpha1  *true  *ClientTrafficPolicy" \
  "deployments  *deploy  *apps/v1  *true  *Deployment" "replicasets  *rs  *apps/v1  *true"; do
  k api-resources | grep -q "^$row" || fail "want $row" "$(k api-resources)"
done
same "apps/v1
argoproj.io/v1alpha1
batch/v1
discovery.k8s.io/v1
gateway.networking.k8s.io/v1
gateway.networking.k8s.io/v1alpha2
kustomize.toolkit.fluxcd.io/v1
networking.k8s.io/v1
notification.toolkit.fluxcd.io/v1
source.toolkit.fluxcd.io/v1
v1
weir.dev/v1alpha1" k api-versions
want "Server Version:" k version
want "ok" k get --raw /healthz
want "[+]ping ok" k get --raw '/readyz?verbose'
