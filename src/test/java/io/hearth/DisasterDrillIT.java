package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The day of the disaster, with the packaged service and the simulator: back up under load, lose the disk under load,
 * restore to an instant in between, and hold what is there against the ledgers of what was acknowledged.
 */
class DisasterDrillIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @Test
    void diskLostUnderLoad_restoredToAnInstant_hasAllThatWasAcknowledgedByThenAndNothingLater() throws Exception {
        Path backups = directory.resolve("backups");
        Map<String, String> environment =
                Map.of("HEARTH_BACKUP_DIR", backups.toString(), "HEARTH_BACKUP_LOG_INTERVAL", "200ms");
        Path lost = Files.createDirectory(directory.resolve("lost"));
        Instant instant;
        String backup;
        HearthProcess hearth = HearthProcess.start(lost, environment);
        try {
            // Before the backup, while it is made, and after it.
            simulate(hearth, "before", "2s");
            try (Simulator during = start(hearth, "during", "6s")) {
                backup = made(hearth);
                assertThat(during.isRunning())
                        .as("the backup was made under load")
                        .isTrue();
                assertThat(during.await()).as(during.log()).isZero();
            }
            simulate(hearth, "after", "2s");
            instant = Instant.now();
            try (Simulator later = start(hearth, "later", "10m")) {
                HearthProcess running = hearth;
                await().atMost(PATIENCE)
                        .until(() -> send(running, "/api/v1/devices?limit=1000")
                                .body()
                                .contains("\"later-"));
                Instant loaded = Instant.now();
                await().atMost(PATIENCE).until(() -> recoverableUntil(running).isAfter(loaded));
                assertThat(later.isRunning()).isTrue();
                hearth.kill();
            }
        } finally {
            hearth.kill();
        }
        removeTree(lost.resolve("data"));

        HearthCommand verified = HearthCommand.run("verify", "--from", backups.toString());
        assertThat(verified.exitCode()).as(verified.output()).isZero();
        assertThat(verified.output()).contains("backup " + backup + " is good");
        Path found = Files.createDirectory(directory.resolve("found"));
        HearthCommand restored = HearthCommand.run(
                "restore",
                "--from",
                backups.toString(),
                "--data",
                found.resolve("data").toString(),
                "--until",
                instant.toString());
        assertThat(restored.exitCode()).as(restored.output()).isZero();
        HearthCommand again = HearthCommand.run(
                "restore",
                "--from",
                backups.toString(),
                "--data",
                found.resolve("data").toString());
        assertThat(again.exitCode()).as(again.output()).isEqualTo(1);
        assertThat(again.output()).contains("is not empty");

        try (HearthProcess after = HearthProcess.start(found, environment)) {
            for (String phase : List.of("before", "during", "after")) {
                verify(after, phase);
            }
            assertThat(send(after, "/api/v1/devices?limit=1000").body())
                    .contains("\"after-")
                    .doesNotContain("\"later-");
            // The restored service backs up to the same directory, beside what is there.
            await().atMost(PATIENCE)
                    .until(() -> json(after, "/api/v1/backups").at("/backups").size() >= 3);
            String made = made(after);
            assertThat(json(CLIENT.send(
                                    request(after, "/api/v1/backups/" + made + ":verify")
                                            .POST(BodyPublishers.noBody())
                                            .build(),
                                    BodyHandlers.ofString(UTF_8)))
                            .at("/good")
                            .asBoolean())
                    .isTrue();
            assertThat(CLIENT.send(
                                    request(after, "/api/v1/backups/20200101T000000000Z:verify")
                                            .POST(BodyPublishers.noBody())
                                            .build(),
                                    BodyHandlers.ofString(UTF_8))
                            .statusCode())
                    .isEqualTo(404);
        }
        System.out.println(
                "DisasterDrillIT: disk lost under load, " + restored.output().strip()
                        + "; every acknowledged reading of then is there once, and nothing of later");
    }

    private void simulate(HearthProcess hearth, String phase, String duration) throws InterruptedException {
        try (Simulator simulator = start(hearth, phase, duration)) {
            assertThat(simulator.await()).as(simulator.log()).isZero();
        }
    }

    private Simulator start(HearthProcess hearth, String phase, String duration) {
        return Simulator.start(
                directory.resolve(phase + ".log"),
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--devices",
                "20",
                "--device-prefix",
                phase + "-",
                "--rate",
                "1000",
                "--duration",
                duration,
                "--client",
                "raw",
                "--ledger",
                directory.resolve("ledger-" + phase).toString());
    }

    private void verify(HearthProcess hearth, String phase) throws InterruptedException {
        try (Simulator verify = Simulator.verify(
                directory.resolve("verify-" + phase + ".log"), directory.resolve("ledger-" + phase), hearth)) {
            assertThat(verify.await()).as(verify.log()).isZero();
        }
    }

    private static String made(HearthProcess hearth) throws IOException, InterruptedException {
        // The first backup is made by itself when the service has started; another at the same time is refused.
        HttpResponse<String> answer = CLIENT.send(
                request(hearth, "/api/v1/backups").POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString(UTF_8));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return json(answer).at("/id").asText();
    }

    private static Instant recoverableUntil(HearthProcess hearth) throws IOException, InterruptedException {
        String text = json(hearth, "/api/v1/backups").at("/recoverableUntil").asText("");
        return text.isEmpty() || text.equals("null") ? Instant.EPOCH : Instant.parse(text);
    }

    private static JsonNode json(HearthProcess hearth, String path) throws IOException, InterruptedException {
        return json(send(hearth, path));
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    private static HttpResponse<String> send(HearthProcess hearth, String path)
            throws IOException, InterruptedException {
        return CLIENT.send(request(hearth, path).build(), BodyHandlers.ofString(UTF_8));
    }

    private static HttpRequest.Builder request(HearthProcess hearth, String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    private static void removeTree(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
