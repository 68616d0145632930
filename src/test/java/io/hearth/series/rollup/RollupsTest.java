package io.hearth.series.rollup;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.chunk;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.item.RollupLevel;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.memory.MemoryTable;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class RollupsTest {
    private static final ZoneId UTC = ZoneId.of("UTC");
    private static final RollupRules RULES = RollupRules.parse("d1/* = 1h for 2y, 1d for ever", UTC);
    private static final TimeRange WINDOW = new TimeRange(DAY, DAY + SeriesKeys.WINDOW_MICROS);

    private final FakeClock clock = new FakeClock();
    private final MemoryTable table = new MemoryTable(clock);
    private final Rollups rollups = new Rollups(table, RULES, clock);

    RollupsTest() {
        clock.set(Instant.ofEpochSecond(DAY / SECOND + 2 * 86_400));
    }

    @Test
    void levelsOf_theWidestFirst_andNoneForOtherDevices() {
        assertThat(rollups.levelsOf(DEVICE))
                .extracting(RollupLevel.Id::widthMicros)
                .containsExactly(86_400 * SECOND, 3600 * SECOND);
        assertThat(rollups.areKeptFor(DEVICE)).isTrue();
        assertThat(rollups.areKeptFor(new DeviceId("other"))).isFalse();
        assertThat(rollups.levelsOf(new DeviceId("other"))).isEmpty();
    }

    @Test
    void change_ofAWindow_isARollupForEachLevel_whichReadAnswers() {
        store(seal(Map.of(10L, 1.0, 4000L, 2.0), 1));

        for (RollupLevel.Id level : rollups.levelsOf(DEVICE)) {
            SortedMap<Long, WindowRollup> stored = rollups.read(DEVICE, level, WINDOW, Set.of(), Consistency.STRONG);
            assertThat(stored).containsOnlyKeys(DAY).allSatisfy((window, rollup) -> {
                assertThat(rollup.cells()).containsOnlyKeys("a");
                assertThat(rollup.parts()).isEqualTo((int) (SeriesKeys.WINDOW_MICROS / level.widthMicros()));
            });
        }
    }

    @Test
    void change_ofTheSameReadings_changesNothing_andOfOthers_replacesWhatWasStored() {
        store(seal(Map.of(10L, 1.0), 1));

        assertThat(seal(Map.of(10L, 1.0), 1)).isEqualTo(new Rollups.Change(List.of(), List.of()));
        Rollups.Change other = seal(Map.of(10L, 1.0, 20L, 5.0), 2);
        assertThat(other.items()).hasSize(2);
        Rollups.Change nothingLeft =
                rollups.change(DEVICE, DAY, List.of(), 0, stamp(3).time().packed());
        assertThat(nothingLeft.items()).isEmpty();
        assertThat(nothingLeft.superseded()).hasSize(2);
    }

    @Test
    void change_whenTheReadingsHaveLeftTheTable_keepsWhatTheyCameTo() {
        long until = clock.seconds() + 10;
        store(rollups.change(
                DEVICE, DAY, chunks(Map.of(10L, 1.0)), until, stamp(1).time().packed()));
        clock.set(Instant.ofEpochSecond(until + 1));

        assertThat(rollups.change(DEVICE, DAY, List.of(), 0, stamp(2).time().packed()))
                .isEqualTo(new Rollups.Change(List.of(), List.of()));
    }

    @Test
    void isBehind_untilTheWindowsOfADeviceHaveBeenWorkedUp_alsoInAnotherProcess() {
        assertThat(rollups.isBehind(DEVICE)).isTrue();
        rollups.caughtUp(DEVICE);

        assertThat(rollups.isBehind(DEVICE)).isFalse();
        assertThat(new Rollups(table, RULES, clock).isBehind(DEVICE)).isFalse();
        assertThat(new Rollups(table, RollupRules.parse("2h for 1y", UTC), clock).isBehind(DEVICE))
                .isTrue();
        assertThat(new Rollups(table, RollupRules.NONE, clock).isBehind(DEVICE)).isFalse();
    }

    @Test
    void levelsOf_rulesThatAreGone_knowsWhatMayBeStoredStill() {
        store(seal(Map.of(10L, 1.0), 1));

        assertThat(new Rollups(table, RollupRules.NONE, clock).levelsOf(DEVICE)).hasSize(2);
    }

    @Test
    void erase_theWholeDevice_leavesNoRollup() {
        store(seal(Map.of(10L, 1.0), 1));
        rollups.erase(new Erasure(DEVICE, TimeRange.ALL, true, stamp(9)), Set.of());

        for (RollupLevel.Id level : rollups.levelsOf(DEVICE)) {
            assertThat(rollups.read(DEVICE, level, WINDOW, Set.of(), Consistency.STRONG))
                    .allSatisfy((window, rollup) -> assertThat(rollup.erased()).hasSize(rollup.parts()));
        }
    }

    private Rollups.Change seal(Map<Long, Double> values, long millis) {
        return rollups.change(
                DEVICE, DAY, chunks(values), 0, stamp(millis).time().packed());
    }

    private static List<Chunk> chunks(Map<Long, Double> values) {
        // Of one slot each.
        Item[] runs = values.entrySet().stream()
                .map(value -> run(stamp(1), 0, "a", Map.of(value.getKey(), value.getValue())))
                .toArray(Item[]::new);
        return List.of(Chunk.open(chunk(9, runs).body().array()));
    }

    private void store(Rollups.Change change) {
        Blocking.await(table.replace(DEVICE.value(), change.items(), change.superseded()));
    }
}
