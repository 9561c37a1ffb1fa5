# needs an engine of its own
# kill -9 of dockerd in the middle of a rolling update, twice: with live-restore and without.
weir_start
apply deployment v1 3
soon 60 settled v1 3
apply deployment v2 3
soon 30 eval 'running | grep -q v2'
dockerd restart "$ENGINE" --kill9 --live-restore >/dev/null
soon 120 settled v2 3
apply deployment v1 3
soon 30 eval 'running | grep -q v1'
dockerd restart "$ENGINE" --kill9 --live-restore=false >/dev/null
soon 180 settled v1 3
weir_stop
