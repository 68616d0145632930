package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.table.dynamodb.TestDynamoDb;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three services on one broker and one table, as a shared subscription, restarted one after the other under load, as an
 * orchestrator does for an upgrade: what the broker acknowledged to devices is stored, once.
 */
class RollingRestartIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int REPLICAS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Map<String, String> table = TestDynamoDb.get().environment();

    @TempDir
    Path directory;

    @Test
    void restart_ofEachOfThreeUnderLoad_losesAndDoublesNothing_andEachStopsInTime() throws Exception {
        Path ledger = directory.resolve("ledger");
        List<HearthProcess> replicas = new ArrayList<>();
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                .start()) {
            try {
                for (int number = 0; number < REPLICAS; number++) {
                    replicas.add(start(number, broker));
                }
                long longestMillis = 0;
                try (Simulator simulator = simulate(broker, ledger)) {
                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(replicas)
                                    .allSatisfy(replica ->
                                            assertThat(stored(replica)).isGreaterThan(50)));
                    for (int number = 0; number < REPLICAS; number++) {
                        HearthProcess leaving = replicas.get(number);
                        long startNanos = System.nanoTime();
                        leaving.terminate();
                        assertThat(leaving.awaitExit()).as(leaving.log()).isEqualTo(143);
                        long millis =
                                Duration.ofNanos(System.nanoTime() - startNanos).toMillis();
                        longestMillis = Math.max(longestMillis, millis);
                        assertThat(Duration.ofMillis(millis)).as(leaving.log()).isLessThan(STOP_LIMIT);
                        HearthProcess back = start(number, broker);
                        replicas.set(number, back);
                        await().atMost(PATIENCE).until(() -> stored(back) > 50);
                    }
                    simulator.stop();
                }
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofSeconds(2))
                        .until(() -> verifies(replicas.get(0), ledger));
                System.out.println("RollingRestartIT: three replicas restarted one by one under load, the longest stop "
                        + longestMillis + " ms; every reading that the broker acknowledged is stored once");
            } finally {
                replicas.forEach(HearthProcess::kill);
            }
        }
    }

    private HearthProcess start(int number, Mosquitto broker) throws Exception {
        Map<String, String> environment = new HashMap<>(table);
        environment.put("HEARTH_MQTT_MODE", "external");
        environment.put("HEARTH_MQTT_PORT", String.valueOf(broker.port()));
        environment.put("HEARTH_MQTT_EXTERNAL_CLIENT_ID", "hearth-" + number);
        environment.put("HEARTH_MQTT_EXTERNAL_SHARE_GROUP", "hearth");
        HearthProcess started =
                HearthProcess.start(Files.createDirectories(directory.resolve("service-" + number)), environment);
        // Ready means subscribed, too.
        await().atMost(PATIENCE).until(() -> get(started, "/q/health/ready").statusCode() == 200);
        return started;
    }

    private Simulator simulate(Mosquitto broker, Path ledger) {
        return Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(broker.port()),
                "--devices",
                "30",
                "--rate",
                "100",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--ledger",
                ledger.toString());
    }

    private static double stored(HearthProcess replica) throws IOException, InterruptedException {
        return get(replica, "/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("hearth_ingest_readings_stored_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static HttpResponse<String> get(HearthProcess replica, String path)
            throws IOException, InterruptedException {
        return CLIENT.send(
                HttpRequest.newBuilder(replica.httpUri().resolve(path))
                        .header("Authorization", "Bearer " + replica.adminToken())
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                BodyHandlers.ofString(UTF_8));
    }

    private boolean verifies(HearthProcess hearth, Path ledger) throws InterruptedException {
        try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
            return verify.await() == 0;
        }
    }
}
