# /metrics is what promtool calls clean, and holds the names that dashboards use.
weir_start
apply deployment v1 1
soon 60 settled v1 1
inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" >"$DIR/metrics"
promtool check metrics <"$DIR/metrics" || fail "promtool finds something"
for name in controller_runtime_reconcile_total workqueue_depth rest_client_requests_total \
  kube_deployment_status_replicas_available kube_pod_status_phase process_resident_memory_bytes; do
  grep -q "^$name" "$DIR/metrics" || fail "$name is missing"
done
weir_stop
