package io.hearth.backup;

import io.hearth.backup.Manifest.StoredFile;
import io.hearth.model.EpochMicros;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What reading a backup and its log again found.
 *
 * @param files how many files of the backup were read
 * @param bytes how much they are
 * @param recoverableUntil the last instant that can be recovered with this backup; that of the backup if it has no log
 * @param damages what is wrong, each with the file that it is wrong with; empty if all is well
 */
public record Verification(
        String backup, Instant taken, int files, long bytes, Instant recoverableUntil, List<String> damages) {
    public Verification {
        damages = List.copyOf(damages);
    }

    public boolean isGood() {
        return damages.isEmpty();
    }

    /**
     * Verifies every backup of a directory, the oldest first. Unfinished ones are none.
     *
     * @throws BackupException if that is no directory of backups, or has no backup
     */
    public static List<Verification> ofAll(Path directory) {
        BackupDirectory backups = BackupDirectory.open(directory);
        List<Verification> found = new ArrayList<>();
        try {
            for (String id : backups.ids()) {
                if (backups.isFinished(id)) {
                    found.add(of(backups, id));
                }
            }
        } catch (IOException e) {
            throw new BackupException("the backups in " + directory + " cannot be listed: " + e, e);
        }
        if (found.isEmpty()) {
            throw new BackupException("there is no finished backup in " + directory, null);
        }
        return found;
    }

    private static Verification of(BackupDirectory backups, String id) {
        Manifest manifest;
        try {
            manifest = backups.read(id);
        } catch (BackupException e) {
            return new Verification(id, Instant.EPOCH, 0, 0, Instant.EPOCH, List.of(String.valueOf(e.getMessage())));
        }
        return of(backups, manifest);
    }

    static Verification of(BackupDirectory backups, Manifest manifest) {
        List<String> damages = new ArrayList<>();
        for (StoredFile file : manifest.files()) {
            String damage = check(backups.root().resolve(file.path()), file);
            if (damage != null) {
                damages.add(damage);
            }
        }
        Instant until = manifest.taken();
        try {
            ArchivedLog log = ArchivedLog.scan(backups.log(manifest.log()), manifest.sequence());
            damages.addAll(log.damages());
            Instant complete = EpochMicros.toInstant(log.completeUntilMicros());
            until = complete.isAfter(until) ? complete : until;
        } catch (IOException e) {
            damages.add(backups.log(manifest.log()) + " cannot be read: " + e);
        }
        return new Verification(
                manifest.id(), manifest.taken(), manifest.files().size(), manifest.bytes(), until, damages);
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
