package io.hearth.table.rocksdb.log;

import io.hearth.table.CursorExpiredException;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A place in the write-ahead log, at which its reader goes on, across the files of the log. */
public final class LogTail implements Closeable {
    private final LogFiles files;
    private long file;
    private LogFileReader reader;
    private long sequence;
    private long first;
    private byte[] batch = new byte[0];

    /** Where the file could not be read since the last batch, and why; null if it could. */
    private @Nullable String fault;

    /** The log cannot be read on, though it should go on. */
    public static final class GapException extends Exception {
        private static final long serialVersionUID = 1L;

        /** The number of the file in which the gap is. */
        public final long file;

        /** The sequence number of the first record behind the gap; {@link LogFiles#NONE} if there is none. */
        public final long next;

        GapException(@Nullable String message, long file, long next) {
            super(message);
            this.file = file;
            this.next = next;
        }
    }

    /**
     * The place behind a record; null if the log does not reach back that far, as it was not kept.
     *
     * @param sequence of a record behind which the log has others
     * @throws GapException if the log does not reach back that far because a file is damaged
     */
    public static @Nullable LogTail behind(LogFiles files, long sequence) throws IOException, GapException {
        long unreadable = LogFiles.NONE;
        long oldest = LogFiles.NONE;
        for (long number : files.all().descendingKeySet()) {
            long first = files.firstSequence(number);
            if (first == LogFiles.NONE) {
                unreadable = files.isEmpty(number) ? unreadable : number;
                continue;
            }
            LogFileReader reader = first <= sequence + 1 ? files.open(number) : null;
            if (reader != null) {
                return new LogTail(files, number, reader, sequence);
            }
            oldest = first;
        }
        if (unreadable != LogFiles.NONE) {
            throw new GapException("at byte 0: the first record cannot be read", unreadable, oldest);
        }
        return null;
    }

    private LogTail(LogFiles files, long file, LogFileReader reader, long sequence) {
        this.files = files;
        this.file = file;
        this.reader = reader;
        this.sequence = sequence;
    }

    /** The sequence number of the last record before this place. */
    public long sequence() {
        return sequence;
    }

    /** The sequence number of the first record of the batch that was read last. */
    public long first() {
        return first;
    }

    /** The batch that was read last. */
    public byte[] batch() {
        return batch;
    }

    /**
     * Reads the next batch, which must be written already, and goes behind it.
     *
     * @throws GapException if it cannot be read
     * @throws CursorExpiredException if it was not kept
     */
    public void next() throws IOException, GapException {
        try {
            advance();
        } catch (GapException e) {
            // Files are removed from the oldest on: if this one was, what is missing behind it was removed, too.
            if (files.all().containsKey(file)) {
                throw e;
            }
            throw expired();
        }
    }

    public static CursorExpiredException expired() {
        return new CursorExpiredException("the changes behind the cursor are no longer kept", null);
    }

    private void advance() throws IOException, GapException {
        while (true) {
            while (reader.next() || goesOnBehindFault()) {
                byte[] record = reader.record();
                if (reader.recordLength() < BatchFormat.HEADER_BYTES) {
                    note(reader.recordOffset(), "a record that is no batch");
                    continue;
                }
                long begin = BatchFormat.sequence(record);
                long last = begin + BatchFormat.count(record) - 1;
                if (begin > sequence + 1) {
                    note(reader.recordOffset(), "record " + begin + " is here instead of record " + (sequence + 1));
                    throw new GapException(fault, file, begin);
                }
                if (last > sequence) {
                    first = begin;
                    sequence = last;
                    batch = record.length == reader.recordLength()
                            ? record
                            : Arrays.copyOf(record, reader.recordLength());
                    fault = null;
                    return;
                }
            }
            long following = following();
            long begin = following == LogFiles.NONE ? LogFiles.NONE : files.firstSequence(following);
            LogFileReader opened = begin == sequence + 1 || fault == null ? files.open(following) : null;
            if (opened == null) {
                note(reader.size(), "the file ends with record " + sequence + ", and others followed");
                throw new GapException(fault, file, begin);
            }
            // A file may end with something that was never finished, if the next one goes on without a gap.
            fault = null;
            reader.close();
            reader = opened;
            file = following;
        }
    }

    /** Goes to the next record behind a fault: it may be one that lies before this place. */
    private boolean goesOnBehindFault() throws IOException {
        String reason = reader.fault();
        if (reason == null) {
            return false;
        }
        note(reader.faultOffset(), reason);
        return reader.resume() && (reader.next() || goesOnBehindFault());
    }

    private void note(long offset, String reason) {
        if (fault == null) {
            fault = "at byte " + offset + ": " + reason;
        }
    }

    /** The next file that has records; {@link LogFiles#NONE} if there is none. */
    private long following() throws IOException {
        for (long number : files.all().tailMap(file, false).keySet()) {
            if (!files.isEmpty(number)) {
                return number;
            }
        }
        return LogFiles.NONE;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
