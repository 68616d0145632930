package io.hearth.table.rocksdb.offline;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.indexed;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.TestTables;
import io.hearth.table.rocksdb.log.ManifestFile;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TableRepairTest {
    private static final int ITEMS = 100;

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path root;

    private static Item stored(int i) {
        return indexed("d" + i, 1, "x".repeat(10_000) + i, 0);
    }

    /** Items in sorted files, and as many in the log, each with a commit of its own, as a kill leaves them. */
    private Path killed() throws Exception {
        Path directory = root.resolve("table");
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, stored(i));
            }
        }
        TestTables.compact(directory);
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("e" + i, 1, "y" + i));
            }
            return TableFiles.copy(directory, root.resolve("killed"));
        }
    }

    private TableRepair.Result repair(Path damaged) throws IOException {
        var before = TableFiles.contents(damaged);
        TableRepair.Result result = TableRepair.run(damaged, root.resolve("repaired"), TableVerificationTest.KINDS);
        assertThat(TableFiles.contents(damaged)).isEqualTo(before);
        assertThat(TableVerification.of(root.resolve("repaired"), TableVerificationTest.KINDS)
                        .damages())
                .isEmpty();
        return result;
    }

    /** How many of the items a repaired table lacks; the others must be right, and listed in the index. */
    private int lacks(String partition) {
        int lacking = 0;
        List<Item> listed = new ArrayList<>();
        try (RocksDbTable table = TestTables.open(root.resolve("repaired"), clock)) {
            for (int i = 0; i < ITEMS; i++) {
                Item expected = partition.equals("d") ? stored(i) : item("e" + i, 1, "y" + i);
                Optional<Item> found = await(table.get(key(partition + i, 1), Consistency.STRONG));
                if (found.isEmpty()) {
                    lacking++;
                } else {
                    assertThat(found).contains(expected);
                    Optional.ofNullable(expected.index()).ifPresent(index -> listed.add(expected));
                }
            }
            if (partition.equals("d")) {
                String index = Objects.requireNonNull(stored(0).index()).partitionKey();
                Query all = new Query(index, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG);
                List<Item> answer = new ArrayList<>();
                for (Query next = all; next != null; ) {
                    var page = await(table.queryIndex(next));
                    answer.addAll(page.items());
                    next = page.next() == null ? null : all.from(page.next());
                }
                assertThat(answer).containsExactlyInAnyOrderElementsOf(listed);
            }
            store(table, item("new", 1, "x"));
        }
        return lacking;
    }

    @Test
    void run_nothingDamaged_hasAll() throws Exception {
        TableRepair.Result result = repair(killed());

        assertThat(result.givenUp()).isEmpty();
        assertThat(lacks("d")).isZero();
        assertThat(lacks("e")).isZero();
    }

    @Test
    void run_bitFlippedInSortedFile_lacksTheRowsOfThatBlockAndNamesThem() throws Exception {
        Path killed = killed();
        Path file = TableFiles.largestSortedFile(killed);
        TableFiles.flip(file, Files.size(file) * 4);

        TableRepair.Result result = repair(killed);

        assertThat(lacks("d")).isBetween(1, 3);
        assertThat(lacks("e")).isZero();
        assertThat(result.givenUp()).singleElement().asString().contains(file.toString(), "rows behind item d");
        assertThat(result.savedRows()).isGreaterThan(90);
    }

    @Test
    void run_indexFileMissing_isMadeAnew() throws Exception {
        Path killed = killed();
        ManifestFile manifest = Objects.requireNonNull(ManifestFile.read(killed));
        manifest.sortedFiles().forEach((number, entry) -> {
            if (entry.columnFamily() == BatchFormat.INDEX) {
                assertThat(TableVerification.sortedFile(killed, number).toFile().delete())
                        .isTrue();
            }
        });

        TableRepair.Result result = repair(killed);

        assertThat(result.givenUp()).isEmpty();
        assertThat(lacks("d")).isZero();
    }

    @Test
    void run_sortedFileMissing_hasTheRest() throws Exception {
        Path killed = killed();
        Path file = TableFiles.largestSortedFile(killed);
        Files.delete(file);

        TableRepair.Result result = repair(killed);

        assertThat(lacks("d")).isEqualTo(ITEMS);
        assertThat(lacks("e")).isZero();
        assertThat(result.givenUp()).singleElement().asString().contains(file + ": missing, rows from item d");
    }

    @Test
    void run_bitFlippedInTheLog_lacksThatCommitOnly() throws Exception {
        Path killed = killed();
        Path log = TableFiles.newestLog(killed);
        TableFiles.flip(log, Files.size(log) * 4);

        TableRepair.Result result = repair(killed);

        assertThat(lacks("e")).isEqualTo(1);
        assertThat(lacks("d")).isZero();
        assertThat(result.givenUp()).singleElement().asString().contains(log + ": records ", "committed after");
    }

    @Test
    void run_endOfTheLogMissing_isNamed() throws Exception {
        Path killed = killed();
        Path log = TableFiles.newestLog(killed);
        TableFiles.cut(log, Files.size(log) / 2);

        TableRepair.Result result = repair(killed);

        assertThat(lacks("e")).isBetween(40, 60);
        assertThat(result.givenUp()).singleElement().asString().contains("at the end of the log");
    }

    /** The damaged file has the second of three versions, or the removal of some; the log the third of some. */
    @Test
    void run_severalVersions_hasTheLatestOfEach() throws Exception {
        Path directory = root.resolve("table");
        Path killed;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "first " + i + "x".repeat(5000)));
            }
        }
        TestTables.compact(directory);
        Path first = TableFiles.largestSortedFile(directory);
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i++) {
                store(table, item("d", i, "second " + i + "y".repeat(5000)));
            }
        }
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < ITEMS; i += 2) {
                store(table, item("d", i, "third " + i));
            }
            await(table.write(List.of(new Write.Delete(key("d", 1)))));
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        List<Path> damaged = new ArrayList<>();
        for (Map.Entry<Long, ManifestFile.SortedFileEntry> file :
                Objects.requireNonNull(ManifestFile.read(killed)).sortedFiles().entrySet()) {
            Path path = TableVerification.sortedFile(killed, file.getKey());
            if (!path.getFileName().equals(first.getFileName())) {
                damaged.add(path);
            }
        }
        assertThat(damaged).isNotEmpty();
        for (Path other : damaged) {
            TableFiles.flip(other, Files.size(other) * 4);
        }

        repair(killed);

        try (RocksDbTable table = TestTables.open(root.resolve("repaired"), clock)) {
            int others = 0;
            for (int i = 0; i < ITEMS; i++) {
                Optional<Item> latest = i == 1
                        ? Optional.empty()
                        : Optional.of(item("d", i, i % 2 == 0 ? "third " + i : "second " + i + "y".repeat(5000)));
                others += await(table.get(key("d", i), Consistency.STRONG)).equals(latest) ? 0 : 1;
            }
            assertThat(others).as("rows of the damaged blocks").isBetween(1, 4 * damaged.size());
        }
    }

    @Test
    void run_targetNotEmpty_isRefused() throws Exception {
        Path killed = killed();
        Files.createDirectories(root.resolve("used").resolve("something"));

        assertThatThrownBy(() -> TableRepair.run(killed, root.resolve("used"), TableVerificationTest.KINDS))
                .isInstanceOf(TableException.class)
                .hasMessageContaining("is not empty");
    }
}
