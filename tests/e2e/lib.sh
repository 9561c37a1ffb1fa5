# What the end-to-end scripts are written with. The driver (run) sets WEIR, ENGINE (a folder of
# tests/support/dockerd), DOCKER_HOST and DIR, a folder of the script's own; INSTANCE is its name.

dockerd() { "$ROOT/tests/support/dockerd" "$@" 9>&-; }
inside() { dockerd exec "$ENGINE" "$@"; }  # where the containers' addresses can be reached
# beside COMMAND…: runs there until the script ends, or kills $BESIDE.
beside() { (exec "$ROOT/tests/support/dockerd" exec "$ENGINE" "$@" 9>&-) & BESIDE="${BESIDE:-} $!"; }
weir() { inside "$WEIR" --kubeconfig "$DIR/data/admin.kubeconfig" "$@"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; tail -n 20 "$DIR/weir.log" >&2; exit 1; }

# conserve_begin ARGUMENT…: requests of which every one must be answered, until conserve_end. They go
# on while descriptor 9 is open: nothing else that runs in the background may have it.
conserve_begin() {
  [ -p "$DIR/go-on" ] || mkfifo "$DIR/go-on"
  inside "$CONSERVE" --target "$@" --until-stdin-closes <"$DIR/go-on" >"$DIR/conserved" 2>&1 &
  CONSERVE_PID=$!
  exec 9>"$DIR/go-on"
}
conserve_end() {
  exec 9>&-
  wait "$CONSERVE_PID" || fail "requests were lost, or an old version answered: $(cat "$DIR/conserved")"
}

# ask PORT FILE: a request after the other, whatever they are answered, until the script ends or
# kills $BESIDE. FILE tells how often each status came, when first and when last.
ask() { beside python3 "$ROOT/tests/e2e/ask.py" "$@"; }

# git_server NAME: a bare repository that http.server serves at $GIT_URL, and a work tree, $DIR/tree.
git_server() {
  export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.com
  git init --quiet --bare --initial-branch main "$DIR/srv/$1.git"
  git init --quiet --initial-branch main "$DIR/tree"
  beside python3 -u "$ROOT/tests/gitops/https_server.py" "$DIR/srv" >"$DIR/git.port"
  soon 20 test -s "$DIR/git.port"
  GIT_URL=http://127.0.0.1:$(cat "$DIR/git.port")/$1.git
  chmod 711 "$DIR"  # the fetch is nobody's
  WEIR_FLAGS="${WEIR_FLAGS:-} --cache-dir $DIR/cache"
}
# commit MESSAGE: what is in the work tree now is pushed; $HEAD is its name.
commit() {
  git -C "$DIR/tree" add -A
  git -C "$DIR/tree" commit --quiet -m "$1"
  git -C "$DIR/tree" push --quiet "$DIR/srv/$(basename "$GIT_URL")" main
  HEAD=$(git -C "$DIR/tree" rev-parse HEAD)
}

# soon SECONDS COMMAND…: until it succeeds.
soon() {
  local end=$((SECONDS + $1)); shift
  until "$@" >"$DIR/soon" 2>&1; do
    [ $SECONDS -lt $end ] || fail "not in time: $* $(cat "$DIR/soon")"
    sleep 0.1
  done
}

weir_start() {
  : >"$DIR/weir.out"
  # exec: the process that is killed and waited for is weir itself.
  (exec "$ROOT/tests/support/dockerd" exec "$ENGINE" "$WEIR" serve --data-dir "$DIR/data" --docker-host "${WEIR_DOCKER_HOST:-$DOCKER_HOST}" \
    --instance "$INSTANCE" --api-listen "127.0.0.1:$PORT" --metrics-listen "127.0.0.1:$((PORT + 1))" \
    --run-dir "$DIR/run" --io "${WEIR_IO:-best}" ${WEIR_FLAGS:-} >"$DIR/weir.out" 2>>"$DIR/weir.log" 9>&-) &
  WEIR_PID=$!
  echo "$WEIR_PID" >"$DIR/weir.pid"
  soon 60 grep -q "weir is ready" "$DIR/weir.out"
}
weir_stop() { kill "$WEIR_PID"; wait "$WEIR_PID" || fail "weir did not end well"; }
weir_kill() { kill -9 "$WEIR_PID"; wait "$WEIR_PID" 2>/dev/null || true; }

# deployment VERSION [REPLICAS] [NAME]
deployment() {
  cat <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${3:-web}}
spec:
  replicas: ${2:-3}
  selector: {matchLabels: {app: ${3:-web}}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: ${3:-web}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: weir-demo:$1
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
EOF
}
apply() { "$@" >"$DIR/manifest.yaml"; weir apply -f "$DIR/manifest.yaml"; }

# What runs for this script: "weir-demo:v2 running" a line, sorted.
ours() { docker ps --all --filter "label=dev.weir.instance=$INSTANCE" "$@"; }
running() { ours --filter status=running --format '{{.Image}}' | grep -v '^weir/pause:' | sort | uniq -c | awk '{print $1, $2}'; }
# in_a_pod NAME COMMAND…: where that pod is on the network, with its DNS.
in_a_pod() {
  local id
  id=$(ours --quiet --filter "label=io.kubernetes.pod.name=$1" --filter status=running)
  shift
  inside nsenter --net="$(docker inspect --format '{{.NetworkSettings.SandboxKey}}' "$id")" \
    unshare --mount sh -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' \
    "$(docker inspect --format '{{.ResolvConfPath}}' "$id")" "$@"
}
# The rollout is done, and exactly so many containers of that version run.
settled() {
  [ "$(weir get deployment "${3:-web}" -o 'jsonpath={.status.updatedReplicas} {.status.availableReplicas} {.status.replicas}')" = "$2 $2 $2" ] &&
    [ "$(running)" = "$2 weir-demo:$1" ]
}
