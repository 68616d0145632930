package io.hearth.table.rocksdb;

import io.hearth.table.CursorExpiredException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.log.LogFiles;
import io.hearth.table.rocksdb.log.LogTail;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;

/**
 * Reads the committed batches of the write-ahead log, in order. Places where readers stopped are kept: a new one reads its file
 * from the beginning, tens of milliseconds for a full one, and a kept one goes on at once.
 */
final class LogReader implements AutoCloseable {
    private static final int MAX_KEPT = 4;

    /** Hears of each batch. */
    interface Visitor {
        /**
         * Visits a batch.
         *
         * @param first the sequence number of the batch's first record
         * @param last that of its last record
         * @return whether to go on
         */
        boolean visit(long first, long last, byte[] batch);
    }

    private final LogFiles files;
    private final Damages damages;
    private final Map<Long, LogTail> kept = new LinkedHashMap<>();

    /** The log has a gap before this record, and it can be read from here on. */
    private volatile long behindDamage;

    LogReader(Path directory, Damages damages) {
        files = new LogFiles(directory);
        this.damages = damages;
    }

    /**
     * Visits the batches behind {@code after}, up to {@code committed} or until the visitor has had enough.
     *
     * @return the sequence number of the last record that was visited
     * @throws CursorExpiredException if the log does not reach back that far, or is damaged, which is then logged and kept in
     *     {@link Damages}: nobody can go on here, so followers had better begin again than try for ever
     */
    long read(Database database, long after, long committed, Visitor visitor) throws RocksDBException {
        try {
            try {
                return readOn(after, committed, visitor);
            } catch (LogTail.GapException e) {
                handle(e, database);
                throw new CursorExpiredException("the changes behind the cursor cannot be read any more", e);
            }
        } catch (IOException e) {
            throw new TableException("the log of the table cannot be read: " + e, e);
        }
    }

    private long readOn(long after, long committed, Visitor visitor) throws IOException, LogTail.GapException {
        LogTail tail = take(after);
        if (tail == null) {
            throw LogTail.expired();
        }
        boolean keep = false;
        try {
            boolean more = true;
            while (more && tail.sequence() < committed) {
                tail.next();
                more = visitor.visit(tail.first(), tail.sequence(), tail.batch());
            }
            keep = true;
            return tail.sequence();
        } finally {
            if (keep) {
                put(tail);
            } else {
                tail.close();
            }
        }
    }

    /** The sequence number before the oldest record from which the log can be read on; {@code committed} if there is none. */
    long beforeOldest(long committed) {
        try {
            for (long number : files.all().keySet()) {
                long first = files.firstSequence(number);
                if (first != LogFiles.NONE) {
                    return Math.min(committed, Math.max(first, behindDamage) - 1);
                }
            }
            return committed;
        } catch (IOException e) {
            throw new TableException("the log of the table cannot be read: " + e, e);
        }
    }

    private void handle(LogTail.GapException gap, Database database) throws IOException, RocksDBException {
        Path live = files.live().get(gap.file);
        Path file = live != null ? live : files.archived().get(gap.file);
        behindDamage = Math.max(behindDamage, gap.next);
        boolean isNew = damages.found(
                file + " " + gap.getMessage() + ". The change feed cannot pass it: its followers begin again");
        if (isNew && live != null) {
            // Everything in it is in memory: once that is in sorted files, no start needs this file any more.
            try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
                database.db().flush(flush, List.of(database.items(), database.index()));
            }
        }
    }

    private @Nullable LogTail take(long sequence) throws IOException, LogTail.GapException {
        LogTail tail;
        synchronized (kept) {
            tail = kept.remove(sequence);
        }
        return tail != null ? tail : LogTail.behind(files, sequence);
    }

    private void put(LogTail tail) throws IOException {
        synchronized (kept) {
            LogTail same = kept.put(tail.sequence(), tail);
            if (same != null) {
                same.close();
            }
            Iterator<LogTail> eldestFirst = kept.values().iterator();
            while (kept.size() > MAX_KEPT) {
                eldestFirst.next().close();
                eldestFirst.remove();
            }
        }
    }

    @Override
    public void close() {
        synchronized (kept) {
            for (LogTail tail : kept.values()) {
                try {
                    tail.close();
                } catch (IOException e) {
                    throw new UncheckedIOException("a log file cannot be closed", e);
                }
            }
            kept.clear();
        }
    }
}
