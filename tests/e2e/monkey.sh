# A monkey removes, stops, pauses, kills and renames containers while a Deployment goes through 20
# random changes. At the end the last one stands. SEED=N replays the choices.
RANDOM=${SEED:=$$}
echo "SEED=$SEED"
weir_start
apply deployment v1 3
soon 60 settled v1 3
decoy=$(docker run --detach --label dev.weir.instance=somebody-else weir-demo:v1)
monkey() {
  victims=($(ours --quiet))
  [ ${#victims[@]} -gt 0 ] || return 0
  victim=${victims[RANDOM % ${#victims[@]}]}
  case $((RANDOM % 5)) in
    0) docker rm -f "$victim" ;;
    1) docker stop -t 0 "$victim" ;;
    2) docker pause "$victim" ;;
    3) docker kill "$victim" ;;
    4) docker rename "$victim" "monkey-$RANDOM" ;;
  esac >/dev/null 2>&1 || true  # it may be gone already
}
version=1 replicas=3
for change in $(seq 20); do
  case $((RANDOM % 4)) in
    0 | 1) version=$((RANDOM % 2 + 1)) ;;
    2) replicas=$((RANDOM % 4 + 1)) ;;
    3) weir delete "$(weir get pods -o name | head -n 1)" --wait=false >/dev/null 2>&1 || true ;;
  esac
  apply deployment v$version $replicas >/dev/null
  for _ in $(seq $((RANDOM % 4))); do monkey; done
done
soon 300 settled v$version $replicas
[ "$(docker inspect --format '{{.State.Status}}' "$decoy")" = running ] || fail "a foreign container was touched"
docker rm -f "$decoy" >/dev/null
weir_stop
