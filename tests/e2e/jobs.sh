# Jobs run until they have succeeded or failed for good, also when weir is killed while they do.
weir_start
phase() { weir get job "$1" -o "jsonpath={.status.conditions[*].type}"; }
job() {  # NAME ENVIRONMENT SPEC…: a pod succeeds if its environment has DONE
  cat <<EOF
apiVersion: batch/v1
kind: Job
metadata: {name: $1}
spec:
$(printf '  %s\n' "${@:3}")
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers: [{name: work, image: "weir-demo:v1", command: [/demo-server, env, DONE], env: [$2]}]
EOF
}

weir apply -f "$ROOT/manifests/job.yaml" >/dev/null
weir wait job/pieces --for=condition=Complete --timeout=60s >/dev/null
[ "$(weir get job pieces -o 'jsonpath={.status.completedIndexes} {.status.succeeded}')" = "0-2 3" ] || fail "not three pieces"
for pod in $(weir get pods -l batch.kubernetes.io/job-name=pieces -o name); do weir logs "$pod"; done | sort | tr '\n' ' ' >"$DIR/said"
[ "$(cat "$DIR/said")" = "0 1 2 " ] || fail "the pieces were $(cat "$DIR/said")"
weir get jobs pieces >"$DIR/jobs" && grep -q "pieces *Complete *3/3" "$DIR/jobs" || fail "$(cat "$DIR/jobs")"

# One that fails: as often as it may, and then it says so.
apply job broken "" "backoffLimit: 0" >/dev/null
weir wait job/broken --for=condition=Failed --timeout=60s >/dev/null
[ "$(weir get job broken -o 'jsonpath={.status.failed}')" = 1 ] || fail "$(weir get job broken -o yaml)"
told() { weir events --for job/broken >"$DIR/events" && grep -q "BackoffLimitExceeded.*Job has reached the specified backoff limit" "$DIR/events"; }
soon 10 told
# Again with the same file: nothing changes, and what cannot change is refused.
unchanged() { [ "$(weir apply -f "$DIR/manifest.yaml")" = "job.batch/broken unchanged" ]; }
soon 10 unchanged
job broken "" "backoffLimit: 0" "completions: 2" >"$DIR/changed.yaml"
! weir apply -f "$DIR/changed.yaml" 2>"$DIR/refused" || fail "completions changed"
grep -q "spec.completions.*field is immutable" "$DIR/refused" || fail "$(cat "$DIR/refused")"

# Killed in the middle, weir counts nothing twice and nothing less.
apply job many '{name: DONE, value: "yes"}' "completions: 20" "parallelism: 4" >/dev/null
at_least() { [ "$(weir get job many -o 'jsonpath={.status.succeeded}')" -ge "$1" ]; }
for least in 3 9; do
  soon 60 at_least $least
  weir_kill
  weir_start
done
weir wait job/many --for=condition=Complete --timeout=60s >/dev/null
[ "$(weir get job many -o 'jsonpath={.status.succeeded}')" = 20 ] || fail "$(weir get job many -o yaml)"
[ "$(weir get pods -l job-name=many -o name | wc -l)" = 20 ] || fail "not 20 pods"

# What goes, goes with its pods.
weir delete job many broken >/dev/null
gone() { [ -z "$(weir get pods -l 'job-name in (many, broken)' -o name)" ]; }
soon 60 gone
weir_stop
