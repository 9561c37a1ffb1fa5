# The data folder is deleted; weir starts again and gets the same files: the running containers are
# recognised and kept. Until then nobody touches them.
weir_start
apply deployment v1 3
soon 60 settled v1 3
before=$(ours --quiet --no-trunc | sort)
weir_stop
rm -rf "$DIR/data"
weir_start
soon 30 eval 'grep -q "in sync" "$DIR/weir.log"'
[ "$(ours --quiet --no-trunc | sort)" = "$before" ] || fail "containers changed before anything was applied"
apply deployment v1 3
soon 60 settled v1 3
[ "$(ours --quiet --no-trunc | sort)" = "$before" ] || fail "the containers were not kept"
apply deployment v2 3
soon 90 settled v2 3
weir_stop
