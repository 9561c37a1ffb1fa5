# Every query of every dashboard has data: the stack of manifests/monitoring runs under weir (Prometheus,
# Alertmanager and node-exporter are Debian's, under the official images' names; of Grafana there is no package,
# so its part is admitted and not run), and scrapes weir through a canary that is promoted, one that is
# aborted, and a Job that fails.
NODE_PORT=30193
STARTED=$(date +%s)
# What differs from an ordinary installation: weir's port, and that nobody wants to wait.
ORDINARY='s/^\(ports: .*port: \)9464/\1'$((PORT + 1))'/; s/interval: 15s/interval: 2s/'

# stand_in IMAGE PROGRAM [FILE…]: an image with nothing but that program, what it is linked with, and those files.
stand_in() {
  local root file
  root=$DIR/image.$(basename "$2")
  mkdir -p "$root/tmp"
  for file in "$2" "${@:3}" $(ldd "$2" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
  printf 'FROM scratch\nCOPY . /\nENTRYPOINT ["%s"]\n' "$2" >"$root/Dockerfile"
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" "$root" >/dev/null 2>&1
}
image_of() { sed -n "s#^ *image: \(.*/$1:.*\)#\1#p" "$ROOT/manifests/monitoring/stack.yaml"; }
stand_in "$(image_of prometheus)" /usr/bin/prometheus
stand_in "$(image_of alertmanager)" /usr/bin/prometheus-alertmanager /usr/share/prometheus/alertmanager/*.tmpl
stand_in "$(image_of node-exporter)" /usr/bin/prometheus-node-exporter

git_server app
mkdir "$DIR/tree/app"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-git}\n' >"$DIR/tree/app/config.yaml"
commit "a repository"
weir_start
mkdir "$DIR/stack"
for file in config stack; do sed "$ORDINARY" "$ROOT/manifests/monitoring/$file.yaml" >"$DIR/stack/$file.yaml"; done
weir apply -f "$DIR/stack" >"$DIR/applied" || fail "$(cat "$DIR/applied")"
weir scale --namespace monitoring deployment/grafana --replicas=0 >/dev/null

workloads() {  # IMAGE: of the rollout
  cat <<YAML
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: as-good-as-before}
spec:
  metrics:
    - name: error-rate
      interval: 1s
      failureCondition: result.canary > default(result.stable, 0) + 0.01
      provider: {weir: {metric: error-rate, window: 10s}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: weir-demo:$1
          resources: {limits: {cpu: 500m, memory: 64Mi}}
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
  strategy:
    canary:
      stableService: shop
      canaryService: shop-canary
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: 1
      trafficRouting: {plugins: {weir.dev/gateway: {}}}
      analysis: {templates: [{templateName: as-good-as-before}]}
      steps: [{setWeight: 30}, {pause: {duration: 12s}}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {type: NodePort, selector: {app: shop}, ports: [{port: 80, targetPort: 8080, nodePort: $NODE_PORT}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop-canary}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: fails}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: no, image: "weir-demo:v1", command: [/no/such/program]}]
YAML
}
change() { workloads "$1" >"$DIR/shop.yaml"; weir apply -f "$DIR/shop.yaml" >/dev/null; }
phase_is() { [ "$(weir get rollout shop -o 'jsonpath={.status.phase}')" = "$1" ]; }
revision_is() { [ "$(weir get rollout shop -o 'jsonpath={.metadata.annotations.rollout\.argoproj\.io/revision} {.status.phase}')" = "$1" ]; }

apply deployment v1 2 web | cat
apply cat <<YAML
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: app}
spec: {url: $GIT_URL, interval: 2s, ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app}
spec: {sourceRef: {kind: GitRepository, name: app}, path: ./app, interval: 2s, prune: true}
YAML
change v1
soon 90 phase_is Healthy

# The stack's own Prometheus has found all that it is to scrape, and who is to be told of alerts.
prometheus_address() { weir get pods --namespace monitoring -l app=prometheus -o 'jsonpath={.items[0].status.podIP}'; }
asks() { inside curl --silent --fail --get --max-time 5 "http://$(prometheus_address):9090/api/v1/$1" "${@:2}"; }
says() { asks query --data-urlencode "query=$1" | grep -q "$2"; }
soon 60 says 'sum(up)' '"3"\]'
soon 30 eval 'asks alertmanagers | grep -q alertmanager:9093'

# What the community's dashboards (kubernetes-mixin) look for is where they look for it.
soon 60 says 'container_memory_working_set_bytes{job="kubelet", metrics_path="/metrics/cadvisor", container="app"}' shop
soon 60 says 'kube_pod_info{job="kube-state-metrics"}' shop

# Load that may fail, and the existing client's, of which nothing may be lost: bad versions answer /echo well.
ask "$NODE_PORT" "$DIR/asked"
conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post --rate 100 --clients 8

change v2
soon 90 revision_is "2 Healthy"
change v4
soon 90 phase_is Degraded
soon 60 says 'ALERTS{alertname="RolloutDegraded"}' pending
soon 60 says 'ALERTS{alertname="KubeJobFailed"}' firing
conserve_end

asked() {
  inside "$ROOT/tests/dashboards/query" "http://$(prometheus_address):9090" "$STARTED" \
    namespace=default workload=shop rollout=shop service=.\*
}
soon 60 asked
cat "$DIR/soon"

# What is gone loses its series.
weir delete rollout shop >/dev/null
gone() { inside curl --silent --max-time 5 "http://127.0.0.1:$((PORT + 1))/metrics" >"$DIR/metrics" && ! grep -q '^container_.*pod="shop-' "$DIR/metrics"; }
soon 90 gone
grep -q '^container_memory_working_set_bytes.*pod="web-' "$DIR/metrics" || fail "what runs on has no series"
promtool check metrics <"$DIR/metrics" || fail "promtool finds something"
weir_stop
