package io.hearth.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthProcess;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device sends that cannot be stored, from its publish to its replay. */
class DeadLettersIT extends RestFixture {
    @TempDir
    private Path directory;

    @Test
    void replay_onceItCanBeStored_storesItAndRemovesTheLetter() throws Exception {
        HearthProcess shared = hearth;
        Instant time = Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(1, ChronoUnit.HOURS);
        try {
            String id;
            hearth = HearthProcess.start(directory, Map.of("HEARTH_INGEST_CLOCK_AHEAD", "1m"));
            try {
                publish(
                        "ahead",
                        "[{\"ts\":\"" + time + "\",\"a\":1},{\"ts\":\"" + time.plusSeconds(1) + "\",\"a\":2}]");
                JsonNode letter = letters("clock_ahead").at("/deadLetters/0");
                assertThat(letter.at("/topic").asText()).isEqualTo("devices/ahead/telemetry");
                id = letter.at("/id").asText();
                JsonNode refused = problem(replay(id), 400, "invalid-readings");
                assertThat(refused.at("/rejected/0/reason").asText()).isEqualTo("clock_ahead");
                assertThat(refused.at("/rejectedTotal").asInt()).isEqualTo(2);
                assertThat(letters("clock_ahead").at("/deadLetters")).hasSize(1);
            } finally {
                hearth.stop();
            }
            try (HearthProcess lenient = HearthProcess.start(directory, Map.of("HEARTH_INGEST_CLOCK_AHEAD", "2h"))) {
                hearth = lenient;
                JsonNode answer = json(replay(id), 200);

                assertThat(answer.at("/stored").asInt()).isEqualTo(2);
                assertThat(answer.at("/rejectedTotal").asInt()).isZero();
                JsonNode readings = json(get("/api/v1/devices/ahead/readings?to=" + time.plusSeconds(60)), 200)
                        .at("/readings");
                assertThat(readings).hasSize(2);
                problem(get("/api/v1/dead-letters/" + id), 404, "not-found");
                problem(replay(id), 404, "not-found");
                assertThat(letters("clock_ahead").at("/deadLetters")).isEmpty();
            }
        } finally {
            hearth = shared;
        }
    }

    @Test
    void keyTwice_isADeadLetterThatNamesTheKey() throws Exception {
        publish("twice", "{\"t\":1,\"t\":2}");

        JsonNode letter = letters("invalid_reading").at("/deadLetters/0");
        assertThat(letter.at("/detail").asText()).isEqualTo("t: is there twice");
        problem(get("/api/v1/devices/twice/readings"), 404, "unknown-device");
    }

    private static HttpResponse<byte[]> replay(String id) throws Exception {
        return post("/api/v1/dead-letters/" + id + ":replay", "");
    }

    private static JsonNode letters(String reason) throws Exception {
        return json(get("/api/v1/dead-letters?reason=" + reason), 200);
    }

    /** Returns when the message is acknowledged, and so stored or buried. */
    private static void publish(String device, String payload) throws Exception {
        MqttClient client =
                new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "dead-letters-it", new MemoryPersistence());
        try {
            MqttConnectionOptions options = new MqttConnectionOptions();
            options.setUserName(device);
            options.setPassword(hearth.devicePassword().getBytes(StandardCharsets.UTF_8));
            client.connect(options);
            client.publish("devices/" + device + "/telemetry", payload.getBytes(StandardCharsets.UTF_8), 1, false);
            client.disconnect();
        } finally {
            client.close();
        }
    }
}
