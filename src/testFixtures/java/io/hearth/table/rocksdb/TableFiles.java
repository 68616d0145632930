package io.hearth.table.rocksdb;

import io.hearth.table.rocksdb.log.LogFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a table's directory, copied as a process that dies leaves them, and damaged as a medium does it. */
public final class TableFiles {
    private TableFiles() {}

    /**
     * Copies a directory to an absent or old place, while a table may be open there: as it is at one moment, though files may come
     * and go in the background.
     */
    public static Path copy(Path from, Path to) throws IOException {
        while (true) {
            Map<Path, Long> before = sizes(from);
            try {
                delete(to);
                Files.createDirectories(to);
                for (Path file : before.keySet()) {
                    Path copy = to.resolve(from.relativize(file));
                    Files.createDirectories(Objects.requireNonNull(copy.getParent()));
                    Files.copy(file, copy);
                }
                if (!before.isEmpty() && before.equals(sizes(from))) {
                    return to;
                }
            } catch (NoSuchFileException e) {
                before.clear(); // one went while it was copied: once more
            }
        }
    }

    private static Map<Path, Long> sizes(Path directory) throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> sizes.put(file, file.toFile().length()));
        } catch (UncheckedIOException e) {
            return new TreeMap<>(); // a file went while it was listed
        }
        return sizes;
    }

    /** Every file of a directory and its contents, to see whether something was changed. */
    public static Map<Path, List<Byte>> contents(Path directory) throws IOException {
        Map<Path, List<Byte>> contents = new TreeMap<>();
        for (Path file : sizes(directory).keySet()) {
            byte[] bytes = Files.readAllBytes(file);
            Byte[] boxed = new Byte[bytes.length];
            Arrays.setAll(boxed, i -> bytes[i]);
            contents.put(directory.relativize(file), List.of(boxed));
        }
        return contents;
    }

    public static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** The newest log file that has records. */
    public static Path newestLog(Path directory) throws IOException {
        Path newest = null;
        for (Path log : new LogFiles(directory).live().values()) {
            if (Files.size(log) > 0) {
                newest = log;
            }
        }
        return Objects.requireNonNull(newest, "there is no log");
    }

    /** The sorted file with the most bytes. */
    public static Path largestSortedFile(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".sst"))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    /** Turns one bit around. */
    public static void flip(Path file, long bit) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(bit / Byte.SIZE);
            int old = bytes.read();
            bytes.seek(bit / Byte.SIZE);
            bytes.write(old ^ 1 << bit % Byte.SIZE);
        }
    }

    /** Cuts the end off. */
    public static void cut(Path file, long length) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(length);
        }
    }
}
