# A Service in front of a Deployment: rolling updates, scaling and a deleted pod under load, and no
# request is lost: that is for weir_conserve to say. services_epoll.sh does it on the other data path,
# at the same time and on the same host: ports and addresses are its own.
: "${NODE_PORT:=30180}" "${NAME_SERVER:=192.0.2.1}"
NEXT_PORT=$((NODE_PORT + 1))
weir_start
deployment v1 3 >"$DIR/services.yaml"
cat >>"$DIR/services.yaml" <<YAML
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: $NODE_PORT}]
YAML
weir apply -f "$DIR/services.yaml"
soon 60 settled v1 3
served() { inside curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$NODE_PORT/version"; }
soon 30 served
weir get endpointslices | grep -q 8080 || fail "no endpoint slice: $(weir get endpointslices)"

# From any pod, by each of the Service's names, as in Kubernetes. What Docker's DNS does not know it
# asks of the pod's name server: here one that knows nothing.
inside ip address replace $NAME_SERVER/32 dev lo
inside timeout 100 python3 -c 'import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
while True:
    question, client = server.recvfrom(4096)
    server.sendto(question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:], client)' "$NAME_SERVER" >/dev/null 2>&1 &
weir apply -f - <<YAML
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers: [{name: client, image: "weir-demo:v1"}]
  dnsConfig: {nameservers: [$NAME_SERVER]}
YAML
resolves() { in_a_pod client curl --silent --fail --max-time 5 "http://$1/version" | grep -q v1; }
for name in web web.default web.default.svc web.default.svc.cluster.local; do
  soon 30 resolves $name
done
soon 10 resolves "$(weir get service web --output 'jsonpath={.spec.clusterIP}')"
weir delete pod client

conserve_begin 127.0.0.1:$NODE_PORT --forms keepalive,close,pipelined,post,chunked,slow,websocket \
  --clients 24
for version in v2 v1 v2; do
  apply deployment $version 3
  soon 90 settled $version 3
done
weir scale deployment/web --replicas=6
soon 60 settled v2 6
weir scale deployment/web --replicas=2
soon 60 settled v2 2
soon 30 eval '[ "$(weir get pods --output name | wc -l)" = 2 ]'  # the others' objects go last
weir delete pod "$(weir get pods --output name | head -n 1 | cut -d/ -f2)"
soon 60 settled v2 2
# weir itself may die: the gateway goes on, and the next weir finds it.
weir_kill
weir_start
apply deployment v1 2
soon 90 settled v1 2
# The worker is replaced, and only then is the one before it gone.
GATEWAY="$DIR/run/$INSTANCE/gateway.sock"
holder() { pgrep --full "gateway run --socket $GATEWAY"; }
workers() { pgrep --parent "$(holder)" | tr '\n' ' '; }
threads=0
for worker in $(workers); do
  for thread in "/proc/$worker/task"/*; do
    grep -q '^CapEff:.*\b0000000000000000$' "$thread/status" || fail "a thread of the worker has capabilities"
    grep -q '^Uid:.65534.65534.65534.65534$' "$thread/status" || fail "a thread of the worker is not nobody"
    grep -q '^NoNewPrivs:.1$' "$thread/status" || fail "a thread of the worker can gain privileges"
    threads=$((threads + 1))
  done
done
[ "$threads" -gt 1 ] || fail "the worker has no threads but $threads"
before=$(workers)
inside "$WEIR" gateway upgrade --socket "$GATEWAY"
replaced() { [[ $(workers) != *"$before"* && $(workers) =~ ^[0-9]+\ $ ]]; }
soon 70 replaced
conserve_end
grep -E '^(requests|responses|lost)' "$DIR/conserved"

# The worker dies: who connects meanwhile waits for the next.
kill -9 $(workers)
for _ in 1 2 3 4 5; do served || fail "refused while there was no worker"; done

# A port that somebody else holds: said, and taken as soon as it is free.
inside python3 -c 'import socket, sys
holder = socket.create_server(("0.0.0.0", int(sys.argv[1])))
sys.stdin.read()' $NEXT_PORT <"$DIR/go-on" &
exec 9>"$DIR/go-on"
held() { inside bash -c "exec 3<>/dev/tcp/127.0.0.1/$NEXT_PORT" 2>/dev/null; }
soon 10 held
sed "s/$NODE_PORT/$NEXT_PORT/; s/replicas: 3/replicas: 2/" "$DIR/services.yaml" | weir apply -f -
said() { weir events --for service/web | grep -q "$NEXT_PORT: Address already in use"; }
soon 30 said
exec 9>&-
moved() { inside curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$NEXT_PORT/version"; }
soon 30 moved

weir delete service web
gone() { ! moved; }
soon 30 gone
without_sandbox() { [ -z "$(ours --quiet --filter label=io.kubernetes.container.name=sandbox)" ]; }
soon 30 without_sandbox
weir_stop
