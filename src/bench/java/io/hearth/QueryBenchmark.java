package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Loads a day of many devices, seals it, and asks for it: bulk load, bytes per point on disk, and the time of each kind of
 * query over one connection. The baseline is an answer without content on the same connection.
 *
 * <pre>mvn -Pbench test-compile exec:exec -Dbench.main=io.hearth.QueryBenchmark -Dbench="1000 8640"</pre>
 */
public final class QueryBenchmark {
    private static final int LINES_PER_BATCH = 5_000;
    private static final int PERIOD_MILLIS = 10_000;

    private QueryBenchmark() {}

    public static void main(String[] args) throws Exception {
        int devices = args.length > 0 && !args[0].isBlank() ? Integer.parseInt(args[0]) : 1000;
        int ticks = args.length > 1 ? Integer.parseInt(args[1]) : 8640;
        Instant day = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(1, ChronoUnit.DAYS);
        try (HearthProcess hearth = HearthProcess.start(Map.of())) {
            load(hearth, devices, ticks, day);
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

    /** Values that walk by tenths and stay in their bounds. */
    private static final class Walk {
        private final Random random;
        private int temperature = 200;
        private int humidity = 450;
        private int battery = 900;

        Walk(int device) {
            random = new Random(device);
        }

        void appendLine(int device, long timeMillis, StringBuilder out) {
            temperature = Math.min(
                    300, Math.max(150, temperature + (random.nextInt(4) == 0 ? -1 : random.nextInt(3) == 0 ? 1 : 0)));
            int step = random.nextInt(16);
            humidity = Math.min(
                    800, Math.max(200, humidity + (step < 3 ? -1 : step < 6 ? 1 : step == 6 ? -3 : step == 7 ? 3 : 0)));
            battery = random.nextInt(2000) == 0 ? Math.max(100, battery - 1) : battery;
            out.append("{\"device\":\"d").append(device).append("\",\"ts\":").append(timeMillis);
            out.append(",\"values\":{\"temperature\":")
                    .append(temperature / 10)
                    .append('.')
                    .append(temperature % 10);
            out.append(",\"humidity\":").append(humidity / 10).append('.').append(humidity % 10);
            out.append(",\"battery\":")
                    .append(battery / 10)
                    .append('.')
                    .append(battery % 10)
                    .append("}}\n");
        }
    }

    private static void load(HearthProcess hearth, int devices, int ticks, Instant day) throws Exception {
        List<byte[]> batches = new ArrayList<>();
        Walk[] walks = new Walk[devices];
        for (int device = 0; device < devices; device++) {
            walks[device] = new Walk(device);
        }
        double seconds = 0;
        long readings = 0;
        for (int tick = 0; tick < ticks; ) {
            // An hour at a time: what is generated ahead must fit into memory, and must not be measured.
            int end = Math.min(ticks, tick + 360);
            StringBuilder lines = new StringBuilder();
            int count = 0;
            for (; tick < end; tick++) {
                for (int device = 0; device < devices; device++) {
                    walks[device].appendLine(
                            device, day.toEpochMilli() + (long) tick * PERIOD_MILLIS + device * 10L, lines);
                    readings++;
                    if (++count == LINES_PER_BATCH) {
                        batches.add(lines.toString().getBytes(StandardCharsets.US_ASCII));
                        lines.setLength(0);
                        count = 0;
                    }
                }
            }
            batches.add(lines.toString().getBytes(StandardCharsets.US_ASCII));
            seconds += post(hearth, batches);
            batches.clear();
        }
        System.out.printf("bulk load, 2 connections: %d readings, %.0f readings/s%n", readings, readings / seconds);
    }

    private static double post(HearthProcess hearth, List<byte[]> batches) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Thread[] clients = new Thread[2];
        long start = System.nanoTime();
        for (int i = 0; i < clients.length; i++) {
            clients[i] = new Thread(() -> {
                try (RawHttp http = new RawHttp(hearth.httpUri(), hearth.adminToken())) {
                    for (int batch = next.getAndIncrement(); batch < batches.size(); batch = next.getAndIncrement()) {
                        byte[] body = batches.get(batch);
                        if (body.length > 0) {
                            http.post("/api/v1/readings:batch", "application/x-ndjson", body, body.length);
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            clients[i].start();
        }
        for (Thread client : clients) {
            client.join();
        }
        return (System.nanoTime() - start) / 1e9;
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
        measure("nothing (health, the baseline)", 5, http, device -> "/q/health/live");
        measure(
                "a device's day as JSON",
                10,
                http,
                device -> "/api/v1/devices/d" + device % devices + "/readings?" + range + "&limit=10000");
        measure(
                "the same as columns",
                10,
                http,
                device ->
                        "/api/v1/devices/d" + device % devices + "/readings?" + range + "&limit=10000&layout=columns");
        measure(
                "avg per 5 minutes of it",
                10,
                http,
                device -> "/api/v1/devices/d" + device % devices + "/readings/aggregate?" + range + "&every=5m&fn=avg");
        measure(
                "avg per hour of all devices",
                10,
                http,
                device -> "/api/v1/readings/aggregate?" + range + "&every=1h&fn=avg&groupBy=device");
        measure("latest of one device", 5, http, device -> "/api/v1/devices/d" + device % devices + "/readings/latest");
        measure("latest of 1,000 devices", 5, http, device -> "/api/v1/readings/latest?limit=1000");
    }

    private interface Paths {
        String of(int i);
    }

    private static void measure(String what, int seconds, RawHttp http, Paths paths) throws IOException {
        int i = 0;
        for (long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos(); System.nanoTime() < end; ) {
            http.get(paths.of(i++));
        }
        long[] nanos = new long[1 << 20];
        int count = 0;
        long bytes = 0;
        for (long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
                System.nanoTime() < end && count < nanos.length; ) {
            long start = System.nanoTime();
            bytes = http.get(paths.of(i++));
            nanos[count++] = System.nanoTime() - start;
        }
        Arrays.sort(nanos, 0, count);
        System.out.printf(
                "%-32s median %8.3f ms, p99 %8.3f ms, %9d bytes, %d times%n",
                what, nanos[count / 2] / 1e6, nanos[(int) (count * 0.99)] / 1e6, bytes, count);
    }
}
