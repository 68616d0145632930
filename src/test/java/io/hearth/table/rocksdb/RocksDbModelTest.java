package io.hearth.table.rocksdb;

import io.hearth.Seed;
import io.hearth.table.FakeClock;
import io.hearth.table.ModelPlayer;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays random operations on this engine and on {@link MemoryTable} and compares every answer. Among them the clock
 * advances, expired items are swept, many write at once, stretches of rows are replaced, cursors are held, and the table is
 * closed and opened, or crashes: its directory is copied while it is open, and the copy goes on.
 * {@code -DRocksDbModelTest.seed=} replays a run, {@code -DRocksDbModelTest.steps=} makes it longer.
 */
final class RocksDbModelTest {
    private static final int STEPS_BETWEEN_FULL_COMPARISONS = 25;

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path root;

    @Test
    void randomOperations_answerAsTheModelDoes() throws IOException {
        long seed = Seed.of(getClass());
        int steps = Integer.getInteger("RocksDbModelTest.steps", 1000);
        Random random = new Random(seed);
        Path directory = root.resolve("0");
        Table model = new MemoryTable(clock);
        RocksDbTable table = TestTables.openUnsynced(directory, clock);
        try {
            ModelPlayer player = new ModelPlayer(random, clock, model, table, ModelPlayer.Feed.WHOLE);
            for (int step = 1; step <= steps; step++) {
                int dice = random.nextInt(100);
                if (dice < 5) {
                    clock.advance(Duration.ofMillis(random.nextInt(4000)));
                } else if (dice < 7) {
                    table.sweepNow();
                } else if (dice < 8) {
                    table.close();
                    table = TestTables.openUnsynced(directory, clock);
                } else if (dice < 9) {
                    Path last = directory;
                    directory = root.resolve(String.valueOf(step));
                    table = crash(table, last, directory);
                } else if (dice < 16) {
                    player.writeTogether();
                } else if (dice < 19) {
                    player.replaceMany();
                } else if (dice < 25) {
                    player.readOn();
                } else {
                    player.step();
                }
                player.use(table);
                if (step % STEPS_BETWEEN_FULL_COMPARISONS == 0) {
                    player.compareEverything();
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(Seed.replay(getClass(), seed), e);
        } finally {
            table.close();
        }
    }

    /** What a process that dies leaves behind, opened anew at {@code to}. */
    private RocksDbTable crash(RocksDbTable table, Path from, Path to) throws IOException {
        Map<Path, Long> before;
        do {
            // RocksDB may finish work in the background meanwhile: then it is no state of one moment, so again.
            before = files(from);
            try {
                copy(before.keySet(), from, to);
            } catch (NoSuchFileException e) {
                before = Map.of();
            }
        } while (!before.equals(files(from)));
        table.close();
        return TestTables.openUnsynced(to, clock);
    }

    private static Map<Path, Long> files(Path directory) throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> sizes.put(file, file.toFile().length()));
        } catch (UncheckedIOException e) {
            return Map.of(); // a file went while it was listed
        }
        return sizes;
    }

    private static void copy(Iterable<Path> files, Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            for (Path old : files(to).keySet()) {
                Files.delete(old);
            }
        }
        for (Path file : files) {
            Path copy = to.resolve(from.relativize(file));
            Files.createDirectories(Objects.requireNonNull(copy.getParent()));
            Files.copy(file, copy);
        }
    }
}
