# A name that weir would use is held by somebody else's container: another name is used, an Event
# says so, and the foreign container stays exactly as it is.
weir_start
apply deployment v1 1
soon 60 settled v1 1
name=$(ours --format '{{.Names}}')
next=${name%_0}_1
docker run --detach --name "$next" weir-demo:v1 >/dev/null
before=$(docker inspect "$next")
docker kill "$(ours --quiet)" >/dev/null
soon 30 eval 'weir events | grep -q NameConflict'
soon 30 settled v1 1
[ "$(docker inspect "$next")" = "$before" ] || fail "the foreign container was changed"
weir delete deployment web --cascade=foreground >/dev/null
soon 30 eval '[ -z "$(ours --quiet)" ]'
[ "$(docker inspect "$next")" = "$before" ] || fail "the foreign container was changed"
docker rm -f "$next" >/dev/null
weir_stop
