# No Docker: weir says so and goes on; the API reads and writes; when the engine comes, work begins.
WEIR_DOCKER_HOST=unix://$DIR/later.sock
weir_start
apply deployment v1 1
weir get deployment web >/dev/null
soon 30 eval 'grep -q "not in sync" "$DIR/weir.log"'
says_why() { weir why "$(weir get rs -o name)" | grep -qi engine; }  # no pod is made before it is known what runs
soon 30 says_why
ln -s "$ENGINE/docker.sock" "$DIR/later.sock"
soon 60 settled v1 1
weir_stop
