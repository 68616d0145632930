package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Fleet;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.Seed;
import io.hearth.Simulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise that the service stands for, for as long as {@code -DLastingLoadIT.minutes=} says (5): two fleets and the hostile
 * scenario of the simulator publish, clients query and follow, another region pulls, and the service is killed at any moment,
 * again and again: under load, while it recovers, and while it writes sorted files. Every kill comes after acknowledgements since
 * the last one. Afterwards all that was acknowledged is there once, in both regions.
 *
 * <p>Memory is measured at the other region, which has the same load but for the fleets, whose readings it pulls, and is never
 * killed: a process that begins anew every few seconds shows no slope. Its heap is touched from the beginning, so it is what is
 * beside the heap that could grow. From minute 20 on it must not grow by more than 1 MiB in 10 minutes. Before that caches fill
 * and code is compiled, so a shorter run proves only that memory stays within what the settings allow.
 */
class LastingLoadIT {
    private static final long MINUTES = Long.getLong("LastingLoadIT.minutes", 5);

    /** For the starts and the checks, which are part of the time. */
    private static final Duration CHECKS = Duration.ofSeconds(100);

    private static final int SETTLED_MINUTE = 20;
    private static final double MOST_SLOPE = 1;

    /** Too few samples say nothing about a slope: ten minutes of them. */
    private static final int FEWEST_MINUTES_OF_SLOPE = 10;

    private static final int HEAP_MEBIBYTES = 384;

    /** The cache and the write buffer of the table, and 300 MiB for code, threads and the buffers of connections. */
    private static final int MOST_MEBIBYTES = HEAP_MEBIBYTES + 16 + 16 + 300;

    private static final long FEWEST_ACKNOWLEDGED = 100;
    private static final long MOST_ACKNOWLEDGED = 1_500;
    private static final int KINDS_OF_KILLS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final long begunNanos = System.nanoTime();
    private final Random random = new Random();
    private final List<Thread> readers = new ArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong events = new AtomicLong();

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // set when the test begins
    private volatile HearthProcess home;

    private volatile boolean over;
    private volatile @Nullable Throwable failure;

    @Test
    void kill_anyTimeUnderAllLoads_losesAndDoublesNothingAcknowledgedAndMemoryStays() throws Exception {
        long seed = Seed.of(getClass());
        random.setSeed(seed);
        home = HearthProcess.start(
                Files.createDirectory(directory.resolve("home")),
                Map.of(
                        "HEARTH_REGION", "home",
                        "HEARTH_SYNC_TOKEN", "a-token-of-home-for-peers",
                        // So that sorted files are written and merged all the time.
                        "HEARTH_TABLE_WRITE_BUFFER", "1M"));
        HearthProcess barn = HearthProcess.start(
                Files.createDirectory(directory.resolve("barn")),
                Map.of(
                        "JAVA_TOOL_OPTIONS",
                        "-XX:+AlwaysPreTouch -Xms%dm -Xmx%dm".formatted(HEAP_MEBIBYTES, HEAP_MEBIBYTES),
                        "HEARTH_REGION",
                        "barn",
                        "HEARTH_TABLE_BLOCK_CACHE",
                        "16M",
                        "HEARTH_TABLE_WRITE_BUFFER",
                        "16M",
                        "HEARTH_SYNC_PEERS",
                        "home=" + home.httpUri(),
                        "HEARTH_SYNC_PEER_TOKENS",
                        "home=a-token-of-home-for-peers"));
        // With a time of their own what is sent again replaces itself; without one what is stored twice shows.
        try (Residents memory = new Residents(barn);
                Fleet timed = Fleet.of(50, 500)
                        .with("--with-ts")
                        .with("--batch", 2)
                        .with("--seed", seed)
                        .publishTo(home, directory.resolve("timed"));
                Fleet untimed = Fleet.of(50, 300)
                        .prefix("untimed-")
                        .with("--no-ts")
                        .with("--seed", seed)
                        .publishTo(home, directory.resolve("untimed"));
                Simulator hostile = hostile(
                        home, "hostile", "--ledger", directory.resolve("honest").toString());
                Simulator hostileToBarn = hostile(barn, "hostile-to-barn")) {
            readFrom(() -> home, true);
            readFrom(() -> barn, false);
            int kills = 0;
            while (kills < KINDS_OF_KILLS || remaining().compareTo(CHECKS) > 0) {
                timed.awaitAcknowledged(random.nextLong(FEWEST_ACKNOWLEDGED, MOST_ACKNOWLEDGED + 1));
                untimed.awaitAcknowledged(FEWEST_ACKNOWLEDGED);
                kill(kills % KINDS_OF_KILLS);
                kills++;
                assertThat(failure).isNull();
                assertThat(barn.isRunning()).as(barn.log()).isTrue();
            }
            timed.awaitAcknowledged(FEWEST_ACKNOWLEDGED);
            untimed.awaitAcknowledged(FEWEST_ACKNOWLEDGED);
            double most = memory.mostMebibytes();
            hostile.terminate();
            hostileToBarn.terminate();
            long acknowledged = timed.stop() + untimed.stop();
            assertThat(acknowledged).isGreaterThan(2L * kills * FEWEST_ACKNOWLEDGED);
            assertThat(hostile.await()).as(hostile.log()).isZero();
            assertThat(hostileToBarn.await()).as(hostileToBarn.log()).isZero();
            endReaders();

            timed.verify(home);
            untimed.verify(home);
            verifyHonest();
            timed.verifyOnceCaughtUp(barn, PATIENCE);
            untimed.verifyOnceCaughtUp(barn, PATIENCE);
            System.out.printf(
                    "LastingLoadIT: %d kills in %d minutes; %d acknowledged readings are stored once, here and in the"
                            + " other region; %d answers, %d events; memory %.0f MiB at most%n",
                    kills, MINUTES, acknowledged, answers.get(), events.get(), most);
            assertThat(most).as("resident memory, MiB").isLessThan(MOST_MEBIBYTES);
            if (MINUTES >= SETTLED_MINUTE + FEWEST_MINUTES_OF_SLOPE) {
                double slope = memory.mebibytesInTenMinutes(SETTLED_MINUTE);
                System.out.printf("LastingLoadIT: memory grows by %.2f MiB in 10 minutes%n", slope);
                assertThat(slope).as("growth of memory in 10 minutes, MiB").isLessThanOrEqualTo(MOST_SLOPE);
            }
        } finally {
            over = true;
            home.kill();
            barn.kill();
        }
    }

    private Duration remaining() {
        return Duration.ofMinutes(MINUTES).minusNanos(System.nanoTime() - begunNanos);
    }

    /** The scenario, stretched to the whole time. Kills cost connections and time, which is no failure of its own here. */
    private Simulator hostile(HearthProcess hearth, String name, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--scenario",
                Path.of("device-simulator", "scenarios", "hostile.yaml").toString(),
                "--duration",
                MINUTES + "m",
                "--reconnect-max",
                "200ms",
                "--stop-timeout",
                "60s"));
        for (String unlimited : List.of("--max-errors", "--max-unsent")) {
            arguments.addAll(List.of(unlimited, String.valueOf(Integer.MAX_VALUE)));
        }
        arguments.addAll(List.of("--max-p99", "1h"));
        arguments.addAll(List.of(more));
        return Simulator.start(directory.resolve(name + ".log"), arguments.toArray(String[]::new));
    }

    private void verifyHonest() throws InterruptedException {
        try (Simulator verify =
                Simulator.verify(directory.resolve("verify-honest.log"), directory.resolve("honest"), home)) {
            assertThat(verify.await()).as(verify.log()).isZero();
        }
    }

    private void kill(int kind) throws IOException, InterruptedException {
        if (kind == 2) {
            awaitNewSortedFile();
        }
        home.kill();
        if (kind == 1) {
            killWhileItStarts();
        }
        home = home.startAgain();
    }

    /** Starts it, and kills it at a moment between the beginning of recovery and being ready. */
    private void killWhileItStarts() throws IOException, InterruptedException {
        try (WatchService watch = watchTable()) {
            home = home.launchAgain();
            // Opening the table begins with a file for its notes; the log is read after that, and another one begun.
            awaitCreated(watch, "LOG");
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(400_000)));
            home.kill();
        }
    }

    private void awaitNewSortedFile() throws IOException, InterruptedException {
        try (WatchService watch = watchTable()) {
            awaitCreated(watch, ".sst");
        }
    }

    private WatchService watchTable() throws IOException {
        Path table = home.directory().resolve("data/table");
        WatchService watch = table.getFileSystem().newWatchService();
        table.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        return watch;
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
            assertThat(home.isRunning()).as(home.log()).isTrue();
        }
        throw new AssertionError("no file " + end + " for three minutes");
    }

    private interface Target {
        HearthProcess get();
    }

    /** Ranges, aggregates, PromQL and the live stream, all the time. A process that is killed now and then may fail to answer. */
    private void readFrom(Target target, boolean isKilled) {
        String range = "?from=2000-01-01T00:00:00Z&limit=500";
        List<String> paths = List.of(
                "/api/v1/devices/fleet-1/readings" + range,
                "/api/v1/devices/untimed-1/readings" + range,
                "/api/v1/devices?limit=100",
                "/prometheus/api/v1/query?query=count(temperature)",
                "/prometheus/api/v1/query?query=sum%20by%20(device)%20(avg_over_time(temperature%5B1m%5D))");
        Map<String, Integer> next = new HashMap<>();
        reader(isKilled, () -> {
            String path = paths.get(next.merge("path", 1, Integer::sum) % paths.size());
            HttpResponse<String> answer = target.get().client().get(path);
            // Before the first reading came, a device is not known yet.
            assertThat(answer.statusCode()).as(path + ": " + answer.body()).isIn(200, 404, isKilled ? 503 : 200);
            answers.incrementAndGet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        });
        HttpClient http = HttpClient.newHttpClient();
        // A client that reads too slowly is cut, and comes back.
        reader(true, () -> {
            HearthClient client = target.get().client();
            HttpResponse<Stream<String>> stream =
                    http.send(client.request("/api/v1/stream").build(), BodyHandlers.ofLines());
            try (Stream<String> lines = stream.body()) {
                lines.takeWhile(line -> !over)
                        .filter(line -> line.startsWith("data: "))
                        .forEach(line -> events.incrementAndGet());
            }
        });
    }

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private void reader(boolean isKilled, Step step) {
        Thread thread = new Thread(
                () -> {
                    while (!over && failure == null) {
                        try {
                            step.run();
                        } catch (IOException | UncheckedIOException e) {
                            if (!isKilled && !over) {
                                failure = e;
                            }
                            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                        } catch (Throwable e) {
                            failure = e;
                        }
                    }
                },
                "reader");
        thread.setDaemon(true);
        readers.add(thread);
        thread.start();
    }

    private void endReaders() {
        assertThat(failure).isNull();
        over = true;
        readers.forEach(Thread::interrupt);
        await().atMost(PATIENCE).until(() -> readers.stream().noneMatch(Thread::isAlive));
        assertThat(answers.get()).isPositive();
        assertThat(events.get()).isPositive();
    }
}
