package io.hearth.table.rocksdb.expiry;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.expiring;
import static io.hearth.table.rocksdb.TestTables.indexed;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Scan;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.TestTables;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.RowKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

final class ExpirySweeperTest {
    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    private RocksDbTable table;

    @BeforeEach
    void open() {
        table = TestTables.open(directory, clock);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void sweepNow_nothingExpired_removesNothing() {
        store(table, expiring("d", 1, clock.seconds() + 1), item("d", 2, "x"));

        SweepResult result = table.sweepNow();

        assertThat(result.rowsRemoved()).isZero();
        assertThat(result.compactions()).isZero();
        assertThat(items()).hasSize(2);
    }

    @Test
    void sweepNow_expiredAmongLive_removesExactlyThem() {
        List<Item> items = new ArrayList<>();
        List<Item> live = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            // Runs of expired items of all lengths, also over the bounds of chunks.
            boolean expires = i % 100 < i / 100;
            Item item = expires ? expiring("d" + i % 3, i, clock.seconds() + 1) : item("d" + i % 3, i, "x");
            items.add(item);
            if (!expires) {
                live.add(item);
            }
        }
        store(table, items.toArray(Item[]::new));
        clock.advance(Duration.ofSeconds(1));

        SweepResult result = table.sweepNow();

        assertThat(result.rowsRemoved()).isEqualTo(items.size() - live.size());
        assertThat(result.compactions()).isPositive();
        assertThat(items()).containsExactlyInAnyOrderElementsOf(live);
        assertThat(table.sweepNow().rowsRemoved()).isZero();
    }

    @Test
    void sweepNow_expiredAndStaleIndexEntries_areRemoved() {
        store(
                table,
                indexed("d", 1, "expires", clock.seconds() + 1),
                indexed("d", 2, "stays", 0),
                indexed("d", 3, "leaves the index", 0));
        store(table, item("d", 3, "left"));
        clock.advance(Duration.ofSeconds(1));

        SweepResult result = table.sweepNow();

        assertThat(result.rowsRemoved()).isEqualTo(1);
        assertThat(result.indexEntriesRemoved()).isEqualTo(2);
        assertThat(table.sweepNow().indexEntriesRemoved()).isZero();
        assertThat(items()).containsExactly(indexed("d", 2, "stays", 0), item("d", 3, "left"));
    }

    @Test
    void sweepNow_itemsWrittenAnewMeanwhile_areNotLost() {
        int count = 5000;
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> sweeps = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                table.sweepNow();
            }
        });
        try {
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < count; i++) {
                    table.write(List.of(new Write.Put(expiring("d", i, clock.seconds()))))
                            .subscribe()
                            .asCompletionStage();
                }
                for (int i = 0; i < count; i += 2) {
                    table.write(List.of(new Write.Put(item("d", i, "round " + round))))
                            .subscribe()
                            .asCompletionStage();
                }
                store(table, item("d", count, "round " + round));

                assertThat(items()).hasSize(count / 2 + 1);
                for (int i = 0; i < count; i += 500) {
                    assertThat(await(table.get(key("d", i), Consistency.STRONG)))
                            .contains(item("d", i, "round " + round));
                }
            }
        } finally {
            done.set(true);
            sweeps.join();
        }
    }

    @Test
    void background_expired_isRemovedByItself() {
        table.close();
        RocksDbSettings often =
                new RocksDbSettings(directory, true, Duration.ZERO, Duration.ofMillis(5), 4 << 20, 1 << 20, 1 << 20);
        table = TestTables.open(often, clock);
        store(table, expiring("d", 1, clock.seconds() + 1));

        clock.advance(Duration.ofSeconds(1));

        Awaitility.await().until(() -> stored().isEmpty());
    }

    @Test
    void sweepNow_wallClockSetFarAhead_removesNothingThatHasNotExpired() {
        Instant right = clock.instant();
        store(table, expiring("d", 1, clock.seconds() + 100), indexed("d", 2, "x", clock.seconds() + 100));
        store(table, expiring("d", 3, clock.seconds() + 10));
        clock.advance(Duration.ofSeconds(10));
        clock.set(right.plus(Duration.ofDays(40)));

        SweepResult result = table.sweepNow();

        assertThat(items()).isEmpty(); // what is answered follows the clock
        assertThat(result.rowsRemoved()).isEqualTo(1);
        assertThat(table.removalBehind()).isEqualTo(Duration.ofDays(40).minusSeconds(10));
        clock.set(right.plusSeconds(10));
        assertThat(items()).hasSize(2);
        assertThat(table.removalBehind()).isZero();
    }

    /** A hub that was off for two months must get on without anybody, and one whose clock is wrong must not lose anything soon. */
    @Test
    void sweepNow_clockFarAheadAtTheStart_removesOnlyOnceItHasGoneOnForTheProbation() {
        store(table, expiring("d", 1, clock.seconds() + Duration.ofDays(30).toSeconds()));
        table.close();
        clock.set(clock.instant().plus(Duration.ofDays(60)));
        table = TestTables.open(directory, clock);

        runFor(RemovalClock.PROBATION.minusHours(1));
        assertThat(stored()).hasSize(1);
        runFor(Duration.ofHours(8));

        assertThat(stored()).isEmpty();
        assertThat(table.removalBehind()).isZero();
    }

    @Test
    void sweepNow_damagedRow_isNamedAndStaysAndTheOthersAreSwept() throws RocksDBException {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            items.add(expiring("d" + i, 1, clock.seconds() + 1));
        }
        store(table, items.toArray(Item[]::new));
        table.close();
        Key damaged = key("d250", 2);
        putRaw(RowKey.encode(damaged), new byte[] {(byte) 0x80});
        table = TestTables.open(directory, clock);
        clock.advance(Duration.ofSeconds(1));

        SweepResult result = table.sweepNow();

        assertThat(result.rowsRemoved()).isEqualTo(500);
        String row = HexFormat.of().formatHex(RowKey.encode(damaged));
        assertThat(table.damages()).singleElement().asString().contains(row);
        assertThatThrownBy(() -> await(table.get(damaged, Consistency.STRONG)))
                .isInstanceOf(TableException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void sweepNow_damagedFile_isNamedAndTheOtherPartsAreSwept() throws Exception {
        byte[] body = new byte[30_000]; // more than a block
        for (int i = 0; i < 200; i++) {
            store(
                    table,
                    new Item(key("d" + i % 20, i), Bytes.wrap(body), clock.seconds() + 1, 0, null),
                    new Item(key("e", i), Bytes.wrap(new byte[0]), 0, 0, null));
        }
        table.close();
        TestTables.compact(directory);
        Path file = TableFiles.largestSortedFile(directory);
        TableFiles.flip(file, Files.size(file) * 4);
        table = TestTables.open(directory, clock);
        clock.advance(Duration.ofSeconds(1));

        assertThatThrownBy(() -> table.sweepNow())
                .isInstanceOf(TableException.class)
                .hasMessageContaining(String.valueOf(file.getFileName()));

        assertThat(table.damages())
                .anySatisfy(damage -> assertThat(damage).contains(String.valueOf(file.getFileName())));
        int gone = 0;
        Instant now = clock.instant();
        clock.set(Instant.EPOCH);
        for (int i = 0; i < 200; i++) {
            try {
                gone += await(table.get(key("d" + i % 20, i), Consistency.STRONG))
                                .isEmpty()
                        ? 1
                        : 0;
            } catch (TableException e) {
                assertThat(e).hasMessageContaining(String.valueOf(file.getFileName()));
            }
        }
        clock.set(now);
        assertThat(gone).as("removed, of 200").isGreaterThan(150);
        assertThat(table.writeFailure()).isNull();
        store(table, item("d", 1, "goes on"));
    }

    private void putRaw(byte[] row, byte[] value) throws RocksDBException {
        ByteWriter batch = new ByteWriter(100);
        BatchFormat.beginHousekeeping(0, batch);
        BatchFormat.putItem(batch);
        BatchFormat.slice(row, batch);
        BatchFormat.slice(value, batch);
        byte[] bytes = batch.toByteArray();
        BatchFormat.writeCount(bytes, 1);
        try (Database database = Database.open(TestTables.settings(directory).database())) {
            database.write(bytes);
        }
    }

    private void runFor(Duration running) {
        for (Duration ran = Duration.ZERO; ran.compareTo(running) < 0; ran = ran.plusMinutes(30)) {
            clock.advance(Duration.ofMinutes(30));
            table.sweepNow();
        }
    }

    /** What is on disk, whether it has expired or not. */
    private List<Item> stored() {
        Instant now = clock.instant();
        clock.set(Instant.EPOCH);
        try {
            return items();
        } finally {
            clock.set(now);
        }
    }

    private List<Item> items() {
        Page page = await(table.scan(new Scan(0, 1, 1_000_000, null)));
        assertThat(page.next()).isNull();
        return page.items();
    }
}
