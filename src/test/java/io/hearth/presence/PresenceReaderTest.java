package io.hearth.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.presence.Presence.Cause;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.FakeClock;
import io.hearth.table.HookedTable;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PresenceReaderTest {
    private static final DeviceId LAMP = new DeviceId("lamp");
    private static final long OTHER_PROCESS = 7;

    private final FakeClock clock = new FakeClock();
    private final Table own = new MemoryTable(clock);
    private final Table shared = new HookedTable(own, true);
    private final Presence online = new Presence(LAMP, true, EpochMicros.of(clock.instant()), Cause.CONNECTION);

    @Test
    void load_ofADeviceThatWasNeverHeard_isUnknown() {
        PresenceReader.Stored stored = load(own, processes(own));

        assertThat(stored.state()).isEqualTo(PresenceState.UNKNOWN);
        assertThat(stored.condition()).isEqualTo(Condition.absent());
    }

    @Test
    void load_ofWhatNobodyCanRead_isUnknown_andIsWrittenOver() {
        put(new Item(StoredPresence.key(LAMP), Bytes.wrap(new byte[] {99}), 0, 5, null));

        PresenceReader.Stored stored = load(own, processes(own));

        assertThat(stored.state()).isEqualTo(PresenceState.UNKNOWN);
        assertThat(stored.condition()).isEqualTo(Condition.version(5));
    }

    @Test
    void load_ofADeviceThatIsOnlineByThisProcess_isOnline() {
        Processes processes = processes(own);
        put(new StoredPresence(online, processes.own()).item(Duration.ZERO));

        assertThat(load(own, processes).state()).isEqualTo(PresenceState.stored(online, processes.own()));
    }

    @Test
    void load_ofADeviceThatWasOnlineByAnEarlierProcess_isOfflineSinceThisOneStarted() {
        put(new StoredPresence(online, OTHER_PROCESS).item(Duration.ZERO));
        clock.advance(Duration.ofMinutes(1));
        long startedMicros = EpochMicros.of(clock.instant());

        assertThat(load(own, processes(own)).state())
                .isEqualTo(
                        PresenceState.stored(new Presence(LAMP, false, startedMicros, Cause.RESTART), OTHER_PROCESS));
    }

    @Test
    void load_onASharedTable_isOnlineAsLongAsTheOtherProcessIsThere() {
        Processes other = processes(shared);
        other.beat();
        put(new StoredPresence(online, other.own()).item(Duration.ZERO));

        assertThat(load(shared, processes(shared)).state()).isEqualTo(PresenceState.stored(online, other.own()));
    }

    private Processes processes(Table table) {
        return new Processes(table, clock, clock::nanoTime);
    }

    private void put(Item item) {
        Blocking.await(own.write(List.of(new Write.Put(item))));
    }

    private static PresenceReader.Stored load(Table table, Processes processes) {
        return Blocking.await(new PresenceReader(table, processes).load(LAMP));
    }
}
