package io.hearth.series.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.series.SeriesFixture;
import io.hearth.series.clock.HybridClock;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.item.Runs;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.FakeClock;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunCutterTest {
    private final FakeClock clock = new FakeClock();
    private final RunCutter cutter = new RunCutter(
            new WriteClock(new MemoryTable(clock), clock, () -> Uni.createFrom().item(0L)));
    private final AppendBatch batch = new AppendBatch();

    @Test
    void stamp_readingsOfSeveralSlots_areARunEach_underOneStamp() {
        add("d1", SeriesKeys.SLOT_MICROS, "x");
        add("d1", 1, "x");
        add("d1", 0, "x");
        add("d2", 0, "x");

        HybridClock.Tick tick = cutter.stamp(batch);

        assertThat(runs()).containsExactly(List.of(2, 3), List.of(1));
        assertThat(times()).allMatch(time -> time == tick.hybridTime());
        assertThat(batch.firstHybridTime()).isEqualTo(batch.lastHybridTime()).isEqualTo(tick.hybridTime());
    }

    @Test
    void stamp_moreThanARunHolds_isCut_withLaterStamps() {
        for (int i = 0; i < 12; i++) {
            add("d1", i, "x".repeat(10_000));
        }

        HybridClock.Tick tick = cutter.stamp(batch);

        assertThat(runs()).singleElement().satisfies(ends -> {
            assertThat(ends).hasSizeGreaterThan(1).isSorted().endsWith(12);
        });
        assertThat(times()).doesNotHaveDuplicates().isSorted();
        assertThat(batch.firstHybridTime()).isEqualTo(times().get(0));
        assertThat(batch.lastHybridTime()).isEqualTo(tick.hybridTime());
    }

    @Test
    void stamp_again_givesLaterStamps() {
        add("d1", 0, "x");
        long first = cutter.stamp(batch).hybridTime();

        assertThat(cutter.stamp(batch).hybridTime()).isGreaterThan(first);
        assertThat(runs()).containsExactly(List.of(1));
    }

    private void add(String device, long intoDayMicros, String text) {
        SeriesFixture.add(batch, device, Runs.DAY + intoDayMicros, Map.of("t", text), null);
    }

    /** Where the runs of each device end. */
    private List<List<Integer>> runs() {
        List<List<Integer>> runs = new ArrayList<>();
        for (AppendBatch.DeviceReadings readings : batch.devices()) {
            List<Integer> ends = new ArrayList<>();
            for (int run = 0; run < readings.runs(); run++) {
                ends.add(readings.runEnd(run));
            }
            runs.add(ends);
        }
        return runs;
    }

    private List<Long> times() {
        List<Long> times = new ArrayList<>();
        for (AppendBatch.DeviceReadings readings : batch.devices()) {
            for (int run = 0; run < readings.runs(); run++) {
                times.add(readings.runTime(run));
            }
        }
        return times;
    }
}
