#!/usr/bin/env bash
# The rules are what promtool and amtool call right, every alert fires and does not fire where it should, and what
# is made of other files is made of them as they are.
set -euo pipefail
cd "$(dirname "$0")/../../manifests"
promtool check rules prometheus/rules/*.yaml
promtool test rules prometheus/tests/*.yaml
# Every alert has a test, a runbook and a severity.
for alert in $(sed -n 's/^ *- alert: //p' prometheus/rules/alerts.yaml); do
  grep -q "name: $alert\$" prometheus/tests/alerts.yaml || { echo "$alert has no test"; exit 1; }
done
rules=$(grep -c '^ *- alert:' prometheus/rules/alerts.yaml)
for word in summary description runbook; do
  [ "$(grep -c "^ *$word: '." prometheus/rules/alerts.yaml)" = "$rules" ] || { echo "an alert has no $word"; exit 1; }
done
config=$(mktemp)
trap 'rm -f "$config"' EXIT
sed "s#/etc/prometheus/rules#$PWD/prometheus/rules#" prometheus/prometheus.yaml >"$config"
promtool check config "$config"
amtool check-config prometheus/alertmanager.yaml
grafana/make --check
monitoring/make --check
