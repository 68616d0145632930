package io.hearth.table.rocksdb.expiry;

import io.hearth.table.rocksdb.file.CheckedText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/*
 * The file CLOCK in the table's directory, lines of text:
 *
 *   hearth removal clock
 *   version 1
 *   running <microseconds that processes have run with this table>
 *   offset <microseconds that the trusted time since the epoch is ahead of that>
 *   sample <number of a stretch of running time> <microseconds that the wall clock was ahead at least>   any number of these
 *   check <CRC-32C of the lines before, eight hexadecimal digits>
 */

/** Keeps a {@link RemovalClock} over restarts. */
public final class ClockFile {
    static final String NAME = "CLOCK";

    private static final String HEAD = "hearth removal clock\nversion 1\n";
    private static final Logger LOG = Logger.getLogger(ClockFile.class);

    private final Path directory;
    private final Path file;
    private boolean failed;

    public ClockFile(Path directory) {
        this.directory = directory;
        file = directory.resolve(NAME);
    }

    /**
     * Reads what was kept. If there is nothing, or it cannot be read, the time of the latest change to any file in the directory
     * is what is trusted; in a new directory the wall clock is. To be called before anything is changed there.
     */
    public RemovalClock.State read(InstantSource wall) throws IOException {
        try {
            RemovalClock.State state = parse(CheckedText.read(file));
            if (state != null) {
                return state;
            }
            LOG.warnf(
                    "%s is damaged. Only what had expired when the table was last used is removed from disk for a while",
                    file);
        } catch (NoSuchFileException e) {
            LOG.debugf("there is no %s yet", file);
        }
        Instant now = wall.instant();
        Instant lastUsed = lastChange();
        return RemovalClock.State.of(lastUsed == null || lastUsed.isAfter(now) ? now : lastUsed);
    }

    /** Whether there is a file that is not what was written. */
    public boolean isDamaged() throws IOException {
        return Files.exists(file) && parse(CheckedText.read(file)) == null;
    }

    private @Nullable Instant lastChange() throws IOException {
        Instant last = null;
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                Instant changed = Files.getLastModifiedTime(entry).toInstant();
                last = last == null || changed.isAfter(last) ? changed : last;
            }
        } catch (NoSuchFileException e) {
            return null;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return last;
    }

    /** Keeps the state durably. Does not fail: without it, less is removed for a while. */
    void write(RemovalClock.State state) {
        try {
            CheckedText.write(file, text(state));
            failed = false;
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                LOG.warn(file + " cannot be written", e);
            }
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }

    static String text(RemovalClock.State state) {
        StringBuilder lines = new StringBuilder(HEAD)
                .append("running ")
                .append(state.runningMicros())
                .append("\noffset ")
                .append(state.offsetMicros())
                .append('\n');
        state.samples()
                .forEach((stretch, offset) -> lines.append("sample ")
                        .append(stretch)
                        .append(' ')
                        .append(offset)
                        .append('\n'));
        return lines + CheckedText.checkLine(lines.toString());
    }

    /** Null if the text is not what was written. */
    static RemovalClock.@Nullable State parse(String text) {
        int check = text.lastIndexOf("check ");
        if (!text.startsWith(HEAD)
                || check < 0
                || !text.substring(check).equals(CheckedText.checkLine(text.substring(0, check)))) {
            return null;
        }
        long running = 0;
        long offset = 0;
        NavigableMap<Long, Long> samples = new TreeMap<>();
        for (String line : text.substring(HEAD.length(), check).split("\n", -1)) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "running" -> running = Long.parseLong(words[1]);
                case "offset" -> offset = Long.parseLong(words[1]);
                case "sample" -> samples.put(Long.parseLong(words[1]), Long.parseLong(words[2]));
                default -> {} // of a later build
            }
        }
        return new RemovalClock.State(running, offset, samples);
    }
}
