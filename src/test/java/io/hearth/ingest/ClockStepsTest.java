package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.CommitListener;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The wall clock steps back and forth, also over restarts: of two writes of a key the later one wins, readings without a time
 * get the clock's, and nothing becomes a dead letter that is not ahead of the clock as it is now.
 */
final class ClockStepsTest {
    private static final Instant KEY = SeriesFixture.START.minus(3, ChronoUnit.HOURS);
    private static final Duration RETENTION = Duration.ofDays(30);

    @TempDir
    private Path directory;

    private final SeriesFixture clock = new SeriesFixture();
    private final AtomicInteger settled = new AtomicInteger();
    private int sent;

    @Test
    void clock_stepsBackAndForthAndOverRestarts_laterWriteWins_andReadingsWithoutATimeAreStored() {
        int write = 0;
        for (List<Duration> stretch : List.of(
                List.of(Duration.ZERO, Duration.ofHours(-1), Duration.ofDays(1), Duration.ofMinutes(-30)),
                // The process died; it comes back at a time that was before.
                List.of(Duration.ofHours(-2), Duration.ZERO),
                List.of(Duration.ofDays(-1).plusHours(2)))) {
            try (RocksDbTable table = RocksDbTable.open(RocksDbSettings.of(directory), clock, CommitListener.NONE);
                    Service service = new Service(table)) {
                for (Duration step : stretch) {
                    clock.setNow(SeriesFixture.START.plus(step));
                    write++;
                    service.send(
                            "keyed",
                            "{\"ts\":\"" + KEY.minus(1, ChronoUnit.DAYS) + "\",\"values\":{\"n\":" + write + "}}");
                    service.send("timeless", "{\"n\":" + write + "}");
                    service.awaitSettled();

                    assertThat(service.readings("keyed"))
                            .as("after the step to %s", step)
                            .extracting(Map.Entry::getValue)
                            .containsExactly(Map.of("n", (double) write));
                    assertThat(service.readings("timeless"))
                            .as("after the step to %s", step)
                            .hasSize(write)
                            .extracting(Map.Entry::getKey)
                            .anyMatch(micros -> Math.abs(micros - EpochMicros.of(clock.instant())) < 1_000);
                }
                assertThat(service.deadLetters.list(10, null, null).letters()).isEmpty();
            }
        }
        System.out.println(
                "ClockStepsTest: steps of -1 h, +1 day, -30 min, and of -2 h and -22 h over restarts: the later of "
                        + write + " writes of a key won each time, none of " + write
                        + " readings without a time was lost");
    }

    @Test
    void clock_thatWasYearsAheadOnce_doesNotMakeReadingsWithoutATimeAskTheTableOneByOne() {
        AtomicInteger asked = new AtomicInteger();
        Table counting = new ForwardingTable(new MemoryTable(clock)) {
            @Override
            public Uni<Page> query(Query query) {
                asked.addAndGet(query.partitionKey().equals("timeless") ? 1 : 0);
                return table.query(query);
            }
        };
        clock.setNow(SeriesFixture.START.plus(Duration.ofDays(3652)));
        try (Service service = new Service(counting)) {
            service.send("timeless", "{\"n\":0}");
            service.awaitSettled();
        }
        clock.setNow(SeriesFixture.START);
        try (Service service = new Service(counting)) {
            service.send("timeless", "{\"n\":1}");
            service.awaitSettled();
            int before = asked.get();

            for (int i = 2; i < 100; i++) {
                clock.setNow(clock.instant().plusMillis(10));
                service.send("timeless", "{\"n\":" + i + "}");
                service.awaitSettled();
            }

            assertThat(asked.get() - before).isZero();
            assertThat(service.readings("timeless")).hasSize(100);
        }
    }

    @Test
    void clock_setBackTwiceOverTheSameTime_overwritesNoReadingWithoutATime() {
        MemoryTable table = new MemoryTable(clock);
        clock.setNow(SeriesFixture.START.plus(Duration.ofDays(3652)));
        try (Service service = new Service(table)) {
            service.send("timeless", "{\"n\":0}");
            service.awaitSettled();
        }
        try (Service service = new Service(table)) {
            for (int round = 0; round < 3; round++) {
                clock.setNow(SeriesFixture.START);
                for (int i = 0; i < 10; i++) {
                    service.send("timeless", "{\"n\":" + i + "}");
                    service.awaitSettled();
                    clock.setNow(clock.instant().plus(Duration.ofMinutes(2)));
                }
            }

            assertThat(service.readings("timeless")).hasSize(31);
        }
    }

    /** Ingest on the table, as the service wires it. */
    private final class Service implements AutoCloseable {
        private final SeriesStore store;
        private final DeadLetters deadLetters;
        private final Ingest ingest;

        Service(Table table) {
            store = clock.open(table, RETENTION);
            deadLetters = new DeadLetters(table, RETENTION);
            ingest = new Ingest(
                    store,
                    deadLetters,
                    clock,
                    new IngestSettings(10_000, Duration.ofMinutes(10), RETENTION, Duration.ZERO, Duration.ofHours(24)),
                    new SimpleMeterRegistry());
        }

        void send(String device, String payload) {
            sent++;
            Delivery delivery = new Delivery(
                    "devices/" + device + "/telemetry",
                    device,
                    payload.getBytes(StandardCharsets.UTF_8),
                    EpochMicros.of(clock.instant()),
                    null);
            ingest.submit(delivery, new Receipt() {
                @Override
                public void settled() {
                    settled.incrementAndGet();
                }

                @Override
                public void failed(Throwable failure) {
                    throw new AssertionError(failure);
                }
            });
        }

        void awaitSettled() {
            await().until(() -> settled.get() == sent);
        }

        List<Map.Entry<Long, Map<String, Object>>> readings(String device) {
            return SeriesFixture.scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING);
        }

        @Override
        public void close() {
            ingest.close();
        }
    }
}
