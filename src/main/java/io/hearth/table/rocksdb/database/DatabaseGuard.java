package io.hearth.table.rocksdb.database;

import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.file.Damages;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.log.ManifestFile;
import java.nio.file.Files;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Keeps the database open while anyone uses it, as using a closed native object ends the process, and lets it be opened
 * anew after an error that RocksDB does not recover from by itself.
 */
public final class DatabaseGuard implements AutoCloseable {
    /** Uses the database; must not nest. */
    public interface Use<T extends @Nullable Object> {
        T on(Database database) throws RocksDBException;
    }

    private final DatabaseSettings settings;
    private final DurableFile durable;
    private final Damages damages;
    private final StampedLock lock = new StampedLock();
    private volatile boolean compacting = true;
    private @Nullable Database database;
    private boolean closed;

    public DatabaseGuard(DatabaseSettings settings, DurableFile durable, Damages damages) {
        this.settings = settings;
        this.durable = durable;
        this.damages = damages;
        this.database = Database.open(settings, durable.sequence(), damages, compacting);
    }

    /**
     * Uses the open database.
     *
     * @throws TableException if it is closed, or RocksDB failed
     */
    public <T extends @Nullable Object> T use(Use<T> use) {
        try {
            return tryUse(use);
        } catch (RocksDBException e) {
            TableException unreadable = Database.unreadable(e);
            if (unreadable instanceof TableDamagedException) {
                damages.found(String.valueOf(e.getMessage()));
            }
            throw unreadable;
        }
    }

    /** As {@link #use}, for those who tell failures of RocksDB apart. */
    public <T extends @Nullable Object> T tryUse(Use<T> use) throws RocksDBException {
        long stamp = lock.readLock();
        try {
            if (closed) {
                throw new TableException("the table is closed", null);
            }
            if (database == null) {
                throw new TableException("the table is being opened again after a disk error", null);
            }
            return use.on(database);
        } finally {
            lock.unlockRead(stamp);
        }
    }

    /**
     * Has the database do without compaction from the next {@link #reopen} on, until the process ends. RocksDB refuses all writes
     * once a compaction has met damage, and the next one would meet it again.
     *
     * @param damage what a compaction could not read
     */
    public void stopCompacting(String damage) {
        compacting = false;
        damages.found(damage + ". Sorted files are not compacted any more, so they grow, until this is repaired and the"
                + " service started again");
    }

    /** Whether sorted files may be compacted. */
    public boolean isCompacting() {
        return compacting;
    }

    /** Whether somebody removed the files beneath the open database: what is written then is in none that has a name. */
    public boolean filesAreGone() {
        return Files.notExists(settings.directory().resolve(ManifestFile.CURRENT));
    }

    /** Closes and opens the database, which reads the log again; if that fails, it stays closed until the next call. */
    void reopen() {
        long stamp = lock.writeLock();
        try {
            if (closed) {
                return;
            }
            Database broken = database;
            database = null;
            if (broken != null) {
                broken.close();
            }
            database = Database.open(settings, durable.sequence(), damages, compacting);
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    @Override
    public void close() {
        long stamp = lock.writeLock();
        try {
            closed = true;
            if (database != null) {
                database.close();
                database = null;
            }
        } finally {
            lock.unlockWrite(stamp);
        }
    }
}
