package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.log.LogFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RocksDbChangesTest {
    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path root;

    private Path directory;

    @BeforeEach
    void nameDirectory() {
        directory = root.resolve("table");
    }

    @Test
    void changes_completedWrite_isShownAtOnce() {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
            for (int i = 0; i < 200; i++) {
                store(table, item("d", i, "x"));

                ChangePage page = await(table.changes(cursor, 10));

                assertThat(page.changes()).containsExactly(new Change.Stored(item("d", i, "x")));
                cursor = page.next();
            }
        }
    }

    @Test
    void changes_overReopenAndLogSwitches_areEachSeenOnce() {
        List<Change> found = new ArrayList<>();
        List<Change> expected = new ArrayList<>();
        Cursor cursor;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            cursor = await(table.changesFrom(ChangeStart.OLDEST));
        }
        for (int opening = 0; opening < 4; opening++) {
            try (RocksDbTable table = TestTables.open(directory, clock)) {
                for (int i = 0; i < 40; i++) {
                    Item item = item("d" + i % 3, i, "x".repeat(30_000) + opening);
                    store(table, item);
                    expected.add(new Change.Stored(item));
                    if (i % 7 == 0) {
                        ChangePage page = await(table.changes(cursor, 5));
                        found.addAll(page.changes());
                        cursor = page.next();
                    }
                }
            }
        }
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            ChangePage page = await(table.changes(cursor, 1000));
            found.addAll(page.changes());
        }

        assertThat(found).isEqualTo(expected);
    }

    @Test
    void changes_batch_isNotTorn() {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
            store(table, item("d", 1, "x"), item("d", 2, "x"), item("d", 3, "x"));
            store(table, item("d", 4, "x"));

            assertThat(await(table.changes(cursor, 1)).changes()).hasSize(3);
            assertThat(await(table.changes(cursor, 4)).changes()).hasSize(4);
        }
    }

    @Test
    void changes_sweptItems_areNone() {
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            Item item = TestTables.indexed("d", 1, "x", clock.seconds() + 1);
            store(table, item);
            Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
            clock.advance(Duration.ofSeconds(1));
            assertThat(table.sweepNow().rowsRemoved()).isEqualTo(1);

            assertThat(await(table.changes(cursor, 10)).changes()).isEmpty();
            await(table.write(List.of(new Write.Delete(key("d", 1)))));
            assertThat(await(table.changes(cursor, 10)).changes()).containsExactly(new Change.Removed(key("d", 1)));
        }
    }

    @Test
    void changes_logNoLongerKept_isExpired() throws IOException {
        Cursor oldest;
        Cursor now;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            oldest = await(table.changesFrom(ChangeStart.OLDEST));
            store(table, item("d", 1, "x"), item("d", 2, "x"));
            now = await(table.changesFrom(ChangeStart.NOW));
        }
        TestTables.open(directory, clock).close(); // recovery puts the log into the archive
        try (Stream<Path> logs = Files.list(directory.resolve("archive"))) {
            for (Path log : logs.toList()) {
                Files.delete(log);
            }
        }

        try (RocksDbTable table = TestTables.open(directory, clock)) {
            assertThat(await(table.changes(now, 10)).changes()).isEmpty();
            assertThat(await(table.changesFrom(ChangeStart.OLDEST))).isEqualTo(now);
            assertThatThrownBy(() -> await(table.changes(oldest, 10))).isInstanceOf(CursorExpiredException.class);
            store(table, item("d", 3, "x"));

            assertThatThrownBy(() -> await(table.changes(oldest, 10))).isInstanceOf(CursorExpiredException.class);
            assertThat(await(table.changes(now, 10)).changes()).containsExactly(new Change.Stored(item("d", 3, "x")));
        }
    }

    @Test
    void changes_archivedLogDamaged_isNamedAndFollowersBeginBehindIt() throws IOException {
        Cursor oldest;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            oldest = await(table.changesFrom(ChangeStart.OLDEST));
            for (int i = 0; i < 100; i++) {
                store(table, item("d", i, "x".repeat(500)));
            }
        }
        for (String damage : List.of("flipped", "cut", "first record flipped", "missing")) {
            Path damaged = TableFiles.copy(directory, root.resolve(damage));
            TestTables.open(damaged, clock).close(); // recovery puts the log into the archive
            try (RocksDbTable table = TestTables.open(damaged, clock)) {
                store(table, item("e", 1, "behind"));
            }
            TestTables.open(damaged, clock).close();
            Path log = firstArchived(damaged);
            switch (damage) {
                case "flipped" -> TableFiles.flip(log, Files.size(log) * 4);
                case "first record flipped" -> TableFiles.flip(log, 100);
                case "cut" -> TableFiles.cut(log, Files.size(log) / 2);
                default -> {
                    // One between two others: the oldest would be taken for one that is not kept any more.
                    log = nextArchived(damaged, log);
                    Files.delete(log);
                }
            }
            try (RocksDbTable table = TestTables.open(damaged, clock)) {
                store(table, item("e", 2, "behind"));

                assertThatThrownBy(() -> readToEnd(table, oldest)).isInstanceOf(CursorExpiredException.class);

                assertThat(table.damages()).as(damage).hasSize(1);
                assertThat(table.damages().get(0)).contains(".log at byte ");
                assertThat(readToEnd(table, await(table.changesFrom(ChangeStart.OLDEST))))
                        .as(damage)
                        .endsWith(new Change.Stored(item("e", 2, "behind")));
            }
        }
    }

    /** What the log has lost is still in memory, so the damage is mended before the next start needs the file. */
    @Test
    void changes_liveLogDamaged_isNamedAndNothingIsLost() throws IOException {
        Path killed;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
            for (int i = 0; i < 100; i++) {
                store(table, item("d", i, "x".repeat(500)));
            }
            Path log = TableFiles.newestLog(directory);
            TableFiles.flip(log, Files.size(log) * 4);

            assertThatThrownBy(() -> readToEnd(table, cursor)).isInstanceOf(CursorExpiredException.class);

            assertThat(table.damages()).hasSize(1);
            assertThat(table.damages().get(0)).startsWith(log + " at byte ");
            store(table, item("d", 100, "later"));
            killed = TableFiles.copy(directory, root.resolve("killed"));
        }
        try (RocksDbTable table = TestTables.open(killed, clock)) {
            for (int i = 0; i < 100; i++) {
                assertThat(await(table.get(key("d", i), Consistency.STRONG))).contains(item("d", i, "x".repeat(500)));
            }
            assertThat(await(table.get(key("d", 100), Consistency.STRONG))).isPresent();
        }
    }

    private static List<Change> readToEnd(RocksDbTable table, Cursor from) {
        List<Change> changes = new ArrayList<>();
        Cursor cursor = from;
        while (true) {
            ChangePage page = await(table.changes(cursor, 10));
            changes.addAll(page.changes());
            if (page.next().equals(cursor)) {
                return changes;
            }
            cursor = page.next();
        }
    }

    private static Path firstArchived(Path directory) throws IOException {
        for (Path log : new LogFiles(directory).archived().values()) {
            if (Files.size(log) > 0) {
                return log;
            }
        }
        throw new AssertionError("nothing is archived");
    }

    private static Path nextArchived(Path directory, Path after) throws IOException {
        for (Path log : new LogFiles(directory).archived().values()) {
            if (Files.size(log) > 0 && log.compareTo(after) > 0) {
                return log;
            }
        }
        throw new AssertionError("only one is archived");
    }

    @Test
    void changes_cursorOfATableThatWasHereBefore_isExpired() {
        Cursor cursor;
        try (RocksDbTable table = TestTables.open(directory.resolve("one"), clock)) {
            store(table, item("d", 1, "x"));
            cursor = await(table.changesFrom(ChangeStart.NOW));
        }

        try (RocksDbTable table = TestTables.open(directory.resolve("two"), clock)) {
            store(table, item("d", 1, "x"), item("d", 2, "x"));

            assertThatThrownBy(() -> await(table.changes(cursor, 10))).isInstanceOf(CursorExpiredException.class);
        }
    }

    /** Followers keep cursors for days, across upgrades of the service. */
    @Test
    void cursor_bytes_areKindChecksumTableIdAndSequenceNumber() throws IOException {
        Files.createDirectories(directory);
        Files.writeString(
                directory.resolve("FORMAT"),
                "hearth table.rocksdb\nversion 1\nid 01234567-89ab-cdef-0123-456789abcdef\n");
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            store(table, item("d", 1, "x"), item("d", 2, "x"));

            Cursor cursor = await(table.changesFrom(ChangeStart.NOW));

            byte[] bytes = Base64.getUrlDecoder().decode(cursor.value());
            assertThat(HexFormat.of().formatHex(bytes))
                    .startsWith("43")
                    .endsWith("0123456789abcdef0123456789abcdef" + "0000000000000002")
                    .hasSize(2 * (1 + 4 + 16 + 8));
        }
    }
}
