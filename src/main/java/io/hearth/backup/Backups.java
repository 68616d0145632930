package io.hearth.backup;

import io.hearth.model.EpochMicros;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableCheckpoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Backs a table up while it is used, and has its log follow. One at a time per directory of backups. */
public final class Backups implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Backups.class);

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
    private final AtomicLong failures = new AtomicLong();

    /** Paths of shared files that were found to be damaged; the next backup copies them again. */
    private final Set<String> damaged = ConcurrentHashMap.newKeySet();

    private @Nullable BackupDirectory opened;
    private @Nullable FileChannel lock;
    private volatile @Nullable Instant latestTaken;

    /** Serves {@link #following}; apart from the monitor, as looking through a log takes long. */
    private final ReentrantLock followingLock = new ReentrantLock();

    private volatile @Nullable LogShipper following;

    /** Set once a log cannot be gone on with, which must not be tried again and again. */
    private boolean abandoned;

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
                if (lock == null) {
                    lock = lock(settings.directory());
                }
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
        try {
            return make(System.nanoTime());
        } catch (IOException | TableException e) {
            failures.incrementAndGet();
            throw new BackupException("the backup to " + settings.directory() + " failed: " + reason(e), e);
        } catch (BackupException e) {
            failures.incrementAndGet();
            throw e;
        } finally {
            running.set(false);
        }
    }

    private Backup make(long startNanos) throws IOException {
        BackupDirectory directory = directory();
        directory.requireThere();
        String id = directory.createBackup(clock.instant());
        LogShipper begun = null;
        boolean finished = false;
        try {
            Path staging = settings.staging().resolve(id);
            PrivateDirectory.create(settings.staging());
            PrivateDirectory.close(settings.staging());
            LogShipper shipper = follower(directory);
            TableCheckpoint checkpoint = table.checkpoint(staging);
            if (shipper == null) {
                // Ships from now on, as the copying can take longer than the table keeps its log.
                begun = LogShipper.begin(table, clock, directory, checkpoint);
                shipper = begun;
                following = begun;
            } else {
                shipper.endSegment(checkpoint.takenMicros());
            }
            BackupFiles files = BackupFiles.copy(directory, id, staging, damaged);
            Manifest manifest = new Manifest(
                    id,
                    checkpoint.table(),
                    checkpoint.format(),
                    shipper.log(),
                    checkpoint.sequence(),
                    EpochMicros.toInstant(checkpoint.takenMicros()),
                    files.stored());
            DurableFiles.write(directory.manifest(id), manifest.text());
            finished = true;
            shipper.nameIn(directory.manifest(id));
            latestTaken = manifest.taken();
            writtenBytes.addAndGet(files.copiedBytes());
            settle(directory, shipper);
            return new Backup(
                    id,
                    manifest.taken(),
                    manifest.files().size(),
                    manifest.bytes(),
                    files.copiedBytes(),
                    Duration.ofNanos(System.nanoTime() - startNanos));
        } finally {
            cleanUp(directory, finished ? null : id, finished ? null : begun);
        }
    }

    /** What comes behind a backup that is made: if it fails, that is no failure of the backup. */
    private void settle(BackupDirectory directory, LogShipper shipper) {
        try {
            writtenBytes.addAndGet(shipper.ship());
        } catch (IOException | TableException e) {
            failures.incrementAndGet();
            LOG.warn("the log does not follow the backup yet: " + reason(e));
        }
        try {
            // Not by the wall clock alone: backups that a wrong one has removed do not come back when it is set right.
            Retention.apply(directory, table.removalTime(), settings.window(), shipper);
        } catch (IOException e) {
            failures.incrementAndGet();
            LOG.warn("old backups cannot be removed: " + e);
        }
    }

    /**
     * Has the log follow. Makes a backup first if there is none that the log could follow, or if the log cannot go on where it
     * stopped.
     *
     * @throws BackupException if that cannot be done
     */
    public void ship() {
        if (!shipped()) {
            try {
                backUp();
            } catch (BackupRunningException e) {
                LOG.debug("the backup that is being made has the log follow");
            }
        }
    }

    /** Answers whether the log follows; if not, a backup has to begin another. */
    private boolean shipped() {
        LogShipper shipper = null;
        try {
            BackupDirectory directory = directory();
            directory.requireThere();
            shipper = follower(directory);
            if (shipper == null) {
                return false;
            }
            writtenBytes.addAndGet(shipper.ship());
            return true;
        } catch (CursorExpiredException | LogLostException e) {
            LOG.warn("The log of backups cannot go on, so another backup and log begin; instants in between cannot be"
                    + " recovered: " + e.getMessage());
            abandon(shipper);
            return false;
        } catch (IOException | TableException e) {
            failures.incrementAndGet();
            throw new BackupException("the log does not reach " + settings.directory() + ": " + reason(e), e);
        } catch (BackupException e) {
            failures.incrementAndGet();
            throw e;
        }
    }

    /** What writes the log; null if there is none to go on with. */
    private @Nullable LogShipper follower(BackupDirectory directory) throws IOException {
        followingLock.lock();
        try {
            if (following == null && !abandoned) {
                BackupDirectory.Finished finished = directory.finished();
                List<Manifest> backups = finished.manifests();
                remember(backups);
                abandoned = backups.isEmpty();
                if (!abandoned) {
                    Manifest latest = backups.get(backups.size() - 1);
                    for (String reason :
                            finished.unreadable().tailMap(latest.id()).values()) {
                        throw new LogLostException(reason);
                    }
                    following = LogShipper.resume(table, clock, directory, latest);
                }
            }
            return following;
        } catch (LogLostException e) {
            LOG.warn("Another backup and log begin: " + e.getMessage());
            abandoned = true;
            return null;
        } finally {
            followingLock.unlock();
        }
    }

    /** Has the next backup begin another log. */
    private void abandon(@Nullable LogShipper shipper) {
        followingLock.lock();
        try {
            if (following == shipper) {
                following = null;
                abandoned = true;
            }
        } finally {
            followingLock.unlock();
        }
    }

    /** The finished backups, the oldest first. */
    public List<Backup> list() {
        try {
            List<Manifest> manifests = directory().readable();
            remember(manifests);
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

    private void remember(List<Manifest> backups) {
        latestTaken = backups.isEmpty() ? null : backups.get(backups.size() - 1).taken();
    }

    /**
     * Reads a backup and its log again, and compares checksums. Files that are found to be damaged are copied again by the next
     * backup, as far as the table still has them; if the log goes on from the backup, that one is made when it is shipped next.
     *
     * @throws BackupException if there is no such backup
     */
    public Verification verify(String id) {
        BackupDirectory directory = directory();
        Verification found = Verification.of(directory, id, damaged::add);
        LogShipper shipper = following;
        if (!found.isGood() && shipper != null && shipper.goesOnFrom(directory.manifest(id))) {
            LOG.warn("The latest backup is damaged, so another backup and log begin: " + found.damages());
            abandon(shipper);
        }
        return found;
    }

    /** Whatever was acknowledged before this instant can be recovered; null if there is nothing yet. */
    public @Nullable Instant recoverableUntil() {
        LogShipper shipper = following;
        return shipper == null ? null : shipper.completeUntil();
    }

    /** Whether there is a log that follows; false also before the first {@link #ship}. */
    public boolean isFollowing() {
        return following != null;
    }

    /** How often a backup, the log, or the removal of old backups has failed since this was opened. */
    public long failures() {
        return failures.get();
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
            LogShipper shipper = following;
            if (shipper != null) {
                shipper.close();
            }
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            throw new BackupException("the log of backups cannot be closed: " + e, e);
        }
    }

    /** Removes what a backup needed while it was made, and what is left of one that failed. */
    private void cleanUp(BackupDirectory directory, @Nullable String unfinished, @Nullable LogShipper unnamed) {
        try {
            if (unnamed != null) {
                abandon(unnamed);
                unnamed.discard();
            }
            DurableFiles.removeTree(settings.staging());
            if (unfinished != null) {
                DurableFiles.removeTree(directory.backup(unfinished));
            }
        } catch (IOException e) {
            // Without a manifest it is no backup; the next one removes it.
            LOG.warn("what is left of a backup cannot be removed: " + e);
        }
    }

    private static String reason(Exception failure) {
        return failure instanceof IOException ? failure.toString() : String.valueOf(failure.getMessage());
    }
}
