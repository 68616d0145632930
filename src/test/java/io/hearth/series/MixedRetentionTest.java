package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.table.Direction;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Readings of one day that are kept for different times, as the retention was changed or differs between regions. */
class MixedRetentionTest {
    private static final long T0 = EpochMicros.of(START);
    private static final long DAY = Duration.ofDays(1).toSeconds() * 1_000_000;

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);

    @Test
    void seal_oneInstantWrittenWithTwoRetentions_noValueExpiresEarly() {
        append(clock.open(table, Duration.ofDays(30)), "d1", T0, Map.of("a", 1, "c", 1));
        SeriesStore store = clock.open(table, Duration.ofDays(2));
        append(store, "d1", T0, Map.of("b", 2, "c", 2));
        clock.setNow(START.plus(Duration.ofDays(1)));
        store.seal(T0 + DAY, nanos -> {});

        clock.setNow(START.plus(Duration.ofDays(3)));

        List<Map.Entry<Long, Map<String, Object>>> readings =
                scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING);
        assertThat(readings).hasSize(1);
        assertThat(readings.get(0).getValue()).containsEntry("a", 1.0);
    }

    @Test
    void seal_oneInstantWrittenForEverAndForATime_isKeptForEver() {
        append(clock.open(table, Duration.ZERO), "d1", T0, Map.of("a", 1));
        SeriesStore store = clock.open(table, Duration.ofDays(2));
        append(store, "d1", T0, Map.of("b", 2));
        clock.setNow(START.plus(Duration.ofDays(1)));
        store.seal(T0 + DAY, nanos -> {});

        clock.setNow(START.plus(Duration.ofDays(400)));

        assertThat(scan(store, "d1", TimeRange.ALL, Set.of("a"), Direction.ASCENDING))
                .containsExactly(Map.entry(T0, Map.of("a", 1.0)));
    }

    @Test
    void seal_valueThatWasOverwrittenWithAShorterRetention_goesByThatOne() {
        append(clock.open(table, Duration.ofDays(30)), "d1", T0, Map.of("a", 1));
        SeriesStore store = clock.open(table, Duration.ofDays(2));
        append(store, "d1", T0, Map.of("a", 2));
        clock.setNow(START.plus(Duration.ofDays(1)));
        store.seal(T0 + DAY, nanos -> {});

        clock.setNow(START.plus(Duration.ofDays(3)));

        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .isEmpty();
    }
}
