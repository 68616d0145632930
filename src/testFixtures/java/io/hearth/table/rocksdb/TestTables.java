package io.hearth.table.rocksdb;

import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.FakeClock;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.database.Database;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;

/** Tables and items for the tests of this engine. */
public final class TestTables {
    private TestTables() {}

    /** Small memory, so that tests reach files and log switches, and no sweep but by hand. */
    public static RocksDbSettings settings(Path directory) {
        return settings(directory, true);
    }

    public static RocksDbSettings settings(Path directory, boolean fsync) {
        return new RocksDbSettings(directory, fsync, Duration.ofHours(1), Duration.ZERO, 4 << 20, 1 << 20, 64 << 20);
    }

    public static RocksDbTable open(Path directory, FakeClock clock) {
        return open(settings(directory), clock);
    }

    public static RocksDbTable open(RocksDbSettings settings, FakeClock clock) {
        return RocksDbTable.open(settings, clock, clock::nanoTime, CommitListener.NONE);
    }

    /** Without syncs, which only a power failure would tell. */
    public static RocksDbTable openUnsynced(Path directory, FakeClock clock) {
        return open(settings(directory, false), clock);
    }

    /** Puts everything into one sorted file of each column family; the table is not open. */
    public static void compact(Path directory) throws RocksDBException {
        try (Database database = Database.open(settings(directory).database())) {
            for (ColumnFamilyHandle family : List.of(database.items(), database.index())) {
                database.db().compactRange(family);
            }
        }
    }

    public static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(90));
    }

    public static Key key(String partition, int sort) {
        return new Key(partition, Bytes.wrap(ByteBuffer.allocate(4).putInt(sort).array()));
    }

    public static Item item(String partition, int sort, String body) {
        return Item.of(key(partition, sort), bytes(body));
    }

    public static Item expiring(String partition, int sort, long expiresAtSeconds) {
        return new Item(key(partition, sort), bytes("expires"), expiresAtSeconds, 0, null);
    }

    public static Item indexed(String partition, int sort, String body, long expiresAtSeconds) {
        return new Item(key(partition, sort), bytes(body), expiresAtSeconds, 0, new IndexKey("index", bytes("i")));
    }

    public static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public static void store(RocksDbTable table, Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            writes.add(new Write.Put(item));
        }
        await(table.write(writes));
    }
}
