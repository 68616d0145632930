package io.hearth.table.rocksdb;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Key;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.log.LogTail;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.rocksdb.RocksDBException;

/**
 * The change feed, read from the write-ahead log. The position of a cursor is the table's id (16 B) and the sequence
 * number (8 B, big-endian) of the last record that was answered.
 */
final class ChangeLog {
    private static final byte[] NO_REQUEST = new byte[0];
    private static final int POSITION_BYTES = 24;

    private final UUID tableId;
    private final LogReader log;

    ChangeLog(UUID tableId, LogReader log) {
        this.tableId = tableId;
        this.log = log;
    }

    /** @param committed the latest sequence number that may be shown */
    Cursor start(ChangeStart start, long committed) {
        return cursor(
                switch (start) {
                    case NOW -> committed;
                    case OLDEST -> log.beforeOldest(committed);
                });
    }

    ChangePage read(Database database, Cursor after, int limit, long committed) throws RocksDBException {
        long sequence = sequence(after);
        if (sequence > committed) {
            throw LogTail.expired(); // the table was put back to an earlier state
        }
        List<Change> changes = new ArrayList<>();
        if (sequence < committed) {
            sequence = log.read(database, sequence, committed, (first, last, batch) -> {
                collect(batch, changes);
                return changes.size() < limit;
            });
        }
        return new ChangePage(changes, cursor(sequence));
    }

    private static void collect(byte[] batch, List<Change> changes) {
        BatchFormat.Reader reader = new BatchFormat.Reader(batch, BatchFormat.HEADER_BYTES, batch.length);
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
            throw LogTail.expired(); // made for a table that was in this place before
        }
        return bytes.getLong();
    }
}
