package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise that the service stands for: kill it at any moment under load, and every reading that it acknowledged is there
 * afterwards, once. Every kill comes after acknowledgements since the last one.
 */
class KillIT {
    /** Messages acknowledged between the last start and a kill. */
    private static final long FEWEST_ACKNOWLEDGED = 100;

    private static final long MOST_ACKNOWLEDGED = 2_000;

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // set when a test begins
    private HearthProcess hearth;

    @SuppressWarnings("NullAway.Init")
    private Random random;

    /** Readings have a time of their own, so what is sent again replaces itself. */
    @Test
    void kill_underLoad_losesNothingAcknowledged() throws Exception {
        run(4, Fleet.of(50, 3_000).with("--with-ts"), Map.of(), () -> {});
    }

    /** Readings have no time, so one that is stored twice shows. Here the service dies a second time while it recovers. */
    @Test
    void kill_underLoadAndDuringRecovery_losesAndDoublesNothingAcknowledged() throws Exception {
        run(5, Fleet.of(50, 3_000).with("--no-ts"), Map.of(), this::killWhileItStarts);
    }

    /** Memory for fresh writes is short, so the table writes and merges sorted files all the time, and dies while it does. */
    @Test
    void kill_whileSortedFilesAreWritten_losesNothingAcknowledged() throws Exception {
        Fleet.Plan plan = Fleet.of(50, 3_000).with("--with-ts").with("--batch", 5);
        run(3, plan, Map.of("HEARTH_TABLE_WRITE_BUFFER", "1M"), () -> {});
    }

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private void run(int kills, Fleet.Plan plan, Map<String, String> settings, Step afterKill) throws Exception {
        long seed = Seed.of(getClass());
        random = new Random(seed);
        boolean waitsForFiles = !settings.isEmpty();
        hearth = HearthProcess.start(directory, settings);
        try (Fleet fleet = plan.with("--seed", seed).publishTo(hearth, directory.resolve("fleet"))) {
            for (int kill = 0; kill < kills; kill++) {
                fleet.awaitAcknowledged(random.nextLong(FEWEST_ACKNOWLEDGED, MOST_ACKNOWLEDGED + 1));
                if (waitsForFiles) {
                    awaitNewSortedFile();
                }
                hearth.kill();
                afterKill.run();
                hearth = hearth.startAgain();
            }
            fleet.awaitAcknowledged(FEWEST_ACKNOWLEDGED);
            long acknowledged = fleet.stop();
            assertThat(acknowledged).isGreaterThan((kills + 1) * FEWEST_ACKNOWLEDGED);
            fleet.verify(hearth);
            System.out.println("KillIT: " + kills + " kills under load, " + acknowledged + " acknowledged readings are"
                    + " stored once");
        } finally {
            hearth.kill();
        }
    }

    /** Starts it, and kills it at a moment between the beginning of recovery and being ready. */
    private void killWhileItStarts() throws IOException, InterruptedException {
        Path table = hearth.directory().resolve("data/table");
        try (WatchService watch = table.getFileSystem().newWatchService()) {
            table.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            hearth = hearth.launchAgain();
            // Opening the table begins with a file for its notes; the log is read after that, and another one begun.
            awaitCreated(watch, "LOG");
            TimeUnit.MICROSECONDS.sleep(random.nextInt(400_000));
            hearth.kill();
        }
    }

    private void awaitNewSortedFile() throws IOException, InterruptedException {
        Path table = hearth.directory().resolve("data/table");
        try (WatchService watch = table.getFileSystem().newWatchService()) {
            table.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            awaitCreated(watch, ".sst");
        }
    }

    private void awaitCreated(WatchService watch, String end) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
        while (System.nanoTime() < deadline) {
            WatchKey key = watch.poll(1, TimeUnit.SECONDS);
            if (key != null) {
                for (WatchEvent<?> event : key.pollEvents()) {
                    if (String.valueOf(event.context()).endsWith(end)) {
                        return;
                    }
                }
                key.reset();
            }
            assertThat(hearth.isRunning()).as(hearth.log()).isTrue();
        }
        throw new AssertionError("no file " + end + " for three minutes; there are "
                + String.join(
                        " ", hearth.directory().resolve("data/table").toFile().list()));
    }
}
