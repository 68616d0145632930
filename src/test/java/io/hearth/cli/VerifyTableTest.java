package io.hearth.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import io.hearth.table.CommitListener;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableFiles;
import io.hearth.upgrade.KeptFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hearth verify --table} on a table that has every kind of item. */
final class VerifyTableTest {
    @TempDir
    private Path root;

    private Path table;

    @BeforeEach
    void unpack() throws IOException {
        KeptFiles.unpack("/kept/7d8f4be.zip", root.resolve("kept"));
        table = root.resolve("kept").resolve("data").resolve("table");
    }

    private record Answer(int exitCode, String output) {}

    private static Answer verify(Path table) {
        return run("verify", "--table", table.toString());
    }

    private static Answer run(String... arguments) {
        StringWriter output = new StringWriter();
        int exitCode = CommandLineTool.commandLine()
                .setOut(new PrintWriter(output))
                .setErr(new PrintWriter(output))
                .execute(arguments);
        return new Answer(exitCode, output.toString());
    }

    @Test
    void verify_allKindsOfItems_isGoodAndChangesNothing() throws IOException {
        var before = TableFiles.contents(table);

        Answer answer = verify(table);

        assertThat(answer.output).contains("is good");
        assertThat(answer.exitCode).isZero();
        assertThat(TableFiles.contents(table)).isEqualTo(before);
    }

    @Test
    void verify_bitFlippedAnywhere_namesTheFileAndChangesNothing() throws IOException {
        Random random = new Random(Seed.of(getClass()));
        List<Path> files;
        try (Stream<Path> all = Files.list(table)) {
            files = all.filter(file -> String.valueOf(file.getFileName()).matches("CURRENT|MANIFEST-.*|.*\\.sst"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSizeGreaterThan(5);
        for (Path file : files) {
            for (int round = 0; round < 5; round++) {
                Path damaged = TableFiles.copy(table, root.resolve("damaged"));
                Path its = damaged.resolve(file.getFileName());
                long bit = random.nextLong(Files.size(its) * Byte.SIZE);
                TableFiles.flip(its, bit);
                var before = TableFiles.contents(damaged);

                Answer answer = verify(damaged);

                assertThat(answer.exitCode)
                        .as(file + " bit " + bit + ": " + answer.output)
                        .isEqualTo(1);
                // Of a name that CURRENT has wrongly, the missing manifest is named.
                assertThat(answer.output).contains("is DAMAGED").containsAnyOf(its.toString(), "MANIFEST-");
                assertThat(TableFiles.contents(damaged)).isEqualTo(before);
            }
        }
    }

    @Test
    void verify_fileMissing_isNamed() throws IOException {
        Path file = TableFiles.largestSortedFile(table);
        Files.delete(file);

        Answer answer = verify(table);

        assertThat(answer.exitCode).isEqualTo(1);
        assertThat(answer.output).contains(file + " is missing");
    }

    @Test
    void verify_tableThatIsOpen_isRefused() {
        RocksDbSettings settings = RocksDbSettings.of(table);
        try (RocksDbTable open = RocksDbTable.open(settings, InstantSource.system(), CommitListener.NONE)) {
            Answer answer = verify(table);

            assertThat(answer.exitCode).isEqualTo(1);
            assertThat(answer.output).contains("is open");
            assertThat(open.damages()).isNotNull();
        }
    }

    @Test
    void verify_noTable_isRefused() {
        Answer answer = verify(root.resolve("kept"));

        assertThat(answer.exitCode).isEqualTo(1);
        assertThat(answer.output).contains("is no table");
    }

    @Test
    void repair_damagedFile_makesATableThatIsGood() throws IOException {
        Path file = TableFiles.largestSortedFile(table);
        TableFiles.flip(file, Files.size(file) * 4);
        Path repaired = root.resolve("repaired");

        Answer answer = run("repair", "--table", table.toString(), "--to", repaired.toString());

        assertThat(answer.exitCode).as(answer.output).isZero();
        assertThat(answer.output).contains("given up: " + file, "repaired " + table + " into " + repaired);
        assertThat(verify(repaired).output).contains("is good");
        assertThat(verify(table).output).contains("is DAMAGED");
    }
}
