# A repository is the desired state: what is pushed is applied, what a hand changes is put back and
# told, what is taken out is deleted. A push that fails its rollout goes back by itself and is not
# applied again, though weir is killed meanwhile, until there is another one or somebody releases it.
git_server app
app() {  # VERSION: a kustomization of a Deployment that goes back by itself, and its Service
  mkdir -p "$DIR/tree/prod"
  deployment "$1" 2 | sed "s|^  replicas: 2|  replicas: 2\n  progressDeadlineSeconds: 5|; s|^metadata: {name: web}|metadata: {name: web, annotations: {weir.dev/auto-rollback: 'true'}}|" >"$DIR/tree/prod/web.yaml"
  cat >"$DIR/tree/prod/service.yaml" <<YAML
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
YAML
  cat >"$DIR/tree/prod/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [web.yaml, service.yaml]
configMapGenerator: [{name: settings, literals: [colour=blue]}]
commonAnnotations: {example.com/team: shop}
YAML
}
at() { weir get kustomization flux-system -n flux-system -o "jsonpath={.status.$1}"; }
ready() { at 'conditions[?(@.type=="Ready")].reason'; }
has_applied() { [ "$(at lastAppliedRevision)" = "main@sha1:$HEAD" ]; }
is_good() { has_applied && [ "$(at lastGoodRevision)" = "main@sha1:$HEAD" ]; }
ready_is() { [ "$(ready)" = "$1" ]; }

app v1
commit "the first version"
WEIR_FLAGS="$WEIR_FLAGS --git $GIT_URL --git-path ./prod --git-interval 1s"
weir_start
soon 60 is_good
settled v1 2 || fail "$(running)"
[ "$(weir get gitrepository flux-system -n flux-system -o 'jsonpath={.status.artifact.metadata.subject}')" = "the first version" ] ||
  fail "$(weir get gitrepository -n flux-system -o yaml)"
[ "$(weir get deployment web -o 'jsonpath={.metadata.labels.kustomize\.toolkit\.fluxcd\.io/name}')" = flux-system ] || fail "no label"
settings() { weir get configmaps -o name | grep -c settings-; }
[ "$(settings)" = 1 ] || fail "$(weir get configmaps)"

# Pushed: applied, and what is not there any more is gone.
app v2
sed -i 's/colour=blue/colour=red/; s/, service.yaml//' "$DIR/tree/prod/kustomization.yaml"
commit "the second version"
soon 60 is_good
soon 30 settled v2 2
[ "$(settings)" = 1 ] || fail "the old one is there: $(weir get configmaps)"
! weir get service web >/dev/null 2>&1 || fail "the Service is still there"

# A Git server tells of a push: looked at now, though the interval is an hour.
apply cat <<YAML
apiVersion: v1
kind: Secret
metadata: {name: hook, namespace: flux-system}
stringData: {token: open-sesame}
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: {name: github, namespace: flux-system}
spec:
  type: github
  events: [push]
  secretRef: {name: hook}
  resources: [{kind: GitRepository, name: flux-system}]
YAML
weir_kill
WEIR_FLAGS="${WEIR_FLAGS/--git-interval 1s/--git-interval 1h}"
weir_start
soon 30 is_good
app v1
commit "told by a webhook"
hook() {  # TOKEN
  printf '{"ref":"refs/heads/main"}' >"$DIR/push.json"
  inside curl --silent --cacert "$DIR/data/pki/ca.crt" --output /dev/null --write-out '%{http_code}' --data-binary "@$DIR/push.json" \
    --header 'X-GitHub-Event: push' --header "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac "$1" -r "$DIR/push.json" | cut -d' ' -f1)" \
    "https://127.0.0.1:$PORT$(weir get receiver github -n flux-system -o 'jsonpath={.status.webhookPath}')"
}
[ "$(hook guessed)" = 401 ] || fail "a wrong signature: $(hook guessed)"
[ "$(hook open-sesame)" = 200 ] || fail "a right one: $(hook open-sesame)"
soon 60 is_good
WEIR_FLAGS="${WEIR_FLAGS/--git-interval 1h/--git-interval 1s}"
weir_kill
weir_start
soon 30 settled v1 2
app v2
commit "the second version again"
soon 60 is_good

# By hand: put back, and told which field and whose.
weir scale deployment web --replicas 4
weir gitops sync flux-system -n flux-system
put_back() { [ "$(weir get deployment web -o 'jsonpath={.spec.replicas}')" = 2 ]; }
soon 20 put_back
drift() { weir get events -n flux-system | grep -q 'DriftCorrected.*Deployment/default/web: .spec.replicas, .*weir'; }
soon 20 drift || fail "$(weir get events -n flux-system)"

# A push that never becomes ready goes back by itself, and stays back.
app v3
commit "the third version, which is broken"
soon 60 ready_is Quarantined
soon 60 settled v2 2
GOOD=$(git -C "$DIR/tree" rev-parse HEAD~)
[ "$(at lastGoodRevision)" = "main@sha1:$GOOD" ] || fail "good: $(at lastGoodRevision)"
weir gitops status -n flux-system >"$DIR/status"
grep -q "flux-system.*main@sha1:${HEAD:0:8}.*main@sha1:${GOOD:0:8}.*Quarantined" "$DIR/status" || fail "$(cat "$DIR/status")"
weir_kill
weir_start
soon 30 ready_is Quarantined
weir gitops sync flux-system -n flux-system --wait=false
settled v2 2 || fail "the broken version came back: $(running)"

# Whoever knows better releases it; and a fix needs nobody.
weir gitops release flux-system -n flux-system
again() { weir get events -n flux-system | grep -q 'Quarantined' && [ "$(weir get deployment web -o 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')" -ge 5 ]; }
soon 60 again
soon 60 ready_is Quarantined
app v1
commit "a fix"
soon 60 is_good
soon 30 settled v1 2

# A branch that goes back is refused, unless it may.
git -C "$DIR/tree" reset --quiet --hard HEAD~1
app v2
git -C "$DIR/tree" add -A
git -C "$DIR/tree" commit --quiet -m "history, written anew"
git -C "$DIR/tree" push --quiet --force "$DIR/srv/app.git" main
HEAD=$(git -C "$DIR/tree" rev-parse HEAD)
refused() { weir get gitrepository flux-system -n flux-system -o 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}' | grep -q NonFastForward; }
soon 30 refused
settled v1 2 || fail "$(running)"
inside "$("$ROOT/tests/conformance/kubectl" debian)" --kubeconfig "$DIR/data/admin.kubeconfig" \
  annotate gitrepository flux-system -n flux-system weir.dev/allow-force-push=true
soon 60 is_good

# It goes, and what it applied goes with it.
weir delete kustomization flux-system -n flux-system
soon 30 eval '[ -z "$(running)" ]'
weir_stop
