# Blue-green under load: the new version is seen on the preview port only, then all requests change
# over at one instant, back and again; weir is killed in between, and no request is lost.
weir_start
bank() { sed "s/weir-demo:v1/weir-demo:$1/" "$ROOT/manifests/blue-green.yaml" >"$DIR/bank.yaml"; weir apply -f "$DIR/bank.yaml" >/dev/null; }
is() { [ "$(weir get rollout bank -o 'jsonpath={.status.phase} {.status.message}' | sed 's/ $//')" = "$1" ]; }
says() { inside curl --silent --max-time 5 "http://127.0.0.1:$1/version" | grep -q "$2"; }
bank v1
soon 60 is Healthy
soon 30 says 30098 v1

conserve_begin 127.0.0.1:30098 --forms keepalive,close,post,slow,websocket --rate 200 --monotone \
  --clients 64

bank v2
soon 60 is "Paused BlueGreenPause"
soon 10 says 30099 v2
says 30098 v1 || fail "users see the preview"
weir_kill
weir_start
is "Paused BlueGreenPause" || fail "$(weir get rollout bank -o yaml)"
weir rollout promote rollout/bank
weir rollout status rollout/bank --timeout=60s >/dev/null
says 30098 v2 || fail "it did not change over"
[ "$(running)" = "2 weir-demo:v1
2 weir-demo:v2" ] || fail "the old pods do not stand by: $(running)"
conserve_end

# While the old ones stand by, going back is one more switch, without a pause.
bank v1
soon 30 is Healthy
says 30098 v1 || fail "it did not go back"

# What is no good never gets there; deleted, nothing of it is left, and the Services pick by their own words.
bank v3
soon 60 eval '[ "$(weir get rollout bank -o "jsonpath={.status.updatedReplicas}")" = 2 ]'
says 30098 v1 || fail "a version that is not ready is served"
weir delete rollout bank >/dev/null
soon 60 eval '[ -z "$(weir get pods -o name)" ]'
[ "$(weir get service bank -o 'jsonpath={.spec.selector}')" = '{"app":"bank"}' ] || soon 10 eval '[ "$(weir get service bank -o "jsonpath={.spec.selector}")" = "{\"app\":\"bank\"}" ]'
weir_stop
