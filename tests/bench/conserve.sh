#!/usr/bin/env bash
# tests/bench/conserve.sh WEIR_CONSERVE WEIR_BAD_GATEWAY: the conservation client finds nothing wrong
# with a good backend, and notices each law being broken.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
CONSERVE=$(realpath "$1") BAD_GATEWAY=$(realpath "$2")
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weir-conserve.XXXXXX")
SEEN=127.0.0.1:$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000))
STARTED=()

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
clean_up() {
  local code=$?
  [ ${#STARTED[@]} -eq 0 ] || kill -9 "${STARTED[@]}" 2>/dev/null || true
  [ $code -eq 0 ] && rm -rf "$DIR" || echo "left for reading: $DIR" >&2
}
trap clean_up EXIT

# soon COMMAND…: until it succeeds.
soon() {
  local end=$((SECONDS + 20))
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "not in time: $*"
    sleep 0.02
  done
}

# start COMMAND…: sets PID, and PORT to what it says it listens on.
start() {
  local said=$DIR/said.${#STARTED[@]}
  : >"$said"
  "$@" >>"$said" 2>&1 &
  PID=$!
  disown "$PID"  # its end is no news
  STARTED+=("$PID")
  soon grep -q "listens on" "$said"
  PORT=$(sed -n 's/.*listens on.* \([0-9]*\)$/\1/p' "$said")
}
demo() { start env PORT=0 "$@" "$DIR/demo-server"; }
bad_gateway() { start "$BAD_GATEWAY" "$DEMO" "$@"; }

# has_clients PORT: somebody is connected to it.
has_clients() { grep -q " 0100007F:$(printf %04X "$1") 0100007F:.... 01 " /proc/net/tcp; }

# holds ARGUMENT…: all laws hold.
holds() { "$CONSERVE" "$@" >"$DIR/report" || { cat "$DIR/report"; fail "a law broke: $*"; }; }
# breaks REASON ARGUMENT…: it is noticed, for that reason.
breaks() {
  local reason=$1 code=0
  shift
  "$CONSERVE" "$@" >"$DIR/report" || code=$?
  [ $code -eq 1 ] || { cat "$DIR/report"; fail "exit code $code, not 1: $*"; }
  says "Z $reason " || { cat "$DIR/report"; fail "no $reason: $*"; }
}
says() { grep -qE "$1" "$DIR/report"; }

"${CC:-cc}" -std=gnu11 -O1 -Wall -Wextra -Werror -static -pthread \
  -o "$DIR/demo-server" "$ROOT"/manifests/demo/*.c

# A good backend, in every form and in both loops.
demo VERSION=v1 HOSTNAME=one SEEN_TO="$SEEN"
DEMO=$PORT GOOD=127.0.0.1:$PORT
holds --target "$GOOD" --requests 200 --clients 18 --seen-listen "$SEEN"
for form in keepalive close pipelined chunked post slow sse websocket upload; do
  says "^  $form +[1-9]" || fail "no $form was made"
done
says '^  v1 +200$' || fail "the revisions do not add up"
says '^  one +200$' || fail "the containers do not add up"
holds --target "$GOOD" --forms keepalive,post,close --requests 500 --clients 10 --rate 1000
soon has_clients "$DEMO" | holds --target "$GOOD" --forms keepalive --until-stdin-closes
# An idle connection that ends is no loss, if the request may be repeated.
holds --target "$GOOD" --forms keepalive --clients 4 --requests 200 --query close_idle=1
says '^idle_closes +[1-9]' || fail "no idle connection was closed"

# What a backend can do wrong.
breaks reset --target "$GOOD" --forms keepalive --requests 5 --query reset_at=100
breaks reset --target "$GOOD" --forms sse --requests 2 --query reset_at=400
breaks unanswered --target "$GOOD" --forms post --requests 5 --query close_before=1
breaks timeout --target "$GOOD" --forms keepalive --requests 2 --timeout 0.2 --query stall=1

# What a gateway can do wrong.
bad_gateway twice
breaks duplicate --target "127.0.0.1:$PORT" --forms post --requests 5 --seen-listen "$SEEN"
bad_gateway again
breaks surplus --target "127.0.0.1:$PORT" --forms keepalive --requests 5
bad_gateway halve
breaks truncated --target "127.0.0.1:$PORT" --forms keepalive --requests 5
bad_gateway 502
breaks gateway_5xx --target "127.0.0.1:$PORT" --forms keepalive --requests 5
breaks gateway_5xx --target "127.0.0.1:$PORT" --forms websocket --requests 1
bad_gateway replace -post- -tosp-
breaks wrong_id --target "127.0.0.1:$PORT" --forms post --requests 5
bad_gateway replace '"bytes":100' '"bytes":101'
breaks upload_cut --target "127.0.0.1:$PORT" --forms post --requests 5
bad_gateway replace X-Demo Y-Demo
breaks gateway_answer --target "127.0.0.1:$PORT" --forms keepalive --requests 5

# A revision that comes back after another: allowed, unless it is told that it is not.
demo VERSION=v2 HOSTNAME=two
both=127.0.0.1:$DEMO,127.0.0.1:$PORT
holds --target "$both" --forms close --clients 1 --requests 10
breaks stale_revision --target "$both" --forms close --clients 1 --requests 10 --monotone

# Who cannot know whether a POST was seen twice does not say that it was not.
! "$CONSERVE" --target "127.0.0.1:$PORT" --forms post --requests 5 --seen-listen "$SEEN" \
  >"$DIR/report" || fail "nobody reported, and all is well"
says '^blind ' || fail "it does not say that nobody reported"

# A backend is killed while it answers: those under way are lost, and later ones find nobody.
demo VERSION=v1
soon has_clients "$PORT" && kill -9 "$PID" &
breaks refused --target "127.0.0.1:$PORT" --forms slow --clients 8 --requests 24
says 'Z (unanswered|reset) slow' || fail "no request under way was lost"

code=0
"$CONSERVE" --target "$GOOD" >"$DIR/report" 2>&1 || code=$?
[ $code -eq 2 ] || fail "wrong usage ended with $code"
