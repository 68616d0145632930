package io.hearth.table.rocksdb;

import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays random operations on this engine and on {@link MemoryTable} and compares every answer. Among them the clock
 * advances, expired items are swept, and the table is closed and opened, or crashes: its directory is copied while it is
 * open, and the copy goes on. {@code -Dseed=} replays a run, {@code -Dsteps=} makes it longer.
 */
final class RocksDbModelTest {
    private static final int STEPS_BETWEEN_FULL_COMPARISONS = 25;

    private final FakeClock clock = new FakeClock();

    @TempDir
    private Path root;

    @Test
    void randomOperations_answerAsTheModelDoes() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        int steps = Integer.getInteger("steps", 1000);
        System.out.println("RocksDbModelTest -Dseed=" + seed);
        Random random = new Random(seed);
        Path directory = root.resolve("0");
        Table model = new MemoryTable(clock);
        RocksDbTable table = TestTables.openUnsynced(directory, clock);
        try {
            ModelPlayer player = new ModelPlayer(random, clock, model, table);
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
                } else {
                    player.step();
                }
                player.use(table);
                if (step % STEPS_BETWEEN_FULL_COMPARISONS == 0) {
                    player.compareEverything();
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("replay with -Dseed=" + seed, e);
        } finally {
            table.close();
        }
    }

    /** What a process that dies leaves behind, opened anew at {@code to}. */
    private RocksDbTable crash(RocksDbTable table, Path from, Path to) throws IOException {
        Files.createDirectories(to.resolve("archive"));
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
        table.close();
        return TestTables.openUnsynced(to, clock);
    }
}
