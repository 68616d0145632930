package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for backups and their settings, with the packaged service. */
class BackupCommandIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @Test
    void intervalAndWindow_areThoseOfTheSettings() throws Exception {
        Map<String, String> settings = Map.of(
                "HEARTH_BACKUP_DIR", directory.resolve("backups").toString(),
                "HEARTH_BACKUP_INTERVAL", "1s",
                "HEARTH_BACKUP_LOG_INTERVAL", "100ms",
                "HEARTH_BACKUP_WINDOW", "1s");
        try (HearthProcess hearth = HearthProcess.start(settings)) {
            HearthClient client = client(hearth);
            await().atMost(PATIENCE).until(() -> !ids(client).isEmpty());
            String first = ids(client).get(0);
            await().atMost(PATIENCE).until(() -> ids(client).size() > 2);
            await().atMost(PATIENCE).until(() -> !ids(client).contains(first));
            assertThat(ids(client)).isNotEmpty();
        }
    }

    @Test
    void backup_ofARunningAndOfAStoppedService_restoresWhatTheyHad() throws Exception {
        Path backups = directory.resolve("backups");
        Path home = Files.createDirectory(directory.resolve("home"));
        HearthProcess hearth = HearthProcess.start(home, Map.of("HEARTH_BACKUP_DIR", backups.toString()));
        Path tokenFile = home.resolve("data/secrets/admin-token");
        String url = hearth.httpUri().toString();
        HearthClient client = client(hearth);
        try {
            store(client, "of the running one");
            await().atMost(PATIENCE).until(() -> !ids(client).isEmpty());
            HearthCommand made = command("backup", "--url", url, "--token-file", tokenFile.toString());
            assertThat(made.exitCode()).as(made.output()).isZero();
            assertThat(ids(client))
                    .contains(JSON.readTree(made.output()).at("/id").asText());

            Path wrong = Files.writeString(directory.resolve("wrong"), "no-such-token");
            fails(command("backup", "--url", url, "--token-file", wrong.toString()), "the token is refused");
            fails(command("backup", "--url", url, "--token-file", "/no/such/file"), "/no/such/file");
            fails(
                    command("backup", "--url", "http://127.0.0.1:1", "--token-file", wrong.toString()),
                    "does not answer");
            fails(
                    command("backup", "--data", home.resolve("data").toString(), "--to", backups.toString()),
                    "is open elsewhere");
            fails(
                    command("backup", "--data", directory.toString(), "--to", backups.toString()),
                    "is no data directory");
            fails(
                    command(
                            "backup",
                            "--data",
                            home.resolve("data").toString(),
                            "--to",
                            home.resolve("data/backups").toString()),
                    "is inside the data directory");
            assertThat(command("backup").exitCode()).isEqualTo(2);
            assertThat(command("backup", "--url", url, "--data", "x", "--to", "y")
                            .exitCode())
                    .isEqualTo(2);
        } finally {
            hearth.stop();
        }
        Path stopped = directory.resolve("backups of a stopped one");
        HearthCommand made = command("backup", "--data", home.resolve("data").toString(), "--to", stopped.toString());
        assertThat(made.exitCode()).as(made.output()).isZero();
        for (Path source : List.of(backups, stopped)) {
            HearthCommand verified = command("verify", "--from", source.toString());
            assertThat(verified.exitCode()).as(verified.output()).isZero();
            Path restored = Files.createDirectories(
                    directory.resolve("restored").resolve(source.getFileName().toString()));
            HearthCommand done = command(
                    "restore",
                    "--from",
                    source.toString(),
                    "--data",
                    restored.resolve("data").toString());
            assertThat(done.exitCode()).as(done.output()).isZero();
            try (HearthProcess again = HearthProcess.start(restored, Map.of())) {
                assertThat(client(again)
                                .get("/api/v1/devices/d1/readings/latest")
                                .body())
                        .contains("of the running one");
            }
        }
        damage(stopped);
        HearthCommand verified = command("verify", "--from", stopped.toString());
        fails(verified, "DAMAGED");
        fails(
                command(
                        "restore",
                        "--from",
                        stopped.toString(),
                        "--data",
                        directory.resolve("none").toString()),
                "is damaged");
        assertThat(directory.resolve("none/table")).doesNotExist();
        fails(command("verify", "--from", home.toString()), "is no directory of backups");
    }

    @Test
    void verifyOverRest_damagedFile_isNamedAndTheNextBackupHasItAgain() throws Exception {
        Path backups = directory.resolve("backups");
        Map<String, String> settings =
                Map.of("HEARTH_BACKUP_DIR", backups.toString(), "HEARTH_BACKUP_LOG_INTERVAL", "100ms");
        try (HearthProcess hearth = HearthProcess.start(settings)) {
            HearthClient client = client(hearth);
            store(client, "x");
            await().atMost(PATIENCE).until(() -> !ids(client).isEmpty());
            String id = HearthClient.success(client.post("/api/v1/backups"))
                    .at("/id")
                    .asText();
            Path damaged = damage(backups);

            JsonNode found = HearthClient.success(client.post("/api/v1/backups/" + id + ":verify"));
            assertThat(found.at("/good").asBoolean()).isFalse();
            assertThat(found.at("/damages").toString()).contains(damaged.toString());

            await().atMost(PATIENCE).until(() -> ids(client).size() > 2);
            found = HearthClient.success(client.post("/api/v1/backups/" + id + ":verify"));
            assertThat(found.at("/good").asBoolean()).as(found.toString()).isTrue();
            await().atMost(PATIENCE)
                    .until(() -> client.json("/api/v1/backups")
                            .at("/recoverableUntil")
                            .asText()
                            .endsWith("Z"));
            for (String other : List.of("20200101T000000000Z", "..", "%2E%2E%2F", "x")) {
                assertThat(client.post("/api/v1/backups/" + other + ":verify").statusCode())
                        .as(other)
                        .isBetween(400, 404);
            }
        }
    }

    private static void fails(HearthCommand command, String says) {
        assertThat(command.exitCode()).as(command.output()).isEqualTo(1);
        assertThat(command.output()).contains(says).doesNotContain("\tat ");
    }

    private static HearthCommand command(String... arguments) throws IOException, InterruptedException {
        return HearthCommand.run(arguments);
    }

    /** Flips a bit of the largest sorted file. */
    private static Path damage(Path backups) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(backups.resolve("files"))) {
            files = new ArrayList<>(all.toList());
        }
        files.sort((one, other) ->
                Long.compare(other.toFile().length(), one.toFile().length()));
        byte[] bytes = Files.readAllBytes(files.get(0));
        bytes[bytes.length / 2] ^= 1;
        Files.write(files.get(0), bytes);
        return files.get(0);
    }

    private static void store(HearthClient client, String text) throws IOException, InterruptedException {
        HearthClient.success(client.post("/api/v1/devices/d1/readings", "{\"text\":\"" + text + "\"}"));
    }

    private static List<String> ids(HearthClient client) throws IOException, InterruptedException {
        List<String> ids = new ArrayList<>();
        client.json("/api/v1/backups")
                .at("/backups")
                .forEach(backup -> ids.add(backup.at("/id").asText()));
        return ids;
    }

    private static HearthClient client(HearthProcess hearth) {
        return new HearthClient(hearth.httpUri(), hearth.adminToken());
    }
}
