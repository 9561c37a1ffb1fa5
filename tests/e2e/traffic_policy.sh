# A BackendTrafficPolicy before real containers: the example of manifests/, users who stay with their
# pod, faults, a pause that holds requests and lets them go, and its words in status and metrics.
URL=http://127.0.0.1:30680
ask() { inside curl --silent --max-time 30 "$@"; }
code() { ask --output /dev/null --write-out '%{http_code}' "$@"; }
policy() {  # NAME SPEC
  printf 'apiVersion: weir.dev/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: %s}\nspec: {targetRefs: [{kind: Service, name: web}], %s}\n' "$1" "$2" |
    weir apply -f -
}
says() { weir get btp "$1" -o 'jsonpath={.status.ancestors[0].conditions[0].reason}' | grep -qx "$2"; }

weir_start
apply deployment v1 2
apply printf 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30680}]}\n'
soon 60 settled v1 2
soon 30 ask --fail --output /dev/null "$URL/version"

# The example: who has no cookie gets one.
weir apply -f "$ROOT/manifests/traffic-policy.yaml"
soon 10 says web Accepted
cookie() { ask --dump-header - --output /dev/null "$URL/version" | tr -d '\r' | grep -q '^Set-Cookie: web-user=.*; Max-Age=3600; HttpOnly; SameSite=Lax$'; }
soon 10 cookie
weir get btp | grep -q 'web  *web  *Accepted' || fail "the table: $(weir get btp)"
policy web-too 'pause: {}'
soon 10 says web-too Conflicted
weir delete btp web-too

# One in two, in each of the worker's threads.
policy web 'faultInjection: {abort: {httpStatus: 418, percentage: 50}}'
some() { [ "$(code "$URL/version")" = 418 ]; }
soon 10 some
aborted=$(for _ in $(seq 40); do code "$URL/version"; echo; done | grep -c 418)
[ $((2 * (aborted - 20))) -le "$(nproc)" ] && [ $((2 * (20 - aborted))) -le "$(nproc)" ] ||
  fail "one in two came out as $aborted in 40"

# While it is paused nothing is answered, and then everything is.
policy web 'pause: {timeout: 60s, maxPendingRequests: 3}'
held() { [ "$(code --max-time 1 "$URL/version")" = 000 ]; }
soon 30 eval 'held && held'
for i in 1 2; do code --max-time 60 "$URL/version" >"$DIR/paused.$i" & done
for _ in 1 2 3; do held || fail "who left still has its place"; done
[ ! -s "$DIR/paused.1" ] && [ ! -s "$DIR/paused.2" ] || fail "a paused request was answered"
weir delete btp web
through() { [ "$(cat "$DIR/paused.1" "$DIR/paused.2")" = 200200 ]; }
soon 10 through

# The Gateway API's own word for it, in a route of the Service itself.
weir apply -f - <<YAML
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{group: "", kind: Service, name: web}]
  rules: [{backendRefs: [{name: web, port: 80}], sessionPersistence: {sessionName: sid}}]
YAML
session() { ask --cookie-jar "$DIR/jar" --output /dev/null "$URL/version" && grep -q 'sid' "$DIR/jar"; }
soon 10 session
for _ in 1 2 3; do
  ask --fail --cookie "$DIR/jar" --dump-header - --output /dev/null "$URL/version" >"$DIR/head" || fail "a known user is not answered"
  ! grep -qi '^set-cookie' "$DIR/head" || fail "a user who is known gets another cookie"
done

counted() { inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" | grep -q "^weir_gateway_refused_total{.*service=\"web\".*reason=\"$1\"} [1-9]"; }
soon 30 counted fault
weir_stop
