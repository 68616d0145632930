package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Seed;
import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no sane client sends: its connection is closed and counted, and a neighbour does not notice. */
class HostileInputIT {
    private static final String TOPIC = "devices/d1/telemetry";

    private final EndpointFixture fixture = new EndpointFixture();
    private final RawClient neighbour = RawClient.connected(fixture.port(), "neighbour");

    @AfterEach
    void neighbourIsServed_andClose() {
        neighbour.send(neighbour.publish(TOPIC, 1, 1, "{}"));
        assertThat(neighbour.read().packetId()).isEqualTo(1);
        neighbour.close();
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n\r\n", // another protocol
                "\u0030\u0005\u0000\u0001a{}", // PUBLISH
                "\u00c0\u0000", // PINGREQ
                "\u0010\u00ff\u00ff\u00ff\u00ff\u0001", // a remaining length of five bytes
                "\u0010\u00ff\u00ff\u00ff\u007f", // a CONNECT of 256 MiB
                "\u0010\u0004\u0000\u0004MQ", // a string longer than its packet
                "\u0010\u000c\u0000\u0004MQTT\u0004\u0003\u0000\u0000\u0000\u0000", // the reserved flag
                "\u0000\u0000", // no packet type
                "\u00f0\u0000", // AUTH
            })
    void beforeConnect_garbage_closesAndCounts(String latin1) {
        try (RawClient client = new RawClient(fixture.port())) {
            client.send(latin1.getBytes(StandardCharsets.ISO_8859_1));
            assertThat(client.readToEnd()).isEmpty();
        }
        await().until(() -> fixture.metric("hearth.mqtt.connections.refused", "reason", "protocol_error") == 1);
    }

    @Test
    void connectWithEndlessProperties_isRefusedByItsFixedHeader() {
        try (RawClient client = new RawClient(fixture.port())) {
            // An MQTT 5 CONNECT that announces 16 MB of properties: nothing of them is waited for.
            client.send(RawClient.bytes(0x10, 0x80, 0x80, 0x80, 0x08, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 0));
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void connectLongerThanTheMaximum_isRefusedByItsFixedHeader() {
        try (RawClient client = new RawClient(fixture.port())) {
            // One byte more than 64 KiB is announced: nothing of it is waited for.
            client.send(RawClient.bytes(0x10, 0x81, 0x80, 0x04, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0));
            assertThat(client.readToEnd()).isEmpty();
        }
    }

    @Test
    void secondConnect_closes() {
        expectEnd(RawClient.connect(Hello.mqtt5("c")), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void topicThatIsNotUtf8_closes() {
        expectEnd(RawClient.bytes(0x30, 5, 0, 2, 0xC3, 0x28, 0), ReasonCode.MALFORMED_PACKET);
    }

    @Test
    void topicWithNul_closes() {
        expectEnd(RawClient.bytes(0x30, 5, 0, 2, 'a', 0, 0), ReasonCode.MALFORMED_PACKET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"devices/+/telemetry", "devices/d1/#", "#"})
    void topicWithWildcard_closes(String topic) {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.send(client.publish(topic, 1, 1, "{}"));
            assertThat(reasonOf(client.readToEnd())).isEqualTo(ReasonCode.TOPIC_NAME_INVALID);
            assertThat(fixture.deliveries()).isEmpty();
        }
    }

    @Test
    void publishWithPacketId0_closes() {
        expectEnd(RawClient.bytes(0x32, 6, 0, 1, 'a', 0, 0, 0), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void publishWithQos3_closes() {
        expectEnd(RawClient.bytes(0x36, 6, 0, 1, 'a', 0, 1, 0), ReasonCode.MALFORMED_PACKET);
    }

    @Test
    void publishWithTopicAlias_closes() {
        expectEnd(RawClient.bytes(0x30, 7, 0, 1, 'a', 3, 0x23, 0, 1), ReasonCode.TOPIC_ALIAS_INVALID);
    }

    @Test
    void propertiesLongerThanThePacket_close() {
        expectEnd(RawClient.bytes(0x30, 5, 0, 1, 'a', 100, 0), ReasonCode.MALFORMED_PACKET);
    }

    @Test
    void packetLongerThanTheMaximum_closes() {
        // PUBLISH with a remaining length of 17 MiB.
        expectEnd(RawClient.bytes(0x30, 0x80, 0x80, 0xC0, 0x08), ReasonCode.PACKET_TOO_LARGE);
    }

    @Test
    void payloadTooLargeOnAnotherTopic_closes() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.send(client.publish("a", 0, 0, new byte[1 << 20]));
            assertThat(reasonOf(client.readToEnd())).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
        }
    }

    @Test
    void packetOfTheServer_closes() {
        expectEnd(RawClient.bytes(0xD0, 0), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void subscribeWithoutFilter_closes() {
        expectEnd(RawClient.bytes(0x82, 3, 0, 1, 0), ReasonCode.PROTOCOL_ERROR);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xC0})
    void subscribeOfMqtt3WithReservedBits_closesAndSubscribesToNothing(int options) {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.send(client.subscribe(1, "a", options));
            assertThat(client.readToEnd()).isEmpty();
        }
        assertThat(fixture.metric("hearth.mqtt.connections.closed", "reason", "protocol_error"))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0x03, 0x81", "0x40, 0x81", "0x80, 0x81", "0xC1, 0x81", "0x30, 0x82"})
    void subscribeOfMqtt5WithReservedOptions_closes(String options, String reasonCode) {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.send(client.subscribe(1, "a", Integer.decode(options)));
            assertThat(reasonOf(client.readToEnd()))
                    .isEqualTo(Integer.decode(reasonCode).byteValue());
        }
    }

    @Test
    void subscribeWithReservedBitsBehindAFilterThatIsSound_closes() {
        expectEnd(RawClient.bytes(0x82, 11, 0, 1, 0, 0, 1, 'a', 0, 0, 1, 'b', 0x40), ReasonCode.MALFORMED_PACKET);
    }

    @Test
    void sharedSubscriptionWithNoLocal_closes() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.send(client.subscribe(1, "$share/g/a", 4));
            assertThat(reasonOf(client.readToEnd())).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    void randomBytesAfterConnect_neverDisturbOthers() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("fuzz"))) {
                byte[] bytes = new byte[1 + random.nextInt(300)];
                random.nextBytes(bytes);
                if (random.nextBoolean()) {
                    // A PUBLISH in all but some bytes, which gets further.
                    byte[] publish = client.publish(TOPIC, 2, 1, Arrays.copyOf(bytes, 30));
                    publish[random.nextInt(publish.length)] = bytes[0];
                    client.send(publish);
                } else {
                    client.send(bytes);
                }
            }
        }
        await("seed " + seed).until(() -> fixture.connections() == 1);
        assertThat(fixture.metric("hearth.mqtt.connections.closed", "reason", "failure"))
                .as("failures of ours, seed %d", seed)
                .isZero();
    }

    private void expectEnd(byte[] bytes, byte reasonCode) {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.send(bytes);
            assertThat(reasonOf(client.readToEnd())).isEqualTo(reasonCode);
        }
        assertThat(fixture.metric("hearth.mqtt.connections.closed", "reason", "protocol_error"))
                .isEqualTo(1);
    }

    private static byte reasonOf(Optional<Packet> last) {
        assertThat(last).isPresent();
        assertThat(last.get().type()).isEqualTo(RawClient.DISCONNECT);
        return last.get().body().get(0);
    }
}
