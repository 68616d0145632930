package io.hearth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Loads a day of many devices, seals it, and asks for it: bulk load, bytes per point on disk, and the time of each kind of
 * query over one connection. The baseline is an answer without content on the same connection.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.QueryBenchmark -Dbench="1000 8640"</pre>
 */
public final class QueryBenchmark {
    private QueryBenchmark() {}

    public static void main(String[] args) throws Exception {
        int devices = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 1000;
        int ticks = args.length > 1 ? Integer.parseInt(args[1]) : 8640;
        Instant day = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(1, ChronoUnit.DAYS);
        try (HearthProcess hearth = HearthProcess.start(Map.of())) {
            BulkLoad load = new BulkLoad(hearth, devices);
            load.post(day, ticks);
            System.out.println(load);
            try (RawHttp http = new RawHttp(hearth.httpUri(), hearth.adminToken())) {
                System.out.printf("on disk before sealing: %.3f B per point%n", perPoint(hearth, devices, ticks));
                long start = System.nanoTime();
                http.post("/api/v1/maintenance:seal", "application/json", new byte[0], 0);
                System.out.printf("sealed and compacted in %.1f s%n", (System.nanoTime() - start) / 1e9);
                System.out.printf("on disk after sealing: %.4f B per point%n", perPoint(hearth, devices, ticks));
                query(http, devices, day);
            }
        }
    }

    private static double perPoint(HearthProcess hearth, int devices, int ticks) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(hearth.directory().resolve("data").resolve("table"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".sst")).toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes / (3.0 * devices * ticks);
    }

    private static void query(RawHttp http, int devices, Instant day) throws IOException {
        String range = "from=" + day + "&to=" + day.plus(1, ChronoUnit.DAYS);
        Measured.print("nothing (health, the baseline)", 5, http, device -> "/q/health/live");
        Measured.print(
                "a device's day as JSON",
                10,
                http,
                device -> "/api/v1/devices/d" + device % devices + "/readings?" + range + "&limit=10000");
        Measured.print(
                "the same as columns",
                10,
                http,
                device ->
                        "/api/v1/devices/d" + device % devices + "/readings?" + range + "&limit=10000&layout=columns");
        Measured.print(
                "avg per 5 minutes of it",
                10,
                http,
                device -> "/api/v1/devices/d" + device % devices + "/readings/aggregate?" + range + "&every=5m&fn=avg");
        Measured.print(
                "avg per hour of all devices",
                10,
                http,
                device -> "/api/v1/readings/aggregate?" + range + "&every=1h&fn=avg&groupBy=device");
        Measured.print(
                "latest of one device", 5, http, device -> "/api/v1/devices/d" + device % devices + "/readings/latest");
        Instant noon = day.plus(12, ChronoUnit.HOURS);
        Measured.print(
                "Prometheus, instant, all devices",
                10,
                http,
                i -> "/prometheus/api/v1/query?query=temperature&time=" + noon.plusSeconds(i % 3600));
        Measured.print("latest of 1,000 devices", 5, http, device -> "/api/v1/readings/latest?limit=1000");
    }
}
