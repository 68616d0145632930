package io.hearth;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;

/**
 * Messages per second that are acknowledged and durable over MQTT (as {@link IngestBenchmark}) while a day of many devices is
 * sealed in the background with its usual share of a core, against the same before, in the same service, with nothing to
 * seal. Rounds of both alternate.
 *
 * <pre>mvn -Pbench package exec:exec -DskipTests -Dbench.main=io.hearth.SealBenchmark -Dbench="1000 8640 200000 2"</pre>
 */
public final class SealBenchmark {
    private SealBenchmark() {}

    public static void main(String[] args) throws Exception {
        int devices = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 1000;
        int ticks = args.length > 1 ? Integer.parseInt(args[1]) : 8640;
        int messages = args.length > 2 ? Integer.parseInt(args[2]) : 200_000;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 2;
        String rollups = args.length > 4 ? String.join(" ", args).split(" ", 5)[4] : "";
        Path logs = Files.createTempDirectory("hearth-bench");
        Instant today = Instant.now().truncatedTo(ChronoUnit.DAYS);
        for (int round = 1; round <= rounds; round++) {
            Map<String, String> settings = new HashMap<>(Map.of("HEARTH_SERIES_SEAL", "off"));
            HearthProcess hearth = HearthProcess.start(settings);
            try {
                BulkLoad load = new BulkLoad(hearth, devices);
                load.post(today.minus(1, ChronoUnit.DAYS), ticks);
                IngestBenchmark.load(logs, hearth.mqttPort(), hearth.devicePassword(), messages); // warms up
                tell("alone", IngestBenchmark.load(logs, hearth.mqttPort(), hearth.devicePassword(), messages));
                hearth.kill();
                settings.put("HEARTH_SERIES_SEAL", "on");
                settings.put("HEARTH_SERIES_SEAL_AFTER", "0s");
                settings.put("HEARTH_SERIES_ROLLUPS", rollups);
                hearth = HearthProcess.start(hearth.directory(), settings);
                IngestBenchmark.load(logs, hearth.mqttPort(), hearth.devicePassword(), messages); // warms up
                double before = secondsSealing(hearth);
                long start = System.nanoTime();
                String sealing = IngestBenchmark.load(logs, hearth.mqttPort(), hearth.devicePassword(), messages);
                double share = (secondsSealing(hearth) - before) / ((System.nanoTime() - start) / 1e9);
                tell("while sealing", String.format("%s; sealing took %.2f of a core", sealing, share));
            } finally {
                hearth.close();
            }
        }
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
