package io.hearth.series.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.value.DeviceSummary;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class KnownDeviceTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final RegionId REGION = new RegionId("eu");

    private final KnownDevice known = new KnownDevice(5, Set.of("a", "b"), Set.of(REGION), true);

    @Test
    void covers_aRecordThatSaysNoMore_only() {
        assertThat(known.covers(record(5, Set.of("a"), Set.of()))).isTrue();
        assertThat(known.covers(record(4, Set.of("a"), Set.of())))
                .as("seen earlier")
                .isFalse();
        assertThat(known.covers(record(5, Set.of("c"), Set.of())))
                .as("a metric more")
                .isFalse();
        assertThat(known.covers(record(5, Set.of(), Set.of(new RegionId("us")))))
                .as("a region more")
                .isFalse();
        assertThat(new KnownDevice(5, Set.of("a"), Set.of(), false).covers(record(5, Set.of("a"), Set.of())))
                .as("not durable")
                .isFalse();
    }

    @Test
    void isCoveredBy_aRecordThatSaysAllOfIt_only() {
        assertThat(known.isCoveredBy(record(4, Set.of("a", "b", "c"), Set.of(REGION))))
                .isTrue();
        assertThat(known.isCoveredBy(record(6, Set.of("a", "b"), Set.of(REGION))))
                .isFalse();
        assertThat(known.isCoveredBy(record(5, Set.of("a"), Set.of(REGION)))).isFalse();
        assertThat(known.isCoveredBy(record(5, Set.of("a", "b"), Set.of()))).isFalse();
    }

    @Test
    void record_ofADevice_saysAllThatIsKnown() {
        assertThat(StoredDevice.of(known.record(DEVICE))).isEqualTo(record(5, Set.of("a", "b"), Set.of(REGION)));
    }

    @Test
    void isSomething_nothing_isNot() {
        assertThat(KnownDevice.NOTHING.isSomething()).isFalse();
        assertThat(new KnownDevice(0, Set.of("a"), Set.of(), false).isSomething())
                .isTrue();
    }

    private static DeviceSummary record(long firstSeenMicros, Set<String> metrics, Set<RegionId> regions) {
        return new DeviceSummary(DEVICE, firstSeenMicros, new TreeSet<>(metrics), new TreeSet<>(regions));
    }
}
