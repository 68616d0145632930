package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GroupCommitTest {
    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    /** Holds the first commit until it is told to go on, so that what comes meanwhile waits for sure. */
    private static final class Gate implements CommitListener {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch open = new CountDownLatch(1);
        final List<Integer> batchesPerCommit = new ArrayList<>();

        @Override
        public void committed(int batches, int writes, long bytes, long commitNanos) {
            batchesPerCommit.add(batches);
            entered.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void failed(int batches) {}
    }

    private static CompletableFuture<Void> put(RocksDbTable table, Item item) {
        return table.write(List.of(new Write.Put(item))).subscribeAsCompletionStage();
    }

    @Test
    void write_manyWaiting_shareOneCommit() throws Exception {
        Gate gate = new Gate();
        try (RocksDbTable table = RocksDbTable.open(TestTables.settings(directory), clock, gate)) {
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            writers.add(put(table, item("d", 0, "x")));
            assertThat(gate.entered.await(30, TimeUnit.SECONDS)).isTrue();
            for (int i = 1; i <= 100; i++) {
                writers.add(put(table, item("d", i, "x")));
            }
            assertThat(table.pendingBatches()).isGreaterThanOrEqualTo(100);
            assertThat(table.pendingBytes()).isPositive();

            gate.open.countDown();
            writers.forEach(CompletableFuture::join);

            assertThat(gate.batchesPerCommit).containsExactly(1, 100);
        }
    }

    @Test
    void put_oneConditionFails_failsOnlyItsWriter() throws Exception {
        Gate gate = new Gate();
        try (RocksDbTable table = RocksDbTable.open(TestTables.settings(directory), clock, gate)) {
            CompletableFuture<Void> first = put(table, item("d", 0, "x"));
            assertThat(gate.entered.await(30, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Void> blind = put(table, item("d", 1, "blind"));
            CompletableFuture<Void> loses =
                    table.put(item("d", 1, "loses"), Condition.absent()).subscribeAsCompletionStage();
            CompletableFuture<Void> wins = table.put(
                            new Item(key("d", 1), TestTables.bytes("wins"), 0, 5, null), Condition.version(0))
                    .subscribeAsCompletionStage();
            CompletableFuture<Void> removes =
                    table.delete(key("d", 1), Condition.version(5)).subscribeAsCompletionStage();
            CompletableFuture<Void> again =
                    table.put(item("d", 1, "again"), Condition.absent()).subscribeAsCompletionStage();

            gate.open.countDown();
            CompletableFuture.allOf(first, blind, wins, removes, again).join();

            assertThatThrownBy(loses::join)
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(ConditionFailedException.class);
            assertThat(await(table.get(key("d", 1), Consistency.STRONG))).contains(item("d", 1, "again"));
        }
    }

    @Test
    void put_whatItDependsOnIsDamaged_failsOnlyItsWriter() throws Exception {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < 100; i++) {
                store(table, item("d", i, "x".repeat(10_000)));
            }
        }
        TestTables.compact(directory);
        Path file = TableFiles.largestSortedFile(directory);
        TableFiles.flip(file, Files.size(file) * 4);
        Gate gate = new Gate();
        try (RocksDbTable table = RocksDbTable.open(TestTables.settings(directory), clock, gate)) {
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            writers.add(put(table, item("e", 0, "x")));
            assertThat(gate.entered.await(30, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 100; i++) {
                writers.add(put(table, item("e", i, "x")));
                writers.add(table.put(item("d", i, "new"), Condition.version(0)).subscribeAsCompletionStage());
            }
            List<Bytes> superseded = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                superseded.add(key("d", i).sortKey());
            }
            CompletableFuture<Void> replaces =
                    table.replace("d", List.of(), superseded).subscribeAsCompletionStage();
            gate.open.countDown();

            List<Throwable> failures = new ArrayList<>();
            for (CompletableFuture<Void> writer : writers) {
                writer.handle((done, failure) -> failure == null || failures.add(failure))
                        .join();
            }

            assertThat(failures)
                    .hasSizeBetween(1, 5)
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOf(TableDamagedException.class)
                            .hasMessageContaining(String.valueOf(file.getFileName())));
            assertThatThrownBy(replaces::join).hasCauseInstanceOf(TableDamagedException.class);
            assertThat(table.writeFailure()).isNull();
            for (int i = 0; i < 100; i++) {
                assertThat(await(table.get(key("e", i), Consistency.STRONG))).isPresent();
            }
        }
    }

    @Test
    void write_tooMuchWaiting_isThrottledAndWritesNothing() throws Exception {
        Gate gate = new Gate();
        RocksDbSettings settings =
                new RocksDbSettings(directory, true, Duration.ZERO, Duration.ZERO, 1 << 20, 1 << 20, 10_000);
        try (RocksDbTable table = RocksDbTable.open(settings, clock, gate)) {
            // A batch beyond the bound is taken when nothing else waits.
            CompletableFuture<Void> large = put(table, item("d", 0, "x".repeat(20_000)));
            assertThat(gate.entered.await(30, TimeUnit.SECONDS)).isTrue();

            assertThatThrownBy(() -> store(table, item("d", 1, "x"))).isInstanceOf(ThrottledException.class);

            gate.open.countDown();
            large.join();
            assertThat(await(table.get(key("d", 1), Consistency.STRONG))).isEmpty();
            store(table, item("d", 1, "again"));
            assertThat(table.pendingBytes()).isZero();
            assertThat(table.pendingBatches()).isZero();
        }
    }

    @Test
    void close_underLoad_answersEveryWriterAndKeepsWhatWasAcknowledged() throws Exception {
        RocksDbTable table = TestTables.open(directory, clock);
        AtomicInteger started = new AtomicInteger();
        List<CompletableFuture<List<Item>>> threads = new ArrayList<>();
        ExecutorService writers = Executors.newFixedThreadPool(3);
        for (int t = 0; t < 3; t++) {
            int thread = t;
            threads.add(CompletableFuture.supplyAsync(
                    () -> {
                        List<CompletableFuture<Item>> outcomes = new ArrayList<>();
                        while (true) {
                            Item item = item("d" + thread, outcomes.size(), "x");
                            CompletableFuture<Item> outcome = put(table, item).thenApply(done -> item);
                            outcomes.add(outcome);
                            started.incrementAndGet();
                            if (outcome.isCompletedExceptionally()) {
                                return acknowledged(outcomes);
                            }
                        }
                    },
                    writers));
        }
        while (started.get() < 2000) {
            Thread.onSpinWait();
        }

        table.close();

        try (RocksDbTable reopened = TestTables.open(directory, clock)) {
            List<Item> acknowledged = new ArrayList<>();
            for (CompletableFuture<List<Item>> thread : threads) {
                acknowledged.addAll(thread.get(30, TimeUnit.SECONDS));
            }
            writers.shutdown();
            assertThat(acknowledged).isNotEmpty();
            for (Item item : acknowledged) {
                assertThat(await(reopened.get(item.key(), Consistency.STRONG))).contains(item);
            }
        }
    }

    /** What was written; the others failed as the table was closed. Nobody is left without an answer. */
    private static List<Item> acknowledged(List<CompletableFuture<Item>> outcomes) {
        List<Item> items = new ArrayList<>();
        for (CompletableFuture<Item> outcome : outcomes) {
            try {
                items.add(outcome.get(30, TimeUnit.SECONDS));
            } catch (Exception e) {
                assertThat(e).hasCauseInstanceOf(TableException.class);
            }
        }
        return items;
    }

    @Test
    void write_listenerThatFails_isStillAnswered() {
        CommitListener failing = new CommitListener() {
            @Override
            public void committed(int batches, int writes, long bytes, long commitNanos) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void failed(int batches) {}
        };
        try (RocksDbTable table = RocksDbTable.open(TestTables.settings(directory), clock, failing)) {
            store(table, item("d", 1, "x"));

            assertThat(await(table.get(key("d", 1), Consistency.STRONG))).contains(item("d", 1, "x"));
        }
    }
}
