# `weir plan` says exactly what an apply then does, down to the containers' names, and touches nothing.
# Its Deployment is called by its own name: what a plan cannot know is that a container of somebody
# else, such as another test's, will hold the name of one that it would make.
weir_start
deployment v1 2 planned >"$DIR/manifest.yaml"
weir plan -f "$DIR/manifest.yaml" >"$DIR/plan"
[ -z "$(weir get all --output name 2>/dev/null)" ] || fail "a plan made objects"
[ -z "$(ours --quiet)" ] || fail "a plan made containers"
weir apply -f "$DIR/manifest.yaml"
soon 60 settled v1 2 planned
planned() { sed -n 's/^  create container \([^ ]*\).*/\1/p' "$DIR/plan" | sort; }
[ "$(planned)" = "$(ours --format '{{.Names}}' | sort)" ] || fail "planned $(planned), got $(ours)"
weir plan -f "$DIR/manifest.yaml" | grep -q '^nothing would be done' || fail "there is nothing to do"

# A rolling update: what is stopped is what runs now, and a new one is started first.
deployment v2 2 planned >"$DIR/manifest.yaml"
weir plan -f "$DIR/manifest.yaml" >"$DIR/plan"
stopped() { sed -n 's/^  stop container \([^ ]*\).*/\1/p' "$DIR/plan" | sort; }
[ "$(stopped)" = "$(ours --quiet | sort)" ] || fail "would stop $(stopped), there is $(ours)"
grep -E '^  (start|stop) container' "$DIR/plan" | head -n 1 | grep -q start || fail "stops before it starts"
settled v1 2 planned || fail "a plan changed something"
weir apply -f "$DIR/manifest.yaml"
soon 60 settled v2 2 planned
[ "$(planned)" = "$(ours --format '{{.Names}}' | sort)" ] || fail "planned $(planned), got $(ours)"

sed -i 's/replicas:/replicsa:/' "$DIR/manifest.yaml"
! weir plan -f "$DIR/manifest.yaml" 2>"$DIR/said" || fail "a misspelt field must be refused"
grep -q 'spec.replicsa' "$DIR/said" || fail "$(cat "$DIR/said")"
weir_stop
