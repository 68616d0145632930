package io.hearth.table.rocksdb;

import io.hearth.table.TableException;
import io.hearth.table.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/*
 * The file FORMAT in the table's directory, three lines of text:
 *
 *   hearth table.rocksdb
 *   version 1
 *   id <UUID of this table, by which a cursor of the change feed tells it from one that was made anew in its place>
 */

/** Says in which format a directory is, before anything else in it is read or written. */
record FormatFile(UUID tableId) {
    static final String NAME = "FORMAT";
    static final int VERSION = 1;

    private static final String UNFINISHED = NAME + ".tmp";
    private static final String FIRST_LINE = "hearth table.rocksdb";
    private static final Pattern TEXT =
            Pattern.compile(FIRST_LINE + "\nversion (\\d{1,9})\n(?:id ([0-9a-f-]{36})\n)?(?s:.*)");

    /**
     * Reads the format of {@code directory}, or marks an absent or empty one durably as ours.
     *
     * @throws UnsupportedFormatException if it holds something else, or a version that this build does not know
     */
    static FormatFile openOrCreate(Path directory) {
        try {
            Files.createDirectories(directory);
            Path file = directory.resolve(NAME);
            if (Files.exists(file)) {
                return parse(Files.readString(file), file);
            }
            List<String> others = namesIn(directory);
            if (!others.isEmpty()) {
                throw new UnsupportedFormatException(
                        directory + " is neither empty nor a table of Hearth: it has " + others.get(0) + " but no "
                                + NAME + " file.",
                        null);
            }
            return create(directory, file);
        } catch (IOException e) {
            throw new TableException("the table directory " + directory + " cannot be used: " + e, e);
        }
    }

    /** Marks a directory that has the files of a table, but no format yet, durably as a table of its own. */
    static FormatFile mark(Path directory) {
        try {
            return create(directory, directory.resolve(NAME));
        } catch (IOException e) {
            throw new TableException("the table directory " + directory + " cannot be used: " + e, e);
        }
    }

    String text() {
        return FIRST_LINE + "\nversion " + VERSION + "\nid " + tableId + "\n";
    }

    private static FormatFile parse(String text, Path file) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new UnsupportedFormatException(file + " does not describe a table of Hearth.", null);
        }
        if (Integer.parseInt(matcher.group(1)) != VERSION || matcher.group(2) == null) {
            throw new UnsupportedFormatException(
                    file + " says version " + matcher.group(1) + ", but this build of Hearth reads and writes version "
                            + VERSION + " only.",
                    null);
        }
        return new FormatFile(UUID.fromString(matcher.group(2)));
    }

    private static FormatFile create(Path directory, Path file) throws IOException {
        FormatFile format = new FormatFile(UUID.randomUUID());
        Path unfinished = directory.resolve(UNFINISHED);
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(format.text().getBytes(StandardCharsets.UTF_8)));
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true); // the rename itself
        }
        return format;
    }

    private static List<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.equals(UNFINISHED))
                    .sorted()
                    .toList();
        }
    }
}
