package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shadows at the endpoint while the table takes its time: what may be told when, and what is bounded. */
class ShadowEndpointIT {
    private static final String LAMP = "$aws/things/lamp/shadow/update";
    private static final int PUBLISH = 3;
    private static final int PUBACK = 4;

    private final List<CompletableFuture<Void>> stalled = new ArrayList<>();
    private boolean stalling = true;
    private final EndpointFixture fixture = new EndpointFixture(Map.of(), stalling(new MemoryTable(Clock.systemUTC())));

    @AfterEach
    void close() {
        release();
        fixture.close();
    }

    @Test
    void update_isAnsweredAndAcknowledged_whenItIsCommitted_notBefore() {
        try (RawClient device = RawClient.connected(fixture.port(), "lamp");
                RawClient app = RawClient.connected(fixture.port(), "app")) {
            app.subscribed("$aws/things/lamp/shadow/update/#", 1);
            device.send(device.publish(LAMP, 1 << 1, 7, bytes("{\"state\":{\"desired\":{\"on\":true}}}")));
            await().until(() -> waiting() == 1);
            device.expectNothingYet();
            app.expectNothingYet();

            release();

            assertThat(device.read().type()).isEqualTo(PUBACK);
            for (String topic : List.of("/delta", "/documents", "/accepted")) {
                RawClient.Packet told = app.read();
                assertThat(told.type()).isEqualTo(PUBLISH);
                assertThat(told.topic()).isEqualTo(LAMP + topic);
            }
        }
    }

    @Test
    void requestsOfAThing_moreThanTen_areRejected_thoseOfOthersAreNot() {
        try (RawClient device = RawClient.connected(fixture.port(), "lamp");
                RawClient app = RawClient.connected(fixture.port(), "app")) {
            app.subscribed("$aws/things/+/shadow/update/rejected", 0);
            app.subscribed("$aws/things/+/shadow/update/accepted", 0);
            for (int i = 1; i <= 12; i++) {
                String body = "{\"state\":{\"reported\":{\"n\":" + i + "}},\"clientToken\":\"t" + i + "\"}";
                device.send(device.publish(LAMP, 0, 0, bytes(body)));
            }
            for (int i = 11; i <= 12; i++) {
                RawClient.Packet refused = app.read();
                assertThat(refused.topic()).isEqualTo(LAMP + "/rejected");
                assertThat(refused.payload())
                        .contains("\"code\":429")
                        .contains("\"message\":\"More than 10 requests in flight for this thing\"");
            }
            device.send(device.publish("$aws/things/fan/shadow/update", 0, 0, bytes("{\"state\":{}}")));
            await().until(() -> waiting() == 2);

            release();

            List<String> accepted = new ArrayList<>();
            for (int i = 0; i < 11; i++) {
                RawClient.Packet told = app.read();
                if (told.topic().equals(LAMP + "/accepted")) {
                    accepted.add(told.payload().replaceAll(".*\"clientToken\":\"(t\\d+)\".*", "$1"));
                } else {
                    assertThat(told.topic()).isEqualTo("$aws/things/fan/shadow/update/accepted");
                }
            }
            assertThat(accepted).containsExactly("t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10");
        }
    }

    @Test
    void subscriberThatReadsNothing_holdsUpNobody() {
        release();
        try (RawClient stuck = RawClient.connected(fixture.port(), "stuck");
                RawClient device = RawClient.connected(fixture.port(), "lamp")) {
            stuck.subscribed("$aws/things/#", 1);
            device.subscribed(LAMP + "/accepted", 0);
            String filler = "x".repeat(7_000);
            for (int i = 1; i <= 1_500; i++) {
                device.send(device.publish(
                        LAMP, 0, 0, bytes("{\"state\":{\"desired\":{\"n\":" + i + ",\"k\":\"" + filler + "\"}}}")));
                assertThat(device.read().payload()).contains("\"version\":" + i + ",");
            }
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> fixture.metric("hearth.mqtt.connections.closed", "reason", "slow_subscriber") == 1);
        }
    }

    @Test
    void will_isNoRequest() {
        release();
        try (RawClient app = RawClient.connected(fixture.port(), "app")) {
            app.subscribed("$aws/things/lamp/shadow/#", 0);
            RawClient.connected(fixture.port(), Hello.mqtt3("gone").will(LAMP)).close();
            await().until(() -> fixture.connections() == 1);
            app.send(app.publish("$aws/things/lamp/shadow/get", 0, 0, new byte[0]));
            List<String> topics = List.of(app.read().topic(), app.read().topic());
            assertThat(topics).noneMatch(topic -> topic.startsWith(LAMP));
        }
    }

    private synchronized int waiting() {
        return stalled.size();
    }

    private void release() {
        List<CompletableFuture<Void>> now;
        synchronized (this) {
            stalling = false;
            now = List.copyOf(stalled);
            stalled.clear();
        }
        now.forEach(gate -> gate.complete(null));
    }

    /** Conditional puts wait until they are released. */
    private Table stalling(Table table) {
        return (Table) Proxy.newProxyInstance(
                Table.class.getClassLoader(), new Class<?>[] {Table.class}, (proxy, method, arguments) -> {
                    Object answer = method.invoke(table, arguments);
                    return method.getName().equals("put")
                            ? Uni.createFrom().completionStage(this::gate).chain(() -> (Uni<?>) answer)
                            : answer;
                });
    }

    private synchronized CompletableFuture<Void> gate() {
        if (!stalling) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> gate = new CompletableFuture<>();
        stalled.add(gate);
        return gate;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
