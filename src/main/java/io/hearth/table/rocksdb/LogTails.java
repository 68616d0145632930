package io.hearth.table.rocksdb;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.TransactionLogIterator;

/**
 * Iterators over the write-ahead log that stand where a follower of the change feed stopped. A new one reads its log file
 * from the beginning, tens of milliseconds for a full one; a kept one goes on at once.
 */
final class LogTails implements AutoCloseable {
    private static final int MAX_KEPT = 4;

    private final RocksDB db;
    private final Map<Long, TransactionLogIterator> kept = new LinkedHashMap<>();

    LogTails(RocksDB db) {
        this.db = db;
    }

    /** An iterator at the records behind {@code sequence}; the caller puts it back or closes it. */
    TransactionLogIterator take(long sequence) throws RocksDBException {
        TransactionLogIterator log;
        synchronized (this) {
            log = kept.remove(sequence);
        }
        if (log != null) {
            if (!log.isValid()) {
                log.next(); // it was at the end of the log, which has grown
            }
            if (log.isValid()) {
                return log;
            }
            log.close(); // there is a new log file, which only a new iterator sees
        }
        return db.getUpdatesSince(sequence + 1);
    }

    /** Keeps an iterator that has answered all up to {@code sequence}. */
    synchronized void put(long sequence, TransactionLogIterator log) {
        TransactionLogIterator same = kept.put(sequence, log);
        if (same != null) {
            same.close();
        }
        Iterator<TransactionLogIterator> eldestFirst = kept.values().iterator();
        while (kept.size() > MAX_KEPT) {
            eldestFirst.next().close();
            eldestFirst.remove();
        }
    }

    @Override
    public synchronized void close() {
        kept.values().forEach(TransactionLogIterator::close);
        kept.clear();
    }
}
