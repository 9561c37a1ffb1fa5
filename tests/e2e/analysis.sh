# Analyses decide: a good version is promoted by itself, one that fails requests and one that is slow
# are aborted, by the gateway's own numbers, a web server's answer, a Job and a real Prometheus; and
# of the requests beside that none is lost.
NODE_PORT=30191
PROMETHEUS_PORT=$((PORT + 5))
WEIR_FLAGS="--analysis-allow 127.0.0.2/32" weir_start

templates() {
  cat <<YAML
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: as-good-as-before}
spec:
  metrics:
    - name: error-rate
      interval: 1s
      failureCondition: result.canary > default(result.stable, 0) + 0.05
      provider: {weir: {metric: error-rate, window: 20s}}
    - name: p99
      interval: 1s
      failureCondition: result.canary > 2 * default(result.stable, 0) + 0.1
      provider: {weir: {metric: latency, window: 20s}}
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: it-answers}
spec:
  args: [{name: service}, {name: prometheus}, {name: hash}]
  metrics:
    - name: version
      successCondition: result contains "v"
      provider: {web: {url: "http://{{args.service}}.default.svc:80/version"}}
    - name: job
      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                restartPolicy: Never
                containers: [{name: env, image: "weir-demo:v1", command: [/demo-server, env, DONE], env: [{name: DONE, value: "{{args.hash}}"}]}]
    - name: requests
      interval: 1s
      count: 2
      consecutiveErrorLimit: 30
      successCondition: result[0] > 0
      provider:
        prometheus:
          address: "{{args.prometheus}}"
          query: sum(weir_gateway_requests_total{revision="{{args.hash}}"})
YAML
}
rollout() {  # IMAGE ENVIRONMENT ADDRESS: of Prometheus
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
          env: [${2:-}]
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
  strategy:
    canary:
      stableService: web
      canaryService: web-canary
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: 1
      trafficRouting: {plugins: {weir.dev/gateway: {}}}
      analysis: {templates: [{templateName: as-good-as-before}]}
      steps:
        - setWeight: 20
        - analysis:
            templates: [{templateName: it-answers, clusterScope: true}]
            args:
              - {name: service, value: web-canary}
              - {name: prometheus, value: "http://${3:-127.0.0.2}:$PROMETHEUS_PORT"}
              - {name: hash, valueFrom: {podTemplateHashValue: Latest}}
        - setWeight: 60
        - pause: {duration: 3s}
YAML
}
services() {
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
}
change() { rollout "$@" >"$DIR/rollout.yaml"; weir apply -f "$DIR/rollout.yaml" >/dev/null; }
phase_is() { [ "$(weir get rollout web -o 'jsonpath={.status.phase}')" = "$1" ]; }
message() { weir get rollout web -o 'jsonpath={.status.message}'; }
says() { message >"$DIR/message" && grep -q "$1" "$DIR/message"; }
revision_is() { [ "$(weir get rollout web -o 'jsonpath={.metadata.annotations.rollout\.argoproj\.io/revision} {.status.phase}')" = "$1" ]; }

cat >"$DIR/prometheus.yaml" <<YAML
global: {scrape_interval: 1s}
scrape_configs: [{job_name: weir, static_configs: [{targets: ["127.0.0.1:$((PORT + 1))"]}]}]
YAML
beside prometheus --config.file="$DIR/prometheus.yaml" --storage.tsdb.path="$DIR/prometheus" \
  --web.listen-address="0.0.0.0:$PROMETHEUS_PORT" >"$DIR/prometheus.log" 2>&1

{ rollout v1; echo ---; templates; services; } >"$DIR/all.yaml"
weir apply -f "$DIR/all.yaml" >/dev/null
soon 60 phase_is Healthy

# Requests whose answers may be bad, one after another; when the first bad one came, and the last.
ask "$NODE_PORT" "$DIR/asked"
# And requests of which none may be lost: bad versions answer /echo well, too.
conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post --rate 100 \
  --clients 16

# Good: all the way by itself.
change v2 ""
soon 90 revision_is "2 Healthy"
weir rollout get rollout/web >"$DIR/tree"
grep -q "AnalysisRun  ✔ Successful" "$DIR/tree" || fail "$(cat "$DIR/tree")"
step=$(weir get analysisruns -l rollout-type=Step -o 'jsonpath={.items[0].status.metricResults[*].phase} {.items[0].status.phase}')
[ "$step" = "Successful Successful Successful Successful" ] || fail "the step's run: $step $(weir get analysisruns -o yaml)"
weir get analysisruns >"$DIR/runs" && grep -q Successful "$DIR/runs" || fail "$(cat "$DIR/runs")"

# One request in five fails: nothing comes there any more before the step is done.
change v4 ""
soon 60 phase_is Degraded
says 'Background analysis phase error/failed: Metric "error-rate" assessed Failed due to failed (1) > failureLimit (0)' || fail "$(message)"
! weir rollout status rollout/web 2>"$DIR/said" || fail "an aborted rollout is no success"
bad_for() { python3 -c 'import json,sys; bad=json.load(open(sys.argv[1]))["500"]; print(round(bad["last"]-bad["first"],2), "s,", bad["count"], "bad answers")' "$DIR/asked"; }
echo "from the first bad answer to the last: $(bad_for)"
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'

# Slow: likewise.
change v2 '{name: DELAY_MS, value: "400"}'
soon 60 phase_is Degraded
says 'Metric "p99" assessed Failed' || fail "$(message)"

# Prometheus where weir may not ask: an error, in words.
change v1 "" 127.0.0.1
soon 90 phase_is Degraded
denied() { weir get analysisruns -l rollout-type=Step -o json >"$DIR/denied" && grep -q "127.0.0.1 is a loopback address" "$DIR/denied"; }
denied || fail "$(cat "$DIR/denied")"

# What is undone is as it was.
change v2 ""
soon 60 phase_is Healthy
kill $BESIDE
BESIDE=
! grep -q '"0"' "$DIR/asked" || fail "requests were cut: $(cat "$DIR/asked")"
conserve_end
weir_stop
