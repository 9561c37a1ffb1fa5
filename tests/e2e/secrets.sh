# A Secret reaches the container as environment and as a file, and nothing else: not docker inspect,
# not the store, not the log, not Events, metrics or any other object.
marker=mark-$RANDOM-$RANDOM-er
weir_start
cat >"$DIR/manifest.yaml" <<EOF
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: $marker}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: app
      image: weir-demo:v1
      env:
        - {name: SHOW_ENV, value: PASSWORD}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: login, key: password}}}
      volumeMounts: [{name: files, mountPath: /files}]
      readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
  volumes: [{name: files, secret: {secretName: login}}]
EOF
weir apply -f "$DIR/manifest.yaml" >/dev/null
weir wait pod/reader --for=condition=Ready --timeout=60s >/dev/null
address=$(weir get pod reader -o 'jsonpath={.status.podIP}')
inside curl -s "http://$address:8080/env?name=PASSWORD" | grep -q "$marker" || fail "the container does not see its variable"
docker exec "$(ours --quiet)" /demo-server cat /files/password | grep -q "$marker" || fail "the container does not see its file"
encoded=$(printf %s "$marker" | base64)
for text in "$marker" "${encoded%??}"; do
  ! docker inspect "$(ours --quiet)" | grep -q "$text" || fail "docker inspect shows the Secret"
  ! grep -rq "$text" "$DIR/data" || fail "the data folder holds the Secret in clear"
  ! grep -q "$text" "$DIR/weir.log" || fail "the log shows the Secret"
  ! weir get pods,events,deployments -o json | grep -q "$text" || fail "an object shows the Secret"
  ! inside curl -s "http://127.0.0.1:$((PORT + 1))/metrics" | grep -q "$text" || fail "a metric shows the Secret"
done
weir delete pod reader >/dev/null
weir_stop
