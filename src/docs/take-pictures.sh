#!/usr/bin/env bash
# Takes the pictures of docs/images anew, of a run of two regions under load; about eight minutes, on a machine that does nothing else.
# From the root of the repository, after mvn package here and in device-simulator; wants prometheus, mosquitto_pub, node and chromium.
#
#   src/docs/take-pictures.sh [DIRECTORY] [MINUTES]
set -euo pipefail
out=${1:-docs/images} minutes=${2:-6}
mkdir -p "$out"
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT

home=18080 barn=18081 prometheus=19090
export HEARTH_ADMIN_TOKEN=a-token-for-the-pictures HEARTH_DEVICE_PASSWORD=a-password-for-the-pictures
echo "$HEARTH_ADMIN_TOKEN" >"$work/token"

region() { # name, HTTP port, MQTT port, the other region, its HTTP port
  HEARTH_REGION=$1 QUARKUS_HTTP_PORT=$2 HEARTH_MQTT_PORT=$3 HEARTH_DATA_DIR=$work/$1 \
    HEARTH_SYNC_PEERS=$4=http://127.0.0.1:$5 HEARTH_SYNC_PEER_TOKENS=$4=$HEARTH_ADMIN_TOKEN \
    java -Xmx1g -jar target/quarkus-app/quarkus-run.jar >"$work/$1.log" 2>&1 &
}
region home $home 11883 barn $barn
region barn $barn 11884 home $home

sed -e "s|targets: .*|targets: [127.0.0.1:$home, 127.0.0.1:$barn]|" -e "s|15s|5s|" -e "s|/etc/prometheus/hearth-admin-token|$work/token|" \
  -e "s|alerts/|$PWD/grafana-dashboards/alerts/|" grafana-dashboards/prometheus.yml >"$work/prometheus.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address=127.0.0.1:$prometheus >"$work/prometheus.log" 2>&1 &

call() { curl -s --fail-with-body --max-time 10 -o /dev/null -H "Authorization: Bearer $HEARTH_ADMIN_TOKEN" "$@"; }
for port in $home $barn $prometheus; do
  path=/q/health/ready
  [ $port = $prometheus ] && path=/-/ready
  timeout 120 sh -c "until curl -sf -o /dev/null http://127.0.0.1:$port$path; do sleep 0.2; done"
done

simulate() { java -Xmx256m -jar device-simulator/target/device-simulator.jar simulate --quiet --interval 1s --duration "${minutes}m" "$@" >/dev/null 2>&1 & }
simulate --port 11883 --devices 60
simulate --port 11884 --devices 20 --device-prefix barn-
java -Xmx256m -jar device-simulator/target/device-simulator.jar simulate --quiet --port 11883 --devices 6 --device-prefix garage- \
  --interval 100ms --duration 3m >/dev/null 2>&1 &

end=$(($(date +%s) + minutes * 60)) round=0
while [ "$(date +%s)" -lt $end ]; do
  round=$((round + 1))
  for path in devices devices/sim-1/readings readings/latest 'devices/sim-2/readings/aggregate?from=-1h&every=1m&fn=avg' devices/none/readings; do
    call "http://127.0.0.1:$home/api/v1/$path" || true
  done
  publish() { mosquitto_pub -p 11883 -u device -P "$HEARTH_DEVICE_PASSWORD" -q 1 -t "devices/$1/telemetry" -m "$2"; }
  if [ $((round % 20)) = 5 ]; then publish broken '{"temperature":' || true; fi
  if [ $((round % 30)) = 12 ]; then publish ahead '{"ts":"2099-01-01T00:00:00Z","values":{"temperature":20}}' || true; fi
  if [ $((round % 30)) = 24 ]; then publish 'not a device' '{"temperature":20}' || true; fi
  # Both regions write the same key: one of them wins.
  if [ $((round % 10)) = 0 ]; then
    for port in $home $barn; do
      call -X POST -H 'Content-Type: application/json' "http://127.0.0.1:$port/api/v1/devices/shared/readings" \
        -d "{\"ts\":$(date +%s),\"values\":{\"level\":$port}}" || true
    done
  fi
  sleep 1
done

picture() { # dashboard, instances
  node src/docs/render-dashboard.mjs "grafana-dashboards/dashboards/hearth-$1.json" http://127.0.0.1:$prometheus http://127.0.0.1:$home "$work/token" \
    "$minutes" "instance=$2" 'peer=.*' metric=temperature 'device=sim-[0-9]' 'devices=.+' window=1h silent=60 agg=1h >"$work/$1.html"
  height=$(grep -o -m1 'svg xmlns[^>]* height="[0-9]*"' "$work/$1.html" | grep -o '[0-9]*"$' | tr -d '"')
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/chromium" --screenshot="$work/$1.png" \
    --window-size="1440,$height" "file://$work/$1.html" >/dev/null 2>&1
  mv "$work/$1.png" "$out/dashboard-$1.png"
  echo "$out/dashboard-$1.png"
}
picture service "127.0.0.1:$home"
picture fleet "127.0.0.1:$home"
picture devices "127.0.0.1:$home"
picture sync '.*'
