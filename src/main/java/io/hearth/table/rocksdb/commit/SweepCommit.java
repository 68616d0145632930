package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.IndexKey;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.RocksDBException;

/**
 * Removes expired rows and stale index entries. Runs on the committer's thread, the only one that writes: what it finds
 * expired cannot be written anew before it is removed.
 */
public final class SweepCommit {
    /** Shorter runs of expired rows are deleted one by one: reads pass many range deletions slower than as many keys. */
    private static final int MIN_RANGE_ROWS = 16;

    private final ByteWriter sink = new ByteWriter(1024);
    private int records;

    private SweepCommit(long durable) {
        BatchFormat.beginHousekeeping(durable, sink);
    }

    /**
     * Removes what {@code sweep} asks for.
     *
     * @throws TableException if it cannot be read; then nothing was written
     */
    static void commit(Database database, PendingWrite.Sweep sweep, long durable) throws RocksDBException {
        long nowSeconds = sweep.nowSeconds;
        SweepCommit commit = new SweepCommit(durable);
        int removed;
        try {
            if (sweep.target instanceof PendingWrite.Target.Items rows) {
                removed = commit.items(database, rows, nowSeconds);
            } else {
                removed = commit.indexEntries(
                        database, ((PendingWrite.Target.IndexEntries) sweep.target).rows(), nowSeconds);
            }
        } catch (RocksDBException e) {
            throw Database.unreadable(e);
        }
        if (removed > 0) {
            byte[] batch = commit.sink.toByteArray();
            BatchFormat.writeCount(batch, commit.records);
            database.writeLazily(batch);
        }
        sweep.removed = removed;
    }

    private int items(Database database, PendingWrite.Target.Items rows, long nowSeconds) throws RocksDBException {
        int removed = 0;
        byte[][] run = new byte[MIN_RANGE_ROWS][];
        int runRows = 0;
        byte[] lastOfRun = new byte[0];
        try (RowIterator iterator = new RowIterator(database, database.items(), rows.start(), rows.end(), false)) {
            ItemValue value = new ItemValue();
            for (iterator.first(); iterator.isValid(); iterator.next()) {
                iterator.readValue();
                if (hasExpired(value, iterator, nowSeconds)) {
                    iterator.readKey();
                    lastOfRun = iterator.keyCopy();
                    if (runRows < MIN_RANGE_ROWS) {
                        run[runRows] = lastOfRun;
                    }
                    runRows++;
                    removed++;
                } else {
                    delete(run, runRows, lastOfRun);
                    runRows = 0;
                }
            }
            iterator.checkStatus();
        }
        delete(run, runRows, lastOfRun);
        return removed;
    }

    /** Whether the row that was read has expired. A damaged one stays, so that reads go on to name it. */
    private static boolean hasExpired(ItemValue value, RowIterator row, long nowSeconds) {
        try {
            return value.read(row.value(), row.valueLength()).isExpiredAt(nowSeconds);
        } catch (TableException e) {
            return false;
        }
    }

    private void delete(byte[][] run, int rows, byte[] last) {
        if (rows < MIN_RANGE_ROWS) {
            for (int i = 0; i < rows; i++) {
                BatchFormat.deleteItem(run[i], sink);
            }
            records += rows;
        } else {
            // The end of a range is exclusive; a zero byte more is the next possible key.
            BatchFormat.deleteItems(run[0], Arrays.copyOf(last, last.length + 1), sink);
            records++;
        }
    }

    private int indexEntries(Database database, List<byte[]> rows, long nowSeconds) throws RocksDBException {
        for (byte[] row : rows) {
            if (!isCurrent(database, row, nowSeconds)) {
                BatchFormat.deleteIndexEntry(row, sink);
                records++;
            }
        }
        return records;
    }

    /**
     * Whether the item that an index entry lists is there and has not expired, and is listed there still. If that cannot be
     * read, it counts as current.
     */
    public static boolean isCurrent(Database database, byte[] indexRow, long nowSeconds) throws RocksDBException {
        try {
            return lists(database, indexRow, nowSeconds);
        } catch (TableException e) {
            return true;
        }
    }

    private static boolean lists(Database database, byte[] indexRow, long nowSeconds) throws RocksDBException {
        Key key = IndexRow.itemKey(indexRow, indexRow.length);
        byte[] stored = database.db().get(RowKey.encode(key));
        if (stored == null) {
            return false;
        }
        ItemValue value = new ItemValue().read(stored, stored.length);
        if (value.isExpiredAt(nowSeconds)) {
            return false;
        }
        value.readVersion();
        IndexKey index = value.readIndex();
        return index != null && Arrays.equals(IndexRow.encode(index, key), indexRow);
    }
}
