package io.hearth.series.erase;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.REGION;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.series.item.Hidden;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.FakeClock;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErasuresTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final TimeRange HOUR = new TimeRange(DAY, DAY + 3600 * SECOND);

    private final FakeClock clock = new FakeClock();
    private final MemoryTable table = new MemoryTable(clock);
    private final List<Erasure> learned = new ArrayList<>();
    private final Erasures erasures = open(table);

    ErasuresTest() {
        clock.set(Instant.ofEpochSecond(DAY / SECOND));
    }

    private Erasures open(Table of) {
        return new Erasures(of, REGION, clock, Duration.ofDays(30), learned::add);
    }

    @Test
    void begin_isKnownHiddenAndOpen_untilItIsDone_alsoAfterARestart() {
        Erasure erasure = new Erasure(D1, HOUR, false, stamp(5));
        long changesBefore = erasures.changes();

        ErasureLog.Entry entry = erasures.begin(erasure, List.of(), number -> {});

        for (Erasures each : List.of(erasures, open(table))) {
            assertThat(each.knows(erasure)).isTrue();
            assertThat(each.of(D1)).containsExactly(erasure);
            assertThat(each.open()).containsExactly(entry);
            assertThat(each.isOpen(D1)).isTrue();
            assertThat(each.hidden(D1).reaches(DAY, DAY + 1)).isTrue();
            assertThat(each.hidden(D1).reaches(DAY - 2, DAY - 1)).isFalse();
        }
        assertThat(erasures.changes()).isGreaterThan(changesBefore);
        assertThat(learned).containsExactly(erasure, erasure);

        erasures.update(entry.done());

        for (Erasures each : List.of(erasures, open(table))) {
            assertThat(each.isOpen(D1)).isFalse();
            assertThat(each.hidden(D1)).isSameAs(Hidden.NOTHING);
            assertThat(each.knows(erasure)).isTrue();
        }
    }

    @Test
    void covering_onlyWritesThatAreEarlier_inTheRange() {
        Erasure erasure = new Erasure(D1, HOUR, false, stamp(5));
        erasures.begin(erasure, List.of(), number -> {});

        assertThat(erasures.covering(D1, stamp(4), DAY, DAY)).containsExactly(erasure);
        assertThat(erasures.covering(D1, stamp(5), DAY, DAY)).isEmpty();
        assertThat(erasures.covering(D1, stamp(4), DAY - 10, DAY - 1)).isEmpty();
        assertThat(erasures.covering(D1, stamp(4), HOUR.endMicros(), HOUR.endMicros() + 1))
                .isEmpty();
        assertThat(erasures.covering(new DeviceId("d2"), stamp(4), DAY, DAY)).isEmpty();
    }

    @Test
    void lastOfWhole_isTheLatestOfTheWholeDevice() {
        Erasure first = new Erasure(D1, TimeRange.ALL, true, stamp(5));
        Erasure second = new Erasure(D1, TimeRange.ALL, true, stamp(6));
        assertThat(erasures.lastOfWhole(D1)).isNull();
        for (Erasure erasure : List.of(second, first, new Erasure(D1, HOUR, false, stamp(7)))) {
            erasures.begin(erasure, List.of(), number -> {});
        }

        assertThat(erasures.lastOfWhole(D1)).isEqualTo(second);
        assertThat(erasures.lastNumber()).isEqualTo(3);
    }

    @Test
    void refresh_whereSeveralProcessesUseTheTable_learnsWhatOthersErase() {
        Erasures one = open(new SharedTable(table));
        Erasures other = open(new SharedTable(table));
        Erasure erasure = new Erasure(D1, HOUR, false, stamp(5));

        ErasureLog.Entry entry = one.begin(erasure, List.of(), number -> {});
        assertThat(other.knows(erasure)).isFalse();
        Blocking.await(other.refresh());
        assertThat(other.knows(erasure)).isTrue();
        assertThat(other.isOpen(D1)).isTrue();

        // The number is taken: the other one gets the next.
        Erasure second = new Erasure(D1, HOUR, false, stamp(6));
        assertThat(other.begin(second, List.of(), number -> {}).number()).isEqualTo(entry.number() + 1);
        one.update(entry.done());
        Blocking.await(other.refresh());
        assertThat(other.open()).extracting(ErasureLog.Entry::erasure).containsExactly(second);
    }

    @Test
    void begin_numberThatAnotherProcessHasTaken_takesTheNextOne() {
        Erasures one = open(new SharedTable(table));
        Erasures other = open(new SharedTable(table));
        one.begin(new Erasure(D1, HOUR, false, stamp(5)), List.of(), number -> {});

        assertThat(other.begin(new Erasure(D1, HOUR, false, stamp(6)), List.of(), number -> {})
                        .number())
                .isEqualTo(2);
        assertThat(other.of(D1)).hasSize(2);
    }

    @Test
    void expired_isForgotten_whenAnotherOneBecomesKnown() {
        Erasure old = new Erasure(D1, HOUR, false, stamp(5));
        erasures.update(erasures.begin(old, List.of(), number -> {}).done());
        clock.advance(Duration.ofDays(365));
        Erasure next = new Erasure(D1, HOUR, false, stamp(Duration.ofDays(365).toMillis()));
        erasures.begin(next, List.of(), number -> {});

        assertThat(erasures.of(D1)).containsExactly(next);
        assertThat(erasures.knows(old)).isFalse();
    }
}
