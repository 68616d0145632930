package io.hearth.table.rocksdb;

import io.hearth.table.Bytes;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.CommitListener;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.PrivateDirectory;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.commit.Committer;
import io.hearth.table.rocksdb.commit.PendingWrite;
import io.hearth.table.rocksdb.commit.WriteEncoder;
import io.hearth.table.rocksdb.commit.WriteQueue;
import io.hearth.table.rocksdb.database.DatabaseGuard;
import io.hearth.table.rocksdb.database.Recovery;
import io.hearth.table.rocksdb.expiry.ClockFile;
import io.hearth.table.rocksdb.expiry.ExpirySweeper;
import io.hearth.table.rocksdb.expiry.RemovalClock;
import io.hearth.table.rocksdb.expiry.SweepResult;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.RocksDB;

/**
 * A table in a local directory. Reads run on their subscriber's thread. Writes are encoded there and answered on the
 * table's own thread {@code table-completions}, which must not be blocked. A batch is atomic.
 */
public final class RocksDbTable implements Table {
    private final InstantSource clock;
    private final DurableFile durable;
    private final DatabaseGuard guard;
    private final WriteQueue queue;
    private final Committer committer;
    private final Damages damages = new Damages();
    private final RemovalClock removalClock;
    private final LogReader log;
    private final ChangeLog changeLog;
    private final ExpirySweeper sweeper;
    private final FormatFile format;
    private boolean closed;

    /**
     * Opens the table in a directory, and creates it in an absent or empty one.
     *
     * @param clock decides what has expired
     * @param listener is told of every commit
     * @throws io.hearth.table.UnsupportedTableException if the directory holds something else, or a format of another
     *     version
     * @throws TableException if the directory is open elsewhere, or cannot be used
     */
    public static RocksDbTable open(RocksDbSettings settings, InstantSource clock, CommitListener listener) {
        return open(settings, clock, System::nanoTime, listener);
    }

    /**
     * As {@link #open(RocksDbSettings, InstantSource, CommitListener)}, with another measure of the time that passes.
     *
     * @param nanoTime goes on steadily, whatever happens to {@code clock}: what it has not seen pass does not expire for good
     */
    public static RocksDbTable open(
            RocksDbSettings settings, InstantSource clock, LongSupplier nanoTime, CommitListener listener) {
        FormatFile format = FormatFile.read(settings.directory());
        // It is ours, or empty. Tables of earlier versions are open to all.
        PrivateDirectory.close(settings.directory());
        RocksDB.loadLibrary();
        return new RocksDbTable(settings, clock, nanoTime, listener, format);
    }

    private RocksDbTable(
            RocksDbSettings settings,
            InstantSource clock,
            LongSupplier nanoTime,
            CommitListener listener,
            @Nullable FormatFile found) {
        this.clock = clock;
        ClockFile clockFile = new ClockFile(settings.directory());
        removalClock = removalClock(clockFile, nanoTime);
        durable = DurableFile.open(settings.directory());
        boolean opened = false;
        try {
            format = mark(settings.directory(), found);
            guard = new DatabaseGuard(settings.database(), durable, damages);
            opened = true;
        } finally {
            if (!opened) {
                durable.close();
            }
        }
        queue = new WriteQueue(settings.maxPendingBytes());
        committer = new Committer(
                queue,
                guard,
                clock,
                listener,
                new Recovery(settings.directory(), guard),
                settings.fsync() ? durable : null);
        log = new LogReader(settings.directory(), damages);
        changeLog = new ChangeLog(format.tableId(), log);
        sweeper = new ExpirySweeper(guard, queue, removalClock, clockFile, damages, settings.sweepInterval());
    }

    private RemovalClock removalClock(ClockFile file, LongSupplier nanoTime) {
        try {
            return new RemovalClock(clock, nanoTime, file.read(clock));
        } catch (IOException e) {
            throw new TableException(file + " cannot be read: " + e, e);
        }
    }

    private FormatFile mark(Path directory, @Nullable FormatFile found) {
        if (found == null) {
            return FormatFile.mark(directory);
        }
        if (!found.checked()) {
            return found.write(directory);
        }
        if (durable.isNew() || durable.isDamaged()) {
            damages.found(durable + (durable.isNew() ? " is missing" : " cannot be read")
                    + ". It says how far the log must reach: if the end of the log is missing, too, nobody can tell");
        }
        return found;
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return submit(writer -> WriteEncoder.encode(writes, writer));
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return submit(writer -> WriteEncoder.encode(item.key(), item, condition, writer));
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return submit(writer -> WriteEncoder.encode(key, null, condition, writer));
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return submit(writer -> WriteEncoder.encode(partitionKey, items, superseded, writer))
                .invoke(() -> sweeper.superseded(partitionKey, superseded.size()));
    }

    @Override
    public Uni<Void> reclaim() {
        return Uni.createFrom().item(this::sweepNow).replaceWithVoid();
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return read(database -> {
            byte[] stored = database.db().get(RowKey.encode(key));
            if (stored == null) {
                return Optional.empty();
            }
            ItemValue value = new ItemValue().read(stored, stored.length);
            return value.isExpiredAt(nowSeconds()) ? Optional.empty() : Optional.of(value.item(key));
        });
    }

    @Override
    public Uni<Page> query(Query query) {
        return read(database -> new PageReader(database, nowSeconds()).query(query));
    }

    @Override
    public Uni<Page> queryIndex(Query query) {
        return read(database -> new PageReader(database, nowSeconds()).queryIndex(query));
    }

    @Override
    public Uni<Page> scan(Scan scan) {
        return read(database -> new PageReader(database, nowSeconds()).scan(scan));
    }

    @Override
    public Uni<Cursor> changesFrom(ChangeStart start) {
        return read(database -> changeLog.start(start, committer.committedSequence()));
    }

    @Override
    public Uni<ChangePage> changes(Cursor after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit);
        }
        return read(database -> changeLog.read(database, after, limit, committer.committedSequence()));
    }

    /**
     * Removes what has expired by {@link #removalTime} and returns its disk space, now and as fast as it can; in the background this happens
     * every {@link RocksDbSettings#sweepInterval} and at half the speed. Blocks until it is done.
     */
    public SweepResult sweepNow() {
        return sweeper.sweepNow();
    }

    /** Tells this table from every other, also from one that is made anew or restored in its place. */
    public UUID id() {
        return format.tableId();
    }

    /** The sequence number of the latest change that is committed. */
    public long committedSequence() {
        return committer.committedSequence();
    }

    /**
     * Puts the files of the table as they are now into a directory, while the table is used: as hard links, if that is on the
     * same file system. What is in them is durable in this table, too, so that its log goes on behind it.
     *
     * @param directory absent, its parent is there
     * @throws TableException if the files cannot be made; the directory may be left behind
     */
    public TableCheckpoint checkpoint(Path directory) {
        return guard.use(database -> {
            long sequence = database.db().getLatestSequenceNumber();
            try (Checkpoint checkpoint = Checkpoint.create(database.db())) {
                checkpoint.createCheckpoint(directory.toString());
            }
            database.db().flushWal(true);
            return new TableCheckpoint(
                    format.tableId(), FormatFile.VERSION, sequence, Committer.micros(clock.instant()));
        });
    }

    /**
     * Reads the commits behind a sequence number, in order, as far as they are committed.
     *
     * @param visitor hears of each commit, and answers whether to go on; must not call the table
     * @return the sequence number of the last record that was visited, {@code after} if there was none
     * @throws io.hearth.table.CursorExpiredException if the log does not reach back that far
     */
    public long readLog(long after, Predicate<LogRecord> visitor) {
        return guard.use(database -> {
            long committed = committer.committedSequence();
            return after >= committed
                    ? after
                    : log.read(
                            database,
                            after,
                            committed,
                            (first, last, batch) -> visitor.test(LogRecord.of(first, last, batch)));
        });
    }

    /**
     * The time by which things may be removed for good because of their age: the wall clock, unless it went ahead of the time that has
     * passed, as far as that was seen. Then it is earlier for some days.
     */
    public Instant removalTime() {
        return removalClock.now();
    }

    /** How much the wall clock is ahead of {@link #removalTime}. */
    public Duration removalBehind() {
        return removalClock.behind();
    }

    /** Why nothing can be written at present, as far as is known; null if it can. It recovers by itself. */
    public @Nullable String writeFailure() {
        return committer.failure();
    }

    /**
     * What was found damaged since the table was opened: files and places. What lies there is refused by name, never answered
     * wrongly; it does not mend by itself.
     */
    public List<String> damages() {
        return damages.all();
    }

    /** Bytes of writes that are not yet answered. */
    public long pendingBytes() {
        return queue.pendingBytes();
    }

    /** Writers that are not yet answered. */
    public long pendingBatches() {
        return queue.pendingBatches();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        sweeper.close();
        committer.close();
        guard.close();
        log.close();
        durable.close();
    }

    private Uni<Void> submit(Function<UniEmitter<? super Void>, PendingWrite> encoder) {
        return Uni.createFrom().emitter(writer -> queue.add(encoder.apply(writer)));
    }

    private <T extends @Nullable Object> Uni<T> read(DatabaseGuard.Use<T> use) {
        return Uni.createFrom().item(() -> guard.use(use));
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
