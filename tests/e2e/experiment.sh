# An Experiment decides: a step runs both versions beside each other, each with a share of the
# requests, and an analysis compares them by the gateway's own numbers. weir is killed while it
# runs; a good version goes on by itself, a bad one is stopped before it gets more; and of the
# requests beside that none is lost. One that stands alone runs for its time and is gone.
NODE_PORT=30089
weir_start
change() { sed "s/weir-demo:v1/weir-demo:$1/" "$ROOT/manifests/experiment.yaml" >"$DIR/pay.yaml"; weir apply -f "$DIR/pay.yaml" >/dev/null; }
phase_is() { [ "$(weir get rollout pay -o 'jsonpath={.status.phase}')" = "$1" ]; }
revision_is() { [ "$(weir get rollout pay -o 'jsonpath={.metadata.annotations.rollout\.argoproj\.io/revision} {.status.phase}')" = "$1" ]; }
weights_are() { [ "$(weir get rollout pay -o 'jsonpath={.status.canary.weights.stable.weight} {.status.canary.weights.additional[*].weight}')" = "$1" ]; }
# The gateway has sent requests to the template with this number.
has_requests() {
  local hash
  hash=$(weir get experiments -o "jsonpath={.items[0].status.templateStatuses[$1].podTemplateHash}")
  inside curl --silent "http://127.0.0.1:$((PORT + 1))/metrics" |
    grep "^weir_gateway_requests_total.*service=\"pay\".*revision=\"$hash\".*code=\"200\"" >/dev/null
}

change v1
soon 60 phase_is Healthy

# Requests whose answers may be bad, and requests of which none may be lost: bad versions answer
# /echo well, too.
ask "$NODE_PORT" "$DIR/asked"
conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,post --rate 100 \
  --clients 16

# Good: killed in the middle, and all the way by itself.
change v2
soon 60 weights_are "60 20 20"
weir rollout get rollout/pay >"$DIR/tree"
grep -q "Σ pay-.* Experiment  *✔ Running" "$DIR/tree" || fail "$(cat "$DIR/tree")"
grep -q "⧉ pay-.*-canary .*Σ:canary" "$DIR/tree" || fail "$(cat "$DIR/tree")"
weir get service pay-next >/dev/null || fail "the template has no Service"
soon 10 has_requests 0
soon 10 has_requests 1
weir_kill
weir_start
soon 90 revision_is "2 Healthy"
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'
! weir get service pay-next >/dev/null 2>&1 || fail "the template's Service outlives its pods"
phase=$(weir get experiments -o 'jsonpath={.items[*].status.phase}')
[ "$phase" = Successful ] || fail "the experiment: $phase"

# One request in five fails: stopped before the canary has a share of its own.
change v4
soon 60 phase_is Degraded
message=$(weir get rollout pay -o 'jsonpath={.status.message}')
[[ $message == *"Experiment phase error/failed: Analysis 'compare' Failed: Metric \"error-rate\" assessed Failed due to failed (1) > failureLimit (0)"* ]] || fail "$message"
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'
weights_are "100 " || fail "$(weir get rollout pay -o yaml)"
! weir get events | grep -q "Traffic weight updated from" || [ "$(weir get events | grep -c 'Traffic weight updated from 0 to 60')" = 1 ] ||
  fail "the bad version got a share: $(weir get events)"

# What is undone is as it was.
change v2
soon 60 phase_is Healthy
kill $BESIDE
BESIDE=
conserve_end

# Alone: for its time, with nobody's help.
cat >"$DIR/alone.yaml" <<YAML
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: alone}
spec:
  duration: 2s
  scaleDownDelaySeconds: 1
  templates:
    - name: one
      selector: {matchLabels: {app: alone}}
      template:
        metadata: {labels: {app: alone}}
        spec:
          terminationGracePeriodSeconds: 1
          containers: [{name: app, image: "weir-demo:v1", readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}}]
YAML
weir apply -f "$DIR/alone.yaml" >/dev/null
soon 30 eval '[ "$(weir get experiment alone -o "jsonpath={.status.phase}")" = Running ]'
soon 30 eval '[ "$(weir get experiment alone -o "jsonpath={.status.phase}")" = Successful ]'
soon 30 eval '[ "$(running)" = "2 weir-demo:v2" ]'
weir_stop
