package io.hearth.table.rocksdb;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
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
            throw expired(); // the table was put back to an earlier state
        }
        List<Change> changes = new ArrayList<>();
        try {
            while (sequence < committed && changes.size() < limit) {
                sequence = readOn(database, sequence, limit, committed, changes);
            }
        } catch (RocksDBException e) {
            if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
                // Nobody can go on here, so followers had better begin again than try for ever.
                throw new CursorExpiredException("the changes behind the cursor cannot be read any more", e);
            }
            throw e;
        }
        return new ChangePage(changes, cursor(sequence));
    }

    /** Reads until the end of the page or of what one iterator sees; answers how far that was. */
    private static long readOn(Database database, long after, int limit, long committed, List<Change> changes)
            throws RocksDBException {
        long sequence = after;
        TransactionLogIterator log = database.logTails().take(after);
        boolean keep = false;
        try {
            while (log.isValid() && sequence < committed && changes.size() < limit) {
                TransactionLogIterator.BatchResult result = log.getBatch();
                try (WriteBatch batch = result.writeBatch()) {
                    long last = result.sequenceNumber() + batch.count() - 1;
                    if (result.sequenceNumber() > sequence + 1) {
                        throw expired();
                    }
                    if (last > sequence) {
                        collect(batch, changes);
                        sequence = last;
                    }
                }
                log.next();
            }
            boolean atLogSwitch = isAtLogSwitch(log);
            if (sequence == after && !atLogSwitch) {
                throw expired(); // there were changes, and their log is gone
            }
            keep = !atLogSwitch;
        } finally {
            if (keep) {
                database.logTails().put(sequence, log);
            } else {
                log.close();
            }
        }
        return sequence;
    }

    /** Whether the log goes on in a file that is newer than the iterator. */
    private static boolean isAtLogSwitch(TransactionLogIterator log) throws RocksDBException {
        try {
            log.status();
            return false;
        } catch (RocksDBException e) {
            if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.TryAgain) {
                return true;
            }
            throw e;
        }
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
            if (reader.columnFamily != BatchFormat.ITEMS) {
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
            throw expired(); // made for a table that was in this place before
        }
        return bytes.getLong();
    }

    private static CursorExpiredException expired() {
        return new CursorExpiredException("the changes behind the cursor are no longer kept", null);
    }
}
