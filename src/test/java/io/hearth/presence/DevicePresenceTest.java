package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.SharedTable;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicePresenceTest {
    private static final DeviceId D1 = new DeviceId("d1");
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
    void ofAnotherProcessOnTheTable_isKnownAsLongAsThatSaysThatItIsThere() {
        DevicePresence one = processOfSeveral();
        DevicePresence other = processOfSeveral();
        one.stillHere().await().indefinitely();
        one.connected(D1, 1);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(40);
        one.stillHere().await().indefinitely();
        pass(40);
        assertThat(other.of(D1)).contains(online(0, Cause.CONNECTION));
        pass(10);
        assertThat(other.of(D1).orElseThrow().online()).isFalse();
    }

    @Test
    void disconnect_ofADeviceThatHasConnectedToAnotherProcess_changesNothing() {
        DevicePresence one = processOfSeveral();
        DevicePresence other = processOfSeveral();
        one.stillHere().await().indefinitely();
        other.stillHere().await().indefinitely();
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

    private DevicePresence processOfSeveral() {
        return new DevicePresence(new SharedTable(table), () -> now, Duration.ofDays(30));
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
        presence.awaitWritten(Duration.ofSeconds(30));
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
        Item item = stored.item(7);
        assertThat(HexFormat.of().formatHex(item.key().sortKey().array())).isEqualTo("02");
        assertThat(HexFormat.of().formatHex(item.body().array())).isEqualTo("010102000660da8a5188000102030405060708");
        assertThat(item.expiresAtSeconds()).isEqualTo(7);
        assertThat(StoredPresence.of(item)).isEqualTo(stored);
        table.write(List.of(new Write.Put(Item.of(item.key(), item.body()))))
                .await()
                .indefinitely();
        assertThat(table.get(item.key(), Consistency.STRONG).await().indefinitely())
                .isPresent();
    }

    private DevicePresence process() {
        return new DevicePresence(table, () -> now, Duration.ofDays(30));
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
