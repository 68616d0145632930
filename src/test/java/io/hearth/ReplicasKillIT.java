package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.table.dynamodb.TestDynamoDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three services on one broker and one table, as a shared subscription: kill one under load, and every reading that the
 * broker acknowledged to a device is stored, once.
 */
class ReplicasKillIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int REPLICAS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void kill_oneOfThreeUnderLoad_losesAndDoublesNothing_andTheOthersGoOn() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("ReplicasKillIT -Dseed=" + seed);
        Path ledger = directory.resolve("ledger");
        Map<String, String> table = TestDynamoDb.get().environment();
        List<HearthProcess> replicas = new ArrayList<>();
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                .start()) {
            try {
                replicas.addAll(startAll(broker, table));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(replicas)
                                .allSatisfy(replica -> assertThat(replica.log()).contains("Connected to the broker")));
                try (Simulator simulator = simulate(broker, ledger, seed)) {
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(replicas)
                                    .as(simulator.log())
                                    .allSatisfy(replica ->
                                            assertThat(stored(replica)).isGreaterThan(100)));
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(replicas.stream()
                                            .mapToDouble(replica -> metric(replica, "hearth_series_seal_leader"))
                                            .sum())
                                    .isEqualTo(1));

                    replicas.get(0).kill();
                    List<Double> before = List.of(stored(replicas.get(1)), stored(replicas.get(2)));
                    await().atMost(PATIENCE).untilAsserted(() -> {
                        assertThat(stored(replicas.get(1))).isGreaterThan(before.get(0) + 200);
                        assertThat(stored(replicas.get(2))).isGreaterThan(before.get(1) + 200);
                    });
                    // What the broker has handed to the session of the one that was killed waits for it there.
                    replicas.set(0, start(0, broker, table));
                    await().atMost(PATIENCE)
                            .untilAsserted(
                                    () -> assertThat(stored(replicas.get(0))).isGreaterThan(100));
                    simulator.stop();
                    System.out.println(simulator.log().lines().skip(1).toList());
                }
                verifyOnceCaughtUp(replicas.get(1), ledger);
                for (HearthProcess replica : replicas) {
                    assertThat(metric(replica, "hearth_ingest_dead_letters_total"))
                            .isZero();
                }
            } finally {
                replicas.forEach(HearthProcess::kill);
            }
        }
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
            Path service = Files.createDirectories(directory.resolve("service-" + number));
            return HearthProcess.start(service, environment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Simulator simulate(Mosquitto broker, Path ledger, long seed) {
        return Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(broker.port()),
                "--devices",
                "30",
                "--rate",
                "300",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--with-ts",
                "--quiet",
                "--ledger",
                ledger.toString(),
                "--seed",
                String.valueOf(seed));
    }

    private static double stored(HearthProcess replica) {
        return metric(replica, "hearth_ingest_readings_stored_total");
    }

    /** The sum over all labels; 0 if there is none. */
    private static double metric(HearthProcess replica, String name) {
        try {
            HttpRequest request = HttpRequest.newBuilder(replica.httpUri().resolve("/q/metrics"))
                    .header("Authorization", "Bearer " + replica.adminToken())
                    .timeout(Duration.ofSeconds(20))
                    .build();
            return CLIENT.send(request, BodyHandlers.ofString(UTF_8))
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What the broker still has queued arrives a little after; what is lost never does. */
    private void verifyOnceCaughtUp(HearthProcess hearth, Path ledger) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
                int exitCode = verify.await();
                if (exitCode == 0 || System.nanoTime() > deadline) {
                    System.out.println(verify.log());
                    assertThat(exitCode).as(verify.log()).isZero();
                    return;
                }
            }
        }
    }
}
