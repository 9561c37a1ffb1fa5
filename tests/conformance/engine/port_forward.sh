# kubectl port-forward to a pod, a deployment and a service; kubectl 1.20 speaks SPDY, newer ones
# SPDY in a WebSocket.
deployment web weir-demo:v1 1 | k apply -f -
want "condition met" k wait --for=condition=available deployment/web --timeout=60s
k expose deployment web --port=80 --target-port=8080
pod=$(k get pods -l app=web -o name | head -1)

# A program in the pod that serves its localhost only: it reads everything, and then sends it back.
container=$(k get "$pod" -o 'jsonpath={.status.containerStatuses[0].containerID}')
cat >mirror.py <<'PYTHON'
import socket, threading
def serve(connection):
    with connection:
        parts = iter(lambda: connection.recv(65536), b"")
        connection.sendall(b"".join(parts))
server = socket.create_server(("127.0.0.1", 9000), backlog=100)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
PYTHON
background=
trap 'kill $background 2>/dev/null || :' EXIT
nsenter --net="$(docker inspect --format '{{.NetworkSettings.SandboxKey}}' "${container#docker://}")" \
  python3 mirror.py >mirror.log 2>&1 &
background=$!
soon "ready" cat mirror.log

# forward TARGET PORT…: sets $kubectl, its process, and $to_PORT, where each can be reached.
forward() {
  : >forward.log  # what the one before wrote
  "$KUBECTL" --kubeconfig "$KUBECONFIG" --namespace "$NS" port-forward "$1" $(printf ':%s ' $2) >>forward.log 2>&1 &
  kubectl=$!
  background="$background $kubectl"
  for port in $2; do
    soon "-> ${3:-$port}" grep "^Forwarding from 127.0.0.1" forward.log
    address=$(sed -n "s/^Forwarding from \(127.0.0.1:[0-9]*\) -> ${3:-$port}\$/\1/p" forward.log)
    eval "to_$port=$address"
  done
}
web() { curl --silent --fail --max-time 20 "http://$1/version"; }

forward deployment/web 8080
want "v1" web "$to_8080"
kill "$kubectl"
forward service/web 80 8080  # kubectl itself finds the service's target port
want "v1" web "$to_80"
kill "$kubectl"

forward "$pod" "8080 9000"
want "v1" web "$to_8080"
# Twenty at a time, each with an answer of its own.
for i in $(seq 20); do
  curl --silent --fail --max-time 30 "http://$to_8080/echo?bytes=200000&ms=100" -H "X-Request-Id: r$i" >"echo.$i" &
  eval "curl_$i=$!"
done
for i in $(seq 20); do
  eval "wait \$curl_$i" || fail "request $i of twenty failed" "$(cat forward.log)"
  want "\"id\":\"r$i\"" head -c 300 "echo.$i"
  [ "$(wc -c <"echo.$i")" -gt 200000 ] || fail "answer $i is cut short" "$(head -c 300 "echo.$i")"
done
# Six megabytes there and back, on two connections at a time.
cat >send.py <<'PYTHON'
import hashlib, random, socket, sys, threading
host, port = sys.argv[1].split(":")
failed = []
def check(seed):
    sent = random.Random(seed).randbytes(6 << 20)
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    if hashlib.sha256(got).digest() != hashlib.sha256(sent).digest():
        failed.append(f"{len(got)} of {len(sent)} bytes came back")
threads = [threading.Thread(target=check, args=(seed,)) for seed in (1, 2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("; ".join(failed) or "equal")
PYTHON
same "equal" python3 send.py "$to_9000"
kill "$kubectl"

# Where nothing listens: kubectl says so. The session goes on, unless kubectl itself ends it, as
# newer ones do.
forward "$pod" "8080 9"
fails "" web "$to_9"
soon "error forwarding port 9 to pod" cat forward.log
want "connection refused" cat forward.log
still_serves_or_left() { web "$to_8080" >/dev/null || grep -q "lost connection to pod" forward.log; }
soon "" still_serves_or_left
kill "$kubectl" 2>/dev/null || :

# The pod goes: its connections end, and there are no new ones.
forward "$pod" 8080
curl --silent --no-buffer --max-time 60 "http://$to_8080/sse?events=100000&ms=50" >events &
curl=$!
soon "data:" cat events
k delete "$pod" --wait=false
wait "$curl" || :
soon "NotFound" sh -c '"$0" "$@" 2>&1 || :' "$KUBECTL" --kubeconfig "$KUBECONFIG" --namespace "$NS" get "$pod"
fails "" web "$to_8080"
soon "error forwarding port 8080 to pod" cat forward.log
k delete deployment,service web
