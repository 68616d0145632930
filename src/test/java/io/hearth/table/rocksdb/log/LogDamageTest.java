package io.hearth.table.rocksdb.log;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.expiring;
import static io.hearth.table.rocksdb.TestTables.indexed;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.TableDamagedException;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.TestTables;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.RowKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/** What a start does when the log was damaged, or is torn as a power failure leaves it. */
final class LogDamageTest {
    private static final int ITEMS = 300;

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path root;

    /** Items 0 to {@code ITEMS - 1} of d, each with a commit of its own, as a process that was killed leaves them. */
    private Path killed() throws IOException {
        Path directory = root.resolve("table");
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "x".repeat(i % 300)));
            }
            return TableFiles.copy(directory, root.resolve("killed"));
        }
    }

    private void assertHasAll(Path directory) {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                assertThat(await(table.get(key("d", i), Consistency.STRONG)))
                        .contains(item("d", i, "x".repeat(i % 300)));
            }
        }
    }

    @Test
    void open_killed_hasAll() throws IOException {
        assertHasAll(killed());
    }

    @Test
    void open_bitFlippedAnywhere_isRefusedByNameAndNothingIsChanged() throws IOException {
        long seed = Long.getLong(getClass().getSimpleName() + ".seed", System.nanoTime());
        System.out.println("-D" + getClass().getSimpleName() + ".seed=" + seed);
        Random random = new Random(seed);
        Path killed = killed();
        long bits = Files.size(TableFiles.newestLog(killed)) * Byte.SIZE;
        for (int round = 0; round < 40; round++) {
            Path damaged = TableFiles.copy(killed, root.resolve("damaged"));
            Path log = TableFiles.newestLog(damaged);
            TableFiles.flip(log, random.nextLong(bits));
            var before = TableFiles.contents(damaged);

            assertThatThrownBy(() -> TestTables.open(damaged, clock))
                    .isInstanceOf(TableDamagedException.class)
                    .hasMessageContaining(log + " at byte ");

            assertThat(TableFiles.contents(damaged)).isEqualTo(before);
        }
    }

    @Test
    void open_bitFlippedAndNothingBesideTheLogTellsHowFarItWent_isRefusedUnlessInTheLastRecord() throws IOException {
        Path killed = killed();
        Files.delete(killed.resolve(DurableFile.NAME));
        Path log = TableFiles.newestLog(killed);
        long bits = Files.size(log) * Byte.SIZE;
        for (long bit = bits / 20; bit < bits * 95 / 100; bit += bits / 20) {
            Path damaged = TableFiles.copy(killed, root.resolve("damaged"));
            TableFiles.flip(damaged.resolve(log.getFileName()), bit);

            assertThatThrownBy(() -> TestTables.open(damaged, clock)).isInstanceOf(TableDamagedException.class);
        }
    }

    @Test
    void open_endOfWhatWasAcknowledgedCutOff_isRefused() throws IOException {
        Path killed = killed();
        Path log = TableFiles.newestLog(killed);
        long bytes = Files.size(log);
        for (long length : new long[] {0, 1, bytes / 2, bytes - 1}) {
            Path damaged = TableFiles.copy(killed, root.resolve("damaged"));
            TableFiles.cut(damaged.resolve(log.getFileName()), length);

            assertThatThrownBy(() -> TestTables.open(damaged, clock))
                    .isInstanceOf(TableDamagedException.class)
                    .hasMessageContaining(log.getFileName().toString());
        }
    }

    @Test
    void open_newestLogMissing_isRefused() throws IOException {
        Path killed = killed();
        Files.delete(TableFiles.newestLog(killed));

        assertThatThrownBy(() -> TestTables.open(killed, clock))
                .isInstanceOf(TableDamagedException.class)
                .hasMessageContaining("there is no log file");
    }

    /** The last commit was not answered when the power failed: whatever became of its bytes. */
    @Test
    void open_tornEnd_hasAllThatWasAcknowledged() throws IOException {
        long seed = Long.getLong(getClass().getSimpleName() + ".seed", System.nanoTime());
        int rounds = Integer.getInteger(getClass().getSimpleName() + ".tornEnds", 40);
        System.out.println("-D" + getClass().getSimpleName() + ".seed=" + seed);
        Random random = new Random(seed);
        Path directory = root.resolve("table");
        byte[] acknowledged;
        byte[] more;
        Path killed;
        Path log;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "x".repeat(i % 300)));
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
            log = TableFiles.newestLog(killed);
            acknowledged = Files.readAllBytes(log);
            // Over the ends of blocks, so that the record has several fragments.
            store(table, item("e", 1, "y".repeat(70_000)));
            more = Files.readAllBytes(directory.resolve(log.getFileName()));
        }
        for (int round = 0; round < rounds; round++) {
            byte[] torn = tear(more, acknowledged.length, random);
            Path copy = TableFiles.copy(killed, root.resolve("torn"));
            Files.write(copy.resolve(log.getFileName()), torn);

            assertHasAll(copy);
        }
    }

    /** Keeps what was synced; what was not is cut, zero, old bytes of others, or was written in part. */
    private static byte[] tear(byte[] log, int synced, Random random) {
        byte[] torn = Arrays.copyOf(log, synced + 1 + random.nextInt(log.length - synced - 1));
        byte[] garbage = new byte[torn.length];
        random.nextBytes(garbage);
        switch (random.nextInt(4)) {
            case 0 -> {} // cut
            case 1 -> Arrays.fill(torn, synced, torn.length, (byte) 0);
            case 2 -> System.arraycopy(garbage, synced, torn, synced, torn.length - synced);
            default -> {
                // The disk took some pages of 4 KiB and not others.
                torn = log.clone();
                for (int page = synced / 4096; page * 4096 < torn.length; page++) {
                    int from = Math.max(synced, page * 4096);
                    int to = Math.min(torn.length, (page + 1) * 4096);
                    if (random.nextBoolean() || to == torn.length) {
                        Arrays.fill(torn, from, to, (byte) 0);
                    }
                }
            }
        }
        return torn;
    }

    /** What the sweep removes is not synced, so a disk may take a later commit, which nobody was answered, and not that. */
    @Test
    void open_unsyncedHousekeepingTornBeforeAnUnansweredCommit_hasAllThatWasAcknowledged() throws IOException {
        Path directory = root.resolve("table");
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "x".repeat(i % 300)));
            }
            store(table, expiring("d", ITEMS, clock.seconds() + 1)); // too few of their part to be compacted
            Path killed = TableFiles.copy(directory, root.resolve("killed"));
            Path log = TableFiles.newestLog(killed);
            long acknowledged = Files.size(log);
            clock.advance(Duration.ofSeconds(1));
            assertThat(table.sweepNow().rowsRemoved()).isEqualTo(1);
            long swept = Files.size(directory.resolve(log.getFileName()));
            assertThat(swept).isGreaterThan(acknowledged);
            store(table, item("f", 1, "not answered"));
            Files.write(log, Files.readAllBytes(directory.resolve(log.getFileName())));
            Files.delete(killed.resolve(DurableFile.NAME)); // the power failure took what it said last
            TableFiles.flip(log, (acknowledged + swept) / 2 * Byte.SIZE);

            assertHasAll(killed);
        }
    }

    /** Builds before this one did not note in the log what was durable; each of their commits waited for the one before. */
    @Test
    void open_damagedLogWithoutMarks_isRefused() throws IOException {
        Path directory = root.resolve("table");
        TestTables.open(directory, clock).close();
        Files.delete(directory.resolve(DurableFile.NAME));
        Path killed;
        try (Database database = Database.open(TestTables.settings(directory).database())) {
            for (int i = 0; i < 100; i++) {
                ByteWriter batch = new ByteWriter(100);
                batch.writeBytes(new byte[BatchFormat.HEADER_BYTES]);
                BatchFormat.timeMark(1_790_000_000_000_000L + i, batch);
                BatchFormat.putItem(batch);
                BatchFormat.slice(RowKey.encode(key("d", i)), batch);
                BatchFormat.slice(new byte[100], batch);
                byte[] bytes = batch.toByteArray();
                BatchFormat.writeCount(bytes, 1);
                database.write(bytes);
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
        } catch (RocksDBException e) {
            throw new AssertionError(e);
        }
        Path log = TableFiles.newestLog(killed);
        TestTables.open(TableFiles.copy(killed, root.resolve("whole")), clock).close();
        TableFiles.flip(log, Files.size(log) * 4);

        assertThatThrownBy(() -> TestTables.open(killed, clock))
                .isInstanceOf(TableDamagedException.class)
                .hasMessageContaining(log + " at byte ");
    }

    /** A power failure may have done it, and who does not sync wants to start all the same; but it is said. */
    @Test
    void open_damagedLogOfUnsyncedCommits_opensAndNamesThePlace() throws IOException {
        Path directory = root.resolve("table");
        Path killed;
        try (RocksDbTable table = TestTables.openUnsynced(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "x"));
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        Path log = TableFiles.newestLog(killed);
        TableFiles.flip(log, Files.size(log) * 4);

        try (RocksDbTable table = TestTables.openUnsynced(killed, clock)) {
            assertThat(table.damages()).hasSize(1);
            assertThat(table.damages().get(0)).startsWith(log + " at byte ");
            assertThat(await(table.get(key("d", 0), Consistency.STRONG))).isPresent();
            assertThat(await(table.get(key("d", ITEMS - 1), Consistency.STRONG)))
                    .isEmpty();
        }
    }

    /** While one column family is not in sorted files yet, the log has several files. */
    @Test
    void open_olderLogDamaged_isRefused() throws IOException {
        Path directory = root.resolve("table");
        Path killed;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < 60; i++) {
                store(table, indexed("d", i, "x".repeat(30_000), 0));
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        List<Path> logs = new ArrayList<>(new LogFiles(killed).live().values());
        assertThat(logs).hasSizeGreaterThan(1);
        TestTables.open(TableFiles.copy(killed, root.resolve("whole")), clock).close();
        for (int i = 0; i < logs.size() - 1; i++) {
            String name = logs.get(i).getFileName().toString();
            for (String damage : List.of("flipped", "cut", "emptied", "missing")) {
                Path damaged = TableFiles.copy(killed, root.resolve("damaged"));
                Path log = damaged.resolve(name);
                switch (damage) {
                    case "flipped" -> TableFiles.flip(log, Files.size(log) * 4);
                    case "cut" -> TableFiles.cut(log, Files.size(log) / 2);
                    case "emptied" -> TableFiles.cut(log, 0);
                    default -> Files.delete(log);
                }

                assertThatThrownBy(() -> TestTables.open(damaged, clock))
                        .as(name + " " + damage)
                        .isInstanceOf(TableDamagedException.class)
                        .hasMessageContaining(name);
            }
        }
    }

    @Test
    void open_currentMissing_isRefusedAndNothingIsChanged() throws IOException {
        Path killed = killed();
        Files.delete(killed.resolve("CURRENT"));
        var before = TableFiles.contents(killed);

        assertThatThrownBy(() -> TestTables.open(killed, clock))
                .isInstanceOf(TableDamagedException.class)
                .hasMessageContaining("CURRENT is missing");

        assertThat(TableFiles.contents(killed)).isEqualTo(before);
    }

    /** The manifest of an earlier moment would have files removed that it does not know. */
    @Test
    void open_manifestOfAnEarlierMoment_isRefused() throws IOException {
        Path directory = root.resolve("table");
        Path earlier;
        Path killed;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            store(table, item("d", 0, "x"));
            earlier = TableFiles.copy(directory, root.resolve("earlier"));
            for (int i = 1; i < 200; i++) {
                store(table, item("d", i, "x".repeat(30_000)));
            }
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        Path manifest = Objects.requireNonNull(ManifestFile.read(earlier)).file();
        Files.copy(manifest, killed.resolve(manifest.getFileName()), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> TestTables.open(killed, clock))
                .isInstanceOf(TableDamagedException.class)
                .hasMessageContaining(manifest.getFileName().toString());
    }
}
