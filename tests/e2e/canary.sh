# A canary under load: shares of the requests are exact, promoted and aborted by the words that
# kubectl argo rollouts sends, weir is killed in the middle, and no request is lost.
NODE_PORT=30190
weir_start
rollout() {  # VERSION
  cat <<YAML
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 10
      containers:
        - name: app
          image: weir-demo:$1
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
  strategy:
    canary:
      stableService: web
      canaryService: web-canary
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: 1
      trafficRouting:
        managedRoutes: [{name: testers}]
        plugins: {weir.dev/gateway: {}}
      steps:
        - setCanaryScale: {replicas: 1}
        - setHeaderRoute: {name: testers, match: [{headerName: X-Tester, headerValue: {exact: "yes"}}]}
        - pause: {}
        - setCanaryScale: {matchTrafficWeight: true}
        - setWeight: 10
        - pause: {}
        - setWeight: 50
        - pause: {duration: 1s}
YAML
}
{
  rollout v1
  for name in web web-canary; do
    cat <<YAML
---
apiVersion: v1
kind: Service
metadata: {name: $name}
spec:
  type: $([ $name = web ] && echo NodePort || echo ClusterIP)
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080$([ $name = web ] && echo ", nodePort: $NODE_PORT")}]
YAML
  done
} >"$DIR/all.yaml"
weir apply -f "$DIR/all.yaml" >/dev/null
is() { [ "$(weir get rollout web -o 'jsonpath={.status.phase} {.status.message}' | sed 's/ $//')" = "$1" ]; }
at_step() { is "Paused CanaryPauseStep" && [ "$(weir get rollout web -o 'jsonpath={.status.currentStepIndex}')" = "$1" ]; }
# What kubectl argo rollouts sends.
patch_status() {
  inside curl --silent --fail --output /dev/null --cacert "$DIR/data/pki/ca.crt" --cert "$DIR/data/pki/admin.crt" --key "$DIR/data/pki/admin.key" \
    --request PATCH --header 'Content-Type: application/merge-patch+json' --data "{\"status\":$1}" \
    "https://127.0.0.1:$PORT/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/web/status"
}
soon 60 is Healthy

# count N HEADER: how many of N requests on one connection v2 has answered.
count() {
  inside python3 - "$NODE_PORT" "$@" <<'PY'
import http.client, sys
port, number, tester = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
connection, seen = http.client.HTTPConnection("127.0.0.1", port), 0
for _ in range(number):
    connection.request("GET", "/version", headers={"X-Tester": tester})
    seen += b"v2" in connection.getresponse().read()
print(seen)
PY
}
# share_is WANT WITHIN: of 1,000 requests. Others beside these take their turns, too.
share_is() {
  local seen; seen=$(count 1000 no)
  [ "$seen" -ge $(($1 - $2)) ] && [ "$seen" -le $(($1 + $2)) ] || fail "$seen of 1000 requests came to the canary, not $1"
}

conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post,slow,websocket --rate 200 \
  --clients 64

rollout v2 >"$DIR/rollout.yaml"
weir apply -f "$DIR/rollout.yaml" >/dev/null
soon 60 at_step 2
[ "$(count 20 yes)" = 20 ] || fail "the testers do not come to the canary"
[ "$(count 20 no)" = 0 ] || fail "others come to the canary, too"
patch_status '{"pauseConditions":null}'
soon 60 at_step 5
share_is 100 15
weir rollout get rollout/web >"$DIR/tree"
grep -q "ActualWeight:  10" "$DIR/tree" || fail "$(cat "$DIR/tree")"
grep -q "weir-demo:v2 (canary)" "$DIR/tree" || fail "$(cat "$DIR/tree")"
grep -q "revision:2" "$DIR/tree" || fail "$(cat "$DIR/tree")"

# weir dies and comes back: nothing changes.
weir_kill
weir_start
share_is 100 15
at_step 5 || fail "$(weir get rollout web -o yaml)"

# Aborted, nothing goes there; a retry begins anew.
weir rollout abort rollout/web
soon 30 is "Degraded RolloutAborted: Rollout aborted update to revision 2"
nobody_there() { [ "$(count 50 no)" = 0 ] && [ "$(count 10 yes)" = 0 ]; }
soon 10 nobody_there
soon 30 eval '[ "$(running)" = "2 weir-demo:v1" ]'
# As dashboards for Argo Rollouts ask for it.
inside curl --silent "http://127.0.0.1:$((PORT + 1))/metrics" >"$DIR/metrics"
for line in 'rollout_events_total{name="web",namespace="default",type="Warning",reason="RolloutAborted"} 1' \
  'rollout_reconcile_count{name="web",namespace="default"} [1-9]' 'rollout_reconcile_error{name="web",namespace="default"} '; do
  grep -q "^$line" "$DIR/metrics" || fail "$line: $(grep ^rollout_ "$DIR/metrics")"
done
! weir rollout status rollout/web 2>"$DIR/said" || fail "an aborted rollout is no success"
grep -q "degraded state.*aborted update to revision 2" "$DIR/said" || fail "$(cat "$DIR/said")"
weir rollout retry rollout/web
soon 60 at_step 2
patch_status '{"pauseConditions":null}'
soon 60 at_step 5
weir rollout promote rollout/web
weir rollout status rollout/web --timeout=90s | tail -1 | grep -q Healthy || fail "not healthy"
[ "$(count 50 no)" = 50 ] || fail "not everything comes to the new version"
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'

# Promoted in full: no steps and no pauses.
rollout v1 >"$DIR/rollout.yaml"
weir apply -f "$DIR/rollout.yaml" >/dev/null
soon 60 at_step 2
weir rollout promote rollout/web --full
soon 60 is Healthy
[ "$(count 50 no)" = 0 ] || fail "v2 is still there"

conserve_end

# With nobody else about, the share is exact, whichever of the gateway's workers has the connection.
rollout v2 >"$DIR/rollout.yaml"
weir apply -f "$DIR/rollout.yaml" >/dev/null
soon 60 at_step 2
patch_status '{"pauseConditions":null}'
soon 60 at_step 5
for _ in 1 2 3 4; do share_is 100 1; done

weir_stop
