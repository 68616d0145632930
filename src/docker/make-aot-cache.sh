#!/bin/sh
# Starts the service once, stops it when it is ready, and leaves hearth.aot beside it: the classes that a start loads, parsed
# and linked (JEP 514). To be run in the directory of quarkus-run.jar, with the JVM that will use the cache. The jar is named by
# its whole path, as the cache fits no other spelling.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

HEARTH_DATA_DIR="$scratch/data" QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=0 HEARTH_MQTT_HOST=127.0.0.1 HEARTH_MQTT_PORT=0 \
    java @java.options -XX:AOTCacheOutput=hearth.aot -jar "$PWD/quarkus-run.jar" >"$scratch/log" 2>&1 &
service=$!
until grep -q ' ready: ' "$scratch/log"; do
    kill -0 "$service" || { cat "$scratch/log"; exit 1; }
    sleep 0.2
done
kill "$service"
# 143: ended by the signal, as asked.
wait "$service" || [ $? -eq 143 ]
test -s hearth.aot || { cat "$scratch/log"; exit 1; }
