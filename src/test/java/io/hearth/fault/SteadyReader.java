package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Somebody who reads the same readings over REST all the time, on one connection, and must get the same answer each time. */
final class SteadyReader implements AutoCloseable {
    /** What it reads, and who wants a large answer may ask for as well. */
    static final String DEVICE = "known";

    private static final int READINGS = 500;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HearthClient hearth;
    private final String path;
    private final String expected;
    private final Thread thread = new Thread(this::read, "steady-reader");
    private volatile boolean over;
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile @Nullable Throwable failure;

    SteadyReader(HearthProcess process) throws IOException, InterruptedException {
        hearth = process.client();
        Instant from = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(2, ChronoUnit.HOURS);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < READINGS; i++) {
            lines.append("{\"device\":\"" + DEVICE + "\",\"ts\":\"" + from.plusSeconds(i) + "\",\"values\":{\"n\":" + i
                    + ",\"text\":\"" + "t".repeat(100) + "\"}}\n");
        }
        assertThat(HearthClient.success(hearth.post("/api/v1/readings:batch", "application/x-ndjson", lines.toString()))
                        .path("stored")
                        .asInt())
                .isEqualTo(READINGS);
        path = "/api/v1/devices/" + DEVICE + "/readings?limit=1000&from=" + from + "&to=" + from.plusSeconds(READINGS);
        expected = get().body();
        assertThat(expected).contains("\"n\":0", "\"n\":" + (READINGS - 1));
        thread.setDaemon(true);
        thread.start();
    }

    private HttpResponse<String> get() throws IOException, InterruptedException {
        return http.send(hearth.request(path).build(), BodyHandlers.ofString());
    }

    private void read() {
        try {
            while (!over) {
                long begun = System.nanoTime();
                HttpResponse<String> answer = get();
                longestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo(expected);
                answers.incrementAndGet();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    int answers() {
        return answers.get();
    }

    /** How long the slowest answer since the last call took, milliseconds. */
    double longestMillis() {
        return longestNanos.getAndSet(0) / 1e6;
    }

    void assertServed() {
        assertThat(failure).isNull();
    }

    @Override
    public void close() {
        over = true;
    }
}
