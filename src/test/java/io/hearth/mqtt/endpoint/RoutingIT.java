package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Publishes on their way to subscribers, and retained ones. */
class RoutingIT {
    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final EndpointFixture fixture = new EndpointFixture(Map.of(), table);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void telemetry_isRoutedOnlyWhenItIsDurable() {
        fixture.stall();
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s");
                RawClient publisher = RawClient.connected(fixture.port(), "p")) {
            assertThat(subscriber.subscribed("devices/#", 1)).isEqualTo(1);
            publisher.send(publisher.publish("devices/d1/telemetry", 1, 1, "{\"t\":1}"));
            await().until(() -> fixture.waiting() == 1);
            // What another client publishes afterwards comes first.
            try (RawClient other = RawClient.connected(fixture.port(), "o")) {
                other.send(other.publish("devices/sentinel", 0, 0, "behind"));
                assertThat(subscriber.read().topic()).isEqualTo("devices/sentinel");
            }
            fixture.settleAll();

            Packet routed = subscriber.read();
            assertThat(routed.qos()).isEqualTo(1);
            assertThat(routed.topic()).isEqualTo("devices/d1/telemetry");
            assertThat(routed.payload()).isEqualTo("{\"t\":1}");
        }
    }

    @Test
    void qos2Subscription_isGrantedQos1() {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            assertThat(subscriber.subscribed("a/+", 2)).isEqualTo(1);
            subscriber.send(subscriber.publish("a/b", 2, 9, "x"));
            assertThat(subscriber.read().type()).isEqualTo(RawClient.PUBREC);
            assertThat(subscriber.read().qos()).isEqualTo(1);
        }
    }

    @Test
    void overlappingSubscriptions_getOneCopyWithTheHigherQos() {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s");
                RawClient publisher = RawClient.connected(fixture.port(), "p")) {
            subscriber.subscribed("a/#", 0);
            subscriber.subscribed("a/+", 1);
            publisher.send(publisher.publish("a/b", 1, 1, "x")).send(publisher.publish("a/c/d", 1, 2, "y"));
            Packet first = subscriber.read();
            assertThat(first.topic()).isEqualTo("a/b");
            assertThat(first.qos()).isEqualTo(1);
            Packet second = subscriber.read();
            assertThat(second.topic()).isEqualTo("a/c/d");
            assertThat(second.qos()).isZero();
        }
    }

    @Test
    void sharedAndMalformedFilters_areRefusedWithTheirReasons() {
        try (RawClient mqtt5 = RawClient.connected(fixture.port(), Hello.mqtt5("s"));
                RawClient mqtt3 = RawClient.connected(fixture.port(), "t")) {
            assertThat(mqtt5.subscribed("$share/g/a", 0)).isEqualTo(0x9E);
            assertThat(mqtt5.subscribed("a/#/b", 0)).isEqualTo(0x8F);
            assertThat(mqtt3.subscribed("a+", 0)).isEqualTo(0x80);
            assertThat(mqtt3.subscribed("a/".repeat(Topics.MAX_FILTER_LEVELS), 0))
                    .isEqualTo(0x80);
        }
    }

    @Test
    void noLocal_keepsOwnPublishesAway() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"));
                RawClient other = RawClient.connected(fixture.port(), "o")) {
            client.subscribed("a", 4);
            client.send(client.publish("a", 1, 1, "mine"));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
            other.send(other.publish("a", 0, 0, "other"));
            assertThat(client.read().body().array()).endsWith("other".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void unsubscribe_endsTheRouting() {
        try (RawClient client = RawClient.connected(fixture.port(), "c")) {
            client.subscribed("a", 0);
            client.send(RawClient.packet(0xA2, RawClient.bytes(0, 2, 0, 1, 'a')));
            assertThat(client.read().type()).isEqualTo(RawClient.UNSUBACK);
            client.subscribed("b", 0);
            client.send(client.publish("a", 0, 0, "x")).send(client.publish("b", 0, 0, "behind"));
            assertThat(client.read().topic()).isEqualTo("b");
        }
    }

    @Test
    void userProperties_reachAnMqtt5Subscriber() {
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            client.subscribed("a", 0);
            byte[] property = RawClient.bytes(0x26, 0, 1, 'k', 0, 1, 'v');
            client.send(RawClient.packet(0x30, RawClient.bytes(0, 1, 'a', 7, 0x26, 0, 1, 'k', 0, 1, 'v', 'x')));
            assertThat(client.read().body().array()).containsSequence(property).endsWith('x');
        }
    }

    @Test
    void retained_isSentToLaterSubscribersAndOutlivesTheEndpoint() {
        try (RawClient publisher = RawClient.connected(fixture.port(), "p")) {
            publisher.send(publisher.publish("devices/d1/status", 3, 1, "online".getBytes(StandardCharsets.UTF_8)));
            assertThat(publisher.read().type()).isEqualTo(RawClient.PUBACK);
        }
        try (EndpointFixture later = new EndpointFixture(Map.of(), table);
                RawClient subscriber = RawClient.connected(later.port(), "s")) {
            subscriber.subscribed("devices/+/status", 1);
            Packet status = subscriber.read();
            assertThat(status.retain()).isTrue();
            assertThat(status.payload()).isEqualTo("online");

            // An empty payload forgets it.
            subscriber.send(RawClient.ack(4, status.packetId()));
            subscriber.send(subscriber.publish("devices/d1/status", 3, 1, new byte[0]));
            assertThat(Optional.of(subscriber.read())).get().matches(packet -> !packet.retain());
        }
        try (EndpointFixture last = new EndpointFixture(Map.of(), table);
                RawClient subscriber = RawClient.connected(last.port(), "s")) {
            subscriber.subscribed("devices/+/status", 1);
            subscriber.expectNothingYet();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void retainedTelemetry_isStoredOnce_andSentToLaterSubscribers_untilAnEmptyOneClearsIt(int qos) {
        int flags = qos << 1 | 1;
        try (RawClient device = RawClient.connected(fixture.port(), "r")) {
            publishRetained(device, flags, 1, bytes("{\"t\":1}"));
            publishRetained(device, flags, 2, bytes("{\"t\":2}"));
        }
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            subscriber.subscribed("devices/r/#", 0);
            Packet kept = subscriber.read();
            assertThat(kept.topic()).isEqualTo("devices/r/telemetry");
            assertThat(kept.retain()).isTrue();
            assertThat(kept.payload()).isEqualTo("{\"t\":2}");
        }
        assertThat(fixture.deliveries()).hasSize(2);
        try (EndpointFixture later = new EndpointFixture(Map.of(), table);
                RawClient device = RawClient.connected(later.port(), "r");
                RawClient subscriber = RawClient.connected(later.port(), "s")) {
            subscriber.subscribed("devices/r/#", 0);
            assertThat(subscriber.read().payload()).isEqualTo("{\"t\":2}");

            publishRetained(device, flags, 3, new byte[0]);

            // Those who are subscribed hear of it as of any other message.
            assertThat(subscriber.read().payload()).isEmpty();
            assertThat(later.deliveries()).isEmpty();
            try (RawClient late = RawClient.connected(later.port(), "late")) {
                late.subscribed("devices/r/#", 0);
                late.expectNothingYet();
            }
        }
        try (EndpointFixture last = new EndpointFixture(Map.of(), table);
                RawClient subscriber = RawClient.connected(last.port(), "s")) {
            subscriber.subscribed("devices/r/#", 0);
            subscriber.expectNothingYet();
        }
    }

    @Test
    void telemetryBelowItsTopic_goesToIngestAndToSubscribers() {
        try (RawClient device = RawClient.connected(fixture.port(), "r");
                RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            subscriber.subscribed("devices/r/#", 0);
            device.send(device.publish("devices/r/telemetry/temperature", 1, 1, "21.5"));
            assertThat(device.read().type()).isEqualTo(RawClient.PUBACK);
            assertThat(fixture.deliveries()).singleElement().satisfies(delivery -> {
                assertThat(delivery.topic()).isEqualTo("devices/r/telemetry/temperature");
                assertThat(delivery.device()).isEqualTo("r");
            });
            assertThat(subscriber.read().payload()).isEqualTo("21.5");
            device.send(device.publish("devices/r/telemetryX/temperature", 1, 2, "21.5"));
            assertThat(device.read().type()).isEqualTo(RawClient.PUBACK);
            assertThat(fixture.deliveries()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"$SYS/broker/version", "$x", "$aws/rules/r", "$"})
    void publishToATopicOfTheServer_isRefusedAndReachesNobody(String topic) {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s");
                RawClient mqtt5 = RawClient.connected(fixture.port(), Hello.mqtt5("five"));
                RawClient mqtt3 = RawClient.connected(fixture.port(), "three")) {
            subscriber.subscribed(topic, 0);
            subscriber.subscribed("#", 0);
            mqtt5.send(mqtt5.publish(topic, 1, 1, "evil"));
            Packet refused = mqtt5.readToEnd().orElseThrow();
            assertThat(refused.type()).isEqualTo(RawClient.DISCONNECT);
            assertThat(refused.body().get(0)).isEqualTo(ReasonCode.NOT_AUTHORIZED);
            mqtt3.send(mqtt3.publish(topic, 3, 1, bytes("evil")));
            assertThat(mqtt3.readToEnd()).isEmpty();
            subscriber.expectNothingYet();
        }
    }

    @Test
    void willOnATopicOfTheServer_isNotPublished() {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            subscriber.subscribed("$SYS/#", 1);
            subscriber.subscribed("sentinel", 1);
            RawClient.connected(fixture.port(), Hello.mqtt3("w").retainedWill("$SYS/x"))
                    .close();
            await().until(() -> fixture.connections() == 1);
            subscriber.send(subscriber.publish("sentinel", 0, 0, "behind"));
            assertThat(subscriber.read().topic()).isEqualTo("sentinel");
        }
    }

    @Test
    void retainedOnATopicOfTheServerByAnEarlierBuild_isForgottenAtTheStart() {
        RetainedTexts.keep(RetainedTexts.messages(table, Clock.systemUTC()), "$SYS/x", "evil");
        try (EndpointFixture later = new EndpointFixture(Map.of(), table);
                RawClient subscriber = RawClient.connected(later.port(), "s")) {
            subscriber.subscribed("$SYS/#", 0);
            subscriber.expectNothingYet();
        }
        RetainedMessages stored = RetainedTexts.messages(table, Clock.systemUTC());
        stored.load();
        assertThat(stored.all()).isExhausted();
    }

    @Test
    void emptyTelemetryThatIsNotRetained_goesToIngest() {
        try (RawClient device = RawClient.connected(fixture.port(), "r")) {
            device.send(device.publish("devices/r/telemetry", 2, 1, new byte[0]));
            assertThat(device.read().type()).isEqualTo(RawClient.PUBACK);
            assertThat(fixture.deliveries()).hasSize(1);
        }
    }

    @Test
    void retainedTelemetry_isAcknowledgedWhenItIsBothStoredAndRetained() {
        fixture.stall();
        try (RawClient device = RawClient.connected(fixture.port(), "r");
                RawClient subscriber = RawClient.connected(fixture.port(), "s")) {
            device.send(device.publish("devices/r/telemetry", 3, 1, bytes("{\"t\":1}")));
            await().until(() -> fixture.waiting() == 1);
            device.expectNothingYet();
            fixture.settleAll();
            assertThat(device.read().type()).isEqualTo(RawClient.PUBACK);
            RetainedMessages stored = RetainedTexts.messages(table, Clock.systemUTC());
            stored.load();
            assertThat(RetainedTexts.matching(stored, "devices/r/telemetry")).hasSize(1);
            subscriber.subscribed("devices/r/telemetry", 1);
            assertThat(subscriber.read().retain()).isTrue();
        }
    }

    private static void publishRetained(RawClient client, int flags, int id, byte[] payload) {
        client.send(client.publish("devices/r/telemetry", flags, id, payload));
        if (flags >> 1 == 0) {
            // What the ping answers is behind the publish, but not behind its commit: the next one waits for that.
            client.expectNothingYet();
            client.send(client.publish("x", 2, 100 + id, new byte[0]));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBACK);
            return;
        }
        Packet answer = client.read();
        assertThat(answer.type()).isEqualTo(flags >> 1 == 1 ? RawClient.PUBACK : RawClient.PUBREC);
        if (flags >> 1 == 2) {
            client.send(RawClient.ack(6, id));
            assertThat(client.read().type()).isEqualTo(RawClient.PUBCOMP);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void slowSubscriberOfQos1_isClosedBeforeItsQueueGrows() {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "slow");
                RawClient publisher = RawClient.connected(fixture.port(), "p")) {
            subscriber.subscribed("a", 1);
            byte[] payload = new byte[100_000];
            int sent = 0;
            while (fixture.metric("hearth.mqtt.connections.closed", "reason", "slow_subscriber") == 0) {
                publisher.send(publisher.publish("a", 2, 1, payload));
                assertThat(publisher.read().type()).isEqualTo(RawClient.PUBACK);
                sent++;
                // 16 MiB are queued, and the sockets take some MB.
                assertThat(sent).isLessThan(600);
            }
            await().until(() -> fixture.connections() == 1);
        }
    }

    @Test
    void manySlowSubscribers_holdNoMoreThanTheBoundForAll_andOneThatReadsGetsEverything() {
        long queueBytes = 1 << 20;
        try (EndpointFixture limited =
                        new EndpointFixture(Map.of("hearth.limits.queue-bytes", String.valueOf(queueBytes)));
                RawClient publisher = RawClient.connected(limited.port(), "p");
                RawClient reader = RawClient.connected(limited.port(), "reader")) {
            List<RawClient> slow = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                slow.add(RawClient.connected(limited.port(), "slow" + i));
                slow.get(i).subscribed("slow/" + i, 0);
            }
            reader.subscribed("told", 1);
            byte[] payload = new byte[100_000];
            // The sockets take some MB each.
            for (int i = 0; i < 2000 && dropped(limited) < 20; i++) {
                publisher.send(publisher.publish("slow/" + i % 20, 2, 1, payload));
                assertThat(publisher.read().type()).isEqualTo(RawClient.PUBACK);
            }
            assertThat(dropped(limited)).isPositive();
            // What is refused counts for a moment.
            await().until(() ->
                    limited.registry.get("hearth.mqtt.queues").gauge().value() <= queueBytes);
            publisher.send(publisher.publish("told", 2, 2, new byte[1000]));
            assertThat(reader.read().topic()).isEqualTo("told");
            slow.forEach(RawClient::close);
            await().until(() ->
                    limited.registry.get("hearth.mqtt.queues").gauge().value() == 0);
        }
    }

    private static double dropped(EndpointFixture fixture) {
        return fixture.registry.get("hearth.mqtt.dropped").functionCounter().count();
    }

    @Test
    void slowSubscriberOfQos0_losesMessagesAndKeepsItsConnection() {
        try (RawClient subscriber = RawClient.connected(fixture.port(), "slow");
                RawClient publisher = RawClient.connected(fixture.port(), "p")) {
            subscriber.subscribed("a", 0);
            byte[] payload = new byte[100_000];
            for (int i = 0; i < 400; i++) {
                publisher.send(publisher.publish("a", 2, 1, payload));
                assertThat(publisher.read().type()).isEqualTo(RawClient.PUBACK);
            }
            double dropped = fixture.registry
                    .get("hearth.mqtt.dropped")
                    .functionCounter()
                    .count();
            assertThat(dropped).isPositive();
            for (int i = 0; i < 400 - dropped; i++) {
                assertThat(subscriber.read().type()).isEqualTo(RawClient.PUBLISH);
            }
            subscriber.send(RawClient.bytes(0xC0, 0));
            await().atMost(Duration.ofSeconds(90)).until(() -> subscriber.read().type() == RawClient.PINGRESP);
        }
    }
}
