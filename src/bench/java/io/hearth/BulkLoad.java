package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Posts readings of {@link SensorWalk}s over two connections; what is generated is not measured. */
final class BulkLoad {
    static final int PERIOD_MILLIS = 10_000;

    private static final int LINES_PER_BATCH = 5_000;
    private static final int CONNECTIONS = 2;

    /** What is generated ahead must fit into memory. */
    private static final int READINGS_AT_A_TIME = 360_000;

    private final HearthProcess hearth;
    private final SensorWalk[] walks;
    private double seconds;
    private double cpuSeconds;
    private long readings;

    BulkLoad(HearthProcess hearth, int devices) {
        this.hearth = hearth;
        walks = new SensorWalk[devices];
        for (int device = 0; device < devices; device++) {
            walks[device] = new SensorWalk(device);
        }
    }

    /** Posts so many readings of each device, one every ten seconds from a time on, all devices at each time. */
    void post(Instant from, int ticks) throws IOException, InterruptedException {
        List<byte[]> batches = new ArrayList<>();
        StringBuilder lines = new StringBuilder();
        int count = 0;
        int generated = 0;
        for (int tick = 0; tick < ticks; tick++) {
            for (int device = 0; device < walks.length; device++) {
                long time = from.toEpochMilli() + (long) tick * PERIOD_MILLIS + device % 1000 * 10L;
                walks[device].appendLine(device, time, lines);
                generated++;
                if (++count == LINES_PER_BATCH) {
                    batches.add(lines.toString().getBytes(StandardCharsets.US_ASCII));
                    lines.setLength(0);
                    count = 0;
                }
            }
            if (generated >= READINGS_AT_A_TIME) {
                post(batches);
                batches.clear();
                readings += generated - count;
                generated = count;
            }
        }
        batches.add(lines.toString().getBytes(StandardCharsets.US_ASCII));
        post(batches);
        readings += generated;
    }

    private void post(List<byte[]> batches) throws InterruptedException {
        AtomicInteger next = new AtomicInteger();
        Thread[] clients = new Thread[CONNECTIONS];
        double cpuBefore = cpuOf(hearth);
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
        seconds += (System.nanoTime() - start) / 1e9;
        cpuSeconds += cpuOf(hearth) - cpuBefore;
    }

    private static double cpuOf(HearthProcess hearth) {
        return ProcessHandle.of(hearth.pid())
                        .flatMap(process -> process.info().totalCpuDuration())
                        .orElseThrow()
                        .toNanos()
                / 1e9;
    }

    /** What came of it: the rate, and the service's CPU time, which says more where other work shares the machine. */
    @Override
    public String toString() {
        return String.format(
                "bulk load, 2 connections: %d readings, %.0f readings/s, %.2f µs of the service's CPU each",
                readings, readings / seconds, cpuSeconds / readings * 1e6);
    }
}
