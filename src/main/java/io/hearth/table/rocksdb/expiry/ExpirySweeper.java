package io.hearth.table.rocksdb.expiry;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.table.Blocking;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.commit.PendingWrite;
import io.hearth.table.rocksdb.commit.SweepCommit;
import io.hearth.table.rocksdb.commit.WriteQueue;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.DatabaseGuard;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.RocksDBException;

/**
 * Walks over the table, has the committer remove what has expired by the {@link RemovalClock}, and compacts the parts where that
 * was much.
 *
 * <p>The table is walked in {@value #PARTS} parts of the hash space. A part is compacted when a tenth of its rows has been
 * removed since the last time: rewriting all of a table to return little would cost more than it gives, and RocksDB
 * drops what little was removed when it compacts by itself.
 */
public final class ExpirySweeper implements AutoCloseable {
    static final int PARTS = 64;

    /** Rows between two looks at the clock, and the most that the committer looks at in one commit (below 1 ms). */
    private static final int CHUNK_ROWS = 2048;

    private static final int COMPACTION_FRACTION = 10;

    /** Neighbouring parts are compacted together up to so many rows, as each compaction flushes the memtables. */
    private static final long MAX_COMPACTION_ROWS = 4_000_000;

    private static final Logger LOG = Logger.getLogger(ExpirySweeper.class);

    private final DatabaseGuard guard;
    private final WriteQueue queue;
    private final RemovalClock clock;
    private final ClockFile clockFile;
    private final Damages damages;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final CompactRangeOptions compaction;
    private final @Nullable Thread thread;

    /** Rows removed from each part since it was compacted. Forgotten when the table closes, which only delays a compaction. */
    private final AtomicLongArray removed = new AtomicLongArray(PARTS);

    private final long[] kept = new long[PARTS];

    public ExpirySweeper(
            DatabaseGuard guard,
            WriteQueue queue,
            RemovalClock clock,
            ClockFile clockFile,
            Damages damages,
            Duration interval) {
        this.guard = guard;
        this.queue = queue;
        this.clock = clock;
        this.clockFile = clockFile;
        this.damages = damages;
        clockFile.write(clock.state());
        compaction = new CompactRangeOptions()
                .setExclusiveManualCompaction(false)
                .setAllowWriteStall(false)
                .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized);
        if (interval.isZero()) {
            thread = null;
        } else {
            thread = DaemonThreads.thread("table-sweep", () -> run(interval));
            thread.start();
        }
    }

    public SweepResult sweepNow() {
        return sweep(false);
    }

    /** Ends a sweep under way, at the latest after the chunk or compaction that it is at. */
    @Override
    public void close() {
        closed.countDown();
        compaction.setCanceled(true);
        if (thread != null) {
            DaemonThreads.join(thread);
        }
        synchronized (this) {
            compaction.close();
            clockFile.write(clock.state());
        }
    }

    private void run(Duration interval) {
        while (!waitClosed(interval.toNanos())) {
            try {
                sweep(true);
            } catch (RuntimeException e) {
                if (closed.getCount() > 0) {
                    LOG.warn("an expiry sweep failed; the next one goes on", e);
                }
            }
        }
    }

    private synchronized SweepResult sweep(boolean paced) {
        if (closed.getCount() == 0) {
            throw new TableException("the table is closed", null);
        }
        clock.observe();
        clockFile.write(clock.state());
        long startNanos = System.nanoTime();
        long nowSeconds = clock.now().getEpochSecond();
        Failures failures = new Failures();
        long rows = 0;
        for (int i = 0; i < PARTS && closed.getCount() > 0; i++) {
            int part = i;
            rows += failures.collect(() -> sweepItems(part, nowSeconds, paced));
        }
        long entries = failures.collect(() -> sweepIndex(nowSeconds, paced));
        // What could not be read before, a compaction cannot read either, and RocksDB then refuses writes.
        int compactions = failures.first == null && guard.isCompacting() ? compact(failures) : 0;
        failures.throwFirst();
        return new SweepResult(rows, entries, compactions, Duration.ofNanos(System.nanoTime() - startNanos));
    }

    /** What failed in one part of a sweep, and must not keep it from the others: a damaged file fails each time. */
    private static final class Failures {
        private @Nullable TableException first;
        private int others;

        /** Answers 0 if the part fails. */
        long collect(LongSupplier part) {
            try {
                return part.getAsLong();
            } catch (TableException e) {
                if (first == null) {
                    first = e;
                } else {
                    others++;
                }
                return 0;
            }
        }

        void throwFirst() {
            if (first != null) {
                String more = others == 0 ? "" : " (and " + others + " other parts)";
                throw new TableException("a part of the table cannot be swept: " + first.getMessage() + more, first);
            }
        }
    }

    private long sweepItems(int part, long nowSeconds, boolean paced) {
        byte[] end = partStart(part + 1);
        byte @Nullable [] position = partStart(part);
        long total = 0;
        kept[part] = 0;
        while (position != null && closed.getCount() > 0) {
            long startNanos = System.nanoTime();
            Chunk chunk = lookAtItems(position, end, nowSeconds);
            if (chunk.expired > 0) {
                byte[] chunkEnd = chunk.next != null ? chunk.next : chunk.last;
                int gone = commit(new PendingWrite.Target.Items(position, chunkEnd), nowSeconds);
                removed.addAndGet(part, gone);
                total += gone;
            }
            kept[part] += chunk.rows - chunk.expired;
            position = chunk.next;
            pause(paced, startNanos);
        }
        return total;
    }

    /**
     * @param last the bound behind the last row
     * @param next where the next chunk begins; null at the end of the part
     */
    private record Chunk(int rows, int expired, byte[] last, byte @Nullable [] next) {}

    private Chunk lookAtItems(byte[] start, byte @Nullable [] end, long nowSeconds) {
        return guard.use(database -> {
            int rows = 0;
            int expired = 0;
            ItemValue value = new ItemValue();
            byte[] behind = start;
            try (RowIterator iterator = new RowIterator(database, database.items(), start, end, false)) {
                for (iterator.first(); iterator.isValid(); iterator.next()) {
                    iterator.readKey();
                    if (rows == CHUNK_ROWS) {
                        return new Chunk(rows, expired, behind, iterator.keyCopy());
                    }
                    iterator.readValue();
                    rows++;
                    if (hasExpired(value, iterator, nowSeconds)) {
                        expired++;
                    }
                    behind = Arrays.copyOf(iterator.key(), iterator.keyLength() + 1);
                }
                iterator.checkStatus();
            }
            return new Chunk(rows, expired, behind, null);
        });
    }

    private boolean hasExpired(ItemValue value, RowIterator row, long nowSeconds) {
        try {
            return value.read(row.value(), row.valueLength()).isExpiredAt(nowSeconds);
        } catch (TableException e) {
            damages.found("the row " + HexFormat.of().formatHex(row.key(), 0, row.keyLength()) + " cannot be read");
            return false;
        }
    }

    private long sweepIndex(long nowSeconds, boolean paced) {
        byte @Nullable [] position = RowKey.hashStart(0);
        long total = 0;
        while (position != null && closed.getCount() > 0) {
            long startNanos = System.nanoTime();
            List<byte[]> stale = new ArrayList<>();
            position = lookAtIndex(position, nowSeconds, stale).orElse(null);
            if (!stale.isEmpty()) {
                total += commit(new PendingWrite.Target.IndexEntries(stale), nowSeconds);
            }
            pause(paced, startNanos);
        }
        return total;
    }

    /** Collects stale entries; answers where to go on, empty at the end. */
    private Optional<byte[]> lookAtIndex(byte[] start, long nowSeconds, List<byte[]> stale) {
        return guard.use(database -> {
            int rows = 0;
            try (RowIterator iterator = new RowIterator(database, database.index(), start, null, false)) {
                for (iterator.first(); iterator.isValid(); iterator.next()) {
                    iterator.readKey();
                    byte[] row = iterator.keyCopy();
                    if (rows++ == CHUNK_ROWS) {
                        return Optional.of(row);
                    }
                    if (isStale(database, row, nowSeconds)) {
                        stale.add(row);
                    }
                }
                iterator.checkStatus();
            }
            return Optional.empty();
        });
    }

    private boolean isStale(Database database, byte[] indexRow, long nowSeconds) {
        try {
            return !SweepCommit.isCurrent(database, indexRow, nowSeconds);
        } catch (RocksDBException e) {
            damages.found("the item of an entry of the index cannot be read: " + e.getMessage());
            return false;
        }
    }

    private int commit(PendingWrite.Target target, long nowSeconds) {
        PendingWrite.Sweep[] sweep = new PendingWrite.Sweep[1];
        Blocking.await(Uni.createFrom().<Void>emitter(writer -> {
            sweep[0] = new PendingWrite.Sweep(writer, target, nowSeconds);
            queue.add(sweep[0]);
        }));
        return sweep[0].removed;
    }

    private int compact(Failures failures) {
        int compactions = 0;
        int part = 0;
        while (part < PARTS && closed.getCount() > 0) {
            if (!worthCompacting(part)) {
                part++;
                continue;
            }
            int first = part;
            long rows = 0;
            while (part < PARTS && worthCompacting(part) && rows <= MAX_COMPACTION_ROWS) {
                rows += removed.get(part) + kept[part];
                part++;
            }
            byte[] start = partStart(first);
            byte[] end = partStart(part);
            compactions += (int) failures.collect(() -> guard.use(database -> {
                database.db().compactRange(database.items(), start, end, compaction);
                return 1L;
            }));
            for (int done = first; done < part; done++) {
                removed.set(done, 0);
            }
        }
        return compactions;
    }

    private boolean worthCompacting(int part) {
        long gone = removed.get(part);
        return gone > 0 && gone * COMPACTION_FRACTION >= gone + kept[part];
    }

    /** Counts rows of a partition that others have replaced, whose space a compaction returns, too. */
    public void superseded(String partitionKey, int rows) {
        removed.addAndGet(RowKey.hash(Key.encodePartitionKey(partitionKey)) / (RowKey.HASHES / PARTS), rows);
    }

    /** Where a part of the hash space begins; null behind the last one. */
    private static byte @Nullable [] partStart(int part) {
        return part == PARTS ? null : RowKey.hashStart(part * (RowKey.HASHES / PARTS));
    }

    /** In the background, rests as long as it worked: half of one core at most. */
    private void pause(boolean paced, long startNanos) {
        if (paced) {
            waitClosed(System.nanoTime() - startNanos);
        }
    }

    private boolean waitClosed(long nanos) {
        try {
            return closed.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
