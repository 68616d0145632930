package io.hearth.table.rocksdb.file;

import io.hearth.table.PrivateDirectory;
import io.hearth.table.TableDamagedException;
import io.hearth.table.TableException;
import io.hearth.table.UnsupportedTableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * The file FORMAT in the table's directory, four lines of text:
 *
 *   hearth table.rocksdb
 *   version 1
 *   id <UUID of this table, by which a cursor of the change feed tells it from one that was made anew in its place>
 *   check <CRC-32C of the lines before, eight hexadecimal digits>
 *
 * The first builds did not write the last line, and no DURABLE file beside this one.
 */

/**
 * Says in which format a directory is, before anything else in it is read or written.
 *
 * @param checked whether the file has its last line
 */
public record FormatFile(UUID tableId, boolean checked) {
    public static final String NAME = "FORMAT";
    public static final int VERSION = 1;

    /** What may be there before this file is. */
    private static final Set<String> MADE_BEFORE = Set.of(NAME + ".tmp", DurableFile.NAME);

    private static final String FIRST_LINE = "hearth table.rocksdb";
    private static final Pattern TEXT =
            Pattern.compile(FIRST_LINE + "\nversion (\\d{1,9})\n(?:id ([0-9a-f-]{36})\n)?((?s).*)");

    /**
     * Reads the format of {@code directory}, and makes it if it is absent.
     *
     * @return null if it is empty, or was not marked as ours before the process died
     * @throws UnsupportedTableException if it holds something else, or a version that this build does not know
     * @throws TableDamagedException if the file is not what was written
     */
    public static @Nullable FormatFile read(Path directory) {
        try {
            PrivateDirectory.create(directory);
            Path file = directory.resolve(NAME);
            if (Files.exists(file)) {
                return parse(CheckedText.read(file), file);
            }
            List<String> others = namesIn(directory);
            if (!others.isEmpty()) {
                throw new UnsupportedTableException(
                        directory + " is neither empty nor a table of Hearth: it has " + others.get(0) + " but no "
                                + NAME + " file.",
                        null);
            }
            return null;
        } catch (IOException e) {
            throw new TableException("the table directory " + directory + " cannot be used: " + e, e);
        }
    }

    /** Marks a directory that has no format yet durably as a table of its own. */
    public static FormatFile mark(Path directory) {
        return new FormatFile(UUID.randomUUID(), true).write(directory);
    }

    /** Writes the file, with all its lines, durably in place of an earlier one. */
    public FormatFile write(Path directory) {
        FormatFile format = new FormatFile(tableId, true);
        try {
            CheckedText.write(directory.resolve(NAME), format.text());
            return format;
        } catch (IOException e) {
            throw new TableException("the table directory " + directory + " cannot be used: " + e, e);
        }
    }

    public String text() {
        String lines = FIRST_LINE + "\nversion " + VERSION + "\nid " + tableId + "\n";
        return lines + CheckedText.checkLine(lines);
    }

    private static FormatFile parse(String text, Path file) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || (Integer.parseInt(matcher.group(1)) == VERSION && matcher.group(2) == null)) {
            throw new UnsupportedTableException(file + " does not describe a table of Hearth.", null);
        }
        if (Integer.parseInt(matcher.group(1)) != VERSION) {
            throw new UnsupportedTableException(
                    file + " says version " + matcher.group(1) + ", but this build of Hearth reads and writes version "
                            + VERSION + " only.",
                    null);
        }
        String rest = matcher.group(3);
        if (!rest.isEmpty() && !rest.equals(CheckedText.checkLine(text.substring(0, matcher.start(3))))) {
            throw new TableDamagedException(
                    "the table is damaged: the checksum of " + file + " is wrong. If the rest of the directory is well,"
                            + " removing its last line has it written anew",
                    null);
        }
        return new FormatFile(UUID.fromString(matcher.group(2)), !rest.isEmpty());
    }

    private static List<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !MADE_BEFORE.contains(name))
                    .sorted()
                    .toList();
        }
    }
}
