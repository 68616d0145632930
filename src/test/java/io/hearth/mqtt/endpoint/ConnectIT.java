package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may connect, and how connections end. */
class ConnectIT {
    private final EndpointFixture fixture = new EndpointFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void wrongPassword_isRefusedAndCounted() {
        assertThat(answerTo(Hello.mqtt3("c").secret("wrong"))).isEqualTo(4);
        assertThat(answerTo(Hello.mqtt5("c").secret("wrong"))).isEqualTo(0x86);
        assertThat(fixture.metric("hearth.mqtt.connections.refused", "reason", "credentials"))
                .isEqualTo(2);
    }

    @Test
    void noPassword_isRefused() {
        assertThat(answerTo(Hello.mqtt3("c").secret(""))).isEqualTo(5);
        assertThat(answerTo(Hello.mqtt5("c").secret(""))).isEqualTo(0x87);
    }

    @Test
    void unknownVersion_isRefused() {
        assertThat(answerTo(new Hello(9, "c", EndpointFixture.PASSWORD, 0, "", false, new byte[0])))
                .isEqualTo(1);
    }

    @Test
    void authenticationMethod_isRefused() {
        assertThat(answerTo(Hello.mqtt5("c").properties(0x15, 0, 1, 'x'))).isEqualTo(0x8C);
    }

    @Test
    void longClientId_isTakenAndOneTooLongIsNot() {
        RawClient.connected(fixture.port(), "x".repeat(Handshake.MAX_CLIENT_ID_CHARS))
                .close();
        try (RawClient client = new RawClient(fixture.port())) {
            client.send(RawClient.connect(Hello.mqtt3("x".repeat(Handshake.MAX_CLIENT_ID_CHARS + 1))));
            assertThat(client.readToEnd().map(last -> (int) last.body().get(1))).hasValue(2);
        }
    }

    @Test
    void emptyClientId_getsOneAssignedInMqtt5() {
        RawClient.connected(fixture.port(), "").close();
        try (RawClient client = new RawClient(fixture.port())) {
            client.send(RawClient.connect(Hello.mqtt5("")));
            byte[] connAck = client.read().body().array();
            assertThat(propertyIds(connAck)).contains(0x12);
        }
    }

    @Test
    void connAck_saysWhatTheServerDoesNotDo() {
        try (RawClient client = new RawClient(fixture.port())) {
            // Session expiry interval 60, which is not granted.
            client.send(RawClient.connect(Hello.mqtt5("c").properties(0x11, 0, 0, 0, 60)));
            byte[] connAck = client.read().body().array();
            assertThat(connAck[0]).as("session present").isZero();
            assertThat(propertyIds(connAck)).contains(0x11, 0x21, 0x27, 0x29, 0x2A);
        }
    }

    @Test
    void sameClientId_takesOverAndTheFirstIsTold() {
        try (RawClient first = RawClient.connected(fixture.port(), Hello.mqtt5("c"));
                RawClient second = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            Packet last = first.readToEnd().orElseThrow();
            assertThat(last.type()).isEqualTo(RawClient.DISCONNECT);
            assertThat(last.body().get(0)).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);

            second.send(second.publish("devices/d1/telemetry", 1, 1, "{}"));
            assertThat(second.read().packetId()).isEqualTo(1);
            await().until(() -> fixture.connections() == 1);
        }
        await().until(() -> fixture.connections() == 0);
    }

    @Test
    void will_whenTheConnectionBreaks_isPublished() {
        try (RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("devices/+/status", 1);
            RawClient.connected(fixture.port(), Hello.mqtt3("d1").will("devices/d1/status"))
                    .close();

            Packet will = watcher.read();
            assertThat(will.topic()).isEqualTo("devices/d1/status");
            assertThat(will.payload()).isEqualTo("offline");
        }
    }

    @Test
    void will_afterDisconnect_isNotPublishedUnlessAskedFor() {
        try (RawClient watcher = RawClient.connected(fixture.port(), "watcher")) {
            watcher.subscribed("devices/+/status", 0);
            try (RawClient polite =
                    RawClient.connected(fixture.port(), Hello.mqtt5("d1").will("devices/d1/status"))) {
                polite.send(RawClient.bytes(0xE0, 0));
                polite.readToEnd();
            }
            try (RawClient withWill =
                    RawClient.connected(fixture.port(), Hello.mqtt5("d2").will("devices/d2/status"))) {
                withWill.send(RawClient.bytes(0xE0, 1, 0x04));
                withWill.readToEnd();
            }
            // The first would have come first.
            assertThat(watcher.read().topic()).isEqualTo("devices/d2/status");
        }
    }

    @Test
    void will_ofTelemetry_isIngested() {
        RawClient.connected(fixture.port(), Hello.mqtt3("d1").will("devices/d1/telemetry"))
                .close();
        await().until(() -> fixture.deliveries().size() == 1);
        assertThat(fixture.deliveries().get(0).origin()).isNull();
    }

    @Test
    void silentClient_afterOneAndAHalfKeepAlives_isClosed() {
        long start = System.nanoTime();
        try (RawClient client =
                RawClient.connected(fixture.port(), Hello.mqtt5("c").keepAlive(1))) {
            Packet last = client.readToEnd().orElseThrow();
            assertThat(last.body().get(0)).isEqualTo(ReasonCode.KEEP_ALIVE_TIMEOUT);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1400));
        assertThat(fixture.metric("hearth.mqtt.connections.closed", "reason", "keep_alive"))
                .isEqualTo(1);
    }

    @Test
    void ping_isAnswered() {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(RawClient.bytes(0xC0, 0));
            assertThat(client.read().type()).isEqualTo(RawClient.PINGRESP);
        }
    }

    @Test
    void stormOfAThousand_isServedAndLeavesNothingBehind() {
        List<RawClient> clients = new ArrayList<>();
        for (int c = 0; c < 1000; c++) {
            RawClient client = new RawClient(fixture.port());
            client.send(RawClient.connect(Hello.mqtt3("storm" + c)));
            clients.add(client);
        }
        for (RawClient client : clients) {
            assertThat(client.read().type()).isEqualTo(RawClient.CONNACK);
            client.send(client.publish("devices/d1/telemetry", 1, 1, "{}"));
        }
        for (RawClient client : clients) {
            assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
        }
        assertThat(fixture.connections()).isEqualTo(1000);
        clients.forEach(RawClient::close);
        await().until(() -> fixture.connections() == 0);
        assertThat(fixture.inFlight.messages()).isZero();
    }

    private int answerTo(Hello hello) {
        try (RawClient client = new RawClient(fixture.port())) {
            client.send(RawClient.connect(hello));
            Packet connAck = client.readToEnd().orElseThrow();
            assertThat(connAck.type()).isEqualTo(RawClient.CONNACK);
            return Byte.toUnsignedInt(connAck.body().get(1));
        }
    }

    /** The ids of the properties of a CONNACK. */
    private static List<Integer> propertyIds(byte[] connAck) {
        List<Integer> ids = new ArrayList<>();
        int i = 3;
        while (i < connAck.length) {
            int id = connAck[i++];
            ids.add(id);
            i += switch (id) {
                case 0x11, 0x27 -> 4;
                case 0x21, 0x22, 0x13 -> 2;
                case 0x12, 0x1F -> 2 + (connAck[i] << 8 | connAck[i + 1]);
                default -> 1;
            };
        }
        return ids;
    }
}
