package io.hearth;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * Messages per second that are acknowledged and durable over MQTT (as {@link IngestBenchmark}) while a day of many devices is
 * sealed in the background with its usual share of a core, and with nothing to seal before and afterwards, all in one process.
 *
 * <pre>mvn -Pbench package exec:exec -DskipTests -Dbench.main=io.hearth.SealBenchmark -Dbench="1000 8640 200000 3"</pre>
 */
public final class SealBenchmark {
    private SealBenchmark() {}

    public static void main(String[] args) throws Exception {
        int devices = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 1000;
        int ticks = args.length > 1 ? Integer.parseInt(args[1]) : 8640;
        int messages = args.length > 2 ? Integer.parseInt(args[2]) : 200_000;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 3;
        Path logs = Files.createTempDirectory("hearth-bench");
        Instant day = Instant.now().truncatedTo(ChronoUnit.DAYS);
        Map<String, String> settings = Map.of("HEARTH_SERIES_SEAL_AFTER", "0s", "HEARTH_SERIES_SEAL_INTERVAL", "100ms");
        try (HearthProcess hearth = HearthProcess.start(settings)) {
            load(hearth, logs, messages); // warms up
            for (int round = 1; round <= rounds; round++) {
                tell("alone", load(hearth, logs, messages));
                day = day.minus(1, ChronoUnit.DAYS);
                new BulkLoad(hearth, devices).post(day, ticks);
                double before = secondsSealing(hearth);
                long start = System.nanoTime();
                String sealing = load(hearth, logs, messages);
                double share = (secondsSealing(hearth) - before) / ((System.nanoTime() - start) / 1e9);
                tell("while sealing", String.format("%s; sealing took %.2f of a core", sealing, share));
                // Seals what is left, and returns only when nothing is.
                try (RawHttp http = new RawHttp(hearth.httpUri(), hearth.adminToken())) {
                    http.post("/api/v1/maintenance:seal", "application/json", new byte[0], 0);
                }
            }
            tell("alone", load(hearth, logs, messages));
        }
    }

    private static String load(HearthProcess hearth, Path logs, int messages) throws Exception {
        return IngestBenchmark.load(logs, hearth.mqttPort(), hearth.devicePassword(), messages);
    }

    private static double secondsSealing(HearthProcess hearth) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/q/metrics"))
                .header("Authorization", "Bearer " + hearth.adminToken())
                .build();
        return HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("hearth_series_seal_seconds_sum "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElse(0);
    }

    private static void tell(String what, String figures) {
        System.out.printf("%-16s %s%n", what, figures);
    }
}
