package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.ingest.Delivery;
import io.hearth.ingest.Origin;
import io.hearth.model.EpochMicros;
import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import io.hearth.table.FakeClock;
import io.hearth.table.memory.MemoryTable;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Publishes of one client and how they are answered. */
class PublishIT {
    private static final String TOPIC = "devices/d1/telemetry";

    private final EndpointFixture fixture = new EndpointFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void qos1_beforeItIsDurable_isNotAcknowledged() {
        fixture.stall();
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(client.publish(TOPIC, 1, 7, "{}"));
            await().until(() -> fixture.waiting() == 1);
            client.expectNothingYet();

            fixture.settleAll();
            Packet ack = client.read();
            assertThat(ack.type()).isEqualTo(RawClient.PUBACK);
            assertThat(ack.packetId()).isEqualTo(7);
        }
    }

    @Test
    void qos1_settledInAnotherOrder_isAcknowledgedInTheOrderOfArrival() {
        fixture.stall();
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            for (int id = 1; id <= 3; id++) {
                client.send(client.publish(TOPIC, 1, id, "{}"));
            }
            // Behind them one that has nothing to wait for.
            client.send(client.publish("elsewhere", 1, 4, "x"));
            await().until(() -> fixture.waiting() == 3);
            fixture.waiting(2).ack();
            fixture.waiting(1).ack();
            client.expectNothingYet();
            fixture.waiting(0).ack();

            for (int id = 1; id <= 4; id++) {
                assertThat(client.read().packetId()).isEqualTo(id);
            }
        }
    }

    @Test
    void qos1_notKept_closesTheConnectionWithoutAnAcknowledgement() {
        fixture.stall();
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(client.publish(TOPIC, 1, 1, "{}")).send(client.publish(TOPIC, 1, 2, "{}"));
            await().until(() -> fixture.waiting() == 2);
            fixture.waiting(1).ack();
            fixture.waiting(0).nack(new IllegalStateException("stopping"));

            assertThat(client.readToEnd()).isEmpty();
            await().until(() -> fixture.inFlight.messages() == 0);
        }
    }

    @Test
    void qos0_isDeliveredWithoutOriginOrAnswer() {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(client.publish(TOPIC, 0, 0, "{\"t\":1}"));
            await().until(() -> fixture.deliveries().size() == 1);

            assertThat(fixture.deliveries().get(0).origin()).isNull();
            assertThat(fixture.deliveries().get(0).device()).isEqualTo("d1");
            assertThat(new String(fixture.deliveries().get(0).payload(), StandardCharsets.UTF_8))
                    .isEqualTo("{\"t\":1}");
            client.expectNothingYet();
            assertThat(fixture.inFlight.messages()).isZero();
        }
    }

    @Test
    void qos1_dup_tellsIngestWhichTransmissionItIs() {
        try (RawClient client = RawClient.connected(fixture.port(), "thermostat-1")) {
            client.send(client.publish(TOPIC, 8 | 2, 300, new byte[] {'{', '}'}));
            assertThat(client.read().packetId()).isEqualTo(300);

            assertThat(fixture.deliveries().get(0).origin()).isEqualTo(new Origin("thermostat-1", 300, true));
        }
    }

    @Test
    void qos2_sentAgainBeforeItsRelease_isStoredOnce() {
        fixture.stall();
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            byte[] again = client.publish(TOPIC, 8 | 4, 5, new byte[] {'{', '}'});
            client.send(client.publish(TOPIC, 2, 5, "{}")).send(again);
            await().until(() -> fixture.waiting() == 1);
            client.expectNothingYet();
            fixture.settleAll();
            assertThat(client.read().type()).isEqualTo(RawClient.PUBREC);

            // After the PUBREC, too: the client may not have got it.
            client.send(again);
            Packet received = client.read();
            assertThat(received.type()).isEqualTo(RawClient.PUBREC);
            assertThat(received.packetId()).isEqualTo(5);
            assertThat(fixture.deliveries()).hasSize(1);

            client.send(RawClient.ack(6, 5));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBCOMP);
            // Released, so the id stands for another message now.
            client.send(client.publish(TOPIC, 2, 5, "{}"));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBREC);
            assertThat(fixture.deliveries()).hasSize(2);
        }
    }

    @Test
    void ingestTime_ofManyInOneRead_isNeverTheSame() {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            ByteArrayOutputStream burst = new ByteArrayOutputStream();
            for (int id = 1; id <= 500; id++) {
                burst.writeBytes(client.publish(TOPIC, 1, id, "{}"));
            }
            client.send(burst.toByteArray());
            for (int id = 1; id <= 500; id++) {
                assertThat(client.read().packetId()).isEqualTo(id);
            }
            assertThat(fixture.deliveries().stream()
                            .map(Delivery::ingestTimeMicros)
                            .distinct())
                    .hasSize(500);
        }
    }

    @Test
    void ingestTime_clockSetBackOnAConnection_followsTheClock() {
        FakeClock clock = new FakeClock();
        try (EndpointFixture stepped = new EndpointFixture(Map.of(), new MemoryTable(clock), clock);
                RawClient client = RawClient.connected(stepped.port(), "c")) {
            client.send(client.publish(TOPIC, 1, 1, "{}"));
            assertThat(client.read().packetId()).isEqualTo(1);
            clock.advance(Duration.ofHours(-1));
            client.send(client.publish(TOPIC, 1, 2, "{}"));
            assertThat(client.read().packetId()).isEqualTo(2);

            assertThat(stepped.deliveries().get(1).ingestTimeMicros()).isEqualTo(EpochMicros.of(clock.instant()));
        }
    }

    @Test
    void payloadOfTenMegabytes_isDeliveredCutOffAndAcknowledged() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"));
                RawClient other = RawClient.connected(fixture.port(), "other")) {
            byte[] large = new byte[10 << 20];
            large[0] = '{';
            client.send(client.publish(TOPIC, 2, 1, large)).send(client.publish(TOPIC, 1, 2, "{}"));
            other.send(other.publish(TOPIC, 1, 9, "{}"));

            assertThat(other.read().packetId()).isEqualTo(9);
            assertThat(client.read().packetId()).isEqualTo(1);
            assertThat(client.read().packetId()).isEqualTo(2);
            var delivery = fixture.deliveries().stream()
                    .filter(d -> d.payloadBytes() == 10 << 20)
                    .findFirst()
                    .orElseThrow();
            assertThat(delivery.payload()).hasSize(PacketDecoder.KEPT_OF_TOO_LARGE_BYTES);
            assertThat(delivery.payload()[0]).isEqualTo((byte) '{');
        }
    }

    @Test
    void receiveMaximum_exceededByMqtt5Client_disconnectsIt() {
        fixture.stall();
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            for (int id = 1; id <= Inbound.MAX_UNANSWERED + 1; id++) {
                client.send(client.publish(TOPIC, 1, id, "{}"));
            }
            Packet last = client.readToEnd().orElseThrow();
            assertThat(last.type()).isEqualTo(RawClient.DISCONNECT);
            assertThat(last.body().get(0)).isEqualTo(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
            assertThat(fixture.waiting()).isEqualTo(Inbound.MAX_UNANSWERED);
        }
    }

    @Test
    void invalidDevice_isHandedOnForItsDeadLetter() {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(client.publish("devices/küche ☃/telemetry", 1, 1, "{}"));
            assertThat(client.read().packetId()).isEqualTo(1);
            assertThat(fixture.deliveries().get(0).device()).isEqualTo("küche ☃");
        }
    }
}
