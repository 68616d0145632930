package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a client may subscribe to, and how it gets what is retained there. */
class SubscriptionLimitsIT {
    private static final int RETAINED_QOS_1 = 3;
    private static final int QUOTA_EXCEEDED = 0x97;
    private static final int FAILURE_OF_MQTT_3 = 0x80;

    private final EndpointFixture fixture = new EndpointFixture(Map.of(
            "hearth.limits.subscribe-filters", "3",
            "hearth.limits.session-filters", "5",
            "hearth.limits.session-filter-bytes", "4K",
            "hearth.limits.filter-bytes", "64K"));

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void subscribe_moreFiltersThanAPacketMay_thoseBeyondAreRefused() {
        try (RawClient mqtt5 = RawClient.connected(fixture.port(), Hello.mqtt5("five"));
                RawClient mqtt3 = RawClient.connected(fixture.port(), "three")) {
            assertThat(subscribe(mqtt5, true, List.of("a", "b", "c", "d", "e")))
                    .containsExactly(0, 0, 0, QUOTA_EXCEEDED, QUOTA_EXCEEDED);
            assertThat(subscribe(mqtt3, false, List.of("a", "b", "c", "d")))
                    .containsExactly(0, 0, 0, FAILURE_OF_MQTT_3);
            assertThat(limitedFilters()).isEqualTo(3);
            mqtt5.send(mqtt5.publish("c", 0, 0, "told"));
            assertThat(mqtt3.read().payload()).isEqualTo("told");
        }
    }

    @Test
    void subscribe_moreFiltersThanASessionMay_isRefusedUntilOneIsGivenUp() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.subscribed("f/" + i, 0)).isZero();
            }
            assertThat(client.subscribed("f/5", 0)).isEqualTo(QUOTA_EXCEEDED);
            // One that it has is not another one.
            assertThat(client.subscribed("f/4", 1)).isEqualTo(1);
            client.send(RawClient.packet(0xA2, RawClient.bytes(0, 2, 0, 0, 3, 'f', '/', '0')));
            assertThat(client.read().type()).isEqualTo(RawClient.UNSUBACK);
            assertThat(client.subscribed("f/5", 0)).isZero();
        }
    }

    @Test
    void subscribe_longFiltersOrManyLevels_areBoundedByTheirMemory() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            assertThat(client.subscribed("l".repeat(2000), 0)).isEqualTo(QUOTA_EXCEEDED);
            assertThat(client.subscribed("l/".repeat(20), 0)).isEqualTo(QUOTA_EXCEEDED);
            assertThat(client.subscribed("l".repeat(1500), 0)).isZero();
            assertThat(client.subscribed("m".repeat(1500), 0)).isEqualTo(QUOTA_EXCEEDED);
        }
    }

    @Test
    void subscribe_filtersOfAllClients_areBoundedAndFreedWithTheirConnections() {
        int clients = 40;
        RawClient[] open = new RawClient[clients];
        int refused = 0;
        try {
            for (int i = 0; i < clients; i++) {
                open[i] = RawClient.connected(fixture.port(), Hello.mqtt5("c" + i));
                refused += open[i].subscribed(i + "/" + "x".repeat(1000), 0) == 0 ? 0 : 1;
            }
            assertThat(refused).isPositive().isLessThan(clients);
            open[0].close();
            RawClient last = open[clients - 1];
            await().until(() -> last.subscribed("y/" + "x".repeat(1000), 0) == 0);
        } finally {
            for (RawClient client : open) {
                if (client != null) {
                    client.close();
                }
            }
        }
        await().until(() -> fixture.registry.get("hearth.mqtt.filters").gauge().value() == 0);
    }

    @Test
    void subscribe_sameFilter65000Times_sendsWhatIsRetainedOnce_andOthersAreServed() {
        try (RawClient client = RawClient.connected(fixture.port(), "c");
                RawClient other = RawClient.connected(fixture.port(), "other")) {
            for (int i = 0; i < 2000; i++) {
                retain(client, "r/" + i, new byte[1]);
            }
            client.send(subscribePacket(false, Collections.nCopies(65_000, "#")));
            Packet subAck = client.read();
            assertThat(subAck.type()).isEqualTo(RawClient.SUBACK);
            assertThat(subAck.body().limit()).isEqualTo(2 + 65_000);
            other.send(other.publish("devices/d/telemetry", 1, 1, "{}"));
            assertThat(other.read().type()).isEqualTo(RawClient.PUBACK);
            for (int i = 0; i < 2000; i++) {
                assertThat(client.read().retain()).isTrue();
            }
            assertThat(client.read().topic()).isEqualTo("devices/d/telemetry");
            client.expectNothingYet();
        }
    }

    @Test
    void subscribe_moreRetainedThanAQueueHolds_aSlowReaderOfQos1GetsAllOfIt() {
        int messages = 400;
        try (RawClient publisher = RawClient.connected(fixture.port(), "p");
                RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            for (int i = 0; i < messages; i++) {
                retain(publisher, "r/" + i, new byte[60_000]);
            }
            assertThat((long) messages * 60_000)
                    .isGreaterThan(EndpointFixture.limits(Map.of()).queueBytesOfSession());
            assertThat(subscriber.subscribed("r/+", 1)).isEqualTo(1);
            // What is new waits behind what is retained.
            publisher.send(publisher.publish("r/0", 1, 1, "new"));
            assertThat(publisher.read().type()).isEqualTo(RawClient.PUBACK);
            for (int i = 0; i < messages; i++) {
                Packet packet = subscriber.read();
                assertThat(packet.retain()).isTrue();
                subscriber.send(RawClient.ack(4, packet.packetId()));
            }
            Packet last = subscriber.read();
            assertThat(last.retain()).isFalse();
            assertThat(last.payload()).isEqualTo("new");
        }
    }

    private double limitedFilters() {
        return fixture.metric("hearth.mqtt.limited", "what", "filter");
    }

    private static void retain(RawClient client, String topic, byte[] payload) {
        client.send(client.publish(topic, RETAINED_QOS_1, 1, payload));
        assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
    }

    /** Subscribes with QoS 0; the codes of the SUBACK. */
    private static List<Integer> subscribe(RawClient client, boolean mqtt5, List<String> filters) {
        client.send(subscribePacket(mqtt5, filters));
        Packet subAck = client.read();
        assertThat(subAck.type()).isEqualTo(RawClient.SUBACK);
        ByteBuffer body = subAck.body();
        return IntStream.range(body.limit() - filters.size(), body.limit())
                .mapToObj(i -> Byte.toUnsignedInt(body.get(i)))
                .toList();
    }

    private static byte[] subscribePacket(boolean mqtt5, List<String> filters) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(RawClient.bytes(0, 1));
        if (mqtt5) {
            body.write(0);
        }
        for (String filter : filters) {
            body.write(filter.length() >> 8);
            body.write(filter.length());
            body.writeBytes(filter.getBytes(StandardCharsets.US_ASCII));
            body.write(0);
        }
        return RawClient.packet(0x82, body.toByteArray());
    }
}
