# The Gateway API and Ingress before real containers: weights, matches, redirects, rewrites, TLS from
# a Secret with its renewal, and a rolling update behind it all that loses no request.
HTTP=30380 HTTPS=30443
deployment v1 2 web >"$DIR/edge.yaml"
{ echo ---; deployment v2 1 canary; } >>"$DIR/edge.yaml"
service() { printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  selector: {app: %s}\n  ports: [{name: http, port: 80, targetPort: 8080}]\n' "$1" "$1"; }
{ service web; service canary; cat <<YAML
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: weir
  listeners:
    - {name: http, port: $HTTP, protocol: HTTP}
    - name: https
      port: $HTTPS
      protocol: HTTPS
      hostname: web.example
      tls: {certificateRefs: [{name: edge-tls}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: edge}]
  hostnames: [web.example]
  rules:
    - backendRefs: [{name: web, port: 80, weight: 80}, {name: canary, port: 80, weight: 20}]
    - matches: [{headers: [{name: X-Canary, value: always}]}]
      backendRefs: [{name: canary, port: 80}]
    - matches: [{path: {value: /api}}]
      filters:
        - type: URLRewrite
          urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}
        - type: ResponseHeaderModifier
          responseHeaderModifier: {set: [{name: X-Served-By, value: weir}]}
      backendRefs: [{name: web, port: 80}]
    - matches: [{path: {value: /old}}]
      filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
    - host: ingress.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
YAML
} >>"$DIR/edge.yaml"
weir_start
weir apply -f "$DIR/edge.yaml"
ask() { inside curl --silent --max-time 5 --resolve "*:$HTTP:127.0.0.1" --resolve "*:$HTTPS:127.0.0.1" --resolve "*:80:127.0.0.1" "$@"; }
version() { ask "http://web.example:$HTTP/version" "$@"; }
answers() { version --fail >/dev/null; }
soon 60 answers
ready() { [ "$(weir get deployment "$1" -o 'jsonpath={.status.availableReplicas}')" = "$2" ]; }
soon 60 ready web 2
soon 60 ready canary 1
canary() { version -H 'X-Canary: always' | grep -q v2; }
soon 30 canary  # the gateway knows it, too

counts() { for _ in $(seq 50); do version; echo; done | grep -oE 'v[0-9]' | sort | uniq -c | awk '{printf "%s %s ", $1, $2}'; }
# Each of the worker's threads divides what it gets: a connection a request meets them all.
got=$(counts)
read -r stable _ canary _ <<<"$got"
[ $((stable + canary)) = 50 ] && [ "$canary" -ge 7 ] && [ "$canary" -le 13 ] || fail "80 to 20 came out as: $got"
for _ in 1 2 3 4 5; do canary || fail "the header does not lead to the canary"; done
ask --dump-header - "http://web.example:$HTTP/api/version" | tr -d '\r' | grep -qx 'X-Served-By: weir' || fail "the response's header"
ask "http://web.example:$HTTP/api/version" | grep -q v1 || fail "the path is not rewritten"
ask --output /dev/null --write-out '%{http_code} %{redirect_url}' "http://web.example:$HTTP/old/x?y" |
  grep -qx '301 https://web.example/old/x?y' || fail "no redirect"
[ "$(ask --output /dev/null --write-out '%{http_code}' "http://other.example:$HTTP/")" = 404 ] || fail "a host that no route has"
ask --fail http://ingress.example/version | grep -q v1 || fail "the ingress"

# TLS: nothing listens before there is a certificate; a renewed one is used for the next connection.
weir get gateway edge -o yaml | grep -q InvalidCertificateRef || fail "no word about the missing Secret"
certificate() {  # SERIAL
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -set_serial "$1" \
    -subj /CN=web.example -addext subjectAltName=DNS:web.example -keyout "$DIR/tls.key" -out "$DIR/tls.crt" 2>/dev/null
  cat <<YAML | weir apply -f -
apiVersion: v1
kind: Secret
metadata: {name: edge-tls}
type: kubernetes.io/tls
data: {tls.crt: $(base64 -w0 "$DIR/tls.crt"), tls.key: $(base64 -w0 "$DIR/tls.key")}
YAML
}
secure() { ask --fail --cacert "$DIR/tls.crt" "https://web.example:$HTTPS/version"; }
certificate 1
soon 30 secure
weir get gateway edge | grep -q True || fail "not programmed: $(weir get gateway edge)"
certificate 2
soon 30 secure  # by the new certificate alone
grep -q "BEGIN.*PRIVATE" "$DIR/weir.log" && fail "a private key in the log"
weir get httproute web -o 'jsonpath={.status.parents[0].conditions[0].status}' | grep -q True || fail "the route is not accepted"

# Behind the gateway a rolling update loses nothing.
weir apply -f - <<YAML
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: any}
spec:
  parentRefs: [{name: edge, sectionName: http}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
YAML
found() { [ "$(ask --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$HTTP/version")" = 200 ]; }
soon 30 found
conserve_begin 127.0.0.1:$HTTP --forms keepalive,close,pipelined,post,chunked \
  --clients 12
for one in v2 v1; do
  apply deployment $one 2 web
  soon 90 weir rollout status deployment/web
done
conserve_end
cat "$DIR/conserved"
weir delete gateway edge
gone() { ! answers; }
soon 30 gone
weir_stop
