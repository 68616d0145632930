package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.TableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of writes when a sorted file is damaged. */
final class SortedFileDamageTest {
    /** Enough for more files than would be compacted. */
    private static final int MORE = 300;

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    /** RocksDB refuses every write behind a compaction that met damage, and would compact again as soon as it is opened. */
    @Test
    void write_compactionMeetsDamage_isRefusedOnceAndGoesOnWithoutCompaction() throws Exception {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            for (int i = 0; i < 100; i++) {
                store(table, item("d", i, "x".repeat(10_000)));
            }
        }
        TestTables.compact(directory);
        Path file = TableFiles.largestSortedFile(directory);
        TableFiles.flip(file, Files.size(file) * 4);
        String name = String.valueOf(file.getFileName());
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            // Over the same keys, so that the file is compacted with what is new.
            AtomicInteger written = new AtomicInteger();
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        write(table, written.getAndIncrement());
                        return table.damages().stream().anyMatch(damage -> damage.contains("not compacted any more"));
                    });
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> write(table, written.get()));

            for (int i = 0; i < MORE; i++) {
                store(table, item("d", i % 100, "y" + i));
                store(table, item("e", i, "z".repeat(10_000)));
            }

            assertThat(table.damages()).anySatisfy(damage -> assertThat(damage).contains(name));
            assertThat(table.writeFailure()).isNull();
            for (int i = 0; i < MORE; i++) {
                assertThat(await(table.get(key("e", i), Consistency.STRONG))).isPresent();
            }
        }
    }

    private static boolean write(RocksDbTable table, int number) {
        try {
            store(table, item("d", number % 100, "y".repeat(10_000)));
            return true;
        } catch (TableException e) {
            return false;
        }
    }
}
