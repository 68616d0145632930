package io.hearth.table.rocksdb;

import io.hearth.table.rocksdb.row.BatchFormat;

/**
 * One commit as the log has it.
 *
 * @param first the sequence number of its first record; those of a table's log follow each other without a gap
 * @param last that of its last record
 * @param commitMicros when the commit began by the wall clock, in microseconds since the epoch: who was told that it is
 *     durable, was told later. {@link #NO_TIME} for the table's own housekeeping, which changes no answer
 * @param batch the commit in RocksDB's format; not copied
 */
public record LogRecord(long first, long last, long commitMicros, byte[] batch) {
    /** There is no time in the log. */
    public static final long NO_TIME = Long.MIN_VALUE;

    static LogRecord of(long first, long last, byte[] batch) {
        BatchFormat.Reader reader = new BatchFormat.Reader(batch, BatchFormat.HEADER_BYTES, batch.length);
        // The time is the first record, so that nobody has to look through the rest for it.
        long micros = reader.next() && reader.isTimeMark() ? reader.timeMarkMicros() : NO_TIME;
        return new LogRecord(first, last, micros, batch);
    }
}
