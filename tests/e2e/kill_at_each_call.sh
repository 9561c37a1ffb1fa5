# kill -9 of weir at each Docker call of a rolling update, before the call arrives and after it was
# answered. A proxy before the engine counts the calls. Each time weir starts again and finishes.
WEIR_DOCKER_HOST=unix://$DIR/proxy.sock
proxy() {  # WHEN NTH
  [ -z "${PROXY_PID:-}" ] || { kill "$PROXY_PID"; wait "$PROXY_PID" 2>/dev/null || true; }
  "$FAULT_PROXY" "$DIR/proxy.sock" "$ENGINE/docker.sock" "$DIR/weir.pid" "$1" "$2" >"$DIR/proxy.out" &
  PROXY_PID=$!
  soon 10 grep -q listening "$DIR/proxy.out"
}
died() { ! kill -0 "$WEIR_PID" 2>/dev/null; }
# Whenever it dies, and be it when all is done: it is started again, and told again.
revived_and_settled() {
  if died; then
    kills=$((kills + 1))
    proxy before 0
    weir_start
    soon 30 apply deployment $to 3
  fi
  settled $to 3
}
proxy before 0
weir_start
apply deployment v1 3
soon 60 settled v1 3
from=v1 to=v2 kills=0
for when in before after; do
  for nth in $(seq 1 12); do
    died || weir_kill  # the last call of a rollout may come after all has settled
    proxy $when "$nth"
    weir_start
    apply deployment $to 3 || true  # weir may die before it answers
    soon 120 revived_and_settled
    read -r from to <<<"$to $from"
  done
done
echo "$kills kills"
[ $kills -ge 12 ] || fail "too few kills: this run proves nothing"
died || weir_stop
