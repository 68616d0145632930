package io.hearth.table.rocksdb.offline;

import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.bytes.CorruptItemException;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.table.rocksdb.TestTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TableVerificationTest {
    /** Every item is good, but for those of the partition {@code bad}. */
    static final StoredItemKinds KINDS = new StoredItemKinds() {
        @Override
        public void check(Item item) {
            if (item.key().partitionKey().equals("bad")) {
                throw new CorruptItemException("the body is wrong");
            }
        }

        @Override
        public String name(Key key) {
            return "item " + key.partitionKey();
        }

        @Override
        public Key placesOfOthers() {
            return key("places", 1);
        }
    };

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void of_itemsThatCannotBeRead_areNamedInLogAndSortedFiles() throws Exception {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            store(table, item("good", 1, "x"), item("bad", 1, "x"));
        }

        assertThat(TableVerification.of(directory, KINDS).damages())
                .singleElement()
                .asString()
                .contains(".log", "item bad cannot be read: the body is wrong");

        TestTables.compact(directory);
        assertThat(TableVerification.of(directory, KINDS).damages())
                .singleElement()
                .asString()
                .contains(".sst", "item bad cannot be read: the body is wrong");
    }

    @Test
    void of_damagedBlock_namesTheRowsBeforeAndBehindAndReadsTheOthers() throws Exception {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < 100; i++) {
                store(table, item("d" + i, 1, "x".repeat(10_000)));
            }
        }
        TestTables.compact(directory);
        Path file = TableFiles.largestSortedFile(directory);
        TableFiles.flip(file, Files.size(file) * 4);

        TableVerification.Result result = TableVerification.of(directory, KINDS);

        assertThat(result.rows()).as(result.toString()).isBetween(95L, 99L);
        assertThat(result.damages())
                .singleElement()
                .asString()
                .matches("(?s)" + file + ": rows behind item d.* and before item d.* cannot be read: .*checksum.*");
    }

    @Test
    void of_tornEndOfTheLog_isNoDamage() throws IOException {
        Path killed;
        try (RocksDbTable table = TestTables.open(directory.resolve("table"), clock)) {
            store(table, item("good", 1, "x"));
            killed = TableFiles.copy(directory.resolve("table"), directory.resolve("killed"));
        }
        Files.write(TableFiles.newestLog(killed), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, StandardOpenOption.APPEND);
        var before = TableFiles.contents(killed);

        TableVerification.Result result = TableVerification.of(killed, KINDS);

        assertThat(result.damages()).isEmpty();
        assertThat(result.notes()).singleElement().asString().contains("was not finished");
        assertThat(TableFiles.contents(killed)).isEqualTo(before);
    }

    @Test
    void of_acknowledgedEndOfTheLogMissing_isNamed() throws IOException {
        Path killed;
        try (RocksDbTable table = TestTables.open(directory.resolve("table"), clock)) {
            store(table, item("good", 1, "x"));
            store(table, item("good", 2, "x"));
            killed = TableFiles.copy(directory.resolve("table"), directory.resolve("killed"));
        }
        Path log = TableFiles.newestLog(killed);
        TableFiles.cut(log, Files.size(log) - 1);

        assertThat(TableVerification.of(killed, KINDS).damages())
                .singleElement()
                .asString()
                .contains(log.toString());
    }
}
