package io.hearth.table.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.TableException;
import io.hearth.table.UnsupportedTableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RocksDbFormatTest {
    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void open_emptyOrAbsentDirectory_createsAMarkedTable() throws IOException {
        Path absent = directory.resolve("a/b");

        TestTables.open(absent, clock).close();

        assertThat(Files.readString(absent.resolve("FORMAT"))).startsWith("hearth table.rocksdb\nversion 1\nid ");
    }

    @Test
    void open_again_hasTheItems() {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            TestTables.store(table, TestTables.item("d", 1, "x"));
        }

        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThat(TestTables.await(table.get(TestTables.key("d", 1), Consistency.STRONG)))
                    .contains(TestTables.item("d", 1, "x"));
        }
    }

    @Test
    void open_unfinishedCreation_createsAgain() throws IOException {
        Files.writeString(directory.resolve("FORMAT.tmp"), "hea");

        TestTables.open(directory, clock).close();

        assertThat(directory.resolve("FORMAT")).exists();
        assertThat(directory.resolve("FORMAT.tmp")).doesNotExist();
    }

    @Test
    void open_directoryOfSomethingElse_isRefusedUntouched() throws IOException {
        Files.writeString(directory.resolve("notes.txt"), "mine");

        assertThatThrownBy(() -> TestTables.open(directory, clock))
                .isInstanceOf(UnsupportedTableException.class)
                .hasMessage(
                        directory + " is neither empty nor a table of Hearth: it has notes.txt but no FORMAT file.");

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("notes.txt"));
        }
    }

    @Test
    void open_newerVersion_isRefusedUntouched() throws IOException {
        Files.writeString(directory.resolve("FORMAT"), "hearth table.rocksdb\nversion 2\nwhatever comes then\n");

        assertThatThrownBy(() -> TestTables.open(directory, clock))
                .isInstanceOf(UnsupportedTableException.class)
                .hasMessageEndingWith(
                        "FORMAT says version 2, but this build of Hearth reads and writes version 1 only.");

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("FORMAT"));
        }
    }

    @Test
    void open_formatWithABitFlipped_isRefusedByName() throws IOException {
        TestTables.open(directory, clock).close();
        Path format = directory.resolve("FORMAT");
        byte[] written = Files.readAllBytes(format);
        for (int bit = 0; bit < written.length * Byte.SIZE; bit++) {
            TableFiles.flip(format, bit);

            assertThatThrownBy(() -> TestTables.open(directory, clock))
                    .isInstanceOf(TableException.class)
                    .hasMessageContaining(format.toString());

            TableFiles.flip(format, bit);
        }
        TestTables.open(directory, clock).close();
    }

    /** The first builds wrote neither the checksum nor a DURABLE file. */
    @Test
    void open_directoryOfTheFirstBuilds_keepsItsIdAndGetsTheRest() throws IOException {
        Item item = TestTables.item("d", 1, "x");
        UUID id;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            TestTables.store(table, item);
            id = table.id();
        }
        Path format = directory.resolve("FORMAT");
        String written = Files.readString(format);
        Files.writeString(format, written.substring(0, written.indexOf("check")));
        Files.delete(directory.resolve("DURABLE"));

        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThat(table.id()).isEqualTo(id);
            assertThat(table.damages()).isEmpty();
            assertThat(TestTables.await(table.get(item.key(), Consistency.STRONG)))
                    .contains(item);
        }
        assertThat(Files.readString(format)).isEqualTo(written);
        assertThat(directory.resolve("DURABLE")).exists();
    }

    @Test
    void open_durableFileMissingOrDamaged_opensAndSaysSo() throws IOException {
        TestTables.open(directory, clock).close();
        Path durable = directory.resolve("DURABLE");
        Files.delete(durable);

        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThat(table.damages()).hasSize(1);
            assertThat(table.damages().get(0)).startsWith(durable + " is missing");
        }
        TableFiles.cut(durable, 10);

        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThat(table.damages()).hasSize(1);
            assertThat(table.damages().get(0)).startsWith(durable + " cannot be read");
        }
    }

    @Test
    void open_garbledFormat_isRefused() throws IOException {
        Files.writeString(directory.resolve("FORMAT"), "");

        assertThatThrownBy(() -> TestTables.open(directory, clock)).isInstanceOf(UnsupportedTableException.class);
    }

    @Test
    void open_tableThatIsOpen_isRefusedClearly() {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThatThrownBy(() -> TestTables.open(directory, clock))
                    .isInstanceOf(TableException.class)
                    .hasMessage("the table directory " + directory
                            + " is open elsewhere: a Hearth, or a command of it, runs on it already");
            TestTables.store(table, TestTables.item("d", 1, "x"));
        }
    }

    @Test
    void open_fileInsteadOfDirectory_isRefusedClearly() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "x");

        assertThatThrownBy(() -> TestTables.open(file, clock))
                .isInstanceOf(TableException.class)
                .hasMessageContaining("cannot be used");
    }
}
