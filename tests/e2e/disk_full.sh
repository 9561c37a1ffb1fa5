# The disk is full: writes are refused with a clear error, reads and containers go on, nothing that was
# acknowledged is lost, also not by a kill; with space again, weir goes on by itself.
mkdir "$DIR/data"
inside mount -t tmpfs -o size=8m,mode=700 tmpfs "$DIR/data"
weir_start
apply deployment v1 2
soon 60 settled v1 2
before=$(ours --quiet | sort)

inside sh -c "cat /dev/zero >'$DIR/data/filler'" 2>/dev/null || true
deployment v2 2 >"$DIR/manifest.yaml"
refused() { ! weir apply -f "$DIR/manifest.yaml" 2>"$DIR/said" && grep -q 'no space left' "$DIR/said"; }
soon 30 refused  # the last free page of the log may still take a write or two
[ "$(weir get deployment web -o 'jsonpath={.spec.template.spec.containers[0].image}')" = weir-demo:v1 ] ||
  fail "a refused write is there"
[ "$(ours --quiet --filter status=running | sort)" = "$before" ] || fail "containers did not run on"

weir_kill
weir_start
[ "$(weir get deployment web -o 'jsonpath={.spec.replicas}')" = 2 ] || fail "an acknowledged write is lost"
[ "$(ours --quiet --filter status=running | sort)" = "$before" ] || fail "the restart touched containers"
inside rm "$DIR/data/filler"
soon 30 weir apply -f "$DIR/manifest.yaml"
soon 60 settled v2 2
weir_stop
inside umount "$DIR/data"
