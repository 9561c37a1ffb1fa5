# Invariant 11: one engine, one instance, one weir: a second one refuses to start while the first
# lives, be it stopped in the middle of anything, and starts as soon as it has died.
weir_start
apply deployment v1 1
soon 60 settled v1 1

# With a data folder of its own: what they share is the engine and the name.
second() {
  inside timeout 30 "$WEIR" serve --data-dir "$DIR/second" --docker-host "$DOCKER_HOST" \
    --instance "$INSTANCE" --api-listen "127.0.0.1:$((PORT + 2))" \
    --metrics-listen "127.0.0.1:$((PORT + 3))" --run-dir "$DIR/run" --io "${WEIR_IO:-best}"
}
refused() {
  local code=0
  second >"$DIR/second.out" 2>&1 || code=$?
  [ $code -eq 1 ] || fail "the second weir ended with $code: $(cat "$DIR/second.out")"
  grep -q "another weir already serves" "$DIR/second.out" || fail "it says: $(cat "$DIR/second.out")"
}
refused
kill -STOP "$WEIR_PID"
refused
kill -CONT "$WEIR_PID"
settled v1 1 || fail "the first weir did not go on"
before=$(ours --quiet)
weir_kill
weir_start
soon 60 settled v1 1
[ "$(ours --quiet)" = "$before" ] || fail "the containers were not taken over"
weir_stop
