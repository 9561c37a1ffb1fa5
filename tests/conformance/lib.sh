# What the scripts are written with. The driver (run) sets KUBECTL, KUBECONFIG and NS, a namespace
# of the script's own.

k() { "$KUBECTL" --kubeconfig "$KUBECONFIG" --namespace "$NS" "$@"; }

# want TEXT COMMAND…: it succeeds, and what it prints holds TEXT.
want() {
  text=$1
  shift
  output=$("$@" 2>&1) || fail "failed: $*" "$output"
  case $output in *"$text"*) ;; *) fail "want \"$text\" of: $*" "$output" ;; esac
}

# same TEXT COMMAND…: it succeeds, and prints TEXT and nothing else.
same() {
  text=$1
  shift
  output=$("$@" 2>&1) || fail "failed: $*" "$output"
  [ "$output" = "$text" ] || fail "want exactly \"$text\" of: $*" "$output"
}

# lacks TEXT COMMAND…: it succeeds, and TEXT is not in what it prints.
lacks() {
  text=$1
  shift
  output=$("$@" 2>&1) || fail "failed: $*" "$output"
  case $output in *"$text"*) fail "unwanted \"$text\" of: $*" "$output" ;; esac
}

# fails TEXT COMMAND…: it fails, and says TEXT.
fails() {
  text=$1
  shift
  if output=$("$@" 2>&1); then fail "must fail: $*" "$output"; fi
  case $output in *"$text"*) ;; *) fail "want \"$text\" of: $*" "$output" ;; esac
}

# soon TEXT COMMAND…: within 30 seconds it succeeds and prints TEXT.
soon() {
  text=$1
  shift
  for _ in $(seq 300); do
    if output=$("$@" 2>&1); then case $output in *"$text"*) return ;; esac; fi
    sleep 0.1
  done
  fail "want \"$text\" soon of: $*" "$output"
}

fail() {
  printf '%s\n--- it printed:\n%s\n' "$@" >&2
  exit 1
}

# deployment NAME [IMAGE] [REPLICAS]: prints a manifest.
deployment() {
  cat <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1, labels: {app: $1}}
spec:
  replicas: ${3:-2}
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: ${2:-weir-demo:v1}
        ports: [{containerPort: 8080}]
EOF
}

# config_map NAME [VALUE]
config_map() {
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {app: x}}\ndata: {key: "%s"}\n' \
    "$1" "${2:-1}"
}
