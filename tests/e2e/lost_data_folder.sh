# The data folder is deleted; weir starts again and gets the same files: the running containers are
# recognised and kept, and their Service sends requests to them. Until then nobody touches them.
apply_all() {
  apply deployment v1 3
  weir apply -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30780}]}
YAML
}
served() { inside curl --silent --fail --max-time 5 --output /dev/null http://127.0.0.1:30780/version; }
weir_start
apply_all
soon 60 settled v1 3
soon 30 served
before=$(ours --quiet --no-trunc | sort)
weir_stop
rm -rf "$DIR/data"
weir_start
soon 30 eval 'grep -q "in sync" "$DIR/weir.log"'
[ "$(ours --quiet --no-trunc | sort)" = "$before" ] || fail "containers changed before anything was applied"
apply_all
soon 60 settled v1 3
soon 30 served
soon 30 eval '[ "$(weir get endpointslices -o "jsonpath={.items[0].endpoints[*].conditions.ready}")" = "true true true" ]'
[ "$(ours --quiet --no-trunc | sort)" = "$before" ] || fail "the containers were not kept"
apply deployment v2 3
soon 90 settled v2 3
soon 30 served
weir_stop
