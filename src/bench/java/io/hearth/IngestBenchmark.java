package io.hearth;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages per second that are acknowledged and durable, 50 connections with 20 messages in flight each, a reading of a few
 * metrics per message: over the embedded endpoint, through an external Mosquitto, and Mosquitto alone as the baseline.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.IngestBenchmark -Dbench="300000 3"</pre>
 */
public final class IngestBenchmark {
    private static final Pattern RATE = Pattern.compile("rate\\s+(\\S+) messages/s");
    private static final Pattern LATENCY = Pattern.compile("ack latency\\s+(.+)");
    private static final Pattern STORED = Pattern.compile("hearth_ingest_readings_stored_total (\\S+)");

    private IngestBenchmark() {}

    public static void main(String[] args) throws Exception {
        int messages = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 300_000;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Path directory = Files.createTempDirectory("hearth-bench");
        for (int round = 1; round <= rounds; round++) {
            try (Mosquitto broker = Mosquitto.open(Files.createTempDirectory(directory, "alone"))) {
                broker.start();
                tell("mosquitto alone", load(directory, broker.port(), "none", messages));
            }
            try (HearthProcess hearth = HearthProcess.start(Map.of())) {
                load(directory, hearth.mqttPort(), hearth.devicePassword(), messages / 2); // warms up
                tell("embedded", load(directory, hearth.mqttPort(), hearth.devicePassword(), messages));
            }
            try (Mosquitto broker = Mosquitto.open(Files.createTempDirectory(directory, "external"))) {
                broker.start();
                Map<String, String> external =
                        Map.of("HEARTH_MQTT_MODE", "external", "HEARTH_MQTT_PORT", String.valueOf(broker.port()));
                try (HearthProcess hearth = HearthProcess.start(external)) {
                    load(directory, broker.port(), "none", messages / 2);
                    awaitStored(hearth, messages / 2);
                    long start = System.nanoTime();
                    String published = load(directory, broker.port(), "none", messages);
                    awaitStored(hearth, messages / 2 + messages);
                    double seconds = (System.nanoTime() - start) / 1e9;
                    tell(
                            "external",
                            String.format("%.0f msg/s stored; the publisher: %s", messages / seconds, published));
                }
            }
        }
    }

    /** Publishes so many messages and returns how fast they were acknowledged. */
    static String load(Path directory, int port, String password, int messages) throws Exception {
        Path log = directory.resolve("simulate.log");
        try (Simulator simulator = Simulator.start(
                log,
                "simulate",
                "--port",
                String.valueOf(port),
                "--password",
                password,
                "--devices",
                "1000",
                "--connections",
                "50",
                "--window",
                "20",
                "--rate",
                "max",
                "--messages",
                String.valueOf(messages),
                "--client",
                "raw",
                "--quiet")) {
            if (simulator.await() != 0) {
                throw new IllegalStateException(simulator.log());
            }
            Matcher rate = RATE.matcher(simulator.log());
            Matcher latency = LATENCY.matcher(simulator.log());
            if (!rate.find() || !latency.find()) {
                throw new IllegalStateException(simulator.log());
            }
            return rate.group(1) + " msg/s acknowledged, " + latency.group(1);
        }
    }

    private static void awaitStored(HearthProcess hearth, long readings) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        URI metrics = hearth.httpUri().resolve("/q/metrics");
        HttpRequest request = HttpRequest.newBuilder(metrics)
                .header("Authorization", "Bearer " + hearth.adminToken())
                .build();
        while (true) {
            Matcher stored = STORED.matcher(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            if (stored.find() && Double.parseDouble(stored.group(1)) >= readings) {
                return;
            }
        }
    }

    private static void tell(String what, String figures) {
        System.out.printf("%-16s %s%n", what, figures);
    }
}
