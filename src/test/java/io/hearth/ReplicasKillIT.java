package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.table.dynamodb.TestDynamoDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three services on one broker and one table, as a shared subscription: kill one under load, restart each in its turn, as an
 * orchestrator does for an upgrade, and every reading that the broker acknowledged to a device is stored, once.
 */
class ReplicasKillIT {
    private static final int REPLICAS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Orchestrators give it as long before they kill it. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final List<HearthProcess> replicas = new ArrayList<>();

    @Test
    void killOfOne_thenRestartOfEach_losesAndDoublesNothing_andTheOthersGoOn() throws Exception {
        Map<String, String> table = TestDynamoDb.get().environment();
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                .start()) {
            try {
                replicas.addAll(startAll(broker, table));
                for (HearthProcess replica : replicas) {
                    awaitReady(replica);
                }
                try (Fleet fleet = Fleet.of(30, 300)
                        .with("--seed", Seed.of(getClass()))
                        .publishTo(broker, directory.resolve("fleet"))) {
                    for (HearthProcess replica : replicas) {
                        awaitStored(replica, 100);
                    }
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(leaders()).isEqualTo(1));
                    killOne();
                    long longestMillis = restartEach();
                    fleet.stop();
                    fleet.verifyOnceCaughtUp(replicas.get(1), PATIENCE);
                    System.out.println("ReplicasKillIT: one of three replicas killed, then each restarted under load,"
                            + " the longest stop " + longestMillis + " ms; " + fleet.acknowledgedReadings()
                            + " readings that the broker acknowledged are stored once");
                }
            } finally {
                replicas.forEach(HearthProcess::kill);
            }
        }
    }

    private void killOne() throws Exception {
        replicas.get(0).kill();
        double second = stored(replicas.get(1));
        double third = stored(replicas.get(2));
        awaitStored(replicas.get(1), second + 200);
        awaitStored(replicas.get(2), third + 200);
        // What the broker has handed to the session of the one that was killed waits for it there.
        replicas.set(0, replicas.get(0).startAgain());
        awaitStored(replicas.get(0), 100);
    }

    private long restartEach() throws Exception {
        long longestMillis = 0;
        for (int number = 0; number < REPLICAS; number++) {
            HearthProcess leaving = replicas.get(number);
            long startNanos = System.nanoTime();
            leaving.terminate();
            assertThat(leaving.awaitExit()).as(leaving.log()).isEqualTo(143);
            Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
            assertThat(took).as(leaving.log()).isLessThan(STOP_LIMIT);
            longestMillis = Math.max(longestMillis, took.toMillis());
            HearthProcess back = leaving.startAgain();
            replicas.set(number, back);
            awaitReady(back);
            awaitStored(back, 50);
        }
        return longestMillis;
    }

    /** Ready means subscribed, too. */
    private static void awaitReady(HearthProcess replica) {
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(replica.client().ready()).as(replica.log()).isEqualTo(200));
    }

    private static void awaitStored(HearthProcess replica, double more) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(stored(replica)).as(replica.log()).isGreaterThan(more));
    }

    private static double stored(HearthProcess replica) throws IOException, InterruptedException {
        return replica.client().metric("hearth_ingest_readings_stored_total");
    }

    private double leaders() throws IOException, InterruptedException {
        double leaders = 0;
        for (HearthProcess replica : replicas) {
            leaders += replica.client().metric("hearth_series_seal_leader");
        }
        return leaders;
    }

    private List<HearthProcess> startAll(Mosquitto broker, Map<String, String> table) {
        // At once: all of them want to create the table.
        List<CompletableFuture<HearthProcess>> starts = IntStream.range(0, REPLICAS)
                .mapToObj(number -> CompletableFuture.supplyAsync(
                        () -> start(number, broker, table), task -> new Thread(task).start()))
                .toList();
        return starts.stream().map(CompletableFuture::join).toList();
    }

    private HearthProcess start(int number, Mosquitto broker, Map<String, String> table) {
        Map<String, String> environment = new HashMap<>(table);
        environment.put("HEARTH_MQTT_MODE", "external");
        environment.put("HEARTH_MQTT_PORT", String.valueOf(broker.port()));
        environment.put("HEARTH_MQTT_EXTERNAL_CLIENT_ID", "hearth-" + number);
        environment.put("HEARTH_MQTT_EXTERNAL_SHARE_GROUP", "hearth");
        environment.put("HEARTH_SERIES_SEAL_INTERVAL", "1s");
        try {
            return HearthProcess.start(Files.createDirectories(directory.resolve("service-" + number)), environment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
