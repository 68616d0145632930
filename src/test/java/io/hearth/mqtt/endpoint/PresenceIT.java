package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.DeviceId;
import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import io.hearth.presence.Presence.Cause;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is there, told by connections, last wills and status topics. */
class PresenceIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int DISCONNECT_PACKET = 0xE0;

    /** Of a PUBLISH: QoS 1, to be retained. */
    private static final int RETAINED = 3;

    private final EndpointFixture fixture = new EndpointFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void connectionOfADevice_isItsPresence() {
        try (RawClient device = RawClient.connected(fixture.port(), "d1")) {
            awaitPresence("d1", true, Cause.CONNECTION);
            device.send(new byte[] {(byte) DISCONNECT_PACKET, 0});
            awaitPresence("d1", false, Cause.CONNECTION);
        }
    }

    @Test
    void connectionThatBreaks_takesItsDeviceOffline() {
        try (RawClient device = RawClient.connected(fixture.port(), "d1")) {
            awaitPresence("d1", true, Cause.CONNECTION);
        }
        awaitPresence("d1", false, Cause.CONNECTION);
    }

    @Test
    void statusTopic_isThePresenceOfTheDeviceItNames() {
        try (RawClient gateway = RawClient.connected(fixture.port(), "gateway")) {
            gateway.send(gateway.publish("devices/child/status", 1, 1, "online"));
            awaitPresence("child", true, Cause.STATUS);
            gateway.send(gateway.publish("devices/child/status", 1, 2, "dimmed"));
            gateway.send(gateway.publish("devices/child/status", 1, 3, "OFFLINE"));
            awaitPresence("child", false, Cause.STATUS);
        }
    }

    @Test
    void statusesOfInventedDevices_arePassedOverBeyondTheLimit_thoseOfKnownOnesCount() {
        try (EndpointFixture limited = new EndpointFixture(Map.of("hearth.limits.unknown-devices", "100"));
                RawClient client = RawClient.connected(limited.port(), "gateway")) {
            limited.known.add(new DeviceId("known"));
            for (int i = 0; i < 5_000; i++) {
                client.send(client.publish("devices/invented-" + i + "/status", 0, 0, "online"));
            }
            client.send(client.publish("devices/known/status", 1, 1, "online"));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
            await().until(() -> limited.presence.of(new DeviceId("known")).isPresent());
            await().until(() -> limited.presence.online() == 101 + 1);
            assertThat(limited.metric("hearth.mqtt.limited", "what", "status")).isEqualTo(4_900);
        }
    }

    @Test
    void willOfASessionLeftBehind_doesNotHideADeviceThatIsBack() {
        Hello hello = Hello.mqtt3("left-behind").will("devices/d1/status");
        RawClient left = RawClient.connected(fixture.port(), hello);
        left.send(left.publish("devices/d1/status", 1, 1, "online"));
        awaitPresence("d1", true, Cause.STATUS);
        try (RawClient back = RawClient.connected(fixture.port(), "back");
                RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("devices/d1/status", 1);
            back.send(back.publish("devices/d1/status", 1, 1, "online"));
            assertThat(watcher.read().payload()).isEqualTo("online");
            left.close();
            assertThat(watcher.read().payload()).isEqualTo("offline");
            assertThat(fixture.presence.of(new DeviceId("d1")).orElseThrow().online())
                    .isTrue();
        }
    }

    @Test
    void statusTopic_afterTheWillOfASessionLeftBehind_saysAgainWhatTheDeviceSaid() {
        Hello hello = Hello.mqtt3("left-behind").retainedWill("devices/d1/status");
        RawClient left = RawClient.connected(fixture.port(), hello);
        left.send(left.publish("devices/d1/status", RETAINED, 1, "online".getBytes(StandardCharsets.UTF_8)));
        awaitPresence("d1", true, Cause.STATUS);
        try (RawClient back = RawClient.connected(fixture.port(), "back");
                RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            back.send(back.publish("devices/d1/status", RETAINED, 1, "Online".getBytes(StandardCharsets.UTF_8)));
            assertThat(back.read().type()).isEqualTo(RawClient.PUBACK);
            watcher.subscribed("devices/d1/status", 1);
            assertThat(watcher.read().payload()).isEqualTo("Online");
            left.close();
            assertThat(watcher.read().payload()).isEqualTo("offline");
            assertThat(watcher.read().payload()).isEqualTo("Online");
            assertThat(retained("devices/d1/status")).isEqualTo("Online");
        }
    }

    @Test
    void statusTopic_afterTheWillOfASessionLeftBehind_ofADeviceThatRetainsNothing_retainsNothing() {
        Hello hello = Hello.mqtt3("left-behind").retainedWill("devices/d1/status");
        RawClient left = RawClient.connected(fixture.port(), hello);
        left.send(left.publish("devices/d1/status", 1, 1, "online"));
        awaitPresence("d1", true, Cause.STATUS);
        try (RawClient back = RawClient.connected(fixture.port(), "back");
                RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("devices/d1/status", 1);
            back.send(back.publish("devices/d1/status", 1, 1, "online"));
            assertThat(watcher.read().payload()).isEqualTo("online");
            left.close();
            assertThat(watcher.read().payload()).isEqualTo("offline");
            await().untilAsserted(() -> {
                try (RawClient late = RawClient.connected(fixture.port(), "late")) {
                    late.subscribed("devices/d1/status", 0);
                    late.expectNothingYet();
                }
            });
            assertThat(fixture.presence.of(new DeviceId("d1")).orElseThrow().online())
                    .isTrue();
        }
    }

    @Test
    void statusTopic_afterTheWillOfTheLastSession_saysOffline() {
        Hello hello = Hello.mqtt3("gateway").retainedWill("devices/d1/status");
        RawClient gateway = RawClient.connected(fixture.port(), hello);
        gateway.send(gateway.publish("devices/d1/status", RETAINED, 1, "online".getBytes(StandardCharsets.UTF_8)));
        awaitPresence("d1", true, Cause.STATUS);
        try (RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("devices/d1/status", 1);
            assertThat(watcher.read().payload()).isEqualTo("online");
            gateway.close();
            assertThat(watcher.read().payload()).isEqualTo("offline");
            watcher.send(watcher.publish("devices/d1/status", 1, 1, "sentinel"));
            assertThat(watcher.read().type()).isEqualTo(RawClient.PUBACK);
            assertThat(watcher.read().payload()).isEqualTo("sentinel");
            assertThat(retained("devices/d1/status")).isEqualTo("offline");
        }
    }

    @Test
    void reconnect_withTheSameClientId_endsOnline() {
        try (RawClient first =
                RawClient.connected(fixture.port(), Hello.mqtt3("d1").will("devices/d1/status"))) {
            awaitPresence("d1", true, Cause.CONNECTION);
            try (RawClient second = RawClient.connected(fixture.port(), "d1");
                    RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
                first.readToEnd();
                // Whatever the first left behind comes before this.
                watcher.subscribed("x", 1);
                second.send(second.publish("x", 1, 1, "y"));
                watcher.read();
                assertThat(fixture.presence.of(new DeviceId("d1")).orElseThrow().online())
                        .isTrue();
            }
        }
    }

    @Test
    void lifecycleEvents_areThoseOfAws() throws Exception {
        try (RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("$aws/events/presence/+/d1", 1);
            JsonNode connected;
            try (RawClient device = RawClient.connected(fixture.port(), "d1")) {
                Packet event = watcher.read();
                assertThat(event.topic()).isEqualTo("$aws/events/presence/connected/d1");
                connected = JSON.readTree(event.payload());
                assertThat(connected.at("/clientId").asText()).isEqualTo("d1");
                assertThat(connected.at("/eventType").asText()).isEqualTo("connected");
                assertThat(connected.at("/ipAddress").asText()).isEqualTo("127.0.0.1");
                assertThat(connected.at("/versionNumber").asInt()).isZero();
                assertThat(connected.at("/timestamp").asLong()).isPositive();
                device.send(new byte[] {(byte) DISCONNECT_PACKET, 0});
                Packet end = watcher.read();
                assertThat(end.topic()).isEqualTo("$aws/events/presence/disconnected/d1");
                JsonNode disconnected = JSON.readTree(end.payload());
                assertThat(disconnected.at("/sessionIdentifier")).isEqualTo(connected.at("/sessionIdentifier"));
                assertThat(disconnected.at("/clientInitiatedDisconnect").asBoolean())
                        .isTrue();
                assertThat(disconnected.at("/disconnectReason").asText()).isEqualTo("CLIENT_INITIATED_DISCONNECT");
            }
            RawClient lost = RawClient.connected(fixture.port(), "d1");
            assertThat(JSON.readTree(watcher.read().payload())
                            .at("/versionNumber")
                            .asInt())
                    .isEqualTo(1);
            lost.close();
            JsonNode disconnected = JSON.readTree(watcher.read().payload());
            assertThat(disconnected.at("/disconnectReason").asText()).isEqualTo("CONNECTION_LOST");
            assertThat(disconnected.at("/clientInitiatedDisconnect").asBoolean())
                    .isFalse();
        }
    }

    @Test
    void lifecycleEvents_ofAClient_areRefused() {
        try (RawClient watcher = RawClient.connected(fixture.port(), "watcher");
                RawClient forger = RawClient.connected(fixture.port(), Hello.mqtt5("forger"))) {
            watcher.subscribed("$aws/events/presence/connected/d1", 1);
            forger.send(forger.publish("$aws/events/presence/connected/d1", 1, 1, "{}"));
            Packet disconnect = forger.read();
            assertThat(disconnect.type()).isEqualTo(RawClient.DISCONNECT);
            assertThat(disconnect.body().get(0)).isEqualTo((byte) 0x87);
            watcher.expectNothingYet();
        }
    }

    private String retained(String topic) {
        try (RawClient late = RawClient.connected(fixture.port(), "late")) {
            late.subscribed(topic, 0);
            return late.read().payload();
        }
    }

    private void awaitPresence(String device, boolean online, Cause cause) {
        await().untilAsserted(() -> assertThat(fixture.presence.of(new DeviceId(device)))
                .hasValueSatisfying(found -> {
                    assertThat(found.online()).isEqualTo(online);
                    assertThat(found.cause()).isEqualTo(cause);
                }));
    }
}
