# Every command that a block of the README shows runs as it is written; one that ends in an error
# there does so here. Two have tests of their own.
mkdir -p "$DIR/bin" "$DIR/cwd"
ln -s "$ROOT/manifests" "$DIR/cwd/manifests"
sed 's/weir-demo:v1/weir-demo:v3/; s/progressDeadlineSeconds: .*/progressDeadlineSeconds: 3/' \
  "$ROOT/manifests/web.yaml" >"$DIR/cwd/broken.yaml"
for program in "weir $WEIR" "kubectl $("$ROOT/tests/conformance/kubectl" debian)"; do
  printf '#!/bin/sh\nexec %s "$@"\n' "${program#* }" >"$DIR/bin/${program%% *}"
  chmod 755 "$DIR/bin/${program%% *}"
done

# In a block with prompts they mark the commands; in one without, every line is one. What is not for
# typing is in a ```text or a ```yaml block.
commands() {
  awk '/^```/ { fence = !fence; inside = fence && !/text|yaml/; prompts = 0; next }
       !inside { next }
       sub(/^\$ /, "") { prompts = 1; print; next }
       !prompts && NF { sub(/  +#.*/, ""); print }' "$ROOT/README.md"
}
run_here() {
  (cd "$DIR/cwd" && inside env --chdir="$DIR/cwd" PATH="$DIR/bin:$PATH" \
    KUBECONFIG="$DIR/data/admin.kubeconfig" bash -c "$1")
}
ready() { [ "$(weir get deployment web -o 'jsonpath={.status.availableReplicas}')" = 3 ]; }

weir_start
count=0
while read -r command <&3; do
  count=$((count + 1))
  case $command in
    scripts/quickstart | scripts/test) continue ;;  # tests/e2e/quickstart.sh; this very run
    "cmake --preset release"*) continue ;;  # what built $WEIR; quickstart.sh runs it too
    "weir serve"* | "export KUBECONFIG="*) continue ;;  # with a port and a folder of the test's
    *"broken.yaml"*)
      soon 60 ready
      ! run_here "$command" >"$DIR/said" 2>&1 || fail "must fail: $command"
      grep -q 'exceeded its progress deadline' "$DIR/said" || fail "$command says: $(cat "$DIR/said")"
      ;;
    *) run_here "$command" >"$DIR/said" 2>&1 || fail "$command says: $(cat "$DIR/said")" ;;
  esac
done 3< <(commands)
[ "$count" -ge 8 ] || fail "only $count commands found in the README"
weir_stop
