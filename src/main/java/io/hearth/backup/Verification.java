package io.hearth.backup;

import io.hearth.backup.Manifest.StoredFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What reading a backup and its log again found.
 *
 * @param files how many files of the backup were read
 * @param bytes how much they are
 * @param recoverableUntil the last instant that can be recovered with this backup; that of the backup if it has no log
 * @param damages what is wrong, each with the file that it is wrong with; empty if all is well
 * @param notes what may be wrong or not, each with the file: what the service was writing when it ended
 */
public record Verification(
        String backup,
        Instant taken,
        int files,
        long bytes,
        Instant recoverableUntil,
        List<String> damages,
        List<String> notes) {
    public Verification {
        damages = List.copyOf(damages);
        notes = List.copyOf(notes);
    }

    /**
     * What reading a whole directory again found.
     *
     * @param backups the finished ones, the oldest first
     * @param unused what is there but of no use for a restore, each with its place
     */
    public record Whole(List<Verification> backups, List<String> unused) {
        public Whole {
            backups = List.copyOf(backups);
            unused = List.copyOf(unused);
        }

        public boolean isGood() {
            return backups.stream().allMatch(Verification::isGood);
        }
    }

    public boolean isGood() {
        return damages.isEmpty();
    }

    /**
     * Verifies every backup of a directory. Unfinished ones are none.
     *
     * @throws BackupException if that is no directory of backups, or has no backup
     */
    public static Whole ofAll(Path directory) {
        BackupDirectory backups = BackupDirectory.open(directory);
        List<Verification> found = new ArrayList<>();
        try {
            BackupDirectory.Finished finished = backups.finished();
            finished.unreadable().forEach((id, reason) -> found.add(unreadable(id, reason)));
            for (Manifest manifest : finished.manifests()) {
                found.add(of(backups, manifest, path -> {}));
            }
            if (found.isEmpty()) {
                throw new BackupException("there is no finished backup in " + directory, null);
            }
            found.sort(Comparator.comparing(Verification::backup));
            List<String> unused = new ArrayList<>(backups.unused(finished));
            unused.removeAll(finished.unreadable().values());
            return new Whole(found, unused);
        } catch (IOException e) {
            throw new BackupException("the backups in " + directory + " cannot be listed: " + e, e);
        }
    }

    private static Verification unreadable(String id, String reason) {
        return new Verification(id, Instant.EPOCH, 0, 0, Instant.EPOCH, List.of(reason), List.of());
    }

    /** @throws BackupException if there is no finished backup of this id */
    static Verification of(BackupDirectory backups, String id, Consumer<String> damaged) {
        Manifest manifest;
        try {
            manifest = backups.read(id);
        } catch (BackupException e) {
            if (!Manifest.isId(id) || !backups.isFinished(id)) {
                throw e;
            }
            return unreadable(id, String.valueOf(e.getMessage()));
        }
        return of(backups, manifest, damaged);
    }

    /** @param damaged hears the path of each file of the backup that is damaged or missing, below the directory */
    static Verification of(BackupDirectory backups, Manifest manifest, Consumer<String> damaged) {
        List<String> damages = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        for (StoredFile file : manifest.files()) {
            String damage = check(backups.root().resolve(file.path()), file);
            if (damage != null) {
                damages.add(damage);
                damaged.accept(file.path());
            }
        }
        Instant until = manifest.taken();
        try {
            ArchivedLog log = ArchivedLog.scan(backups, manifest);
            log.walk(LogBlock::commits);
            until = log.completeUntil();
            damages.addAll(log.damages());
            String gap = log.gap();
            if (gap != null) {
                damages.add(gap);
            }
            notes.addAll(log.notes());
        } catch (BackupException e) {
            damages.add(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            damages.add(backups.log(manifest.log()) + " cannot be read: " + e);
        }
        return new Verification(
                manifest.id(), manifest.taken(), manifest.files().size(), manifest.bytes(), until, damages, notes);
    }

    private static @Nullable String check(Path path, StoredFile file) {
        try {
            long bytes = Files.size(path);
            if (bytes != file.bytes()) {
                return path + " is damaged: it has " + bytes + " bytes instead of " + file.bytes();
            }
            return DurableFiles.sha256(path).equals(file.sha256()) ? null : path + " is damaged: its checksum is wrong";
        } catch (NoSuchFileException e) {
            return path + " is missing";
        } catch (IOException e) {
            return path + " cannot be read: " + e;
        }
    }
}
