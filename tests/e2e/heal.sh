# A container that dies is replaced by a new one; the pod keeps its name and counts the restart.
weir_start
apply deployment v1 2
soon 60 settled v1 2
victim=$(ours --quiet | head -n 1)
docker kill "$victim" >/dev/null
restarted() { weir get pods | awk '$4 == 1' | grep -q web; }
soon 30 restarted
soon 30 settled v1 2
[ "$(docker inspect --format '{{.State.Status}}' "$victim")" = exited ] || fail "the dead one is kept for logs --previous"
weir_stop
