# /metrics is what promtool calls clean, and holds the names that dashboards use.
weir_start
apply deployment v1 1
apply printf 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30580}]}\n'
soon 60 settled v1 1
served() { inside curl --silent --fail --output /dev/null --max-time 5 http://127.0.0.1:30580/version; }
soon 30 served
# What the gateway has seen is told within a second or so.
counted() {
  inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" |
    grep -q '^weir_gateway_requests_total{namespace="default",service="web",port="80",revision="[a-z0-9]*",pod="web-[a-z0-9-]*",code="200"} [1-9]'
}
soon 30 counted
inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" >"$DIR/metrics"
promtool check metrics <"$DIR/metrics" || fail "promtool finds something"
for name in controller_runtime_reconcile_total workqueue_depth rest_client_requests_total \
  kube_deployment_status_replicas_available kube_pod_status_phase process_resident_memory_bytes \
  weir_gateway_request_duration_seconds_bucket weir_gateway_requests_in_flight weir_gateway_retries_total weir_gateway_ejections_total \
  weir_gateway_sent_bytes_total weir_gateway_received_bytes_total; do
  grep -q "^$name" "$DIR/metrics" || fail "$name is missing"
done
weir_stop
