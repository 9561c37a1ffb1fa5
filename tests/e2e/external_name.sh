# A Service that stands for another host: pods reach it by the Service's name, whatever its address
# is by now. The other host is this one, by an address of its own; not by its loopback, which is not
# for pods.
inside ip address replace 192.0.2.77/32 dev lo
weir_start
mkdir "$DIR/elsewhere"
echo "from elsewhere" >"$DIR/elsewhere/index.html"
inside timeout 200 python3 -m http.server 30990 --directory "$DIR/elsewhere" >/dev/null 2>&1 &
weir apply -f - <<YAML
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {type: ExternalName, externalName: 192.0.2.77, ports: [{port: 80, targetPort: 30990}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers: [{name: client, image: "weir-demo:v1"}]
YAML
weir get service db | grep -q 'ExternalName *<none> *192.0.2.77 *80/TCP' || fail "the table: $(weir get service db)"
answers() { in_a_pod client curl --silent --fail --max-time 5 "http://$1/" | grep -q 'from elsewhere'; }
soon 60 answers db
weir_kill  # the next one knows where it led
weir_start
answers db || fail "a restart of weir lost its address"
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {type: ExternalName, externalName: localhost, ports: [{port: 80, targetPort: 30990}]}\n' |
  weir apply -f -
gone() { ! answers db; }
soon 30 gone

# Without a port there is nothing to take connections on, and its author is told.
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {type: ExternalName, externalName: localhost}\n' |
  weir apply -f - 2>&1 | grep -q 'has no effect without spec.ports' || fail "no warning"
soon 30 gone

# A name that nobody has.
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {type: ExternalName, externalName: nobody.invalid, ports: [{port: 80}]}\n' |
  weir apply -f -
told() { weir get events | grep -q 'FailedToResolve.*nobody.invalid'; }
soon 30 told
weir_stop
