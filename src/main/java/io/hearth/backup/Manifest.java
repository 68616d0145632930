package io.hearth.backup;

import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/*
 * The file "manifest" of a backup, text, written last: a backup without it was never finished.
 *
 *   hearth backup
 *   version 1
 *   id 20261126T174310123Z
 *   table <UUID of the table> <version of the table's format>
 *   log <UUID of the log that follows this backup>
 *   sequence <every commit up to this number is in the files>
 *   taken 2026-11-26T17:43:10.123456Z
 *   file <SHA-256> <bytes> <path below the directory of backups> <name in the table>
 *   ...
 *   end <SHA-256 of all lines before this one>
 */

/**
 * What a finished backup consists of.
 *
 * @param format the version of the table's format
 * @param log the log that goes on behind {@code sequence}
 * @param taken no commit in the backup began later by the wall clock
 */
record Manifest(String id, UUID table, int format, UUID log, long sequence, Instant taken, List<StoredFile> files) {
    static final String NAME = "manifest";

    private static final String FIRST_LINE = "hearth backup";
    private static final String VERSION_LINE = "version 1";
    private static final Pattern ID = Pattern.compile("[0-9]{8}T[0-9]{9}Z");

    /** A name below a directory: no other directory, and nothing hidden. */
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}");

    /**
     * One file of the table.
     *
     * @param path where it is, below the directory of backups
     * @param name its name in the table
     */
    record StoredFile(String sha256, long bytes, String path, String name) {}

    Manifest {
        files = List.copyOf(files);
    }

    static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    long bytes() {
        return files.stream().mapToLong(StoredFile::bytes).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(FIRST_LINE).append('\n').append(VERSION_LINE).append('\n');
        text.append("id ").append(id).append('\n');
        text.append("table ").append(table).append(' ').append(format).append('\n');
        text.append("log ").append(log).append('\n');
        text.append("sequence ").append(sequence).append('\n');
        text.append("taken ").append(taken).append('\n');
        for (StoredFile file : files) {
            text.append("file ").append(file.sha256).append(' ').append(file.bytes);
            text.append(' ').append(file.path).append(' ').append(file.name).append('\n');
        }
        String sum = DurableFiles.sha256(text.toString());
        return text.append("end ").append(sum).append('\n').toString();
    }

    /**
     * @param file named when it is refused
     * @throws BackupException if it is damaged, or of another version
     */
    static Manifest parse(String text, Path file) {
        int end = text.lastIndexOf("end ");
        List<String> lines = text.lines().toList();
        if (lines.size() > 1 && lines.get(0).equals(FIRST_LINE) && !lines.get(1).equals(VERSION_LINE)) {
            throw new BackupException(
                    file + " says " + lines.get(1) + ", but this build of Hearth reads and writes " + VERSION_LINE
                            + " only",
                    null);
        }
        if (end < 0 || !text.substring(end).equals("end " + DurableFiles.sha256(text.substring(0, end)) + "\n")) {
            throw damaged(file, null);
        }
        try {
            String[] table = value(lines, 3, "table").split(" ", 2);
            List<StoredFile> files = new ArrayList<>();
            String id = value(lines, 2, "id");
            for (String line : lines.subList(7, lines.size() - 1)) {
                String[] parts = line.split(" ", 5);
                requireOwnName(parts[3], parts[4], id, file);
                files.add(new StoredFile(parts[1], Long.parseLong(parts[2]), parts[3], parts[4]));
            }
            return new Manifest(
                    id,
                    UUID.fromString(table[0]),
                    Integer.parseInt(table[1]),
                    UUID.fromString(value(lines, 4, "log")),
                    Long.parseLong(value(lines, 5, "sequence")),
                    Instant.parse(value(lines, 6, "taken")),
                    files);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeParseException e) {
            throw damaged(file, e);
        }
    }

    /** Whoever can write a manifest must not have a restore read or write anything else. */
    private static void requireOwnName(String path, String name, String id, Path file) {
        String shared = BackupDirectory.FILES + "/";
        String own = BackupDirectory.BACKUPS + "/" + id + "/";
        boolean isOwn = FILE_NAME.matcher(name).matches() && (isIn(shared, path) || isIn(own, path));
        if (!isOwn) {
            throw new BackupException(
                    file + " names the file " + path + " as " + name + ", which no backup has: it is not used", null);
        }
    }

    private static boolean isIn(String place, String path) {
        return path.startsWith(place)
                && FILE_NAME.matcher(path.substring(place.length())).matches();
    }

    private static String value(List<String> lines, int at, String name) {
        String line = lines.get(at);
        if (!line.startsWith(name + " ")) {
            throw new IllegalArgumentException(line);
        }
        return line.substring(name.length() + 1);
    }

    private static BackupException damaged(Path file, @Nullable Throwable cause) {
        return new BackupException(file + " is damaged: it is not what was written", cause);
    }
}
