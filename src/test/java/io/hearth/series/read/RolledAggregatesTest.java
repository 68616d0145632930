package io.hearth.series.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Function;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.Runs;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.Erasure;
import io.hearth.table.Consistency;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which readings are asked for where rollups are kept; what aggregates come to is tested through the store. */
class RolledAggregatesTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final ZoneId UTC = ZoneId.of("UTC");
    private static final RollupRules RULES = RollupRules.parse("1h for 2y", UTC);
    private static final long HOUR = 3600L * 1_000_000;
    private static final long DAY = SeriesKeys.WINDOW_MICROS;
    private static final long TODAY = SeriesKeys.windowStart(EpochMicros.of(SeriesFixture.START));
    private static final long FIRST = TODAY - 3 * DAY;

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30), RULES);
    private final Rollups rollups = new Rollups(table, RULES, clock);
    private final List<TimeRange> asked = new ArrayList<>();
    private Hidden hidden = Hidden.NOTHING;

    RolledAggregatesTest() {
        for (int day = 0; day < 3; day++) {
            SeriesFixture.append(store, "d1", FIRST + day * DAY + HOUR, Map.of("n", day));
        }
        store.seal(TODAY, nanos -> {});
    }

    @Test
    void add_sealedDays_needNoReadings() {
        add("1h", FIRST, TODAY);

        assertThat(asked).isEmpty();
    }

    @Test
    void add_narrowerThanAnyRollup_asksForAllReadingsAtOnce() {
        add("1m", FIRST, FIRST + DAY);

        assertThat(asked).containsExactly(new TimeRange(FIRST, FIRST + DAY));
    }

    @Test
    void add_dayWithALateReading_asksForTheReadingsOfThatDayOnly() {
        SeriesFixture.append(store, "d1", FIRST + DAY + 2 * HOUR, Map.of("n", 7));

        add("1h", FIRST, TODAY);

        assertThat(asked).containsExactly(new TimeRange(FIRST + DAY, FIRST + 2 * DAY));
    }

    @Test
    void add_dayOfWhichSomethingIsBeingErased_asksForItsReadings() {
        hidden = Hidden.of(
                List.of(new Erasure(D1, new TimeRange(FIRST + HOUR, FIRST + 2 * HOUR), false, Runs.stamp(0))));

        add("1h", FIRST, TODAY);

        assertThat(asked).containsExactly(new TimeRange(FIRST, FIRST + DAY));
    }

    @Test
    void add_rangeThatCutsABucketOfARollup_asksForTheReadingsOfItsEdges() {
        add("1h", FIRST + HOUR / 2, FIRST + 3 * HOUR);

        assertThat(asked).containsExactly(new TimeRange(FIRST + HOUR / 2, FIRST + HOUR));
    }

    private void add(String every, long startMicros, long endMicros) {
        BucketGrid grid = BucketGrid.of(new TimeRange(startMicros, endMicros), Every.parse(every), UTC);
        Aggregation aggregation = new Aggregation(grid, List.of(Function.SUM), Set.of(), AnswerBudget.UNBOUNDED);
        aggregation.nextDevice();
        new RolledAggregates(table, rollups, device -> Set.of("n"), device -> hidden)
                .add(
                        D1,
                        aggregation,
                        Set.of(),
                        Consistency.STRONG,
                        EpochMicros.of(SeriesFixture.START),
                        (range, metrics, nowMicros) -> asked.add(range));
    }
}
