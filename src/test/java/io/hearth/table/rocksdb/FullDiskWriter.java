package io.hearth.table.rocksdb;

import static io.hearth.table.rocksdb.TestTables.await;
import static io.hearth.table.rocksdb.TestTables.item;
import static io.hearth.table.rocksdb.TestTables.key;
import static io.hearth.table.rocksdb.TestTables.store;

import io.hearth.table.ChangeStart;
import io.hearth.table.CommitListener;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.ThrottledException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Works on a disk that takes no file above a size, which the shell that starts this limits: writes more than the log can
 * take, and goes on. Ends with 0 if the table behaved.
 */
final class FullDiskWriter {
    private static final int LARGE_ITEMS = 130;

    private FullDiskWriter() {}

    public static void main(String[] arguments) {
        AtomicInteger failed = new AtomicInteger();
        CommitListener listener = new CommitListener() {
            @Override
            public void committed(int batches, int writes, long bytes, long commitNanos) {}

            @Override
            public void failed(int batches) {
                failed.addAndGet(batches);
            }
        };
        RocksDbSettings settings = new RocksDbSettings(
                Path.of(arguments[0]), true, Duration.ofHours(1), Duration.ZERO, 1 << 20, 256 << 20, 256 << 20);
        try (RocksDbTable table = RocksDbTable.open(settings, InstantSource.system(), listener)) {
            store(table, item("d", 1, "before"));
            require(outcomeOfLargeBatch(table), "a batch that the disk did not take was acknowledged");
            require(failed.get() == 1, "the listener was not told");
            require(has(table, 1, "before"), "what was acknowledged before is gone");

            storePersistently(table, item("d", 2, "after"));

            require(has(table, 1, "before") && has(table, 2, "after"), "what was acknowledged is gone");
            int changes = await(table.changes(await(table.changesFrom(ChangeStart.OLDEST)), 10))
                    .changes()
                    .size();
            require(changes == 2, "the feed has " + changes + " changes");
        }
        System.out.println("behaved");
    }

    private static boolean outcomeOfLargeBatch(RocksDbTable table) {
        Item[] items = new Item[LARGE_ITEMS];
        for (int i = 0; i < LARGE_ITEMS; i++) {
            items[i] = item("large", i, "x".repeat(390_000));
        }
        try {
            store(table, items);
            return false;
        } catch (OutcomeUnknownException e) {
            return true;
        }
    }

    /** As a client does: throttled means that nothing was written, so again. */
    private static void storePersistently(RocksDbTable table, Item item) {
        while (true) {
            try {
                store(table, item);
                return;
            } catch (ThrottledException e) {
                Thread.onSpinWait();
            }
        }
    }

    private static boolean has(RocksDbTable table, int sort, String body) {
        return await(table.get(key("d", sort), Consistency.STRONG))
                .filter(item("d", sort, body)::equals)
                .isPresent();
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
