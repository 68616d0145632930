package io.hearth.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.hearth.HearthClient;
import io.hearth.HearthCommand;
import io.hearth.HearthProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What commit 7d8f4be wrote on 2026-11-30, opened by today's service: a data directory and a backup with everything that
 * could be stored, and the lines that it gave to other regions. {@code src/test/resources/kept/README.md} says what is in it.
 */
class UpgradeOfEverythingIT {
    private static final String KEPT = "/kept/7d8f4be.zip";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Calls that answer otherwise on purpose since, and why. */
    private static final Map<String, JsonNode> CHANGED_ON_PURPOSE = Map.of();

    @TempDir
    Path directory;

    private Path kept;

    @BeforeEach
    void unpack() throws Exception {
        kept = directory.resolve("kept");
        KeptFiles.unpack(KEPT, kept);
    }

    private JsonNode answers(String name) throws Exception {
        return JSON.readTree(kept.resolve("answers").resolve(name + ".json").toFile());
    }

    @Test
    void dataDirectory_isOpened_answersTheSame_andGoesOn() throws Exception {
        Path home = Files.createDirectory(directory.resolve("home"));
        Files.move(kept.resolve("data"), home.resolve("data"));
        Map<String, String> environment = new HashMap<>(KeptDataMaker.SETTINGS);
        environment.put("HEARTH_SYNC_PEERS", "");
        HearthProcess hearth = HearthProcess.start(home, environment);
        try {
            HearthClient client = hearth.client();
            KeptAnswers.assertAnswersAlike(client, answers("data"), CHANGED_ON_PURPOSE);
            assertThat(retainedBy(hearth))
                    .containsEntry("home/notes", "keep me")
                    .containsEntry("devices/behind-the-gateway/status", "online")
                    .containsEntry("devices/willing/status", "offline")
                    .doesNotContainKey("home/cleared");
            assertThat(WireForm.of(client, kept.resolve("wire")))
                    .as("what a peer of the earlier build reads")
                    .isEqualTo(WireForm.kept(kept.resolve("wire")));
            for (String peer : List.of("barn", "later")) {
                assertThat(client.delete("/api/v1/sync/peers/" + peer).statusCode())
                        .isEqualTo(204);
            }

            // It goes on: what waited is sealed, and answers stay; what is written and erased is so after a kill.
            JsonNode sealed = HearthClient.success(client.post("/api/v1/maintenance:seal"));
            assertThat(sealed.path("readings").asInt()).isPositive();
            KeptAnswers.assertAnswersAlike(
                    client, filtered(answers("data"), path -> path.contains("/devices/")), Map.of());
            String later = "/api/v1/devices/kitchen/readings?from=2026-11-28T00:00:00Z&to=2026-11-29T00:00:00Z";
            HearthClient.success(client.post(
                    "/api/v1/devices/kitchen/readings",
                    "{\"ts\":\"2026-11-28T12:00:00Z\",\"values\":{\"temperature\":1}}"));
            HearthClient.success(client.delete(
                    "/api/v1/devices/meter-1/readings?from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z"));
            JsonNode meter = client.json(METER);
            assertThat(meter.path("buckets")).hasSize(3);
            JsonNode reading = client.json(later).path("readings");
            assertThat(reading).hasSize(1);
            hearth.kill();
            hearth = HearthProcess.start(home, environment);
            assertThat(hearth.client().json(METER)).isEqualTo(meter);
            assertThat(hearth.client().json(later).path("readings")).isEqualTo(reading);
            assertThat(hearth.log()).doesNotContain("ERROR");
        } finally {
            hearth.kill();
        }
    }

    private static final String METER = "/api/v1/devices/meter-1/readings/aggregate?every=1d&fn=count,sum"
            + "&from=2026-11-23T00:00:00Z&to=2026-11-27T00:00:00Z";

    @Test
    void backup_isRestored_toTheEndAndToAnInstant() throws Exception {
        restore("end");
        restore("instant", "--until", Files.readString(kept.resolve("until")));
        assertAnswers("end", "restored");
        assertAnswers("instant", "restored-until");
    }

    private void restore(String name, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "restore",
                "--from",
                kept.resolve("backup").toString(),
                "--data",
                directory.resolve(name).resolve("data").toString()));
        arguments.addAll(List.of(more));
        HearthCommand restored = HearthCommand.run(arguments.toArray(String[]::new));
        assertThat(restored.exitCode()).as(restored.output()).isZero();
    }

    private void assertAnswers(String name, String expected) throws Exception {
        HearthProcess hearth = HearthProcess.start(directory.resolve(name), KeptDataMaker.SETTINGS);
        try {
            ArrayNode answers = KeptAnswers.with(answers("data"), answers(expected));
            KeptAnswers.assertAnswersAlike(hearth.client(), answers, CHANGED_ON_PURPOSE);
        } finally {
            hearth.kill();
        }
    }

    /** A region of today takes over all that a region of the earlier build tells, by its snapshot and by its changes. */
    @Test
    void linesOfAPeer_areTakenIn() throws Exception {
        Map<String, String> environment = new HashMap<>(KeptDataMaker.SETTINGS);
        environment.put("HEARTH_REGION", "attic");
        try (ScriptedPeer peer = ScriptedPeer.replaying(kept.resolve("wire"));
                HearthProcess hearth = HearthProcess.start(environment)) {
            HearthClient client = hearth.client();
            String added = "{\"id\":\"home\",\"url\":\"" + peer.uri() + "\",\"token\":\"any\"}";
            assertThat(client.post("/api/v1/sync/peers", added).statusCode()).isEqualTo(201);
            await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode status =
                        client.json("/api/v1/sync/status").path("peers").path(0);
                assertThat(status.path("state").asText()).as("%s", status).isEqualTo("following");
                assertThat(status.path("records").asInt()).isPositive();
                assertThat(status.path("refused").asInt()).as("%s", status).isZero();
                assertThat(status.path("unknown").asInt()).isZero();
            });
            // Rollups of readings that have expired, presence and histories stay in their region, as versions of
            // shadows do.
            Set<String> notTold = Set.of("meter-old", "/presence", "/shadow", "/sync/", "dead-letters");
            JsonNode answers =
                    filtered(answers("data"), path -> notTold.stream().noneMatch(path::contains));
            assertThat(answers).hasSizeGreaterThan(50);
            KeptAnswers.assertAnswersAlike(client, answers, Map.of());
            JsonNode lamp = client.json("/api/v1/devices/lamp/shadow").path("state");
            for (JsonNode answer : answers("data")) {
                if (answer.path("path").asText().equals("/api/v1/devices/lamp/shadow")) {
                    assertThat(lamp).isEqualTo(answer.path("json").path("state"));
                }
            }
            assertThat(lamp.path("desired").path("level").asInt()).isEqualTo(70);
            assertThat(client.get("/api/v1/devices/lamp/shadow/gone").statusCode())
                    .isEqualTo(404);
        }
    }

    private static ArrayNode filtered(JsonNode answers, Predicate<String> wanted) {
        ArrayNode some = JSON.createArrayNode();
        answers.forEach(answer -> {
            if (wanted.test(answer.path("path").asText())) {
                some.add(answer);
            }
        });
        return some;
    }

    private static Map<String, String> retainedBy(HearthProcess hearth) throws Exception {
        Map<String, String> retained = new ConcurrentSkipListMap<>();
        MqttConnectOptions options = new MqttConnectOptions();
        options.setUserName("anyone");
        options.setPassword(hearth.devicePassword().toCharArray());
        try (MqttClient client =
                new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "reader", new MemoryPersistence())) {
            client.connect(options);
            client.subscribe("#", 1, (topic, message) -> {
                assertThat(message.isRetained() || topic.equals("the/end")).isTrue();
                retained.put(topic, new String(message.getPayload(), UTF_8));
            });
            // What is retained was sent before.
            client.publish("the/end", new byte[0], 1, false);
            await().atMost(PATIENCE).until(() -> retained.containsKey("the/end"));
            client.disconnect();
        }
        return retained;
    }
}
