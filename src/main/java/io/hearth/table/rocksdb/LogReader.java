package io.hearth.table.rocksdb;

import io.hearth.table.CursorExpiredException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.TransactionLogIterator;
import org.rocksdb.WriteBatch;

/** Walks over the committed batches of the write-ahead log, in order, across its files. */
final class LogReader {
    /** Hears of each batch. */
    interface Visitor {
        /**
         * @param first the sequence number of the batch's first record
         * @param last that of its last record
         * @return whether to go on
         */
        boolean visit(long first, long last, WriteBatch batch) throws RocksDBException;
    }

    private LogReader() {}

    /**
     * Visits the batches behind {@code after}, up to {@code committed} or until the visitor has had enough.
     *
     * @return the sequence number of the last record that was visited
     * @throws CursorExpiredException if the log does not reach back that far, or cannot be read on
     */
    static long read(Database database, long after, long committed, Visitor visitor) throws RocksDBException {
        long sequence = after;
        try {
            boolean more = true;
            while (more && sequence < committed) {
                Walk walk = new Walk(visitor, sequence, committed);
                more = walk.on(database);
                sequence = walk.sequence;
            }
        } catch (RocksDBException e) {
            if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
                // Nobody can go on here, so followers had better begin again than try for ever.
                throw new CursorExpiredException("the changes behind the cursor cannot be read any more", e);
            }
            throw e;
        }
        return sequence;
    }

    static CursorExpiredException expired(@Nullable Throwable cause) {
        return new CursorExpiredException("the changes behind the cursor are no longer kept", cause);
    }

    /** As far as one iterator sees. */
    private static final class Walk {
        private final Visitor visitor;
        private final long after;
        private final long committed;
        long sequence;

        Walk(Visitor visitor, long after, long committed) {
            this.visitor = visitor;
            this.after = after;
            this.committed = committed;
            sequence = after;
        }

        /** Answers whether the visitor wants more. */
        boolean on(Database database) throws RocksDBException {
            boolean more = true;
            TransactionLogIterator log = database.logTails().take(after);
            boolean keep = false;
            try {
                while (more && log.isValid() && sequence < committed) {
                    more = visit(log);
                    log.next();
                }
                boolean atLogSwitch = isAtLogSwitch(log);
                if (sequence == after && !atLogSwitch) {
                    throw expired(null); // there were changes, and their log is gone
                }
                keep = !atLogSwitch;
            } finally {
                if (keep) {
                    database.logTails().put(sequence, log);
                } else {
                    log.close();
                }
            }
            return more;
        }

        private boolean visit(TransactionLogIterator log) throws RocksDBException {
            TransactionLogIterator.BatchResult result = log.getBatch();
            try (WriteBatch batch = result.writeBatch()) {
                long last = result.sequenceNumber() + batch.count() - 1;
                if (result.sequenceNumber() > sequence + 1) {
                    throw expired(null);
                }
                if (last <= sequence) {
                    return true;
                }
                boolean more = visitor.visit(result.sequenceNumber(), last, batch);
                sequence = last;
                return more;
            }
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
    }
}
