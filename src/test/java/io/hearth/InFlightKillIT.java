package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service is killed while everything that changes its data is under way at once: messages of QoS 2, readings, batches, line
 * protocol and imports over HTTP, dead letters, erasures, backups, sealing, and another region that pulls. Clients do again
 * what was not answered. Afterwards all that was answered holds: here, in the other region, and in what a backup restores.
 */
class InFlightKillIT {
    private static final int KILLS = 2;
    private static final int LINES = 50;
    private static final int ROWS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Long before now, so that all of it has ended and may be sealed, and long before it expires. */
    private final Instant base = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(5, ChronoUnit.DAYS);

    private final String range = "from=" + base + "&to=" + base.plus(4, ChronoUnit.DAYS);

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // set when the test begins
    private volatile HearthProcess home;

    private volatile boolean over;
    private final List<Worker> workers = new ArrayList<>();
    private final Set<String> backups = ConcurrentHashMap.newKeySet();

    @Test
    void kill_whileEverythingIsUnderWay_leavesAllThatWasAnswered() throws Exception {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        Path backup = directory.resolve("backup");
        home = HearthProcess.start(
                Files.createDirectory(directory.resolve("home")),
                Map.of(
                        "HEARTH_REGION", "home",
                        "HEARTH_SYNC_TOKEN", "a-token-of-home-for-peers",
                        "HEARTH_BACKUP_DIR", backup.toString(),
                        "HEARTH_BACKUP_LOG_INTERVAL", "100ms",
                        "HEARTH_TABLE_WRITE_BUFFER", "2M",
                        "HEARTH_SERIES_SEAL_INTERVAL", "50ms",
                        "HEARTH_SERIES_SEAL_SHARE", "0.5",
                        "HEARTH_SERIES_ROLLUPS", "1h for 1y"));
        HearthProcess barn = HearthProcess.start(
                Files.createDirectory(directory.resolve("barn")),
                Map.of(
                        "HEARTH_REGION", "barn",
                        "HEARTH_SYNC_PEERS", "home=" + home.httpUri(),
                        "HEARTH_SYNC_PEER_TOKENS", "home=a-token-of-home-for-peers"));
        try (Fleet fleet = Fleet.of(10, 200)
                .with("--qos", 2)
                .with("--no-ts")
                .with("--seed", seed)
                .publishTo(home, directory.resolve("fleet"))) {
            begin();
            for (int kill = 0; kill < KILLS; kill++) {
                awaitAllUnderWay();
                fleet.awaitAcknowledged(1 + random.nextInt(200));
                home.kill();
                home = home.startAgain();
            }
            awaitAllUnderWay();
            over = true;
            for (Worker worker : workers) {
                worker.finish();
            }
            assertThat(fleet.stop()).isPositive();

            assertAllThere(home);
            fleet.verify(home);
            assertBackupsThere(home.client());
            await().atMost(PATIENCE).untilAsserted(() -> assertReadingsThere(barn.client()));
            awaitRecoverable(Instant.now());
            home.kill();
            HearthProcess restored = restore(backup);
            try {
                assertAllThere(restored);
                fleet.verify(restored);
            } finally {
                restored.kill();
            }
            StringBuilder counts = new StringBuilder();
            workers.forEach(worker -> counts.append(worker.name)
                    .append(' ')
                    .append(worker.answered)
                    .append(", "));
            System.out.println("InFlightKillIT: " + KILLS + " kills; answered, and there in all places: " + counts
                    + fleet.acknowledgedReadings() + " readings of QoS 2");
        } finally {
            over = true;
            home.kill();
            barn.kill();
        }
    }

    /** What a client does again and again; each step has a number, and is done until it is answered well. */
    private final class Worker {
        final String name;
        private final Step step;
        private final Thread thread;
        private final AtomicInteger answered = new AtomicInteger();
        private int before;
        private volatile @Nullable Throwable failure;

        Worker(String name, Step step) {
            this.name = name;
            this.step = step;
            thread = new Thread(this::run, name);
            thread.setDaemon(true);
            workers.add(this);
            thread.start();
        }

        private void run() {
            try {
                while (!over) {
                    while (!attempt()) {
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                    }
                    answered.incrementAndGet();
                }
            } catch (Throwable e) {
                failure = e;
            }
        }

        private boolean attempt() throws InterruptedException {
            try {
                return step.isAnswered(answered.get());
            } catch (IOException | MqttException e) {
                return false; // it was killed meanwhile
            }
        }

        void mark() {
            before = answered.get();
        }

        /** Waits until a step has been answered since {@link #mark}. */
        void awaitMore() {
            await(name).atMost(PATIENCE).until(() -> failure != null || answered.get() > before);
            assertThat(failure).as(name).isNull();
        }

        void finish() throws InterruptedException {
            thread.join(PATIENCE.toMillis());
            assertThat(thread.isAlive()).as(name).isFalse();
            assertThat(failure).as(name).isNull();
            assertThat(answered.get()).as(name).isGreaterThan(KILLS);
        }
    }

    private interface Step {
        /** False to do it again. */
        boolean isAnswered(int number) throws IOException, MqttException, InterruptedException;
    }

    private void begin() {
        new Worker(
                "readings",
                n -> isOk(client().post(
                                "/api/v1/devices/readings/readings",
                                "{\"ts\":\"" + time(n) + "\",\"values\":{\"n\":" + n + "}}")));
        new Worker(
                "batches",
                n -> isOk(client().post(
                                "/api/v1/readings:batch",
                                "application/x-ndjson",
                                lines(
                                        n,
                                        LINES,
                                        i -> "{\"device\":\"batches\",\"ts\":\"" + time(i) + "\",\"values\":{\"n\":" + i
                                                + "}}"))));
        new Worker(
                "lines",
                n -> isOk(client().post(
                                "/api/v2/write?precision=ms",
                                "text/plain",
                                lines(n, LINES, i -> "m,device=lines n=" + i + " " + time(i).toEpochMilli()))));
        new Worker(
                "imports",
                n -> isOk(client().post(
                                "/api/v1/import",
                                "text/csv",
                                "device,ts,metric,value,type\n"
                                        + lines(n, ROWS, i -> "imports," + time(i) + ",n," + i + ",number"))));
        // Of each three readings one is erased after it was stored.
        new Worker(
                "erasures",
                n -> isOk(client().post(
                                        "/api/v1/devices/erasures/readings",
                                        "{\"ts\":\"" + time(n) + "\",\"values\":{\"n\":" + n + "}}"))
                        && (n % 3 != 0
                                || isOk(client().delete("/api/v1/devices/erasures/readings?from=" + time(n) + "&to="
                                        + time(n).plusMillis(1)))));
        new Worker("dead letters", this::publishBroken);
        new Worker("backups", n -> {
            HttpResponse<String> made = client().post("/api/v1/backups");
            if (made.statusCode() == 201) {
                backups.add(HearthClient.success(made).path("id").asText());
            }
            return made.statusCode() == 201;
        });
    }

    private HearthClient client() {
        return home.client();
    }

    private boolean publishBroken(int number) throws MqttException {
        try (MqttClient client =
                new MqttClient("tcp://127.0.0.1:" + home.mqttPort(), "of-dead-letters", new MemoryPersistence())) {
            client.setTimeToWait(20_000);
            MqttConnectOptions options = new MqttConnectOptions();
            options.setUserName("any");
            options.setPassword(home.devicePassword().toCharArray());
            client.connect(options);
            // Returns when the PUBACK is here.
            client.publish("devices/dead/telemetry", ("{broken " + number).getBytes(UTF_8), 1, false);
            client.disconnect();
            return true;
        }
    }

    private static boolean isOk(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 204, 503);
        assertThat(answer.body()).doesNotContain("\"rejected\":[{");
        return answer.statusCode() != 503;
    }

    private Instant time(int number) {
        return base.plusMillis(100L * number);
    }

    /** The lines of step {@code n}, of which each has a number of its own. */
    private static String lines(int n, int count, IntFunction<String> line) {
        StringBuilder lines = new StringBuilder();
        for (int i = n * count; i < (n + 1) * count; i++) {
            lines.append(line.apply(i)).append('\n');
        }
        return lines.toString();
    }

    private void awaitAllUnderWay() {
        workers.forEach(Worker::mark);
        workers.forEach(Worker::awaitMore);
    }

    private void assertAllThere(HearthProcess hearth) throws IOException, InterruptedException {
        assertReadingsThere(hearth.client());
        Set<String> broken = new HashSet<>();
        for (JsonNode letter : hearth.client().deadLetters()) {
            broken.add(letter.path("payload").asText());
        }
        for (int i = 0; i < answered("dead letters"); i++) {
            assertThat(broken).contains("{broken " + i);
        }
    }

    private void assertReadingsThere(HearthClient client) throws IOException, InterruptedException {
        assertNumbers(client, "readings", IntStream.range(0, answered("readings")));
        assertNumbers(client, "batches", IntStream.range(0, LINES * answered("batches")));
        assertNumbers(client, "lines", IntStream.range(0, LINES * answered("lines")));
        assertNumbers(client, "imports", IntStream.range(0, ROWS * answered("imports")));
        assertNumbers(
                client, "erasures", IntStream.range(0, answered("erasures")).filter(n -> n % 3 != 0));
    }

    private int answered(String name) {
        for (Worker worker : workers) {
            if (worker.name.equals(name)) {
                return worker.answered.get();
            }
        }
        throw new IllegalArgumentException(name);
    }

    /** Exactly these readings are there, in order; and the aggregates say the same of them. */
    private void assertNumbers(HearthClient client, String device, IntStream numbers)
            throws IOException, InterruptedException {
        List<Integer> expected = numbers.boxed().toList();
        List<Integer> found = new ArrayList<>();
        String path = "/api/v1/devices/" + device + "/readings";
        for (String cursor = ""; cursor != null; ) {
            JsonNode page = client.json(path + "?" + range + "&limit=10000" + cursor);
            page.path("readings")
                    .forEach(reading -> found.add(reading.at("/values/n").asInt(-1)));
            JsonNode next = page.path("nextCursor");
            cursor = next.isNull() ? null : "&cursor=" + next.asText();
        }
        assertThat(found).as(device).isEqualTo(expected);
        double sum = 0;
        long count = 0;
        for (JsonNode bucket : client.json(path + "/aggregate?" + range + "&every=1d&fn=count,sum")
                .path("buckets")) {
            count += bucket.at("/n/count").asLong();
            sum += bucket.at("/n/sum").asDouble();
        }
        assertThat(count).as(device).isEqualTo(expected.size());
        assertThat(sum)
                .as(device)
                .isEqualTo(expected.stream().mapToDouble(n -> n).sum());
    }

    private void assertBackupsThere(HearthClient client) throws IOException, InterruptedException {
        Set<String> listed =
                new HashSet<>(client.json("/api/v1/backups").path("backups").findValuesAsText("id"));
        assertThat(listed).containsAll(backups);
    }

    private void awaitRecoverable(Instant instant) {
        await().atMost(PATIENCE)
                .until(() -> Instant.parse(client().json("/api/v1/backups")
                                .path("recoverableUntil")
                                .asText("1970-01-01T00:00:00Z"))
                        .isAfter(instant));
    }

    private HearthProcess restore(Path backup) throws IOException, InterruptedException {
        Path found = Files.createDirectory(directory.resolve("restored"));
        HearthCommand verified = HearthCommand.run("verify", "--from", backup.toString());
        assertThat(verified.exitCode()).as(verified.output()).isZero();
        HearthCommand restored = HearthCommand.run(
                "restore",
                "--from",
                backup.toString(),
                "--data",
                found.resolve("data").toString());
        assertThat(restored.exitCode()).as(restored.output()).isZero();
        return HearthProcess.start(found, Map.of("HEARTH_REGION", "home"));
    }
}
