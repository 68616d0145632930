package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Presence where several processes use the table. */
class SharedPresenceTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final Duration KEPT = Duration.ofDays(30);
    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

    private Instant now = START;
    private long nanos;
    private final MemoryTable table = new MemoryTable(() -> now);
    private final SharedTable shared = new SharedTable(table);
    private final DevicePresence one = process(Duration.ZERO);
    private final DevicePresence other = process(Duration.ZERO);

    @Test
    void connection_isKnownToAllAsLongAsItsProcessBeats() {
        beat(one, other);
        one.connected(D1, 1);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        for (int i = 0; i < 10; i++) {
            pass(15);
            beat(one, other);
        }
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
    }

    @Test
    void process_thatDies_isOfflineSinceItsLastBeatForAllOthers() {
        DevicePresence third = process(Duration.ZERO);
        beat(one, other, third);
        pass(15);
        beat(one, other, third);
        one.connected(D1, 1);
        for (int i = 0; i < 4; i++) {
            assertThat(other.of(D1)).contains(online(15, Cause.CONNECTION));
            pass(15);
            beat(other, third);
        }
        assertThat(other.of(D1)).contains(offline(15, Cause.RESTART));
        assertThat(third.of(D1)).contains(offline(15, Cause.RESTART));
        assertThat(process(Duration.ZERO).of(D1)).contains(offline(15, Cause.RESTART));
        for (int i = 0; i < 3; i++) {
            pass(15);
            beat(other, third);
        }
        assertThat(records()).hasSize(2);
        assertThat(stored().orElseThrow().expiresAtSeconds())
                .isEqualTo(START.plusSeconds(15).plus(KEPT).getEpochSecond());
    }

    @Test
    void process_thatDies_isKnownToAnOtherThatStartsLater() {
        beat(one);
        one.connected(D1, 1);
        pass(3600);
        DevicePresence later = process(Duration.ZERO);
        for (int i = 0; i < 5; i++) {
            beat(later);
            pass(15);
        }
        assertThat(later.of(D1)).contains(offline(0, Cause.RESTART));
    }

    @Test
    void clocksOfTheMachines_hoursApart_makeNoDifference() {
        DevicePresence ahead = process(Duration.ofHours(5));
        DevicePresence behind = process(Duration.ofDays(-4000));
        beat(ahead, behind);
        ahead.connected(D1, 1);
        for (int i = 0; i < 10; i++) {
            pass(15);
            beat(ahead, behind);
            assertThat(ahead.of(D1).orElseThrow().online()).isTrue();
            assertThat(behind.of(D1).orElseThrow().online()).isTrue();
        }
    }

    @Test
    void process_thatWasSuspended_bindsItsDevicesAnewWhenItGoesOn() {
        beat(one, other);
        one.connected(D1, 1);
        for (int i = 0; i < 6; i++) {
            pass(15);
            beat(other);
        }
        assertThat(other.of(D1)).contains(offline(0, Cause.RESTART));
        beat(one);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(15);
        beat(one, other);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(15);
        one.disconnected(D1, 1);
        assertThat(other.of(D1)).contains(offline(120, Cause.CONNECTION));
    }

    @Test
    void process_thatWasSuspended_leavesADeviceThatHasMovedOn() {
        beat(one, other);
        one.connected(D1, 1);
        for (int i = 0; i < 6; i++) {
            pass(15);
            beat(other);
        }
        other.connected(D1, 1);
        beat(one);
        one.disconnected(D1, 1);
        one.willSaid(D1, 1);
        assertThat(one.of(D1)).contains(online(90, Cause.CONNECTION));
        assertThat(one.online()).isZero();
    }

    @Test
    void table_thatNobodyCouldReachForMinutes_endsNobody() {
        beat(one, other);
        one.connected(D1, 1);
        pass(300);
        beat(other);
        pass(15);
        beat(one);
        for (int i = 0; i < 5; i++) {
            pass(15);
            beat(one, other);
        }
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
    }

    @Test
    void connection_longerThanPresenceIsKept_isStillOnlineForAllProcesses() {
        beat(one, other);
        one.connected(D1, 1);
        now = now.plus(KEPT).plusSeconds(1);
        beat(one, other);
        assertThat(one.of(D1)).contains(online(0, Cause.CONNECTION));
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
    }

    @Test
    void disconnect_ofADeviceThatHasConnectedToAnotherProcess_changesNothing() {
        beat(one, other);
        one.connected(D1, 1);
        pass(10);
        other.connected(D1, 1);

        one.disconnected(D1, 1);
        one.willSaid(D1, 1);

        assertThat(one.of(D1)).contains(online(0, Cause.CONNECTION));
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        other.disconnected(D1, 1);
        assertThat(one.of(D1)).contains(offline(10, Cause.CONNECTION));
        one.connected(D1, 2);
        one.disconnected(D1, 2);
        assertThat(other.of(D1)).contains(offline(10, Cause.CONNECTION));
    }

    @Test
    void disconnect_thatRacesAConnectionToAnotherProcess_losesWhoeverIsFirst() {
        beat(one, other);
        one.connected(D1, 1);
        pass(10);
        // After one has looked, and before it writes.
        shared.beforePut(() -> other.connected(D1, 1));
        one.disconnected(D1, 1);
        await().untilAsserted(() -> {
            one.awaitWritten(Duration.ofSeconds(1));
            assertThat(one.online()).isZero();
        });
        assertThat(one.of(D1)).contains(online(0, Cause.CONNECTION));
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
    }

    @Test
    void disconnect_whoseWriteTheTableCannotTellOf_isStoredOnce() {
        AtomicInteger failures = new AtomicInteger();
        Table unsure = new ForwardingTable(shared) {
            @Override
            public Uni<Void> put(Item item, Condition condition) {
                return switch (failures.getAndIncrement()) {
                    case 0 -> Uni.createFrom().failure(new ThrottledException("too much", null));
                    case 1 ->
                        table.put(item, condition)
                                .chain(() -> Uni.createFrom().failure(new OutcomeUnknownException("timed out", null)));
                    default -> table.put(item, condition);
                };
            }
        };
        DevicePresence process = new DevicePresence(unsure, () -> now, KEPT, () -> nanos);
        process.connected(D1, 1);
        pass(10);
        process.disconnected(D1, 1);
        pass(10);
        process.awaitWritten(Duration.ofSeconds(90));
        assertThat(failures).hasValue(2);
        assertThat(process.online()).isZero();
        assertThat(stored().map(item -> StoredPresence.of(item).presence())).contains(offline(10, Cause.CONNECTION));
    }

    @Test
    void connection_afterAnotherProcessTookTheDeviceOffline_isOnline() {
        beat(one, other);
        one.connected(D1, 1);
        other.connected(D1, 1);
        pass(10);
        other.disconnected(D1, 1);
        assertThat(one.of(D1)).contains(offline(10, Cause.CONNECTION));
        // The first session was never noticed to be over.
        pass(10);
        one.connected(D1, 2);
        assertThat(one.of(D1)).contains(online(20, Cause.CONNECTION));
        assertThat(other.of(D1)).contains(online(20, Cause.CONNECTION));
    }

    @Test
    void forget_atAnotherProcess_isNotUndoneByTheEndOfTheConnection() {
        beat(one, other);
        one.connected(D1, 1);
        other.forget(D1);
        assertThat(one.of(D1)).isEmpty();
        one.disconnected(D1, 1);
        assertThat(one.of(D1)).isEmpty();
        one.connected(D1, 2);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
    }

    @Test
    void processOfAnEarlierBuild_isThereUntilItsRecordExpires() {
        long earlier = 7;
        StoredPresence bound = new StoredPresence(online(0, Cause.CONNECTION), earlier);
        Item plain = bound.item(KEPT);
        Key record = new Key(
                Partitions.PROCESSES,
                Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(earlier).array()));
        table.write(List.of(
                        new Write.Put(new Item(plain.key(), plain.body(), 0, 0, null)),
                        new Write.Put(new Item(record, Bytes.EMPTY, now.getEpochSecond() + 46, 0, null))))
                .await()
                .indefinitely();
        beat(one);
        assertThat(one.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(46);
        beat(one, other);
        assertThat(one.of(D1).orElseThrow().online()).isFalse();
        other.connected(D1, 1);
        assertThat(one.of(D1)).contains(online(46, Cause.CONNECTION));
    }

    @Test
    void damagedRecordOfAProcess_doesNotKeepOthersFromEnding() {
        table.write(List.of(new Write.Put(Item.of(
                        new Key(Partitions.PROCESSES, Bytes.wrap(new byte[8])), Bytes.wrap(new byte[] {9, 9})))))
                .await()
                .indefinitely();
        beat(one, other);
        one.connected(D1, 1);
        for (int i = 0; i < 5; i++) {
            pass(15);
            beat(other);
        }
        assertThat(other.of(D1)).contains(offline(0, Cause.RESTART));
    }

    @Test
    void recordOfAProcess_isPinned() {
        beat(one);
        Item record = records().get(0);
        assertThat(record.key().sortKey().length()).isEqualTo(8);
        assertThat(HexFormat.of().formatHex(record.body().array())).isEqualTo("01000660da8a51880000");
        assertThat(record.expiresAtSeconds()).isZero();
        assertThat(record.version()).isOne();
        for (int i = 0; i < 5; i++) {
            beat(other);
            pass(15);
        }
        assertThat(records())
                .anySatisfy(found -> assertThat(
                                HexFormat.of().formatHex(found.body().array()))
                        .isEqualTo("01000660da8a51880001"));
    }

    private static void beat(DevicePresence... processes) {
        for (DevicePresence process : processes) {
            process.heartbeat();
            process.endOthers();
        }
    }

    private DevicePresence process(Duration clockError) {
        return new DevicePresence(shared, () -> now.plus(clockError), KEPT, () -> nanos);
    }

    private Optional<Item> stored() {
        return table.get(StoredPresence.key(D1), Consistency.STRONG).await().indefinitely();
    }

    private List<Item> records() {
        return table.query(new Query(
                        Partitions.PROCESSES, SortRange.ALL, Direction.ASCENDING, 100, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items();
    }

    private void pass(long seconds) {
        now = now.plusSeconds(seconds);
        nanos += Duration.ofSeconds(seconds).toNanos();
    }

    private static Presence online(long afterSeconds, Cause cause) {
        return new Presence(D1, true, EpochMicros.of(START.plusSeconds(afterSeconds)), cause);
    }

    private static Presence offline(long afterSeconds, Cause cause) {
        return new Presence(D1, false, EpochMicros.of(START.plusSeconds(afterSeconds)), cause);
    }
}
