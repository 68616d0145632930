package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.codec.JsonLines;
import io.hearth.codec.LineReader;
import io.hearth.model.EpochMicros;
import io.hearth.model.PointBuffer;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is stored side by side ends as if it had been stored one after the other, whichever part is the faster one. */
class AppendOrderTest {
    /** Of a day that has ended, so that it can be sealed. */
    private static final long YESTERDAY = EpochMicros.of(SeriesFixture.START.minus(Duration.ofDays(1)));

    private final SeriesFixture clock = new SeriesFixture();
    private final GatedTable table = new GatedTable(new MemoryTable(clock));
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private final List<String> receipts = Collections.synchronizedList(new ArrayList<>());
    private final Ingest ingest = new Ingest(
            store,
            new DeadLetters(table, Duration.ofDays(30)),
            clock,
            new IngestSettings(
                    10_000, Duration.ofMinutes(10), Duration.ofDays(30), Duration.ZERO, Duration.ofHours(24)),
            new SimpleMeterRegistry());

    /** Refuses the next write when it is told to. */
    private static final class GatedTable extends ForwardingTable {
        private final AtomicInteger written = new AtomicInteger();
        private volatile @Nullable CompletableFuture<@Nullable Void> refusal;

        GatedTable(Table table) {
            super(table);
        }

        /** @return completed to refuse the next write, which waits for that */
        CompletableFuture<@Nullable Void> refuseNext() {
            CompletableFuture<@Nullable Void> next = new CompletableFuture<>();
            refusal = next;
            return next;
        }

        @Override
        public Uni<Void> write(List<Write> writes) {
            return Uni.createFrom().deferred(() -> {
                CompletableFuture<@Nullable Void> held = refusal;
                refusal = null;
                return held == null
                        ? table.write(writes).invoke(written::incrementAndGet)
                        : Uni.createFrom()
                                .completionStage(held)
                                .onItem()
                                .failWith(() -> new ThrottledException("refused on demand", null));
            });
        }
    }

    @AfterEach
    void close() {
        ingest.close();
    }

    @Test
    void lines_laterPieceIsDecodedFirst_laterLineWins() throws Exception {
        SeriesFixture.append(store, "d1", YESTERDAY, Map.of("a", 0));
        int before = table.written.get();
        LineSequence lines = new LineSequence(ingest);
        CountDownLatch secondIsDecoded = new CountDownLatch(1);
        CompletableFuture<IngestResult> first = store(lines, keyWith(1), secondIsDecoded::await, () -> {});
        CompletableFuture<IngestResult> second = store(lines, keyWith(2), () -> {}, secondIsDecoded::countDown);

        assertThat(first.get().stored()).isEqualTo(1);
        assertThat(second.get().stored()).isEqualTo(1);

        assertThat(valueOfKey()).isEqualTo(2.0);
        // Two runs: had both lines met in one, the order of their stamps would not have been tried.
        assertThat(table.written.get() - before).isEqualTo(2);
    }

    @Test
    void lines_withoutTimeWhenALaterPieceIsDecodedFirst_ascendInTheirOrder() throws Exception {
        LineSequence lines = new LineSequence(ingest);
        CountDownLatch secondIsDecoded = new CountDownLatch(1);
        CompletableFuture<IngestResult> first = store(
                lines, "{\"device\":\"d1\",\"a\":1}\n{\"device\":\"d1\",\"a\":2}", secondIsDecoded::await, () -> {});
        CompletableFuture<IngestResult> second =
                store(lines, "{\"device\":\"d1\",\"a\":3}", () -> {}, secondIsDecoded::countDown);
        first.get();
        second.get();

        assertThat(readings())
                .extracting(Map.Entry::getValue)
                .containsExactly(Map.of("a", 1.0), Map.of("a", 2.0), Map.of("a", 3.0));
    }

    @Test
    void lines_earlierPieceIsStampedAgain_laterLineWins() throws Exception {
        SeriesFixture.append(store, "d1", YESTERDAY, Map.of("a", 0));
        LineSequence lines = new LineSequence(ingest);
        CompletableFuture<@Nullable Void> refusal = table.refuseNext();
        CompletableFuture<IngestResult> first = store(lines, keyWith(1), () -> {}, () -> {});
        await().until(() -> table.refusal == null);
        int before = table.written.get();
        CompletableFuture<IngestResult> second = store(lines, keyWith(2), () -> {}, () -> {});
        await().until(() -> table.written.get() > before);

        store.seal(EpochMicros.of(SeriesFixture.START), nanos -> {});
        assertThat(second).isNotDone();
        refusal.complete(null);
        first.get();
        second.get();

        assertThat(valueOfKey()).isEqualTo(2.0);
    }

    @Test
    void lines_earlierPieceFails_laterOneEnds() throws Exception {
        LineSequence lines = new LineSequence(ingest);
        CompletableFuture<IngestResult> first = store(
                lines,
                keyWith(1),
                () -> {
                    throw new IllegalStateException("cannot be decoded");
                },
                () -> {});
        CompletableFuture<IngestResult> second = store(lines, keyWith(2), () -> {}, () -> {});

        assertThat(second.get().stored()).isEqualTo(1);
        assertThat(first).isCompletedExceptionally();
    }

    @Test
    void messages_earlierGroupIsStampedAgain_laterMessageWins_andReceiptsStayInOrder() {
        SeriesFixture.append(store, "d1", YESTERDAY, Map.of("a", 0));
        CompletableFuture<@Nullable Void> refusal = table.refuseNext();
        submit("first", 1);
        await().until(() -> table.refusal == null);
        int before = table.written.get();
        submit("second", 2);
        await().until(() -> table.written.get() > before);

        store.seal(EpochMicros.of(SeriesFixture.START), nanos -> {});
        assertThat(receipts).isEmpty();
        refusal.complete(null);
        await().until(() -> receipts.size() == 2);

        assertThat(receipts).containsExactly("first", "second");
        assertThat(valueOfKey()).isEqualTo(2.0);
    }

    private interface Step {
        void run() throws Exception;
    }

    private static CompletableFuture<IngestResult> store(LineSequence lines, String text, Step before, Step decoded) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return lines.next(points -> new Stepped(bytes, points, before, decoded), 10)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .subscribeAsCompletionStage()
                .toCompletableFuture();
    }

    /** Runs something before the first line and when all are read. */
    private static final class Stepped extends LineReader {
        private final LineReader reader;
        private final Step before;
        private final Step decoded;

        Stepped(byte[] text, PointBuffer points, Step before, Step decoded) {
            reader = new JsonLines().read(text, text.length, points);
            this.before = before;
            this.decoded = decoded;
        }

        @Override
        public boolean next() {
            if (reader.line() == 0) {
                run(before);
            }
            boolean found = reader.next();
            if (found) {
                foundReading(reader.line(), reader.device());
            } else {
                run(decoded);
            }
            return found;
        }

        private static void run(Step step) {
            try {
                step.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static String keyWith(int value) {
        return "{\"device\":\"d1\",\"ts\":" + YESTERDAY + ",\"values\":{\"a\":" + value + "}}";
    }

    private void submit(String name, int value) {
        byte[] payload = ("{\"ts\":" + YESTERDAY + ",\"a\":" + value + "}").getBytes(StandardCharsets.UTF_8);
        Delivery delivery = new Delivery("devices/d1/telemetry", "d1", payload, EpochMicros.of(clock.instant()), null);
        ingest.submit(delivery, new Receipt() {
            @Override
            public void settled() {
                receipts.add(name);
            }

            @Override
            public void failed(Throwable cause) {
                receipts.add(name + " failed");
            }
        });
    }

    private Object valueOfKey() {
        return Objects.requireNonNull(readings().get(0).getValue().get("a"));
    }

    private List<Map.Entry<Long, Map<String, Object>>> readings() {
        return SeriesFixture.scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }
}
