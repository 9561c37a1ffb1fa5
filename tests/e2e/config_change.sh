# A ConfigMap changes: that is a rollout, and no request is lost; a bad one is taken back by itself;
# an undo brings template, configuration and Secret back together.
NODE_PORT=30196
weir_start
kubectl() { inside "$("$ROOT/tests/conformance/kubectl" debian)" --kubeconfig "$DIR/data/admin.kubeconfig" "$@"; }
config() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {MODE: %s%s}\n' "$1" "${2:-}" | kubectl apply -f - >/dev/null; }
secret() { printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {TOKEN: %s}\n' "$1" | kubectl apply -f - >/dev/null; }
cat >"$DIR/web.yaml" <<END
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {weir.dev/rollout-on-config-change: "true", weir.dev/auto-rollback: "true"}
spec:
  replicas: 2
  progressDeadlineSeconds: 8
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: weir-demo:v1
          env: [{name: SHOW_ENV, value: "MODE,TOKEN"}]
          envFrom: [{configMapRef: {name: app}}, {secretRef: {name: login}}]
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: $NODE_PORT}]}
END
config one
secret first-token
kubectl apply -f "$DIR/web.yaml" >/dev/null
kubectl rollout status deployment/web --timeout=60s >/dev/null

value() { inside curl -s "http://127.0.0.1:$NODE_PORT/env?name=$1"; }
# Two pods, all of this mode; of which revision the Deployment is.
serves() {
  [ "$(weir get deployment web -o 'jsonpath={.status.updatedReplicas} {.status.availableReplicas} {.status.replicas}')" = "2 2 2" ] &&
    [ "$(weir get deployment web -o 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')" = "$2" ] &&
    value MODE | grep -q "$1" && value MODE | grep -q "$1"
}
template() { weir get deployment web -o 'jsonpath={.spec.template.spec.containers[0].envFrom[0].configMapRef.name}'; }
soon 30 serves one 1
conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post --rate 100 --clients 16

# Another content is rolled out, and the user's template is as it was.
config two
soon 60 serves two 2
[ "$(template)" = app ] || fail "the template says $(template)"
kubectl rollout history deployment/web | grep -q '^2 *ConfigMap app changed' || fail "$(kubectl rollout history deployment/web)"
weir rollout history deployment/web --revision=2 >"$DIR/said"
grep -q 'ConfigMap/app *app-' "$DIR/said" && grep -q 'Secret/login *login-' "$DIR/said" || fail "$(cat "$DIR/said")"
! grep -q first-token "$DIR/said" || fail "the Secret's value is shown"

# What never becomes ready is taken back, with its configuration, while the ConfigMap is still bad.
config three ', BROKEN: "1"'
soon 60 serves two 4
kubectl get deployment web -o 'jsonpath={.status.conditions[?(@.type=="AutoRollback")].reason}' | grep -q RolledBack || fail "not rolled back"
# What mends it is rolled out: nobody has to touch the Deployment.
config four
soon 60 serves four 5
[ "$(template)" = app ] || fail "the template says $(template)"

# Template, ConfigMap and Secret change, and are undone together.
secret second-token
config five
kubectl set image deployment/web app=weir-demo:v2 >/dev/null
soon 60 eval 'serves five "$(weir get deployment web -o "jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}")" && settled v2 2'
value TOKEN | grep -q second-token || fail "the Secret is not the new one"
kubectl rollout undo deployment/web --to-revision=5 >/dev/null
kubectl rollout status deployment/web --timeout=60s >/dev/null
soon 60 eval 'value MODE | grep -q four && value MODE | grep -q four && settled v1 2'
value TOKEN | grep -q first-token || fail "the Secret was not undone"
# A pod that is made later has the configuration of its revision.
kubectl delete pod "$(weir get pods -l app=web -o 'jsonpath={.items[0].metadata.name}')" >/dev/null
soon 60 settled v1 2
value MODE | grep -q four && value MODE | grep -q four || fail "a new pod has another configuration"

# Without the configuration: the template alone goes back, and sees what the ConfigMaps hold now.
kubectl set image deployment/web app=weir-demo:v2 >/dev/null
soon 60 settled v2 2
weir rollout undo deployment/web --keep-config >/dev/null
soon 60 eval 'value MODE | grep -q five && value MODE | grep -q five && settled v1 2'
[ "$(template)" = app ] || fail "the template says $(template)"
conserve_end
[ "$(weir get configmap app -o 'jsonpath={.data.MODE}')" = five ] || fail "the user's ConfigMap was touched"

# It all goes with the Deployment.
kubectl delete deployment web >/dev/null
soon 30 eval '[ "$(kubectl get configmaps,secrets -o name | sort | tr "\n" " ")" = "configmap/app secret/login " ]'
weir_stop
