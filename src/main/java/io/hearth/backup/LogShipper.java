package io.hearth.backup;

import io.hearth.backup.Manifest.StoredFile;
import io.hearth.model.EpochMicros;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.rocksdb.LogRecord;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableCheckpoint;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Copies the committed part of a table's log into a log of a directory of backups, and goes on where it stopped. */
final class LogShipper implements Closeable {
    private static final Logger LOG = Logger.getLogger(LogShipper.class);

    /** A block is closed once it has so many bytes of commits: enough to pack well, little enough to hold. */
    private static final int BLOCK_BYTES = 1 << 20;

    private final RocksDbTable table;
    private final InstantSource clock;
    private final UUID log;
    private final LogWriter writer;
    private final Path directory;
    private boolean discarded;
    private long shipped;

    /** When the backup was taken that the next block has to be told apart by; 0 if none has. */
    private long unmarkedMicros;

    // Read without the monitor, as a disk that hangs holds that.
    private volatile @Nullable Path manifest;
    private volatile long completeUntilMicros;

    private LogShipper(
            RocksDbTable table, InstantSource clock, UUID log, Path directory, long shipped, long takenMicros) {
        this.table = table;
        this.clock = clock;
        this.log = log;
        this.shipped = shipped;
        this.directory = directory;
        unmarkedMicros = takenMicros;
        writer = new LogWriter(directory);
    }

    /** Begins a new log, of the commits behind a checkpoint; it is of no use until a manifest names it. */
    static LogShipper begin(
            RocksDbTable table, InstantSource clock, BackupDirectory backups, TableCheckpoint checkpoint) {
        UUID log = UUID.randomUUID();
        return new LogShipper(table, clock, log, backups.log(log), checkpoint.sequence(), checkpoint.takenMicros());
    }

    /**
     * Goes on with the log of {@code backup}.
     *
     * @throws LogLostException it cannot be gone on with, and why
     */
    static LogShipper resume(RocksDbTable table, InstantSource clock, BackupDirectory backups, Manifest backup)
            throws IOException {
        if (!backup.table().equals(table.id())) {
            throw new LogLostException("backup " + backup.id() + " is of another table");
        }
        for (StoredFile file : backup.files()) {
            Path path = backups.root().resolve(file.path());
            if (!Files.exists(path) || Files.size(path) != file.bytes()) {
                throw new LogLostException(path + " of backup " + backup.id() + " is missing or has another size");
            }
        }
        Path directory = backups.log(backup.log());
        ArchivedLog archived = ArchivedLog.scan(backups, backup);
        String gap = archived.gap();
        if (gap != null || !archived.damages().isEmpty()) {
            throw new LogLostException(gap != null ? gap : archived.damages().get(0));
        }
        LogRecord last = archived.lastRecord();
        try {
            boolean isBefore = table.committedSequence() < archived.last();
            if (isBefore || (last != null && !isInLogOf(table, last))) {
                throw new LogLostException(
                        "the table is not the one that was backed up but an earlier state of it, as of"
                                + " a snapshot of a volume: followers of its changes miss some. Restore a backup instead");
            }
            table.readLog(archived.last(), commit -> false);
        } catch (CursorExpiredException e) {
            throw new LogLostException("the table has not kept what follows backup " + backup.id() + " and its log");
        }
        LogShipper shipper = new LogShipper(
                table, clock, backup.log(), directory, shippedOf(table, archived), EpochMicros.of(backup.taken()));
        shipper.nameIn(backups.manifest(backup.id()));
        return shipper;
    }

    /**
     * Where the log is gone on with: behind its own end. A backup may reach further, with commits that nobody waited for and that
     * became durable with it; the log of the backups before it must have these, too.
     */
    private static long shippedOf(RocksDbTable table, ArchivedLog archived) {
        long end = archived.end();
        if (end != ArchivedLog.NO_END && end < archived.last()) {
            try {
                table.readLog(end, commit -> false);
                return end;
            } catch (CursorExpiredException e) {
                LOG.warn(
                        "The table has not kept what lies between the log and the latest backup, so earlier backups can be"
                                + " restored up to there only");
            }
        }
        return archived.last();
    }

    /**
     * Whether the table's log has the commit too.
     *
     * @throws CursorExpiredException if it does not reach back that far, and the table has later ones
     */
    private static boolean isInLogOf(RocksDbTable table, LogRecord commit) {
        boolean[] same = {true};
        try {
            table.readLog(commit.first() - 1, found -> {
                same[0] = found.first() == commit.first() && sameRecords(found.batch(), commit.batch());
                return false;
            });
        } catch (CursorExpiredException e) {
            if (table.committedSequence() > commit.last()) {
                throw e;
            }
        }
        return same[0];
    }

    private static boolean sameRecords(byte[] one, byte[] other) {
        return Arrays.equals(one, Long.BYTES, one.length, other, Long.BYTES, other.length);
    }

    UUID log() {
        return log;
    }

    /** The sequence number up to which the log has the commits. */
    synchronized long shipped() {
        return shipped;
    }

    /** @param manifest of a finished backup, which the log goes on from; replaces an earlier one */
    void nameIn(Path manifest) {
        this.manifest = manifest;
    }

    /** Whether that is the manifest that names the log. */
    boolean goesOnFrom(Path candidate) {
        return candidate.equals(manifest);
    }

    /**
     * Every commit that was acknowledged before can be restored with the log; null if that is not known, also as long as no
     * finished backup names the log.
     */
    @Nullable
    Instant completeUntil() {
        long micros = completeUntilMicros;
        return micros == 0 || manifest == null ? null : EpochMicros.toInstant(micros);
    }

    /**
     * Copies what has been committed since the last time, durably, and notes that there was no more.
     *
     * @return how many bytes that took
     * @throws CursorExpiredException if the table has not kept what follows: another log has to begin, with a backup
     * @throws LogLostException if the log or the backup that it goes on from is not there any more: likewise
     */
    synchronized long ship() throws IOException {
        if (discarded) {
            return 0;
        }
        Path named = manifest;
        if (named != null && !Files.exists(named)) {
            throw new LogLostException(named + " was removed");
        }
        long now = EpochMicros.of(clock.instant());
        long bytes = 0;
        if (unmarkedMicros != 0) {
            bytes += append(LogBlock.mark(shipped, unmarkedMicros));
            unmarkedMicros = 0;
        }
        while (true) {
            List<LogRecord> commits = new ArrayList<>();
            long[] size = {0};
            table.readLog(shipped, commit -> {
                commits.add(commit);
                size[0] += commit.batch().length;
                return size[0] < BLOCK_BYTES;
            });
            boolean full = size[0] >= BLOCK_BYTES;
            bytes += append(LogBlock.of(commits, shipped, full ? 0 : now));
            if (!full) {
                completeUntilMicros = now;
                return bytes;
            }
        }
    }

    private int append(LogBlock block) throws IOException {
        int bytes = writer.append(block);
        shipped = block.last();
        return bytes;
    }

    /** The file that is being written; null if none is, and the next block begins one. */
    synchronized @Nullable Path openSegment() {
        return writer.open();
    }

    /**
     * A backup was taken: what comes next goes to another segment, so that this one can be dropped once nobody needs it.
     */
    synchronized void endSegment(long takenMicros) throws IOException {
        unmarkedMicros = takenMicros;
        writer.close();
    }

    /** Removes the log, which no backup names. */
    synchronized void discard() throws IOException {
        discarded = true;
        writer.close();
        DurableFiles.removeTree(directory);
    }

    @Override
    public synchronized void close() throws IOException {
        writer.close();
    }
}
