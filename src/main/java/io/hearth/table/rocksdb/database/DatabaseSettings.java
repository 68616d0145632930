package io.hearth.table.rocksdb.database;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How a {@link Database} works: the part of the table's settings that it needs, which says more of each.
 *
 * @param fsync whether a commit is synced
 * @param walRetention how long log files are kept that no start needs any more
 * @param blockCacheBytes memory for blocks read from disk
 * @param memtableBytes memory for what is not yet in a file, over all column families
 */
public record DatabaseSettings(
        Path directory, boolean fsync, Duration walRetention, long blockCacheBytes, long memtableBytes) {}
