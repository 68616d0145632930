package io.hearth.backup;

import io.hearth.model.EpochMicros;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableCheckpoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Backs a table up while it is used, and has its log follow. One at a time per directory of backups. */
public final class Backups implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Backups.class.getName());
    private static final Pattern ID = Pattern.compile("[0-9]{8}T[0-9]{9}Z");

    /**
     * Where backups go.
     *
     * @param directory where backups are kept, best on another disk than the table
     * @param staging absent or left over, on the file system of the table; what is there is removed
     * @param window how far back any instant can be recovered
     */
    public record Settings(Path directory, Path staging, Duration window) {}

    private final RocksDbTable table;
    private final Settings settings;
    private final InstantSource clock;
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicLong writtenBytes = new AtomicLong();
    private @Nullable BackupDirectory opened;
    private @Nullable FileChannel lock;
    private volatile @Nullable LogShipper shipper;
    private volatile @Nullable Instant latestTaken;

    /** Set once a log cannot be gone on with, which must not be tried again and again. */
    private volatile boolean abandoned;

    /** The directory is opened, and made if it is absent, when it is first used: it may be away for a while. */
    public Backups(RocksDbTable table, Settings settings, InstantSource clock) {
        this.table = table;
        this.settings = settings;
        this.clock = clock;
    }

    /** Refuses a directory that holds something else; one that is not there (yet) is fine. */
    public static void refuseIfForeign(Path directory) {
        BackupDirectory.refuseIfForeign(directory);
    }

    /** @throws BackupException if it holds something else, cannot be used, or another process backs up to it */
    private synchronized BackupDirectory directory() {
        if (opened == null) {
            BackupDirectory directory = BackupDirectory.openOrCreate(settings.directory());
            try {
                lock = lock(settings.directory());
                DurableFiles.removeTree(settings.staging());
            } catch (IOException e) {
                throw new BackupException("backups to " + settings.directory() + " cannot begin: " + e, e);
            }
            opened = directory;
        }
        return opened;
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            locked = false; // by this process
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw new BackupException("another process backs up to " + directory, null);
        }
        return channel;
    }

    /**
     * Makes a backup. What earlier ones have already is not copied again.
     *
     * @throws BackupRunningException if one is being made
     * @throws BackupException if it cannot be made; nothing of it is left that could be taken for one
     */
    public Backup backUp() {
        if (!running.compareAndSet(false, true)) {
            throw new BackupRunningException();
        }
        long startNanos = System.nanoTime();
        String id = null;
        boolean finished = false;
        try {
            BackupDirectory directory = directory();
            id = directory.createBackup(clock.instant());
            Path staging = settings.staging().resolve(id);
            Files.createDirectories(settings.staging());
            LogShipper following = follower(directory);
            TableCheckpoint checkpoint = table.checkpoint(staging);
            if (following == null) {
                following = LogShipper.begin(table, clock, directory, checkpoint.sequence());
                shipper = following;
            } else {
                following.endSegment();
            }
            BackupFiles files = BackupFiles.copy(directory, id, staging);
            Manifest manifest = new Manifest(
                    id,
                    checkpoint.table(),
                    checkpoint.format(),
                    following.log(),
                    checkpoint.sequence(),
                    EpochMicros.toInstant(checkpoint.takenMicros()),
                    files.stored());
            DurableFiles.write(directory.manifest(id), manifest.text());
            finished = true;
            latestTaken = manifest.taken();
            writtenBytes.addAndGet(files.copiedBytes());
            writtenBytes.addAndGet(following.ship());
            Retention.apply(directory, clock.instant().minus(settings.window()), following);
            return new Backup(
                    id,
                    manifest.taken(),
                    manifest.files().size(),
                    manifest.bytes(),
                    files.copiedBytes(),
                    Duration.ofNanos(System.nanoTime() - startNanos));
        } catch (IOException | TableException e) {
            throw new BackupException("the backup to " + settings.directory() + " failed: " + reason(e), e);
        } finally {
            cleanUp(finished ? null : id);
            running.set(false);
        }
    }

    /**
     * Has the log follow. Makes a backup first if there is none that the log could follow, or if the table has not kept
     * what the log lacks.
     *
     * @throws BackupException if that cannot be done
     */
    public void ship() {
        try {
            LogShipper following = follower(directory());
            if (following == null) {
                backUp();
                return;
            }
            writtenBytes.addAndGet(following.ship());
        } catch (CursorExpiredException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The table has not kept all that the log of backups lacks, so another backup and log begin;"
                            + " instants in between cannot be recovered");
            shipper = null;
            abandoned = true;
            backUp();
        } catch (BackupRunningException e) {
            LOG.log(System.Logger.Level.DEBUG, "the backup that is being made has the log follow");
        } catch (IOException | TableException e) {
            throw new BackupException("the log does not reach " + settings.directory() + ": " + reason(e), e);
        }
    }

    private @Nullable LogShipper follower(BackupDirectory directory) throws IOException {
        LogShipper following = shipper;
        if (following == null && !abandoned) {
            List<Manifest> backups = directory.readable();
            if (!backups.isEmpty()) {
                following = LogShipper.resume(table, clock, directory, backups.get(backups.size() - 1));
                shipper = following;
            }
            abandoned = following == null;
        }
        return following;
    }

    /** The finished backups, the oldest first. */
    public List<Backup> list() {
        try {
            List<Manifest> manifests = directory().readable();
            if (!manifests.isEmpty()) {
                latestTaken = manifests.get(manifests.size() - 1).taken();
            }
            return manifests.stream()
                    .map(manifest -> new Backup(
                            manifest.id(),
                            manifest.taken(),
                            manifest.files().size(),
                            manifest.bytes(),
                            0,
                            Duration.ZERO))
                    .toList();
        } catch (IOException e) {
            throw new BackupException("the backups in " + settings.directory() + " cannot be listed: " + e, e);
        }
    }

    /**
     * Reads a backup and its log again, and compares checksums.
     *
     * @throws BackupException if there is no such backup
     */
    public Verification verify(String id) {
        if (!ID.matcher(id).matches()) {
            throw new BackupException("there is no finished backup " + id + " in " + settings.directory(), null);
        }
        BackupDirectory directory = directory();
        return Verification.of(directory, directory.read(id));
    }

    /** Whatever was acknowledged before this instant can be recovered; null if there is nothing yet. */
    public @Nullable Instant recoverableUntil() {
        LogShipper following = shipper;
        return following == null ? null : following.completeUntil();
    }

    /** When the latest backup was taken, as far as was looked; null if there is none. */
    public @Nullable Instant latestTaken() {
        return latestTaken;
    }

    /** Bytes written to the directory since this was opened. */
    public long writtenBytes() {
        return writtenBytes.get();
    }

    /** Ends the log where it is; the next {@link Backups} goes on with it. */
    @Override
    public synchronized void close() {
        try {
            LogShipper following = shipper;
            if (following != null) {
                following.close();
            }
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            throw new BackupException("the log of backups cannot be closed: " + e, e);
        }
    }

    private void cleanUp(@Nullable String unfinished) {
        try {
            DurableFiles.removeTree(settings.staging());
            if (unfinished != null) {
                DurableFiles.removeTree(directory().backup(unfinished));
            }
        } catch (IOException e) {
            // Without a manifest it is no backup; the next one removes it.
            LOG.log(System.Logger.Level.WARNING, "what is left of a backup cannot be removed: " + e);
        }
    }

    private static String reason(Exception failure) {
        return failure instanceof IOException ? failure.toString() : String.valueOf(failure.getMessage());
    }
}
