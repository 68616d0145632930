package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.UnsupportedFormatException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetainedMessagesTest {
    private static final Key KEY = new Key("mqtt/retained", Bytes.wrap(bytes("devices/d1/status")));

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final RetainedMessages retained = new RetainedMessages(table, Clock.systemUTC());

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
        RetainedMessages later = new RetainedMessages(table, Clock.systemUTC());
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
        assertThatThrownBy(() -> new RetainedMessages(table, Clock.systemUTC()).load())
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessageContaining("format 2");
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
        RetainedMessages messages = new RetainedMessages(slow, Clock.systemUTC());
        CompletableFuture<Void> on = messages.keep(publish("a", bytes("on"))).toCompletableFuture();
        CompletableFuture<Void> off = messages.keep(publish("a", bytes("off"))).toCompletableFuture();
        messages.keep(publish("b", bytes("other"))).toCompletableFuture().join();
        assertThat(off).isNotDone();

        gate.complete(null);
        on.join();
        off.join();

        RetainedMessages later = new RetainedMessages(table, Clock.systemUTC());
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
        RetainedMessages later = new RetainedMessages(table, Clock.systemUTC());
        later.load();
        assertThat(RetainedTexts.matching(later, "#")).isEmpty();
    }

    @Test
    void keep_moreBytesThanTheTotal_keepsTheEarlierOnly() {
        byte[] payload = new byte[RetainedMessages.MAX_MESSAGE_BYTES - 5];
        int fit = (int) (RetainedMessages.MAX_TOTAL_BYTES / RetainedMessages.MAX_MESSAGE_BYTES);
        for (int i = 0; i < fit + 1; i++) {
            retained.keep(publish("t/" + i, payload)).toCompletableFuture().join();
        }
        assertThat(RetainedTexts.matching(retained, "t/+")).hasSize(fit);
        retained.keep(publish("t/0", Publish.NO_BYTES)).toCompletableFuture().join();
        retained.keep(publish("t/" + fit, payload)).toCompletableFuture().join();
        assertThat(RetainedTexts.matching(retained, "t/" + fit)).hasSize(1);
    }

    private static Publish publish(String topic, byte[] payload) {
        // With an empty user property.
        return new Publish(topic, 1, false, true, 1, new byte[] {0x26, 0, 0, 0, 0}, payload, payload.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
