package io.hearth.series.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Blocking;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the memory takes is tested with the catalog. */
class KnownDevicesTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final RegionId REGION = new RegionId("eu");

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final AtomicLong erasedUntilMicros = new AtomicLong();
    private final AtomicLong nanos = new AtomicLong();
    private final KnownDevices devices = open(table);

    private KnownDevices open(Table of) {
        return new KnownDevices(of, device -> erasedUntilMicros.get(), 1 << 20, nanos::get);
    }

    @Test
    void stored_whatHasGrownMeanwhile_isNotTakenForDurable() {
        DeviceSummary first = StoredDevice.of(
                devices.grow(DEVICE, Set.of("a"), Set.of(REGION), 7).record(DEVICE));
        KnownDevice second = devices.grow(DEVICE, Set.of("b"), Set.of(), 5);
        assertThat(second).isEqualTo(new KnownDevice(5, Set.of("a", "b"), Set.of(REGION), false));

        devices.stored(first);
        assertThat(devices.get(DEVICE)).isEqualTo(second);

        devices.stored(StoredDevice.of(second.record(DEVICE)));
        assertThat(devices.get(DEVICE)).isEqualTo(new KnownDevice(5, Set.of("a", "b"), Set.of(REGION), true));
    }

    @Test
    void get_aStoredRecord_isReadOnceUntilItIsForgotten() {
        store(5, Set.of("a"));
        assertThat(devices.inMemory(DEVICE)).isNull();
        assertThat(devices.get(DEVICE)).isEqualTo(new KnownDevice(5, Set.of("a"), Set.of(), true));

        store(5, Set.of("a", "b"));
        assertThat(devices.get(DEVICE).metrics()).containsExactly("a");

        devices.forget(DEVICE);
        assertThat(devices.get(DEVICE).metrics()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void get_aRecordOfBeforeAnErasure_isNotTakenForDurable() {
        store(5, Set.of("a"));
        erasedUntilMicros.set(6);
        assertThat(devices.get(DEVICE).isStored()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, 0",
        "0, 7, 0, 7",
        "7, 0, 0, 7",
        "7, 5, 0, 5",
        "5, 7, 0, 5",
        "0, 7, 9, 9",
        "7, 0, 9, 9",
        "7, 12, 9, 9",
        "0, 12, 9, 12",
        "0, 0, 9, 0"
    })
    void firstSeen_twoTimesAndAnErasure_isTheFirstThatIsNotBeforeIt(
            long one, long other, long erasedUntil, long expected) {
        erasedUntilMicros.set(erasedUntil);
        assertThat(devices.firstSeen(DEVICE, one, other)).isEqualTo(expected);
    }

    @Test
    void putIfAbsent_somethingIsKnown_leavesIt() {
        devices.grow(DEVICE, Set.of("b"), Set.of(), 0);
        DeviceSummary record = StoredDevice.of(new KnownDevice(5, Set.of("a"), Set.of(), true).record(DEVICE));
        devices.putIfAbsent(record);
        assertThat(devices.get(DEVICE).metrics()).containsExactly("b");

        devices.forget(DEVICE);
        devices.putIfAbsent(record);
        assertThat(devices.inMemory(DEVICE)).isEqualTo(new KnownDevice(5, Set.of("a"), Set.of(), true));
    }

    @Test
    void get_anotherProcessHasErasedTheDevice_isSeenAfterAWhile() {
        KnownDevices shared = open(new SharedTable(table));
        store(5, Set.of("a"));
        assertThat(shared.get(DEVICE).isStored()).isTrue();
        Blocking.await(table.write(List.of(new Write.Delete(SeriesKeys.device(DEVICE)))));
        assertThat(shared.get(DEVICE).isStored()).isTrue();

        nanos.addAndGet(KnownDevices.REFRESHED_AFTER.toNanos() + 1);

        await().until(() -> !shared.get(DEVICE).isStored());
    }

    @Test
    void get_whatIsNotDurableYet_isNotReadAnew() {
        KnownDevices shared = open(new SharedTable(table));
        shared.grow(DEVICE, Set.of("a"), Set.of(), 5);
        nanos.addAndGet(KnownDevices.REFRESHED_AFTER.toNanos() + 1);

        assertThat(shared.get(DEVICE).metrics()).containsExactly("a");
        assertThat(shared.get(DEVICE).metrics()).containsExactly("a");
    }

    private void store(long firstSeenMicros, Set<String> metrics) {
        Blocking.await(table.write(
                List.of(new Write.Put(new KnownDevice(firstSeenMicros, metrics, Set.of(), true).record(DEVICE)))));
    }
}
