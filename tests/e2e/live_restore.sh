# needs an engine of its own
# dockerd is restarted and killed under load, with live-restore: containers and gateway go on, and no
# request is lost, not even by a rolling update in the middle of which it happens.
dockerd restart "$ENGINE" --live-restore >/dev/null
weir_start
apply deployment v1 3
weir apply -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30880}]}
YAML
soon 60 settled v1 3
served() { inside curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:30880/version; }
soon 30 served
conserve_begin 127.0.0.1:30880 --forms keepalive,close,pipelined,post,chunked,slow,websocket \
  --clients 12
answers() { inside "$CONSERVE" --target 127.0.0.1:30880 --forms close --clients 1 --requests 20; }
dockerd restart "$ENGINE" >/dev/null
soon 30 answers
apply deployment v2 3
soon 60 eval 'running | grep -q v2'
dockerd restart "$ENGINE" --kill9 >/dev/null
soon 120 settled v2 3
soon 30 answers
conserve_end
grep -E '^(requests|responses|lost)' "$DIR/conserved"
weir_stop
