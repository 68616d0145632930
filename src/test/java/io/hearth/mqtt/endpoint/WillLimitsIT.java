package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the last wills of clients may take, with the clients that devices use. */
class WillLimitsIT {
    private static final int SERVER_UNAVAILABLE = 3;

    private final EndpointFixture fixture =
            new EndpointFixture(Map.of("hearth.limits.session-will-bytes", "16K", "hearth.limits.will-bytes", "64K"));

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void connect_willThatIsTooLarge_isRefusedWithTheReason() throws Exception {
        assertThat(connectMqtt5("large", 17 << 10)).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
        MqttException refused = catchThrowableOfType(MqttException.class, () -> connectMqtt3("large3", 17 << 10));
        assertThat(refused.getReasonCode()).isEqualTo(SERVER_UNAVAILABLE);
        assertThat(fixture.metric("hearth.mqtt.connections.refused", "reason", "will"))
                .isEqualTo(2);
        assertThat(connectMqtt5("fits", 15 << 10)).isEqualTo((byte) 0);
    }

    @Test
    void connect_willsOfAllAreUp_smallOnesHaveRoom_andRoomComesBackWithTheEndOfConnections() throws Exception {
        List<org.eclipse.paho.client.mqttv3.MqttClient> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(connectMqtt3("c" + i, 15 << 10));
        }
        MqttException refused = catchThrowableOfType(MqttException.class, () -> connectMqtt3("more", 15 << 10));
        assertThat(refused.getReasonCode()).isEqualTo(SERVER_UNAVAILABLE);
        clients.add(connectMqtt3("small", 100));

        for (var client : clients) {
            client.disconnect();
            client.close();
        }
        await().until(() -> fixture.registry.get("hearth.mqtt.wills").gauge().value() == 0);
        var next = connectMqtt3("more", 15 << 10);
        next.disconnect();
        next.close();
    }

    private org.eclipse.paho.client.mqttv3.MqttClient connectMqtt3(String id, int willBytes) throws MqttException {
        var client = new org.eclipse.paho.client.mqttv3.MqttClient(url(), id, new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setUserName("anybody");
        options.setPassword(EndpointFixture.PASSWORD.toCharArray());
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setWill("w", new byte[willBytes], 1, false);
        client.connect(options);
        return client;
    }

    /** Connects and leaves again; 0, or why it was refused. */
    private byte connectMqtt5(String id, int willBytes) throws Exception {
        MqttClient client = new MqttClient(url(), id, new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setUserName("anybody");
        options.setPassword(EndpointFixture.PASSWORD.getBytes(StandardCharsets.UTF_8));
        options.setWill("w", new MqttMessage(new byte[willBytes]));
        try {
            client.connect(options);
            client.disconnect();
            return 0;
        } catch (org.eclipse.paho.mqttv5.common.MqttException e) {
            return (byte) e.getReasonCode();
        } finally {
            client.close();
        }
    }

    private String url() {
        return "tcp://127.0.0.1:" + fixture.port();
    }
}
