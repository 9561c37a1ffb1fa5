# A clear error that names object and field, at once, exit code 1; the good documents are applied.
weir_start
deployment v1 1 >"$DIR/good.yaml"
{ cat "$DIR/good.yaml"; printf -- '---\n'; deployment v1 1 broken | sed 's/replicas:/replicaz:/'; } >"$DIR/both.yaml"
if weir apply -f "$DIR/both.yaml" >"$DIR/out" 2>&1; then fail "a misspelt field was accepted"; fi
grep -q 'deployment.apps/web created' "$DIR/out" || fail "the good document was not applied: $(cat "$DIR/out")"
grep -q 'spec.replicaz' "$DIR/out" || fail "the field is not named: $(cat "$DIR/out")"
printf 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n' >"$DIR/bomb.yaml"
head -c 100000 /dev/zero | tr '\0' '[' >"$DIR/brackets.json"
printf 'kind: \xff\xfe\n' >"$DIR/bytes.yaml"
head -c 100000000 /dev/zero | tr '\0' 'a' >"$DIR/huge.yaml"
for file in bomb.yaml brackets.json bytes.yaml huge.yaml; do
  if (ulimit -v 2000000 && weir apply -f "$DIR/$file") >"$DIR/out" 2>&1; then fail "$file was accepted"; fi
  grep -q error "$DIR/out" || fail "no clear error for $file: $(head -c 300 "$DIR/out")"
done
weir get deployment web >/dev/null || fail "the API does not answer any more"
weir_stop
