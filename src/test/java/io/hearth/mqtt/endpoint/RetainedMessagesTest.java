package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetainedMessagesTest {
    private static final Key KEY = new Key("mqtt/retained", Bytes.wrap(bytes("devices/d1/status")));

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final RetainedMessages retained = RetainedTexts.messages(table, Clock.systemUTC());

    @Test
    void keep_storesTheseBytes() {
        retained.keep(publish("devices/d1/status", bytes("on")))
                .toCompletableFuture()
                .join();

        Item item = table.get(KEY, Consistency.STRONG).await().indefinitely().orElseThrow();
        assertThat(item.body()).hasToString("01" + "01" + "0005" + "2600000000" + "6f6e");
    }

    @Test
    void load_whatWasKept_isTheSameAgain() {
        retained.keep(publish("devices/d1/status", bytes("on")))
                .toCompletableFuture()
                .join();
        RetainedMessages later = RetainedTexts.messages(table, Clock.systemUTC());
        later.load();

        Publish one = RetainedTexts.matching(later, "devices/+/status").get(0);
        assertThat(one.topic()).isEqualTo("devices/d1/status");
        assertThat(one.qos()).isEqualTo(1);
        assertThat(one.payload()).isEqualTo(bytes("on"));
        assertThat(one.properties()).hasSize(5);
        assertThat(RetainedTexts.matching(later, "devices/d1/status")).hasSize(1);
        assertThat(RetainedTexts.matching(later, "devices/d2/status")).isEmpty();
    }

    @Test
    void load_unknownFormat_isRefused() {
        table.write(List.of(new Write.Put(Item.of(KEY, Bytes.wrap(new byte[] {2, 0, 0, 0})))))
                .await()
                .indefinitely();
        assertThatThrownBy(
                        () -> RetainedTexts.messages(table, Clock.systemUTC()).load())
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessageContaining("format version 2");
    }

    @Test
    void keep_tableTakesItsTimeWithOne_nextOneOfTheTopicIsStoredAfterIt() {
        CompletableFuture<@Nullable Void> gate = new CompletableFuture<>();
        AtomicBoolean first = new AtomicBoolean(true);
        Table slow = new ForwardingTable(table) {
            @Override
            public Uni<Void> write(List<Write> writes) {
                return first.getAndSet(false)
                        ? Uni.createFrom().completionStage(gate).chain(() -> table.write(writes))
                        : table.write(writes);
            }
        };
        RetainedMessages messages = RetainedTexts.messages(slow, Clock.systemUTC());
        CompletableFuture<Void> on = messages.keep(publish("a", bytes("on"))).toCompletableFuture();
        CompletableFuture<Void> off = messages.keep(publish("a", bytes("off"))).toCompletableFuture();
        messages.keep(publish("b", bytes("other"))).toCompletableFuture().join();
        assertThat(off).isNotDone();

        gate.complete(null);
        on.join();
        off.join();

        RetainedMessages later = RetainedTexts.messages(table, Clock.systemUTC());
        later.load();
        assertThat(RetainedTexts.matching(later, "a").get(0).payload()).isEqualTo(bytes("off"));
        messages.keep(publish("a", bytes("next"))).toCompletableFuture().join();
    }

    @Test
    void keep_tooLarge_forgetsTheEarlierOne() {
        retained.keep(publish("a", bytes("small"))).toCompletableFuture().join();
        retained.keep(publish("a", new byte[RetainedMessages.MAX_MESSAGE_BYTES]))
                .toCompletableFuture()
                .join();
        assertThat(RetainedTexts.matching(retained, "a")).isEmpty();
        RetainedMessages later = RetainedTexts.messages(table, Clock.systemUTC());
        later.load();
        assertThat(RetainedTexts.matching(later, "#")).isEmpty();
    }

    @Test
    void keep_moreThanHalfOnTopicsOfNoKnownDevice_isLeftOut_andThereIsRoomForAKnownOne() {
        RetainedMessages messages = limited(1000, 1 << 20, 1 << 20);
        int kept = keepUntilLeftOut(messages, "t/", 10_000);
        assertThat((long) kept * 10_000).isBetween(400_000L, 512L << 10);
        assertThat(messages.bytes()).isLessThanOrEqualTo(512 << 10);
        keep(messages, "devices/invented/status", bytes("online").length + 10_000);
        assertThat(messages.of("devices/invented/status")).isNull();

        keep(messages, "devices/known/status", 10_000);
        assertThat(messages.of("devices/known/status")).isNotNull();
        keepUntilLeftOut(messages, "devices/known/", 10_000);
        assertThat(messages.bytes()).isBetween(1_000_000L, 1L << 20);

        for (int i = 0; i < kept; i++) {
            keep(messages, "t/" + i, 0);
        }
        keep(messages, "t/again", 10_000);
        assertThat(messages.of("t/again")).isNotNull();
    }

    @Test
    void keep_400ThousandInventedStatuses_displaceNoStatusOfADevice() {
        RetainedMessages messages = limited(1000, 64 << 20, 1 << 20);
        keep(messages, "devices/early/status", 6);
        for (int i = 0; i < 400_000; i++) {
            keep(messages, "devices/invented-" + i + "/status", 6);
        }
        assertThat(messages.leftOut().sum()).isEqualTo(400_000 - 499);

        keep(messages, "devices/early/status", 8);
        assertThat(payloadOf(messages, "devices/early/status")).hasSize(8);
        keep(messages, "devices/known/status", 7);
        assertThat(payloadOf(messages, "devices/known/status")).hasSize(7);
    }

    @Test
    void keep_moreThanADeviceMay_forgetsTheTopicsEarlierOne_andASmallOneAlwaysTakesItsPlace() {
        RetainedMessages messages = limited(1000, 1 << 20, 20 << 10);
        keep(messages, "devices/known/a", 10_000);
        keep(messages, "devices/known/b", 100);
        keep(messages, "devices/known/b", 10_000);
        assertThat(messages.of("devices/known/b")).isNull();
        keep(messages, "devices/known/a", 9_000);
        assertThat(payloadOf(messages, "devices/known/a")).hasSize(9_000);
        keep(messages, "devices/known/b", 10_000);
        keep(messages, "devices/known/a", 200);
        assertThat(payloadOf(messages, "devices/known/a")).hasSize(200);
    }

    @Test
    void bytes_afterEverythingWasCleared_isNothing() {
        RetainedMessages messages = limited(1000, 1 << 20, 20 << 10);
        for (String topic : List.of("a", "devices/known/a", "devices/invented/a")) {
            keep(messages, topic, 100);
            keep(messages, topic, 50);
            keep(messages, topic, 0);
        }
        keep(messages, "devices/known/b", 100);
        messages.erase(new DeviceId("known"));
        assertThat(messages.bytes()).isZero();
    }

    private RetainedMessages limited(int messages, long bytes, long bytesOfDevice) {
        DeviceId known = new DeviceId("known");
        return new RetainedMessages(
                table,
                Clock.systemUTC(),
                new MqttLimits.Retained(messages, bytes, bytesOfDevice),
                device -> device.equals(known));
    }

    private static int keepUntilLeftOut(RetainedMessages messages, String prefix, int payloadBytes) {
        long before = messages.leftOut().sum();
        int i = 0;
        while (messages.leftOut().sum() == before) {
            keep(messages, prefix + i++, payloadBytes);
        }
        return i - 1;
    }

    private static void keep(RetainedMessages messages, String topic, int payloadBytes) {
        messages.keep(new Publish(topic, 1, false, true, 1, Publish.NO_BYTES, new byte[payloadBytes], payloadBytes))
                .toCompletableFuture()
                .join();
    }

    private static byte[] payloadOf(RetainedMessages messages, String topic) {
        Publish publish = messages.of(topic);
        return Objects.requireNonNull(publish, topic).payload();
    }

    private static Publish publish(String topic, byte[] payload) {
        // With an empty user property.
        return new Publish(topic, 1, false, true, 1, new byte[] {0x26, 0, 0, 0, 0}, payload, payload.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
