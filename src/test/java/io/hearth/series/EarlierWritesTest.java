package io.hearth.series;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.series.clock.StampLease;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.write.UnsettledAppends;
import io.hearth.table.Blocking;
import io.hearth.table.FakeClock;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EarlierWritesTest {
    private final FakeClock clock = new FakeClock();
    private final MemoryTable memory = new MemoryTable(clock);
    private long pausedMillis;

    @Test
    void awaitOthers_whereThereAreNone_doesNotWait() {
        writes(clockOf(memory, 0)).awaitOthers(1);

        assertThat(pausedMillis).isZero();
    }

    @Test
    void awaitOthers_oneThatNeverSaysThatItKnows_isWaitedForUntilItsStampsHaveEnded() {
        Table shared = new SharedTable(memory);
        WriteClock own = clockOf(shared, 7);
        clockOf(shared, 0);

        writes(own).awaitOthers(7);

        assertThat(pausedMillis).isGreaterThanOrEqualTo(StampLease.TERM.toMillis());
    }

    @Test
    void awaitOthers_thoseThatKnowTheErasure_areNotWaitedFor() {
        Table shared = new SharedTable(memory);
        WriteClock own = clockOf(shared, 7);
        clockOf(shared, 7);

        writes(own).awaitOthers(7);

        assertThat(pausedMillis).isZero();
    }

    private WriteClock clockOf(Table table, long knownErasure) {
        WriteClock writeClock =
                new WriteClock(table, clock, () -> Uni.createFrom().item(knownErasure));
        Blocking.await(writeClock.ready());
        return writeClock;
    }

    private EarlierWrites writes(WriteClock writeClock) {
        return new EarlierWrites(
                new UnsettledAppends(),
                () -> {
                    throw new IllegalStateException("not asked for");
                },
                writeClock,
                millis -> {
                    pausedMillis += millis;
                    clock.advance(Duration.ofMillis(millis));
                });
    }
}
