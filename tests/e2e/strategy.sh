# A plain Deployment that is rolled out by weights: an annotation, and nothing else to learn. A good
# version is promoted by itself, a bad one taken back by itself; kubectl says which; no pod is made
# anew because the annotation comes or goes.
NODE_PORT=30194
weir_start
kubectl() { inside "$("$ROOT/tests/conformance/kubectl" debian)" --kubeconfig "$DIR/data/admin.kubeconfig" "$@"; }
{ deployment v1 2; printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: %s}]}\n' $NODE_PORT; } >"$DIR/web.yaml"
kubectl apply -f "$DIR/web.yaml" >/dev/null
kubectl rollout status deployment/web --timeout=60s >/dev/null
pods() { weir get pods -l app=web -o name | sort; }
before=$(pods)

kubectl annotate deployment web weir.dev/strategy=canary weir.dev/strategy-pause=4s >/dev/null
rollout_is() { [ "$(weir get rollout web -o 'jsonpath={.status.phase}')" = "$1" ]; }
soon 30 rollout_is Healthy
[ "$(pods)" = "$before" ] || fail "the annotation changed the pods: $(pods)"
# A word that is none is refused.
! kubectl annotate --overwrite deployment web weir.dev/strategy=lucky 2>"$DIR/said" || fail "lucky is no strategy"
grep -q 'supported values: "canary", "blue-green"' "$DIR/said" || fail "$(cat "$DIR/said")"

# Requests whose answers may be bad, and others of which none may be lost.
ask "$NODE_PORT" "$DIR/asked"
conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post --rate 100 \
  --clients 16

kubectl set image deployment/web app=weir-demo:v2 >/dev/null
soon 30 rollout_is Paused
weir rollout get deployment/web >"$DIR/tree"
grep -q "ActualWeight:  10" "$DIR/tree" && grep -q "AnalysisRun" "$DIR/tree" || fail "$(cat "$DIR/tree")"
kubectl rollout status deployment/web --timeout=90s >"$DIR/said" || fail "$(cat "$DIR/said")"
soon 30 settled v2 2

# One request in five fails: it is taken back, and kubectl says that it did not succeed.
kubectl set image deployment/web app=weir-demo:v4 >/dev/null
! kubectl rollout status deployment/web --timeout=90s >"$DIR/said" 2>&1 || fail "a bad version succeeded"
grep -q "exceeded its progress deadline" "$DIR/said" || fail "$(cat "$DIR/said")"
! weir rollout status deployment/web >"$DIR/said" 2>&1 || fail "a bad version succeeded"
grep -q 'Metric "error-rate" assessed Failed' "$DIR/said" || fail "$(cat "$DIR/said")"
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'
kubectl rollout undo deployment/web >/dev/null
kubectl rollout status deployment/web --timeout=60s >/dev/null || fail "v2 is not what it was"
[ "$(weir get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image}')" = weir-demo:v2 ] || fail "not undone"

# Blue-green, steered by hand.
kubectl annotate --overwrite deployment web weir.dev/strategy=blue-green weir.dev/strategy-pause=10m >/dev/null
kubectl set image deployment/web app=weir-demo:v1 >/dev/null
soon 60 rollout_is Paused
weir rollout promote deployment/web >/dev/null
weir rollout status deployment/web --timeout=60s >/dev/null || fail "$(weir get rollout web -o yaml)"
kill $BESIDE
BESIDE=
conserve_end

# And without: a rolling update again.
before=$(pods)
kubectl annotate deployment web weir.dev/strategy- >/dev/null
soon 30 eval '! weir get rollout web 2>/dev/null'
[ -z "$(weir get analysistemplates -o name)" ] || fail "the template is still there"
weir get pods -l app=web -o 'jsonpath={.items[*].spec.containers[0].image}' | grep -q weir-demo:v1 || fail "its pods have gone"
kubectl set image deployment/web app=weir-demo:v2 >/dev/null
kubectl rollout status deployment/web --timeout=60s >/dev/null
weir_stop
