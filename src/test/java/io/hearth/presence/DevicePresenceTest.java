package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DevicePresenceTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final DeviceId D2 = new DeviceId("d2");
    private static final DeviceId D3 = new DeviceId("d3");
    private static final Duration KEPT = Duration.ofDays(30);
    private static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

    private Instant now = START;
    private final MemoryTable table = new MemoryTable(() -> now);
    private DevicePresence presence = process();

    @Test
    void of_whenNothingWasEverHeard_isEmpty() {
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).isEmpty();
    }

    @Test
    void connection_bringsItsDeviceOnlineAndTakesItOfflineWhenItEnds() {
        presence.connected(D1, 1);
        assertThat(presence.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(60);
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).contains(offline(60, Cause.CONNECTION));
    }

    @Test
    void online_countsDevicesAndNotTheirConnections() {
        presence.connected(D1, 1);
        presence.said(D1, true, 1);
        assertThat(presence.online()).isEqualTo(1);
        presence.disconnected(D1, 1);
        assertThat(presence.online()).isZero();
    }

    @Test
    void disconnect_ofASessionThatAnotherHasReplaced_changesNothing() {
        presence.connected(D1, 1);
        pass(10);
        presence.connected(D1, 2);
        presence.disconnected(D1, 1);
        presence.willSaid(D1, 1);
        assertThat(presence.of(D1)).contains(online(0, Cause.CONNECTION));
        presence.disconnected(D1, 2);
        assertThat(presence.of(D1)).contains(offline(10, Cause.CONNECTION));
    }

    @Test
    void will_ofASessionWhoseDeviceSpeaksFromAnother_changesNothing() {
        presence.said(D1, true, 1);
        presence.said(D1, true, 2);
        presence.willSaid(D1, 1);
        assertThat(presence.of(D1)).contains(online(0, Cause.STATUS));
        presence.willSaid(D1, 2);
        assertThat(presence.of(D1)).contains(offline(0, Cause.STATUS));
    }

    @Test
    void status_saidAgain_keepsItsTimeAlsoInTheNextProcess() {
        presence.said(D1, true, DevicePresence.NO_SESSION);
        pass(60);
        presence = process();
        presence.said(D1, true, DevicePresence.NO_SESSION);
        assertThat(presence.of(D1)).contains(online(0, Cause.STATUS));
        pass(60);
        presence.said(D1, false, DevicePresence.NO_SESSION);
        pass(60);
        presence = process();
        presence.said(D1, false, DevicePresence.NO_SESSION);
        assertThat(presence.of(D1)).contains(offline(120, Cause.STATUS));
    }

    @Test
    void connection_ofAProcessThatEnded_isOfflineSinceTheNextOneBegan() {
        presence.connected(D1, 1);
        presence.said(D1, true, 1);
        pass(60);
        presence = process();
        pass(5);
        assertThat(presence.of(D1)).contains(offline(60, Cause.RESTART));
        presence.connected(D1, 1);
        assertThat(presence.of(D1)).contains(online(65, Cause.CONNECTION));
    }

    @Test
    void said_completesWhenTheTableHasIt() {
        presence.said(D1, true, DevicePresence.NO_SESSION).toCompletableFuture().join();
        assertThat(process().of(D1)).contains(online(0, Cause.STATUS));
        presence.said(D1, true, DevicePresence.NO_SESSION).toCompletableFuture().join();
        presence.awaitWritten(Duration.ofSeconds(90));
    }

    @Test
    void presence_isKeptForASetTimeAfterItChanged() {
        presence.connected(D1, 1);
        presence.disconnected(D1, 1);
        pass(Duration.ofDays(30).toSeconds() - 1);
        assertThat(presence.of(D1)).isPresent();
        pass(1);
        assertThat(presence.of(D1)).isEmpty();
    }

    @Test
    void kept_forEver_offlineDeviceIsStillKnownAfterYears() {
        DevicePresence forEver = new DevicePresence(table, () -> now, Duration.ZERO, () -> 0);
        forEver.connected(D1, 1);
        pass(60);
        forEver.disconnected(D1, 1);
        assertThat(forEver.of(D1)).contains(offline(60, Cause.CONNECTION));
        pass(Duration.ofDays(3650).toSeconds());
        assertThat(forEver.of(D1)).contains(offline(60, Cause.CONNECTION));
    }

    @Test
    void connection_longerThanPresenceIsKept_endsWithTheProcess() {
        presence.connected(D1, 1);
        pass(Duration.ofDays(31).toSeconds());
        presence = process();
        assertThat(presence.of(D1)).contains(offline(Duration.ofDays(31).toSeconds(), Cause.RESTART));
    }

    @Test
    void connection_whileTheClockIsYearsAhead_isOnlineWhenItIsRightAgain() {
        step(Duration.ofDays(3650));
        presence.connected(D1, 1);
        step(Duration.ofDays(-3650));
        assertThat(presence.of(D1)).contains(online(Duration.ofDays(3650).toSeconds(), Cause.CONNECTION));
        pass(60);
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).contains(offline(60, Cause.CONNECTION));
    }

    @Test
    void connection_overWhichTheClockStepsByYears_isOnlineAlsoInTheTable() {
        presence.connected(D1, 1);
        step(Duration.ofDays(3650));
        assertThat(presence.of(D1)).contains(online(0, Cause.CONNECTION));
        assertThat(stored()).isPresent();
        step(Duration.ofDays(-7300));
        assertThat(presence.of(D1)).contains(online(0, Cause.CONNECTION));
        assertThat(stored()).isPresent();
    }

    @Test
    void offlineDevice_isKeptAsLongAsWasSetWhenItWentOffline() {
        presence.connected(D1, 1);
        presence.disconnected(D1, 1);
        DevicePresence shorter = new DevicePresence(table, () -> now, Duration.ofDays(1), () -> 0);
        pass(Duration.ofDays(2).toSeconds());
        assertThat(shorter.of(D1)).isPresent();
        shorter.connected(D1, 1);
        shorter.disconnected(D1, 1);
        pass(Duration.ofDays(1).toSeconds());
        assertThat(shorter.of(D1)).isEmpty();
    }

    @Test
    void endOthers_afterAProcessEnded_takesItsDevicesOfflineInTheTable() {
        presence.heartbeat();
        presence.connected(D1, 1);
        presence.said(D2, true, 1);
        presence.said(D3, true, DevicePresence.NO_SESSION);
        pass(60);
        presence = process();
        presence.heartbeat();
        assertThat(presence.endOthers()).isTrue();
        pass(60);
        DevicePresence third = process();
        assertThat(third.of(D1)).contains(offline(60, Cause.RESTART));
        assertThat(third.of(D2).orElseThrow().online()).isFalse();
        assertThat(third.of(D3).orElseThrow().online()).isTrue();
        assertThat(stored().orElseThrow().expiresAtSeconds())
                .isEqualTo(START.plusSeconds(60).plus(KEPT).getEpochSecond());
        pass(KEPT.toSeconds());
        assertThat(third.of(D1)).isEmpty();
    }

    @Test
    void endOthers_afterTheDeviceHasConnectedAgain_changesNothing() {
        presence.heartbeat();
        presence.connected(D1, 1);
        pass(60);
        presence = process();
        presence.heartbeat();
        presence.connected(D1, 1);
        assertThat(presence.endOthers()).isTrue();
        assertThat(presence.of(D1)).contains(online(60, Cause.CONNECTION));
        pass(60);
        presence = process();
        presence.heartbeat();
        assertThat(presence.endOthers()).isTrue();
        assertThat(stored().map(item -> StoredPresence.of(item).presence())).contains(offline(120, Cause.RESTART));
    }

    @Test
    void endOthers_leavesTheRecordOfThisProcessOnly() {
        for (int i = 0; i < 5; i++) {
            presence = process();
            presence.heartbeat();
            assertThat(presence.endOthers()).isTrue();
            presence.connected(D1, 1);
        }
        assertThat(records()).hasSize(1);
    }

    @Test
    void status_thatADeviceTakesBackWhileItIsConnected_endsWithTheConnection() {
        presence.connected(D1, 1);
        presence.said(D1, false, 1);
        presence.said(D1, true, 1);
        pass(60);
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).contains(offline(60, Cause.CONNECTION));
    }

    @Test
    void forget_whileTheDeviceIsConnected_isKnownAgainWhenItSpeaks() {
        presence.connected(D1, 1);
        presence.forget(D1);
        assertThat(presence.of(D1)).isEmpty();
        pass(60);
        presence.said(D1, true, 1);
        assertThat(presence.of(D1)).contains(online(60, Cause.STATUS));
        pass(60);
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).contains(offline(120, Cause.CONNECTION));
    }

    @Test
    void forget_ofAConnectedDevice_isNotUndoneByTheEndOfItsConnection() {
        presence.connected(D1, 1);
        presence.forget(D1);
        presence.disconnected(D1, 1);
        assertThat(presence.of(D1)).isEmpty();
        assertThat(stored()).isEmpty();
    }

    @Test
    void forget_whileAWriteOfTheDeviceIsUnderWay_leavesNothing() {
        List<Runnable> held = new ArrayList<>();
        Table slow = new ForwardingTable(table) {
            @Override
            public Uni<Void> write(List<Write> writes) {
                return Uni.createFrom()
                        .emitter(emitter -> held.add(() -> {
                            table.write(writes).await().indefinitely();
                            emitter.complete(null);
                        }));
            }
        };
        DevicePresence slowly = new DevicePresence(slow, () -> now, KEPT, () -> 0);
        slowly.connected(D1, 1);
        CompletableFuture<Void> forgotten = CompletableFuture.runAsync(() -> slowly.forget(D1));
        await().until(() -> slowly.of(D1).isEmpty());
        held.remove(0).run();
        await().until(() -> !held.isEmpty());
        held.remove(0).run();
        forgotten.join();
        assertThat(stored()).isEmpty();
        assertThat(slowly.of(D1)).isEmpty();
    }

    @Test
    void forget_leavesNothing() {
        presence.connected(D1, 1);
        presence.forget(D1);
        assertThat(presence.of(D1)).isEmpty();
        assertThat(process().of(D1)).isEmpty();
    }

    @Test
    void damagedItem_isUnknownUntilTheDeviceIsHeardOfAgain() {
        table.write(List.of(new Write.Put(Item.of(StoredPresence.key(D1), Bytes.wrap(new byte[] {1, 1})))))
                .await()
                .indefinitely();
        assertThat(presence.of(D1)).isEmpty();
        presence.connected(D1, 1);
        assertThat(process().of(D1)).isPresent();
    }

    @Test
    void storedFormat_isPinned() {
        StoredPresence stored = new StoredPresence(online(0, Cause.STATUS), 0x0102030405060708L);
        Item item = stored.item(KEPT);
        assertThat(HexFormat.of().formatHex(item.key().sortKey().array())).isEqualTo("02");
        assertThat(HexFormat.of().formatHex(item.body().array())).isEqualTo("010102000660da8a5188000102030405060708");
        assertThat(item.expiresAtSeconds()).isZero();
        assertThat(item.index())
                .isEqualTo(
                        new IndexKey("!online/0102030405060708", Bytes.wrap("d1".getBytes(StandardCharsets.US_ASCII))));
        assertThat(item.version()).isPositive();
        assertThat(StoredPresence.of(item)).isEqualTo(stored);
        table.write(List.of(new Write.Put(Item.of(item.key(), item.body()))))
                .await()
                .indefinitely();
        assertThat(table.get(item.key(), Consistency.STRONG).await().indefinitely())
                .isPresent();
    }

    private DevicePresence process() {
        return new DevicePresence(table, () -> now, KEPT, () -> 0);
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

    /** The wall clock is set, which is no time that passes. */
    private void step(Duration by) {
        now = now.plus(by);
    }

    private void pass(long seconds) {
        now = now.plusSeconds(seconds);
    }

    private static Presence online(long afterSeconds, Cause cause) {
        return new Presence(D1, true, EpochMicros.of(START.plusSeconds(afterSeconds)), cause);
    }

    private static Presence offline(long afterSeconds, Cause cause) {
        return new Presence(D1, false, EpochMicros.of(START.plusSeconds(afterSeconds)), cause);
    }
}
