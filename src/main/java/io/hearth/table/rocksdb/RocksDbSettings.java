package io.hearth.table.rocksdb;

import io.hearth.table.rocksdb.database.DatabaseSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How a {@link RocksDbTable} works.
 *
 * @param directory holds the table and nothing else; created if absent
 * @param fsync whether a completed write survives a power failure; without it, it survives a crash of the process only
 * @param walRetention how long the change feed goes back at least; zero keeps little. Costs the disk all that is
 *     written in this time, uncompressed: about 100 B for a small item
 * @param sweepInterval pause between two expiry sweeps; zero leaves sweeping to {@link RocksDbTable#sweepNow}
 * @param blockCacheBytes memory for blocks read from disk, with their indexes and filters
 * @param memtableBytes memory for writes that are not yet in a file, over all of the table
 * @param maxPendingBytes the most bytes of writes that wait to be committed; more are refused as throttled. A single
 *     larger batch is taken when nothing else waits
 */
public record RocksDbSettings(
        Path directory,
        boolean fsync,
        Duration walRetention,
        Duration sweepInterval,
        long blockCacheBytes,
        long memtableBytes,
        long maxPendingBytes) {
    public RocksDbSettings {
        if (walRetention.isNegative() || sweepInterval.isNegative()) {
            throw new IllegalArgumentException("negative duration: " + walRetention + ", " + sweepInterval);
        }
        if (blockCacheBytes < 0 || memtableBytes < 1 << 20 || maxPendingBytes < 1) {
            throw new IllegalArgumentException("blockCacheBytes >= 0, memtableBytes >= 1 MiB, maxPendingBytes >= 1: "
                    + blockCacheBytes + ", " + memtableBytes + ", " + maxPendingBytes);
        }
    }

    /** fsync, an hour of change feed, a sweep every ten minutes, 64 MiB each of cache, memtables and pending writes. */
    public static RocksDbSettings of(Path directory) {
        return new RocksDbSettings(
                directory, true, Duration.ofHours(1), Duration.ofMinutes(10), 64L << 20, 64L << 20, 64L << 20);
    }

    /** The part that concerns the database. */
    public DatabaseSettings database() {
        return new DatabaseSettings(directory, fsync, walRetention, blockCacheBytes, memtableBytes);
    }
}
