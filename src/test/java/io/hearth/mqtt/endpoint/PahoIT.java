package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients that devices use, MQTT 3.1.1 and 5. */
class PahoIT {
    private final EndpointFixture fixture = new EndpointFixture();
    private final List<String> received = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void mqtt3_publishAndSubscribe(int qos) throws Exception {
        org.eclipse.paho.client.mqttv3.MqttConnectOptions options =
                new org.eclipse.paho.client.mqttv3.MqttConnectOptions();
        options.setUserName("anybody");
        options.setPassword(EndpointFixture.PASSWORD.toCharArray());
        try (var client = new org.eclipse.paho.client.mqttv3.MqttClient(
                url(), "paho3", new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence())) {
            client.connect(options);
            client.subscribe(
                    "devices/+/telemetry",
                    qos,
                    (topic, message) ->
                            received.add(topic + " " + new String(message.getPayload(), StandardCharsets.UTF_8)));
            client.publish("devices/d1/telemetry", "{\"t\":1}".getBytes(StandardCharsets.UTF_8), qos, false);

            await().until(() -> received.contains("devices/d1/telemetry {\"t\":1}"));
            assertThat(fixture.deliveries()).hasSize(1);
            client.disconnect();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void mqtt5_publishAndSubscribe(int qos) throws Exception {
        MqttClient client = new MqttClient(url(), "", new MemoryPersistence());
        try {
            client.connect(options(EndpointFixture.PASSWORD));
            client.subscribe(
                    new MqttSubscription[] {new MqttSubscription("devices/#", qos)},
                    new org.eclipse.paho.mqttv5.client.IMqttMessageListener[] {
                        (topic, message) ->
                                received.add(topic + " " + new String(message.getPayload(), StandardCharsets.UTF_8))
                    });
            client.publish(
                    "devices/d2/telemetry",
                    new MqttMessage("{\"t\":2}".getBytes(StandardCharsets.UTF_8), qos, false, null));

            await().until(() -> received.contains("devices/d2/telemetry {\"t\":2}"));
            assertThat(fixture.deliveries()).hasSize(1);
            client.disconnect();
        } finally {
            client.close();
        }
    }

    @Test
    void wrongPassword_isRefused() throws Exception {
        org.eclipse.paho.client.mqttv3.MqttConnectOptions options =
                new org.eclipse.paho.client.mqttv3.MqttConnectOptions();
        options.setUserName("anybody");
        options.setPassword("wrong".toCharArray());
        try (var client = new org.eclipse.paho.client.mqttv3.MqttClient(
                url(), "paho3", new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence())) {
            assertThatThrownBy(() -> client.connect(options))
                    .isInstanceOfSatisfying(
                            MqttException.class,
                            e -> assertThat(e.getReasonCode())
                                    .isEqualTo(MqttException.REASON_CODE_FAILED_AUTHENTICATION));
        }
        MqttClient client = new MqttClient(url(), "paho5", new MemoryPersistence());
        try {
            assertThatThrownBy(() -> client.connect(options("wrong")))
                    .isInstanceOfSatisfying(
                            org.eclipse.paho.mqttv5.common.MqttException.class,
                            e -> assertThat(e.getReasonCode()).isEqualTo(0x86));
        } finally {
            client.close();
        }
    }

    private String url() {
        return "tcp://127.0.0.1:" + fixture.port();
    }

    private static MqttConnectionOptions options(String password) {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("anybody");
        options.setPassword(password.getBytes(StandardCharsets.UTF_8));
        return options;
    }
}
