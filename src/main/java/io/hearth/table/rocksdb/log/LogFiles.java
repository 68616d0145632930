package io.hearth.table.rocksdb.log;

import io.hearth.table.rocksdb.row.BatchFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of a table's write-ahead log, in the order of their numbers, in which their records follow each other: those that
 * a replay needs, and those that are kept in an archive for the change feed.
 */
public final class LogFiles {
    /** There is no such sequence number or file number. */
    public static final long NONE = -1;

    private static final Pattern NAME = Pattern.compile("([0-9]{6,20})\\.log");

    private final Path directory;
    private final Path archive;

    /** The sequence numbers of the first records, by file number. */
    private final Map<Long, Long> firsts = new ConcurrentHashMap<>();

    public LogFiles(Path directory) {
        this.directory = directory;
        archive = directory.resolve("archive");
    }

    /** Those that are not in the archive. */
    public NavigableMap<Long, Path> live() throws IOException {
        return in(directory);
    }

    public NavigableMap<Long, Path> archived() throws IOException {
        return in(archive);
    }

    public NavigableMap<Long, Path> all() throws IOException {
        // A file moves into the archive: looked for there last, it is not missed.
        NavigableMap<Long, Path> all = live();
        all.putAll(archived());
        return all;
    }

    /** The number of a log file; {@link #NONE} if it is another file. */
    static long numberOf(Path file) {
        Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
        return name.matches() ? Long.parseLong(name.group(1)) : NONE;
    }

    /** Opens a log file, wherever it is by now; null if it was removed. */
    @Nullable
    LogFileReader open(long number) throws IOException {
        String name = String.format("%06d.log", number);
        try {
            return new LogFileReader(directory.resolve(name));
        } catch (NoSuchFileException e) {
            Path archived = archive.resolve(name);
            return Files.exists(archived) ? new LogFileReader(archived) : null;
        }
    }

    /** The sequence number of the first record of a file; {@link #NONE} if it has none, or it cannot be read, or is gone. */
    public long firstSequence(long number) throws IOException {
        Long known = firsts.get(number);
        if (known != null) {
            return known;
        }
        try (LogFileReader reader = open(number)) {
            if (reader == null || !reader.next() || reader.recordLength() < BatchFormat.HEADER_BYTES) {
                return NONE;
            }
            long first = BatchFormat.sequence(reader.record());
            firsts.put(number, first);
            return first;
        }
    }

    /** Whether a file has no byte, or is gone. */
    boolean isEmpty(long number) throws IOException {
        try (LogFileReader reader = open(number)) {
            return reader == null || reader.size() == 0;
        }
    }

    private static NavigableMap<Long, Path> in(Path directory) throws IOException {
        NavigableMap<Long, Path> logs = new TreeMap<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                long number = numberOf(entry);
                if (number != NONE) {
                    logs.put(number, entry);
                }
            }
        } catch (NoSuchFileException e) {
            return logs;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return logs;
    }
}
