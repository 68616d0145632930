package io.hearth.shadow.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.HearthProcess;
import io.hearth.Mosquitto;
import io.hearth.table.dynamodb.TestDynamoDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two services share a broker and a table, as replicas do. */
class ExternalShadowIT {
    private static final int UPDATES = 60;
    private static final int THINGS = 6;

    @TempDir
    Path directory;

    /** Shared subscriptions where the broker has them for these topics; else the services take turns. */
    @ParameterizedTest
    @ValueSource(strings = {"aws/things", "$aws/things"})
    void requests_areAnsweredOnce_whicheverServiceGetsThem(String prefix) throws Exception {
        Map<String, String> table = TestDynamoDb.get().environment();
        try (Mosquitto broker = Mosquitto.open(directory).start();
                HearthProcess one = HearthProcess.start(environment(broker, prefix, "one", table));
                HearthProcess two = HearthProcess.start(environment(broker, prefix, "two", table))) {
            ShadowConformance.eventually().until(() -> one.log().contains("Connected to the broker"));
            ShadowConformance.eventually().until(() -> two.log().contains("Connected to the broker"));
            String serves = "This service serves the requests for shadows";
            ShadowConformance.eventually()
                    .until(() -> !prefix.startsWith("$")
                            || one.log().contains(serves)
                            || two.log().contains(serves));
            try (Watch watch = new Watch(broker.port(), "none", prefix + "/", "+/shadow/update/#", "+/shadow/get/+")) {
                for (int i = 0; i < UPDATES; i++) {
                    watch.publish(
                            "lamp-" + i % THINGS + "/shadow/update",
                            "{\"state\":{\"desired\":{\"n\":" + i + "}},\"clientToken\":\"token-" + i + "\"}");
                }
                ShadowConformance.eventually()
                        .until(() -> count(watch, "accepted") + count(watch, "rejected") >= UPDATES);
                // What came twice would have come by the time that a later request is answered.
                watch.publish("lamp-0/shadow/get", "");
                watch.first("lamp-0/shadow/get/accepted");

                assertThat(count(watch, "accepted")).isEqualTo(UPDATES);
                assertThat(count(watch, "documents")).isEqualTo(UPDATES);
                assertThat(count(watch, "delta")).isEqualTo(UPDATES);
                Set<String> versions = new HashSet<>();
                watch.messages().stream()
                        .filter(message -> message.topic().endsWith("/update/accepted"))
                        .forEach(message ->
                                versions.add(message.topic() + message.json().at("/version")));
                assertThat(versions).as("no update was lost").hasSize(UPDATES);
                assertThat(served(one)).as("both received some").isPositive();
                assertThat(served(two)).isPositive();
            }
        }
    }

    @Test
    void oneService_answersOnTheTopicsOfAws_andWhatWasAskedWhileItWasAway() throws Exception {
        try (Mosquitto broker = Mosquitto.open(directory).start()) {
            Map<String, String> environment =
                    Map.of("HEARTH_MQTT_MODE", "external", "HEARTH_MQTT_PORT", String.valueOf(broker.port()));
            Path service = Files.createDirectory(directory.resolve("service"));
            HearthProcess hearth = HearthProcess.start(service, environment);
            try (Watch watch = new Watch(broker.port(), "none", "$aws/things/lamp/shadow", "/update/#", "/get/+")) {
                HearthProcess first = hearth;
                ShadowConformance.eventually().until(() -> first.log().contains("Connected to the broker"));
                watch.publish("/update", "{\"state\":{\"desired\":{\"on\":true}}}");
                watch.first("/update/accepted");
                assertThat(watch.topics().stream().filter(topic -> topic.startsWith("/update/")))
                        .containsExactly("/update/delta", "/update/documents", "/update/accepted");
                hearth.kill();
                // A retained one is served once, when it comes, and not again when the service subscribes.
                watch.publish("$aws/things/lamp/shadow/update", "{\"state\":{\"reported\":{\"on\":true}}}", true);
                hearth = HearthProcess.start(service, environment);
                ShadowConformance.eventually()
                        .until(() -> watch.topics().stream()
                                        .filter(topic -> topic.equals("/update/accepted"))
                                        .count()
                                == 2);
                // In order: after a kill, a request whose acknowledgement was lost may come again.
                hearth.stop();
                hearth = HearthProcess.start(service, environment);
                watch.publish("/get", "");
                assertThat(watch.first("/get/accepted").at("/version").asInt()).isEqualTo(2);
            } finally {
                hearth.close();
            }
        }
    }

    private static long count(Watch watch, String last) {
        return watch.messages().stream()
                .filter(message -> message.topic().endsWith("/shadow/update/" + last))
                .count();
    }

    /** How many publishes a service has received from the broker. */
    private static double served(HearthProcess hearth) throws Exception {
        String metrics = new String(
                new HttpShadows(hearth.httpUri())
                        .send(
                                "GET",
                                "/q/metrics",
                                Map.of("Authorization", "Bearer " + hearth.adminToken()),
                                new byte[0])
                        .body(),
                java.nio.charset.StandardCharsets.UTF_8);
        return metrics.lines()
                .filter(line -> line.startsWith("hearth_mqtt_received_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static Map<String, String> environment(
            Mosquitto broker, String prefix, String id, Map<String, String> table) {
        Map<String, String> environment = new HashMap<>(table);
        environment.put("HEARTH_MQTT_MODE", "external");
        environment.put("HEARTH_MQTT_PORT", String.valueOf(broker.port()));
        environment.put("HEARTH_MQTT_EXTERNAL_CLIENT_ID", id);
        environment.put("HEARTH_MQTT_EXTERNAL_SHARE_GROUP", "replicas");
        environment.put("HEARTH_DYNAMODB_REQUEST_TIMEOUT", "20s");
        environment.put("HEARTH_DYNAMODB_DEADLINE", "60s");
        environment.put("HEARTH_SHADOW_MAX_IN_FLIGHT", "100");
        environment.put("HEARTH_SHADOW_TOPIC_PREFIX", prefix);
        return environment;
    }
}
