package io.hearth.rest.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.RemoteRun;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SyncJsonTest {
    @Test
    void write_aRunThatIsDamaged_saysSoAndGoesOn() {
        SeriesFixture clock = new SeriesFixture();
        MemoryTable table = new MemoryTable(clock);
        SeriesStore series = clock.open(table, Duration.ZERO);
        SeriesFixture.append(series, "d1", EpochMicros.of(SeriesFixture.START), Map.of("n", 1));
        Item run = table.scan(new Scan(0, 1, 100, null)).await().indefinitely().items().stream()
                .filter(item -> StoredRun.isRun(item.key()))
                .findFirst()
                .orElseThrow();
        SyncRecord damaged = new SyncRecord.Run(new RemoteRun(run.key(), Bytes.wrap(new byte[] {1, 99, 99})));
        SyncRecord device = new SyncRecord.Device(new DeviceSummary(
                new DeviceId("d2"), 0, new TreeSet<>(List.of("t")), new TreeSet<>(List.of(new RegionId("local")))));

        byte[] lines = SyncJson.write(new SyncPage(List.of(damaged, device), new Cursor("place"), false, 0), 0);

        assertThat(new String(lines, StandardCharsets.UTF_8)).isEqualToIgnoringWhitespace("""
                        {"kind":"unreadable","device":"d1"}
                        {"kind":"device","device":"d2","firstSeen":"1970-01-01T00:00:00Z","metrics":["t"]}
                        {"kind":"next","after":"place","more":false}
                        """);
    }
}
