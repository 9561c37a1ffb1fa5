# A ClientTrafficPolicy before real containers: the example of manifests/, a real HAProxy in front
# that speaks the PROXY protocol, the access log, and what metrics say of clients.
URL=http://127.0.0.1:30980 LOG="$DIR/weir.out"
ask() { inside curl --silent --max-time 30 "$@"; }
code() { ask --output /dev/null --write-out '%{http_code}' "$@"; }
policy() {  # SPEC
  printf 'apiVersion: weir.dev/v1alpha1\nkind: ClientTrafficPolicy\nmetadata: {name: web}\nspec: {targetRefs: [{kind: Service, name: web}], %s}\n' "$1" |
    weir apply -f -
}
# Some line of the access log has all of these.
logged() {
  local line
  line=$(grep '"response_code"' "$LOG")
  for word; do line=$(grep --fixed-strings -- "$word" <<<"$line") || return 1; done
}
metric() { inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" | grep -q "^$1"; }

weir_start
apply deployment v1 2
apply printf 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080, nodePort: 30980}]}\n'
soon 60 settled v1 2
soon 30 ask --fail --output /dev/null "$URL/version"

# The example. A connection keeps the policy that it was made under: curl makes new ones.
weir apply -f "$ROOT/manifests/client-policy.yaml"
says() { weir get ctp web -o 'jsonpath={.status.ancestors[0].conditions[0].reason}' | grep -qx Accepted; }
soon 10 says
weir get ctp | grep -q 'web  *web  *Accepted' || fail "the table: $(weir get ctp)"
seen() {
  ask --output /dev/null --header 'X-Forwarded-For: 192.0.2.1, 198.51.100.7' --user-agent weir-test "$URL/version?token=secret"
  logged '"path":"/version"' '"downstream_remote_address":"198.51.100.7"' '"user-agent":"weir-test"' \
    '"upstream_cluster":"default/web:80"' '"pod":"default/web-' '"response_code":200'
}
soon 20 seen
! grep -q secret "$LOG" || fail "a query is in the log"
head -c 10485761 /dev/zero >"$DIR/long"
[ "$(code --data-binary "@$DIR/long" "$URL/version")" = 413 ] || fail "a body of 10 MiB and a byte is taken"

# A balancer that says in its own way who the client is, in both versions.
policy 'accessLog: {}, proxyProtocol: {}'
refused() { [ "$(code "$URL/version")" = 000 ]; }
soon 10 refused
[ "$(code --haproxy-protocol "$URL/version")" = 200 ] || fail "curl's PROXY header is not understood"
cat >"$DIR/haproxy.cfg" <<CFG
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen one
  bind 127.0.0.1:30981
  source 127.0.0.3
  server web 127.0.0.1:30980 send-proxy
listen two
  bind 127.0.0.1:30982
  source 127.0.0.3
  server web 127.0.0.1:30980 send-proxy-v2
CFG
inside haproxy -f "$DIR/haproxy.cfg" -D -p "$DIR/haproxy.pid" || fail "HAProxy does not start"
for port in 30981 30982; do
  through() {
    [ "$(code --interface "127.0.0.$((port - 30970))" --user-agent "by-$port" "http://127.0.0.1:$port/version")" = 200 ]
  }
  soon 10 through
  said() { logged "\"user-agent\":\"by-$port\"" "\"downstream_remote_address\":\"127.0.0.$((port - 30970))\""; }
  soon 10 said
done
kill "$(cat "$DIR/haproxy.pid")"
soon 10 metric 'weir_gateway_connections_refused_total{listener="Service/default/web:80/node",reason="proxy-protocol"} [1-9]'
soon 10 metric 'weir_gateway_connections_total{listener="Service/default/web:80/node"} [1-9]'
soon 10 metric 'weir_gateway_upstream_connections_total{namespace="default",service="web".* [1-9]'
soon 10 metric 'weir_gateway_info{io="\(io_uring\|epoll\)"} 1'

# A pod is no balancer's client: the Service's own address asks nobody for a header.
inside_pod_address=$(weir get service web -o 'jsonpath={.spec.clusterIP}')
[ "$(code "http://$inside_pod_address/version")" = 200 ] || fail "the Service's own address wants a PROXY header"
weir_stop
