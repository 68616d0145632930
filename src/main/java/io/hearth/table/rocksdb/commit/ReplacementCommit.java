package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.util.Arrays;
import java.util.List;
import org.rocksdb.RocksDBException;

/**
 * Stores items in place of others, in one step. Runs on the committer's thread, the only one that writes, so it can see that
 * nothing else lies between two superseded rows and remove all of such a stretch with one range deletion.
 */
final class ReplacementCommit {
    /** Shorter stretches are deleted one by one: reads pass many range deletions slower than as many keys. */
    private static final int MIN_RANGE_ROWS = 16;

    private final ByteWriter sink;
    private int records;

    private ReplacementCommit(PendingWrite.Replacement replacement, long durable) {
        sink = new ByteWriter(replacement.length + 1024);
        BatchFormat.beginHousekeeping(durable, sink);
    }

    /**
     * Commits {@code replacement}.
     *
     * @throws TableException if what lies between the superseded rows cannot be read; then nothing was written
     */
    static void commit(Database database, PendingWrite.Replacement replacement, long durable) throws RocksDBException {
        ReplacementCommit commit = new ReplacementCommit(replacement, durable);
        // Removals first: an item may be stored under a superseded key, or between two of them.
        commit.remove(database, replacement.superseded);
        commit.sink.writeBytes(replacement.records, 0, replacement.length);
        commit.records += replacement.puts();
        byte[] batch = commit.sink.toByteArray();
        BatchFormat.writeCount(batch, commit.records);
        // A power failure may take it back: then the superseded items are there again, and hold the same.
        database.writeLazily(batch);
    }

    private void remove(Database database, List<byte[]> superseded) {
        if (superseded.isEmpty()) {
            return;
        }
        byte[] last = superseded.get(superseded.size() - 1);
        byte[] end = Arrays.copyOf(last, last.length + 1);
        int next = 0;
        int firstOfStretch = 0;
        try (RowIterator rows = new RowIterator(database, database.items(), superseded.get(0), end, false)) {
            for (rows.first(); rows.isValid() && next < superseded.size(); rows.next()) {
                rows.readKey();
                int order = compare(superseded.get(next), rows);
                while (order < 0 && ++next < superseded.size()) {
                    order = compare(superseded.get(next), rows);
                }
                if (order == 0) {
                    next++;
                } else {
                    // A row that stays: what lies before it is a stretch.
                    delete(superseded, firstOfStretch, next);
                    firstOfStretch = next;
                }
            }
            rows.checkStatus();
        } catch (RocksDBException e) {
            throw Database.unreadable(e);
        }
        delete(superseded, firstOfStretch, superseded.size());
    }

    private static int compare(byte[] superseded, RowIterator rows) {
        return Arrays.compareUnsigned(superseded, 0, superseded.length, rows.key(), 0, rows.keyLength());
    }

    /** Removes the superseded rows {@code [from, to)}, between which no other row lies. */
    private void delete(List<byte[]> superseded, int from, int to) {
        if (to - from < MIN_RANGE_ROWS) {
            for (int i = from; i < to; i++) {
                BatchFormat.deleteItem(superseded.get(i), sink);
                records++;
            }
        } else {
            byte[] last = superseded.get(to - 1);
            BatchFormat.deleteItems(superseded.get(from), Arrays.copyOf(last, last.length + 1), sink);
            records++;
        }
    }
}
