package io.hearth.backup;

import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Scan;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A table with backups, in directories of a test. */
final class BackedUpTable implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final FakeClock clock;
    final RocksDbTable table;
    final Backups backups;

    BackedUpTable(Path data, Path backups, FakeClock clock) {
        this(data, backups, clock, Duration.ofDays(7), Duration.ofHours(1));
    }

    BackedUpTable(Path data, Path backups, FakeClock clock, Duration window, Duration logKept) {
        this.clock = clock;
        table = openTable(data, clock, logKept);
        this.backups = new Backups(table, new Backups.Settings(backups, data.resolve("backup-staging"), window), clock);
    }

    private static RocksDbTable openTable(Path data, FakeClock clock, Duration logKept) {
        RocksDbSettings settings =
                new RocksDbSettings(data.resolve("table"), true, logKept, Duration.ZERO, 4 << 20, 1 << 20, 64 << 20);
        return RocksDbTable.open(settings, clock, clock::nanoTime, CommitListener.NONE);
    }

    /** What a table has, as text. */
    static SortedMap<String, String> contents(Path data, FakeClock clock) {
        try (RocksDbTable restored = openTable(data, clock, Duration.ofHours(1))) {
            return contents(restored);
        }
    }

    static SortedMap<String, String> contents(RocksDbTable table) {
        SortedMap<String, String> found = new TreeMap<>();
        Scan scan = new Scan(0, 1, 10_000, null);
        while (true) {
            Page page = await(table.scan(scan));
            for (Item item : page.items()) {
                found.put(item.key().partitionKey() + "/" + text(item.key().sortKey()), text(item.body()));
            }
            if (page.next() == null) {
                break;
            }
            scan = scan.from(page.next());
        }
        return found;
    }

    void put(String partition, String sort, String body) {
        await(table.write(List.of(new Write.Put(Item.of(key(partition, sort), bytes(body))))));
    }

    void putMany(String partition, int count, String body) {
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(new Write.Put(Item.of(key(partition, "%05d".formatted(i)), bytes(body + i))));
        }
        await(table.write(writes));
    }

    void delete(String partition, String sort) {
        await(table.write(List.of(new Write.Delete(key(partition, sort)))));
    }

    void deleteMany(String partition, List<String> sorts) {
        await(table.write(sorts.stream()
                .map(sort -> (Write) new Write.Delete(key(partition, sort)))
                .toList()));
    }

    /** Leaves nothing but the table's own housekeeping in its log, which no answer shows. */
    void putExpiredAndSweep(int count) {
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            writes.add(new Write.Put(new Item(key("expired", String.valueOf(i)), bytes("x"), 1, 0, null)));
        }
        await(table.write(writes));
        table.sweepNow();
    }

    static <T> T await(Uni<T> uni) {
        return uni.await().atMost(PATIENCE);
    }

    static Key key(String partition, String sort) {
        return new Key(partition, bytes(sort));
    }

    static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Bytes bytes) {
        return new String(bytes.array(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        backups.close();
        table.close();
    }
}
