package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Several transports submit at once to a table that refuses, breaks, and answers on other threads: every receipt is called
 * exactly once, those of a transport that are settled in its order, and what was settled is stored.
 * {@code -DIngestReceiptsTest.seed=} repeats what the table does.
 */
@Timeout(120)
class IngestReceiptsTest {
    private static final int TRANSPORTS = 4;
    private static final int MESSAGES = 2_000;
    private static final long T0 = EpochMicros.of(SeriesFixture.START);

    private final SeriesFixture clock = new SeriesFixture();
    private final CapriciousTable table = new CapriciousTable(new MemoryTable(clock));
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));

    private static final class CapriciousTable extends ForwardingTable {
        private final long seed =
                Long.getLong(IngestReceiptsTest.class.getSimpleName() + ".seed", new Random().nextLong());
        private final Random random = new Random(seed);
        private volatile boolean isCapricious;

        CapriciousTable(Table table) {
            super(table);
        }

        private synchronized int draw() {
            return isCapricious ? random.nextInt(100) : 99;
        }

        @Override
        public Uni<Void> write(List<Write> writes) {
            return Uni.createFrom().deferred(() -> {
                int what = draw();
                if (what < 10) {
                    return Uni.createFrom().failure(new ThrottledException("refused on demand", null));
                }
                Uni<Void> written = table.write(writes);
                if (what < 20) {
                    return written.onItem().failWith(() -> new OutcomeUnknownException("failed on demand", null));
                }
                if (what < 22) {
                    return Uni.createFrom().failure(new IllegalStateException("broken on demand"));
                }
                return what < 60 ? written.emitOn(Infrastructure.getDefaultWorkerPool()) : written;
            });
        }
    }

    @Test
    void receipts_whateverTheTableDoes_areCalledOnceAndInOrder() throws Exception {
        AtomicIntegerArray calls = new AtomicIntegerArray(TRANSPORTS * MESSAGES);
        AtomicIntegerArray settled = new AtomicIntegerArray(TRANSPORTS * MESSAGES);
        AtomicIntegerArray last = new AtomicIntegerArray(TRANSPORTS);
        AtomicInteger outOfOrder = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        try (Ingest ingest = open()) {
            table.isCapricious = true;
            List<Thread> transports = new ArrayList<>();
            for (int t = 0; t < TRANSPORTS; t++) {
                int transport = t;
                Thread thread = new Thread(() -> {
                    for (int i = 0; i < MESSAGES; i++) {
                        int message = i;
                        int id = transport * MESSAGES + message;
                        ingest.submit(delivery(transport, message), new Receipt() {
                            @Override
                            public void settled() {
                                settled.incrementAndGet(id);
                                if (last.getAndSet(transport, message) > message) {
                                    outOfOrder.incrementAndGet();
                                }
                                called();
                            }

                            @Override
                            public void failed(Throwable cause) {
                                called();
                            }

                            private void called() {
                                calls.incrementAndGet(id);
                                done.incrementAndGet();
                                if (message % 97 == 0) {
                                    throw new IllegalStateException("a receipt that throws");
                                }
                            }
                        });
                    }
                });
                thread.start();
                transports.add(thread);
            }
            for (Thread thread : transports) {
                thread.join();
            }
            await().atMost(Duration.ofSeconds(100)).until(() -> done.get() >= TRANSPORTS * MESSAGES);
            table.isCapricious = false;
        }

        String replay = "-D" + IngestReceiptsTest.class.getSimpleName() + ".seed=" + table.seed;
        assertThat(outOfOrder.get()).as(replay).isZero();
        for (int t = 0; t < TRANSPORTS; t++) {
            Map<Long, Map<String, Object>> stored = new HashMap<>();
            SeriesFixture.scan(store, "d" + t, TimeRange.ALL, Set.of(), Direction.ASCENDING)
                    .forEach(reading -> stored.put(reading.getKey(), reading.getValue()));
            for (int i = 0; i < MESSAGES; i++) {
                int id = t * MESSAGES + i;
                assertThat(calls.get(id)).as("receipt %d, %s", id, replay).isEqualTo(1);
                if (settled.get(id) == 1) {
                    assertThat(stored).as(replay).containsEntry(T0 - i, Map.of("a", (double) i));
                }
            }
        }
    }

    private Ingest open() {
        IngestSettings settings = new IngestSettings(
                10_000, Duration.ofMinutes(10), Duration.ofDays(30), Duration.ZERO, Duration.ofHours(24));
        DeadLetters deadLetters = new DeadLetters(table, Duration.ofDays(30));
        return new Ingest(store, deadLetters, clock, settings, new SimpleMeterRegistry());
    }

    private static Delivery delivery(int transport, int message) {
        String payload = "{\"ts\":" + (T0 - message) + ",\"a\":" + message + "}";
        return new Delivery(
                "devices/d" + transport + "/telemetry",
                "d" + transport,
                payload.getBytes(StandardCharsets.UTF_8),
                T0,
                null);
    }
}
