package io.hearth.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/*
 * A directory of backups:
 *
 *   BACKUPS                    says what the directory is
 *   backups/<id>/manifest      a finished backup, beside its small files; ids sort in the order in which they were made
 *   files/<number>-<tail>.sst  sorted files of the table, which backups share
 *   log/<log>/<sequence>-<attempt>.log   segments of the table's log, named by the sequence number that they begin with
 */

/** Knows where things are in a directory of backups. */
final class BackupDirectory {
    static final String FILES = "files";
    static final String BACKUPS = "backups";

    private static final String MARK = "BACKUPS";
    private static final String MARK_TEXT = "hearth backups\nversion 1\n";
    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    private final Path root;

    private BackupDirectory(Path root) {
        this.root = root;
    }

    /**
     * Opens a directory of backups, and makes an absent or empty one such.
     *
     * @throws BackupException if it holds something else, or cannot be used
     */
    static BackupDirectory openOrCreate(Path root) {
        try {
            Files.createDirectories(root);
            if (!Files.exists(root.resolve(MARK))) {
                List<Path> others = DurableFiles.list(root).stream()
                        .filter(file -> !file.getFileName().toString().equals(MARK + ".tmp"))
                        .toList();
                if (!others.isEmpty()) {
                    throw notOurs(root, others.get(0));
                }
                DurableFiles.write(root.resolve(MARK), MARK_TEXT);
            }
            BackupDirectory directory = open(root);
            Files.createDirectories(root.resolve(FILES));
            Files.createDirectories(root.resolve(BACKUPS));
            DurableFiles.syncDirectory(root);
            return directory;
        } catch (IOException e) {
            throw new BackupException("the directory of backups " + root + " cannot be used: " + e, e);
        }
    }

    /** Opens a directory that is one of backups already. */
    static BackupDirectory open(Path root) {
        String text;
        try {
            text = Files.readString(root.resolve(MARK));
        } catch (NoSuchFileException e) {
            throw new BackupException(root + " is no directory of backups: it has no file " + MARK, e);
        } catch (IOException e) {
            throw new BackupException("the directory of backups " + root + " cannot be read: " + e, e);
        }
        if (!text.equals(MARK_TEXT)) {
            throw new BackupException(
                    root.resolve(MARK) + " does not describe a directory that this build of Hearth knows", null);
        }
        return new BackupDirectory(root);
    }

    /** Refuses a directory that holds something else; one that is absent, empty or ours is fine. */
    static void refuseIfForeign(Path root) {
        try {
            List<Path> entries = DurableFiles.list(root);
            boolean ours = entries.isEmpty() || Files.exists(root.resolve(MARK));
            if (!ours) {
                throw notOurs(root, entries.get(0));
            }
        } catch (IOException e) {
            throw new BackupException("the directory of backups " + root + " cannot be read: " + e, e);
        }
    }

    Path root() {
        return root;
    }

    Path sharedFiles() {
        return root.resolve(FILES);
    }

    Path backup(String id) {
        return root.resolve(BACKUPS).resolve(id);
    }

    Path manifest(String id) {
        return backup(id).resolve(Manifest.NAME);
    }

    Path log(UUID log) {
        return root.resolve("log").resolve(log.toString());
    }

    /** The logs that are there, whether or not a backup needs them. */
    List<Path> logs() throws IOException {
        return DurableFiles.list(root.resolve("log"));
    }

    /**
     * Notices when a disk is away: what is written to its mount point then goes to another disk.
     *
     * @throws IOException if the directory is not there, or is not one of backups any more
     */
    void requireThere() throws IOException {
        if (!Files.exists(root.resolve(MARK))) {
            throw new NoSuchFileException(root.resolve(MARK).toString(), null, "the directory of backups is away");
        }
    }

    /** Makes the directory of a new backup. Its id sorts behind those of all finished ones, also if the clock was set back. */
    String createBackup(Instant now) throws IOException {
        Instant time = now;
        for (String id : ids()) {
            Instant made = timeOf(id);
            if (made != null && isFinished(id) && !made.isBefore(time)) {
                time = made.plusMillis(1);
            }
        }
        while (Files.exists(backup(ID.format(time)))) {
            time = time.plusMillis(1);
        }
        String id = ID.format(time);
        Files.createDirectories(backup(id));
        DurableFiles.syncDirectory(root.resolve(BACKUPS));
        return id;
    }

    private static @Nullable Instant timeOf(String id) {
        try {
            return ID.parse(id, Instant::from);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** The ids of all backups, also of unfinished ones, in the order they were begun. */
    List<String> ids() throws IOException {
        return DurableFiles.list(root.resolve(BACKUPS)).stream()
                .map(entry -> entry.getFileName().toString())
                .toList();
    }

    boolean isFinished(String id) {
        return Files.exists(manifest(id));
    }

    /**
     * @throws BackupException if there is no finished backup of this id, or its manifest is damaged
     */
    Manifest read(String id) {
        Path file = manifest(id);
        try {
            return Manifest.parse(Files.readString(file), file);
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no finished backup " + id + " in " + root, e);
        } catch (IOException e) {
            throw new BackupException(file + " cannot be read: " + e, e);
        }
    }

    /** The finished backups whose manifests are whole, the oldest first. */
    List<Manifest> readable() throws IOException {
        List<Manifest> found = new ArrayList<>();
        for (String id : ids()) {
            if (isFinished(id)) {
                try {
                    found.add(read(id));
                } catch (BackupException e) {
                    System.getLogger(BackupDirectory.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
                }
            }
        }
        return found;
    }

    private static BackupException notOurs(Path root, Path other) {
        return new BackupException(
                root + " is neither empty nor a directory of backups: it has " + other.getFileName() + " but no file "
                        + MARK,
                null);
    }
}
