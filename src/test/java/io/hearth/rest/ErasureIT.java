package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;

/** Erasure over HTTP, of the packaged service. */
class ErasureIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void erase_aRangeAndThenTheDevice_leavesNothingOfIt() throws Exception {
        try (HearthProcess hearth = HearthProcess.start(Map.of())) {
            String readings = "[{\"ts\":\"" + Instant.now().minusSeconds(3600) + "\",\"a\":1},{\"a\":2}]";
            assertThat(call(hearth, "POST", "/readings", readings).statusCode()).isEqualTo(200);
            assertThat(body(call(hearth, "GET", "", "")).at("/metrics/0").asText())
                    .isEqualTo("a");

            HttpResponse<String> unbounded = call(hearth, "DELETE", "/readings", "");
            assertThat(unbounded.statusCode()).isEqualTo(400);
            assertThat(body(unbounded).at("/errors")).hasSize(2);
            HttpResponse<String> backwards = call(hearth, "DELETE", "/readings?from=now&to=-1h", "");
            assertThat(backwards.statusCode()).isEqualTo(400);
            assertThat(body(backwards).at("/errors/0/field").asText()).isEqualTo("from");

            assertThat(call(hearth, "DELETE", "/readings?from=-2h&to=-30m", "").statusCode())
                    .isEqualTo(204);
            JsonNode left = body(call(hearth, "GET", "/readings", "")).at("/readings");
            assertThat(left).hasSize(1);
            assertThat(left.at("/0/values/a").asInt()).isEqualTo(2);

            assertThat(call(hearth, "DELETE", "", "").statusCode()).isEqualTo(204);
            assertThat(call(hearth, "GET", "/readings", "").statusCode()).isEqualTo(404);
            assertThat(call(hearth, "GET", "", "").statusCode()).isEqualTo(404);
            assertThat(call(hearth, "DELETE", "", "").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void eraseDevice_takesItsDeadLettersAndRetainedMessages() throws Exception {
        try (HearthProcess hearth = HearthProcess.start(Map.of())) {
            HearthClient rest = hearth.client();
            MqttClient device = connected(hearth);
            device.publish("devices/d1/status", "online".getBytes(UTF_8), 1, true);
            device.publish("devices/d1/telemetry", "no reading".getBytes(UTF_8), 1, false);
            device.disconnect();
            String id =
                    rest.json("/api/v1/dead-letters").at("/deadLetters/0/id").asText();
            assertThat(id).isNotEmpty();

            assertThat(rest.delete("/api/v1/devices/d1").statusCode()).isEqualTo(204);

            assertThat(rest.json("/api/v1/dead-letters").at("/deadLetters")).isEmpty();
            assertThat(rest.post("/api/v1/dead-letters/" + id + ":replay").statusCode())
                    .isEqualTo(404);
            assertThat(rest.delete("/api/v1/devices/d1").statusCode()).isEqualTo(404);
            assertThat(firstOf(hearth, "devices/d1/#")).isEqualTo("sentinel");
        }
    }

    /** The first message that a subscriber gets who publishes one itself behind his subscription. */
    private static String firstOf(HearthProcess hearth, String filter) throws Exception {
        BlockingQueue<String> payloads = new LinkedBlockingQueue<>();
        MqttClient subscriber = connected(hearth);
        subscriber.subscribe(filter, 1, (topic, message) -> payloads.add(new String(message.getPayload(), UTF_8)));
        subscriber.publish("devices/d1/other", "sentinel".getBytes(UTF_8), 1, false);
        String first = payloads.poll(60, TimeUnit.SECONDS);
        subscriber.disconnect();
        return first;
    }

    private static MqttClient connected(HearthProcess hearth) throws MqttException {
        MqttClient client = new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "gateway", new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setUserName("device");
        options.setPassword(hearth.devicePassword().toCharArray());
        client.connect(options);
        return client;
    }

    private HttpResponse<String> call(HearthProcess hearth, String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/devices/d1" + path))
                .header("Authorization", "Bearer " + hearth.adminToken())
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static JsonNode body(HttpResponse<String> response) throws Exception {
        return JSON.readTree(response.body());
    }
}
