package io.hearth;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * A device with a reading every ten seconds for many days: daily and hourly aggregates over all of them, first from chunks,
 * then from rollups. The baseline is an answer without content on the same connection.
 *
 * <pre>mvn -Pbench package exec:exec -DskipTests -Dbench.main=io.hearth.HistoryBenchmark -Dbench="365"</pre>
 */
public final class HistoryBenchmark {
    private static final int READINGS_A_DAY = 8640;

    private HistoryBenchmark() {}

    public static void main(String[] args) throws Exception {
        int days = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 365;
        Instant today = Instant.now().truncatedTo(ChronoUnit.DAYS);
        Instant from = today.minus(days, ChronoUnit.DAYS);
        Map<String, String> settings = Map.of("HEARTH_RETENTION", days + 40 + "d", "HEARTH_SERIES_SEAL", "off");
        HearthProcess hearth = HearthProcess.start(settings);
        try {
            BulkLoad load = new BulkLoad(hearth, 1);
            load.post(from, days * READINGS_A_DAY);
            System.out.println(load);
            ask(hearth, "chunks", from, today);
            hearth.kill();
            hearth = HearthProcess.start(
                    hearth.directory(),
                    Map.of(
                            "HEARTH_RETENTION", days + 40 + "d",
                            "HEARTH_SERIES_SEAL", "off",
                            "HEARTH_SERIES_ROLLUPS", "1h for 2y, 1d for 10y"));
            ask(hearth, "rollups", from, today);
        } finally {
            hearth.close();
        }
    }

    private static void ask(HearthProcess hearth, String what, Instant from, Instant to) throws Exception {
        try (RawHttp http = new RawHttp(hearth.httpUri(), hearth.adminToken())) {
            long start = System.nanoTime();
            http.post("/api/v1/maintenance:seal", "application/json", new byte[0], 0);
            System.out.printf("%s: sealed in %.1f s%n", what, (System.nanoTime() - start) / 1e9);
            String path = "/api/v1/devices/d0/readings/aggregate?from=" + from + "&to=" + to;
            Measured.print("nothing (health, the baseline)", 3, http, i -> "/q/health/live");
            Measured.print(what + ": daily min, max, avg", 8, http, i -> path + "&every=1d&fn=min,max,avg");
            Measured.print(what + ": hourly avg", 8, http, i -> path + "&every=1h&fn=avg");
            Measured.print(what + ": daily p95", 8, http, i -> path + "&every=1d&fn=p95");
            Measured.print(what + ": daily avg, Berlin", 8, http, i -> path + "&every=1d&fn=avg&tz=Europe/Berlin");
        }
    }
}
