package io.hearth.backup;

import io.hearth.backup.Manifest.StoredFile;
import io.hearth.layout.Partitions;
import io.hearth.model.EpochMicros;
import io.hearth.table.Bytes;
import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.LogRecord;
import io.hearth.table.rocksdb.offline.TableRestore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a data directory from a backup and the log that follows it. */
public final class Restore {
    private static final String TABLE = "table";

    /**
     * How far other regions have been taken in. That was said of the table that was lost: from there on their feeds leave out
     * what this region itself had written or erased since the backup, which only a snapshot of theirs brings back.
     */
    private static final Bytes SYNC_CHECKPOINTS = Bytes.wrap("checkpoint/".getBytes(StandardCharsets.US_ASCII));

    /**
     * What to restore, and where.
     *
     * @param backups the directory of backups
     * @param dataDirectory absent or empty; becomes the data directory
     * @param until whatever was acknowledged before is restored, what began later is not; null for all that there is
     * @param backup which backup to begin with; null for the last one before {@code until}
     */
    public record Request(
            Path backups,
            Path dataDirectory,
            @Nullable Instant until,
            @Nullable String backup) {}

    /**
     * What was restored.
     *
     * @param replayed commits of the log that were applied
     * @param lastCommit when the last of them began; null if there was none
     * @param completeUntil whatever was acknowledged before is there
     * @param notes what else the directory of backups has that is damaged or was not of use, each with its file
     */
    public record Restored(
            String backup, long replayed, @Nullable Instant lastCommit, Instant completeUntil, List<String> notes) {
        public Restored {
            notes = List.copyOf(notes);
        }
    }

    private final BackupDirectory directory;
    private final Request request;

    private Restore(Request request) {
        this.request = request;
        directory = BackupDirectory.open(request.backups);
    }

    /**
     * Restores. If the process dies meanwhile, what is there by then is no table, and the service refuses to start with it.
     *
     * @throws BackupException if it cannot be done, and why; the data directory is left empty
     */
    public static Restored run(Request request) {
        try {
            return new Restore(request).run();
        } catch (IOException | TableException e) {
            String reason = e instanceof IOException ? e.toString() : String.valueOf(e.getMessage());
            throw new BackupException("the restore into " + request.dataDirectory + " failed: " + reason, e);
        }
    }

    private Restored run() throws IOException {
        refuseIfUsed(request.dataDirectory);
        BackupDirectory.Finished finished = directory.finished();
        Manifest manifest = choose(finished);
        Instant until = request.until;
        ArchivedLog log = ArchivedLog.scan(directory, manifest, until == null ? Long.MAX_VALUE : EpochMicros.of(until));
        Instant complete = log.completeUntil();
        if (until == null && log.gap() != null) {
            throw new BackupException(
                    log.gap() + reasons(log.damages()) + "; what was acknowledged until " + complete
                            + " can be restored: say so by asking for that instant",
                    null);
        }
        List<String> notes = notes(finished, log);
        if (until != null && until.isAfter(complete)) {
            throw new BackupException(
                    "the log behind backup " + manifest.id() + " is complete until " + complete + " only"
                            + reasons(log.gap() == null ? notes : List.of(log.gap()))
                            + ": ask for an instant until then, or for none to have all that there is",
                    null);
        }
        Replay replay = new Replay(until == null ? Long.MAX_VALUE : log.lastWithin());
        make(manifest, log, replay);
        return new Restored(
                manifest.id(),
                replay.commits,
                replay.lastMicros == LogRecord.NO_TIME ? null : EpochMicros.toInstant(replay.lastMicros),
                until == null ? complete : until,
                notes);
    }

    private static String reasons(List<String> reasons) {
        return reasons.isEmpty() ? "" : " (" + String.join("; ", reasons) + ")";
    }

    private List<String> notes(BackupDirectory.Finished finished, ArchivedLog log) throws IOException {
        List<String> notes = new ArrayList<>(log.damages());
        notes.addAll(log.notes());
        notes.addAll(directory.unused(finished));
        return notes;
    }

    /** Makes the table, or leaves the data directory empty. */
    private void make(Manifest manifest, ArchivedLog log, Replay replay) throws IOException {
        Path table = request.dataDirectory.resolve(TABLE);
        boolean finished = false;
        try {
            copy(manifest, table);
            try (TableRestore restore = TableRestore.open(table, manifest.format())) {
                log.walk(block -> replay.apply(block, restore));
                restore.remove(Partitions.SYNC, SYNC_CHECKPOINTS);
                restore.finish();
            }
            DurableFiles.syncDirectory(request.dataDirectory);
            DurableFiles.syncParent(request.dataDirectory);
            finished = true;
        } finally {
            if (!finished) {
                DurableFiles.removeTree(table);
            }
        }
    }

    private static void refuseIfUsed(Path target) throws IOException {
        List<Path> there =
                Files.exists(target) && !Files.isDirectory(target) ? List.of(target) : DurableFiles.list(target);
        if (!there.isEmpty()) {
            throw new BackupException(
                    target + " is not empty: it has " + there.get(0).getFileName()
                            + ". A restore goes into a new data directory only",
                    null);
        }
    }

    private Manifest choose(BackupDirectory.Finished finished) {
        String id = request.backup;
        Instant until = request.until;
        if (id != null) {
            Manifest chosen = directory.read(id);
            if (until != null && chosen.taken().isAfter(until)) {
                throw new BackupException(
                        "backup " + id + " was taken at " + chosen.taken() + ", after the instant that was asked for",
                        null);
            }
            return chosen;
        }
        List<Manifest> backups = finished.manifests();
        if (backups.isEmpty()) {
            throw new BackupException(
                    "there is no finished backup in " + directory.root()
                            + reasons(List.copyOf(finished.unreadable().values())),
                    null);
        }
        Manifest chosen = null;
        for (Manifest manifest : backups) {
            if (until == null || !manifest.taken().isAfter(until)) {
                chosen = manifest;
            }
        }
        if (chosen == null) {
            throw new BackupException(
                    "the earliest instant that can be restored is "
                            + backups.get(0).taken() + ", when backup "
                            + backups.get(0).id() + " was taken"
                            + reasons(List.copyOf(finished.unreadable().values())),
                    null);
        }
        Collection<String> later = finished.unreadable().tailMap(chosen.id()).values();
        if (until == null && !later.isEmpty()) {
            throw new BackupException(
                    "a later backup than " + chosen.id() + " cannot be read" + reasons(List.copyOf(later))
                            + "; say --backup " + chosen.id() + " to restore that one and its log",
                    null);
        }
        return chosen;
    }

    private void copy(Manifest manifest, Path table) throws IOException {
        PrivateDirectory.create(table);
        for (StoredFile file : manifest.files()) {
            Path source = directory.root().resolve(file.path());
            if (!Files.exists(source)) {
                throw new BackupException(source + " is missing", null);
            }
            if (!Files.isRegularFile(source) || Files.size(source) != file.bytes()) {
                throw new BackupException(source + " is damaged: it does not have " + file.bytes() + " bytes", null);
            }
            if (!DurableFiles.copy(source, table.resolve(file.name())).equals(file.sha256())) {
                throw new BackupException(source + " is damaged: its checksum is wrong", null);
            }
        }
        DurableFiles.syncDirectory(table);
    }

    /** Applies commits up to a record, and counts them. */
    private static final class Replay {
        private final long last;
        private long commits;
        private long lastMicros = LogRecord.NO_TIME;

        Replay(long last) {
            this.last = last;
        }

        void apply(LogBlock block, TableRestore restore) {
            if (block.first() > last) {
                return;
            }
            for (LogRecord commit : block.commits()) {
                if (commit.last() <= last && commit.last() > restore.sequence()) {
                    restore.apply(commit);
                    commits++;
                    lastMicros = Math.max(lastMicros, commit.commitMicros());
                }
            }
        }
    }
}
