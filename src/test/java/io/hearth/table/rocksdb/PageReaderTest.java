package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.expiring;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.store;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.SortRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PageReaderTest {
    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path directory;

    @Test
    void query_manyExpired_endsThePageAndGoesOn() {
        int expired = PageReader.MAX_SKIPPED_ROWS + 1;
        try (RocksDbTable table = TestTables.open(directory, clock)) {
            store(
                    table,
                    IntStream.range(0, expired)
                            .mapToObj(i -> expiring("d", i, clock.seconds() + 1))
                            .toArray(Item[]::new));
            store(table, item("d", expired, "live"));
            clock.advance(Duration.ofSeconds(1));
            Query query = new Query("d", SortRange.ALL, Direction.ASCENDING, 10, null, Consistency.STRONG);

            Page first = await(table.query(query));
            Page second = await(table.query(query.from(Objects.requireNonNull(first.next()))));

            assertThat(first.items()).isEmpty();
            assertThat(second.items()).containsExactly(item("d", expired, "live"));
            assertThat(second.next()).isNull();
            assertThat(await(table.scan(new Scan(0, 1, 10, null))).items()).isEmpty();
        }
    }
}
