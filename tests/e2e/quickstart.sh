# needs an engine of its own: --remove takes the demo images away.
# scripts/quickstart as a new user runs it shows what it says, and --remove leaves nothing.
quickstart() {
  inside env WEIR_DATA_DIR="$DIR/quickstart" WEIR_API_LISTEN="127.0.0.1:$PORT" \
    WEIR_METRICS_LISTEN="127.0.0.1:$((PORT + 1))" "$ROOT/scripts/quickstart" "$@"
}
quickstart >"$DIR/shown" 2>&1 || fail "quickstart: $(tail -n 5 "$DIR/shown")"
for words in 'deployment "web" successfully rolled out' 'exceeded its progress deadline' \
  'DeploymentRollback' 'weir-demo:v2' 'ActualWeight:  10' \
  'Metric "error-rate" assessed Failed' 'requests were answered with 500' 'scripts/quickstart --remove'; do
  grep -q "$words" "$DIR/shown" || fail "quickstart does not show: $words"
done
weir() { inside "$WEIR" --kubeconfig "$DIR/quickstart/admin.kubeconfig" "$@"; }
[ "$(weir get deployment web -o 'jsonpath={.status.readyReplicas}')" = 3 ] || fail "weir does not go on"
pid=$(cat "$DIR/quickstart/quickstart/weir.pid")

quickstart --remove >"$DIR/shown" 2>&1 || fail "quickstart --remove: $(tail -n 5 "$DIR/shown")"
[ ! -d "/proc/$pid" ] || fail "weir still runs"
[ ! -e "$DIR/quickstart" ] || fail "the data folder is left"
[ -z "$(docker ps --all --quiet)" ] || fail "containers are left"
[ -z "$(docker images --quiet weir-demo)" ] || fail "images are left"
[ -z "$(docker network ls --quiet --filter name=weir)" ] || fail "a network is left"
