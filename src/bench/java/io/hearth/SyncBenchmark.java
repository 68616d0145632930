package io.hearth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Two regions, one of which follows the other. Prints what is taken over per second when a new region begins, and the lag of
 * single readings while the other region takes a steady load over MQTT.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.SyncBenchmark -Dbench="2000000 5000 30"</pre>
 */
public final class SyncBenchmark {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String TOKEN = "a-token-for-the-benchmark";
    private static final int LINES_PER_BATCH = 5_000;
    private static final int DEVICES = 1_000;

    private SyncBenchmark() {}

    public static void main(String[] args) throws Exception {
        int readings = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 2_000_000;
        int rate = args.length > 1 ? Integer.parseInt(args[1]) : 5_000;
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 30;
        try (HearthProcess source = start("a");
                HearthProcess target = start("b")) {
            long begun = System.nanoTime();
            load(source, readings);
            System.out.printf(
                    "baseline: %d readings stored in one region, %,.0f/s%n",
                    readings, readings / ((System.nanoTime() - begun) / 1e9));
            begun = System.nanoTime();
            String peer = "{\"id\":\"a\",\"url\":\"" + source.httpUri() + "\",\"token\":\"" + TOKEN + "\"}";
            send(target, "POST", "/api/v1/sync/peers", peer);
            awaitReadings(target, readings);
            double elapsed = (System.nanoTime() - begun) / 1e9;
            JsonNode state = peer(target);
            System.out.printf(
                    "taken over by another region: %,.0f readings/s, %.1f bytes each on the wire%n",
                    readings / elapsed, state.path("bytes").asDouble() / readings);
            lag(source, target, rate, seconds);
        }
    }

    private static HearthProcess start(String region) {
        return HearthProcess.start(
                Map.of("HEARTH_REGION", region, "HEARTH_ADMIN_TOKEN", TOKEN, "HEARTH_SERIES_SEAL", "off"));
    }

    private static void load(HearthProcess source, int readings) throws Exception {
        long first = Instant.now().toEpochMilli() - 3_600_000;
        for (int at = 0; at < readings; at += LINES_PER_BATCH) {
            StringBuilder lines = new StringBuilder();
            for (int i = at; i < Math.min(readings, at + LINES_PER_BATCH); i++) {
                lines.append("{\"device\":\"d")
                        .append(i % DEVICES)
                        .append("\",\"ts\":")
                        .append(first + i / DEVICES);
                lines.append(",\"values\":{\"temperature\":").append(20 + i % 7).append(",\"humidity\":45.");
                lines.append(i % 10).append(",\"battery\":97}}\n");
            }
            send(source, "POST", "/api/v1/readings:batch", lines.toString());
        }
    }

    private static void awaitReadings(HearthProcess target, long readings) throws Exception {
        while (peer(target).path("readings").asLong() < readings) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private static JsonNode peer(HearthProcess target) throws Exception {
        return JSON.readTree(send(target, "GET", "/api/v1/sync/status", ""))
                .path("peers")
                .path(0);
    }

    /** Writes a reading every 50 ms beside the load, and waits until the other region answers it. */
    private static void lag(HearthProcess source, HearthProcess target, int rate, int seconds) throws Exception {
        try (Simulator simulator = Simulator.start(
                Files.createTempFile("hearth-sync", ".log"),
                "simulate",
                "--port",
                String.valueOf(source.mqttPort()),
                "--password",
                source.devicePassword(),
                "--devices",
                String.valueOf(DEVICES),
                "--connections",
                "50",
                "--rate",
                String.valueOf(rate),
                "--duration",
                "PT" + seconds + "S",
                "--client",
                "raw",
                "--quiet")) {
            long[] lags = new long[0];
            for (int i = 0; simulator.isRunning(); i++) {
                send(source, "POST", "/api/v1/devices/probe/readings", "{\"n\":" + i + "}");
                long stored = System.nanoTime();
                String expected = "\"value\":" + i + ",";
                while (!send(target, "GET", "/api/v1/devices/probe/readings/latest", "")
                        .contains(expected)) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
                }
                lags = Arrays.copyOf(lags, lags.length + 1);
                lags[lags.length - 1] = System.nanoTime() - stored;
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            Arrays.sort(lags);
            System.out.printf(
                    "lag at %d messages/s, %d probes: median %.0f ms, p99 %.0f ms, most %.0f ms%n",
                    rate,
                    lags.length,
                    lags[lags.length / 2] / 1e6,
                    lags[lags.length * 99 / 100] / 1e6,
                    lags[lags.length - 1] / 1e6);
            System.out.println(simulator.log());
        }
    }

    private static String send(HearthProcess region, String method, String path, String body)
            throws IOException, InterruptedException {
        URI uri = region.httpUri().resolve(path);
        HttpResponse<String> response = CLIENT.send(
                HttpRequest.newBuilder(uri)
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", path.endsWith(":batch") ? "application/x-ndjson" : "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 400 && response.statusCode() != 404) {
            throw new IOException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }
}
