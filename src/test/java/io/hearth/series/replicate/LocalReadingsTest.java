package io.hearth.series.replicate;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.chunk;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Value;
import io.hearth.table.Blocking;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalReadingsTest {
    private final MemoryTable table = new MemoryTable(new FakeClock());

    @Test
    void read_ofAPointInSeveralRuns_hasTheLatestWrite() {
        Item late = run(stamp(2), 60, "a", Map.of(10L, 2.0));
        store(run(stamp(1), 0, "a", Map.of(10L, 1.0)), late);

        LocalReadings local = read(10, 10);

        assertThat(local.isEmpty()).isFalse();
        assertThat(local.inRun(DAY + 10 * SECOND, "a")).isEqualTo(point(2.0, 2, 60));
        assertThat(local.latest(DAY + 10 * SECOND, "a")).isEqualTo(point(2.0, 2, 60));
        assertThat(local.sealed(DAY + 10 * SECOND, "a")).isNull();
        assertThat(local.latest(DAY + 10 * SECOND, "b")).isNull();
        assertThat(local.run(late.key().sortKey())).extracting(Item::key).isEqualTo(late.key());
    }

    @Test
    void read_ofAPointInARunAndAChunk_hasBoth_andTheLaterStampWins() {
        store(
                chunk(9, run(stamp(5), 0, "a", Map.of(10L, 5.0, 20L, 5.0))),
                run(stamp(4), 0, "a", Map.of(10L, 4.0)),
                run(stamp(6), 0, "a", Map.of(20L, 6.0)));

        LocalReadings local = read(10, 20);

        assertThat(local.sealed(DAY + 10 * SECOND, "a")).isEqualTo(point(5.0, 5, 0));
        assertThat(local.inRun(DAY + 10 * SECOND, "a")).isEqualTo(point(4.0, 4, 0));
        assertThat(local.latest(DAY + 10 * SECOND, "a")).isEqualTo(point(5.0, 5, 0));
        assertThat(local.latest(DAY + 20 * SECOND, "a")).isEqualTo(point(6.0, 6, 0));
    }

    @Test
    void read_whereNothingIsStored_isEmpty() {
        store(chunk(9, run(stamp(5), 0, "a", Map.of(10L, 5.0, 20L, 5.0))));

        assertThat(read(30, 40).isEmpty()).isTrue();
        assertThat(LocalReadings.UNREADABLE.isEmpty())
                .as("what cannot be read is there all the same")
                .isFalse();
    }

    private LocalReadings read(long firstSecond, long lastSecond) {
        return LocalReadings.read(table, DEVICE, DAY + firstSecond * SECOND, DAY + lastSecond * SECOND);
    }

    private static LocalReadings.Point point(double value, long stampMillis, long retentionSeconds) {
        return new LocalReadings.Point(new Value.Num(value), stamp(stampMillis), retentionSeconds);
    }

    private void store(Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            // Expiry does not matter here.
            writes.add(new Write.Put(Item.of(item.key(), item.body())));
        }
        Blocking.await(table.write(writes));
    }
}
