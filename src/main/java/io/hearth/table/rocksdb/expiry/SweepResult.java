package io.hearth.table.rocksdb.expiry;

import java.time.Duration;

/**
 * What an expiry sweep did.
 *
 * @param rowsRemoved items that had expired
 * @param indexEntriesRemoved index entries of items that expired, or that are not listed there any more
 * @param compactions ranges of the table that were rewritten to return disk space
 */
public record SweepResult(long rowsRemoved, long indexEntriesRemoved, int compactions, Duration duration) {}
