package io.hearth.series.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Blocking;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceRecordsTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final int MAX_METRICS = 3;

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final Process alone = new Process(table);

    /** What one process knows, and how it stores that. */
    private static final class Process {
        final KnownDevices known;
        final DeviceList list;
        final DeviceRecords records;

        Process(Table table) {
            known = new KnownDevices(table, device -> 0, 1 << 20, Ticker.systemTicker());
            list = new DeviceList(table);
            records = new DeviceRecords(table, known, list, MAX_METRICS);
        }

        Item record(String... metrics) {
            return known.grow(DEVICE, Set.of(metrics), Set.of(new RegionId("eu")), 5)
                    .record(DEVICE);
        }

        void store(Item record) {
            Blocking.await(records.store(List.of(record)));
        }
    }

    @Test
    void store_aRecord_isDurableKnownAndListed() {
        alone.list.readIds();
        alone.store(alone.record("a"));

        assertThat(stored().metrics()).containsExactly("a");
        assertThat(alone.known.get(DEVICE).isStored()).isTrue();
        assertThat(alone.list.contains(DEVICE)).isTrue();
    }

    @Test
    void store_anEarlierRecordOnceMore_keepsWhatALaterOneSays() {
        Item first = alone.record("a");
        alone.store(alone.record("b"));
        alone.store(first);
        assertThat(stored().metrics()).containsExactly("a", "b");
    }

    @Test
    void store_onATableThatOthersWriteTo_keepsWhatTheseHavePutThere_asFarAsThereIsRoom() {
        Process one = new Process(new SharedTable(table));
        Process other = new Process(new SharedTable(table));
        one.known.get(DEVICE);
        other.known.get(DEVICE);
        one.store(one.record("c", "d"));
        other.store(other.record("a"));
        assertThat(stored().metrics()).containsExactly("a", "c", "d");

        one.store(one.record("b"));
        assertThat(stored().metrics()).hasSize(MAX_METRICS).containsExactly("a", "c", "d");
        assertThat(other.known.get(DEVICE).isStored()).isTrue();
    }

    @Test
    void put_theConditionHolds_isReadAnewAndListed() {
        alone.list.readIds();
        alone.known.get(DEVICE);
        Item record = new KnownDevice(9, Set.of("x"), Set.of(), true).record(DEVICE);

        assertThat(alone.records.put(record, Condition.absent())).isTrue();

        assertThat(alone.known.get(DEVICE).metrics()).containsExactly("x");
        assertThat(alone.list.contains(DEVICE)).isTrue();
    }

    @Test
    void put_theConditionDoesNotHold_changesNothing() {
        alone.store(alone.record("a"));
        Item record = new KnownDevice(9, Set.of("x"), Set.of(), true).record(DEVICE);

        assertThat(alone.records.put(record, Condition.absent())).isFalse();

        assertThat(stored().metrics()).containsExactly("a");
        assertThat(alone.known.inMemory(DEVICE)).isNotNull();
    }

    private DeviceSummary stored() {
        return StoredDevice.of(Blocking.await(table.get(SeriesKeys.device(DEVICE), Consistency.STRONG))
                .orElseThrow());
    }
}
