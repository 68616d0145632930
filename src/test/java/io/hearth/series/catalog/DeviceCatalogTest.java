package io.hearth.series.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Item;
import io.hearth.table.memory.MemoryTable;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceCatalogTest {
    private static final long MAX_BYTES = 256 << 10;

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final DeviceCatalog catalog =
            new DeviceCatalog(table, new RegionId("local"), device -> 0, MAX_BYTES, Ticker.systemTicker());

    @Test
    void cachedBytes_manyDevicesWithManyLongNames_areBounded_andAllIsKnownStill() {
        for (int i = 0; i < 60; i++) {
            store(device(i), names(i));
        }
        assertThat(catalog.cachedBytes()).isPositive().isLessThanOrEqualTo(MAX_BYTES);
        for (int i = 0; i < 60; i += 6) {
            DeviceId device = device(i);
            assertThat(catalog.find(device).orElseThrow().metrics()).isEqualTo(names(i));
            assertThat(catalog.recordFor(device, names(i), new RegionId("local"), 1))
                    .isEmpty();
        }
    }

    @Test
    void recordWith_beforeTheLastOneIsDurable_hasItsMetrics_howeverManyOthersAreStoredMeanwhile() {
        catalog.recordWith(device(0), Set.of("a"), 1);
        for (int i = 1; i < 40; i++) {
            store(device(i), names(i));
        }
        assertThat(catalog.cachedBytes()).isLessThanOrEqualTo(MAX_BYTES);
        Item second = catalog.recordWith(device(0), Set.of("b"), 2);
        assertThat(StoredDevice.of(second).metrics()).containsExactly("a", "b");
    }

    @Test
    void isKnown_devicesThatWereStored_only() {
        store(device(1), Set.of("a"));
        assertThat(catalog.isKnown(device(1))).isTrue();
        assertThat(catalog.isKnown(device(2))).isFalse();
    }

    @Test
    void store_aRecordBehindALaterOne_keepsWhatThatSays() {
        Item first = catalog.recordWith(device(1), Set.of("a"), 1);
        Item second = catalog.recordFor(device(1), Set.of("b"), new RegionId("other"), 2)
                .orElseThrow();
        catalog.store(List.of(second)).await().indefinitely();

        catalog.store(List.of(first)).await().indefinitely();

        DeviceSummary stored = catalog.find(device(1)).orElseThrow();
        assertThat(stored.metrics()).containsExactly("a", "b");
        assertThat(stored.regions()).containsExactlyInAnyOrder(new RegionId("local"), new RegionId("other"));
        assertThat(stored.firstSeenMicros()).isEqualTo(1);
        assertThat(catalog.recordFor(device(1), Set.of("a", "b"), new RegionId("other"), 2))
                .isEmpty();
    }

    private void store(DeviceId device, Set<String> metrics) {
        Item record = catalog.recordWith(device, metrics, 1);
        catalog.store(List.of(record)).await().indefinitely();
    }

    private static Set<String> names(int device) {
        return IntStream.range(0, 300)
                .mapToObj(i -> device + "-" + i + "n".repeat(110))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static DeviceId device(int number) {
        return new DeviceId("d" + number);
    }
}
