package io.hearth.series.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Blocking;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeviceListTest {
    /** More than one page of those that are read at a time. */
    private static final List<DeviceId> DEVICES = IntStream.range(0, 1_100)
            .mapToObj(i -> new DeviceId(String.format("d%04d", i)))
            .toList();

    private final MemoryTable table = new MemoryTable(Clock.systemUTC());
    private final DeviceList list = new DeviceList(table);

    DeviceListTest() {
        Blocking.await(table.write(DEVICES.stream()
                .<Write>map(device -> new Write.Put(StoredDevice.item(device, 1, Set.of("a"), Set.of())))
                .toList()));
    }

    @Test
    void all_moreThanAPage_areListedById() {
        assertThat(list.all().map(DeviceSummary::id)).containsExactlyElementsOf(DEVICES);
    }

    @Test
    void page_oneBehindTheOther_goOnWhereTheLastEnded() {
        DevicePage first = list.page(700, null);
        DevicePage second = list.page(700, first.next());
        assertThat(first.devices()).extracting(DeviceSummary::id).isEqualTo(DEVICES.subList(0, 700));
        assertThat(second.devices()).extracting(DeviceSummary::id).isEqualTo(DEVICES.subList(700, 1_100));
        assertThat(second.next()).isNull();
    }

    @Test
    void idsAfter_fromTheTableAndFromMemory_areTheSame() {
        assertIdsAfter();
        list.readIds();
        assertIdsAfter();
    }

    private void assertIdsAfter() {
        assertThat(list.idsAfter(null, 2)).isEqualTo(DEVICES.subList(0, 2));
        assertThat(list.idsAfter(DEVICES.get(3), 3)).isEqualTo(DEVICES.subList(4, 7));
        assertThat(list.idsAfter(new DeviceId("d0003x"), 1)).isEqualTo(DEVICES.subList(4, 5));
        assertThat(list.idsAfter(DEVICES.get(1_097), 10)).isEqualTo(DEVICES.subList(1_098, 1_100));
    }

    @Test
    void contains_addedAndRemoved_isKnownWithoutTheTable() {
        DeviceId device = new DeviceId("x");
        assertThat(list.contains(DEVICES.get(0))).as("before the ids are read").isFalse();
        list.readIds();
        assertThat(list.contains(DEVICES.get(0))).isTrue();
        assertThat(list.contains(device)).isFalse();

        list.added(device);
        assertThat(list.contains(device)).isTrue();
        assertThat(list.idsAfter(DEVICES.get(1_099), 10)).containsExactly(device);

        list.removed(device);
        assertThat(list.contains(device)).isFalse();
    }
}
