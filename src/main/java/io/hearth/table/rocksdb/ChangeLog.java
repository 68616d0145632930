package io.hearth.table.rocksdb;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.rocksdb.RocksDBException;
import org.rocksdb.TransactionLogIterator;
import org.rocksdb.WriteBatch;

/**
 * The change feed, read from the write-ahead log. The position of a cursor is the table's id (16 B) and the sequence
 * number (8 B, big-endian) of the last record that was answered.
 */
final class ChangeLog {
    private static final byte[] NO_REQUEST = new byte[0];
    private static final int POSITION_BYTES = 24;

    private final UUID tableId;

    ChangeLog(UUID tableId) {
        this.tableId = tableId;
    }

    /** @param committed the latest sequence number that may be shown */
    Cursor start(Database database, ChangeStart start, long committed) throws RocksDBException {
        return cursor(
                switch (start) {
                    case NOW -> committed;
                    case OLDEST -> Math.min(committed, beforeOldest(database, committed));
                });
    }

    ChangePage read(Database database, Cursor after, int limit, long committed) throws RocksDBException {
        long sequence = sequence(after);
        if (sequence > committed) {
            throw LogReader.expired(null); // the table was put back to an earlier state
        }
        List<Change> changes = new ArrayList<>();
        if (sequence < committed) {
            sequence = LogReader.read(database, sequence, committed, (first, last, batch) -> {
                collect(batch, changes);
                return changes.size() < limit;
            });
        }
        return new ChangePage(changes, cursor(sequence));
    }

    private static long beforeOldest(Database database, long committed) throws RocksDBException {
        if (committed == 0) {
            return 0;
        }
        try (TransactionLogIterator log = database.db().getUpdatesSince(1)) {
            if (!log.isValid()) {
                return committed;
            }
            TransactionLogIterator.BatchResult result = log.getBatch();
            result.writeBatch().close();
            return result.sequenceNumber() - 1;
        }
    }

    private static void collect(WriteBatch batch, List<Change> changes) throws RocksDBException {
        byte[] data = batch.data();
        BatchFormat.Reader reader = new BatchFormat.Reader(data, BatchFormat.HEADER_BYTES, data.length);
        ItemValue value = new ItemValue();
        while (reader.next()) {
            if (reader.isSweepMark()) {
                return; // nothing of users is in the batch of a sweep
            }
            if (reader.columnFamily != BatchFormat.ITEMS || reader.kind == BatchFormat.Kind.LOG_DATA) {
                continue;
            }
            byte[] row = reader.key();
            Key key = RowKey.decode(row, row.length);
            if (reader.kind == BatchFormat.Kind.PUT) {
                byte[] stored = reader.value();
                changes.add(new Change.Stored(value.read(stored, stored.length).item(key)));
            } else if (reader.kind == BatchFormat.Kind.DELETE) {
                changes.add(new Change.Removed(key));
            }
        }
    }

    private Cursor cursor(long sequence) {
        return CursorCodec.encode(
                Kind.CHANGES,
                NO_REQUEST,
                ByteBuffer.allocate(POSITION_BYTES)
                        .putLong(tableId.getMostSignificantBits())
                        .putLong(tableId.getLeastSignificantBits())
                        .putLong(sequence)
                        .array());
    }

    private long sequence(Cursor cursor) {
        byte[] position = CursorCodec.decode(Kind.CHANGES, NO_REQUEST, cursor);
        if (position.length != POSITION_BYTES) {
            throw new InvalidCursorException("the cursor has no position", null);
        }
        ByteBuffer bytes = ByteBuffer.wrap(position);
        if (!tableId.equals(new UUID(bytes.getLong(), bytes.getLong()))) {
            throw LogReader.expired(null); // made for a table that was in this place before
        }
        return bytes.getLong();
    }
}
