package io.hearth.backup;

import io.hearth.table.PrivateDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
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

    private static final String LOGS = "log";

    private static final Pattern LOG = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final long MAX_MANIFEST_BYTES = 64L << 20;
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
            PrivateDirectory.create(root);
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
            PrivateDirectory.closeToAll(root);
            for (String name : List.of(FILES, BACKUPS, LOGS)) {
                PrivateDirectory.create(root.resolve(name));
                PrivateDirectory.closeToAll(root.resolve(name));
            }
            DurableFiles.syncDirectory(root);
            DurableFiles.syncParent(root);
            return directory;
        } catch (IOException e) {
            throw new BackupException("the directory of backups " + root + " cannot be used: " + e, e);
        }
    }

    /** Opens a directory that is one of backups already. */
    static BackupDirectory open(Path root) {
        String text;
        try {
            text = Files.readString(root.resolve(MARK), StandardCharsets.ISO_8859_1);
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
        return root.resolve(LOGS).resolve(log.toString());
    }

    /** The logs that are there, whether or not a backup needs them. */
    List<Path> logs() throws IOException {
        return DurableFiles.list(root.resolve(LOGS)).stream()
                .filter(entry -> LOG.matcher(entry.getFileName().toString()).matches())
                .toList();
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
        // Before it becomes a path: it may come from anywhere.
        if (!Manifest.isId(id)) {
            throw new BackupException("there is no finished backup " + id + " in " + root, null);
        }
        Path file = manifest(id);
        try {
            if (Files.size(file) > MAX_MANIFEST_BYTES) {
                throw new BackupException(file + " is damaged: no manifest is that large", null);
            }
            // Not as UTF-8, which a damaged file need not be.
            Manifest manifest = Manifest.parse(Files.readString(file, StandardCharsets.ISO_8859_1), file);
            if (!manifest.id().equals(id)) {
                throw new BackupException(file + " is the manifest of backup " + manifest.id(), null);
            }
            return manifest;
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no finished backup " + id + " in " + root, e);
        } catch (IOException e) {
            throw new BackupException(file + " cannot be read: " + e, e);
        }
    }

    /**
     * Those that are finished.
     *
     * @param manifests that are whole, in the order in which they were made
     * @param unreadable why a manifest is not one of these, by id, in that order
     */
    record Finished(List<Manifest> manifests, SortedMap<String, String> unreadable) {}

    Finished finished() throws IOException {
        List<Manifest> manifests = new ArrayList<>();
        SortedMap<String, String> unreadable = new TreeMap<>();
        for (String id : ids()) {
            if (isFinished(id)) {
                try {
                    manifests.add(read(id));
                } catch (BackupException e) {
                    unreadable.put(id, String.valueOf(e.getMessage()));
                }
            }
        }
        return new Finished(manifests, unreadable);
    }

    /** What is there but of no use for a restore, as no finished backup that can be read has it; each with its place. */
    List<String> unused(Finished finished) throws IOException {
        List<String> unused = new ArrayList<>(finished.unreadable().values());
        for (String id : ids()) {
            if (Manifest.isId(id) && !isFinished(id)) {
                unused.add(backup(id) + " has no manifest: it was never finished, or has lost it");
            }
        }
        Set<Path> named = finished.manifests().stream()
                .map(manifest -> log(manifest.log()))
                .collect(Collectors.toSet());
        for (Path log : logs()) {
            if (!named.contains(log)) {
                unused.add(log + " goes on from no backup that can be read: what only it has cannot be restored");
            }
        }
        return unused;
    }

    /** The finished backups whose manifests are whole, the oldest first; others are logged. */
    List<Manifest> readable() throws IOException {
        Finished finished = finished();
        for (String reason : finished.unreadable().values()) {
            Logger.getLogger(BackupDirectory.class).warn(reason);
        }
        return finished.manifests();
    }

    private static BackupException notOurs(Path root, Path other) {
        return new BackupException(
                root + " is neither empty nor a directory of backups: it has " + other.getFileName() + " but no file "
                        + MARK,
                null);
    }
}
