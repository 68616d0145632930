package io.hearth.series.clock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.Seed;
import io.hearth.series.SeriesFixture;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StampLeaseTest {
    private static final Duration TERM = StampLease.TERM;

    private final SeriesFixture tableClock = new SeriesFixture();
    private final Table table = new MemoryTable(tableClock);

    /** A process with a wall clock of its own. */
    private final class Process {
        Instant now;
        final HybridClock clock;
        final StampLease lease;

        Process(Instant now) {
            this.now = now;
            clock = HybridClock.shared(() -> this.now);
            lease = new StampLease(table, clock, () -> Uni.createFrom().item(0L));
        }

        long stamp() {
            lease.ready().await().indefinitely();
            return clock.next().hybridTime();
        }

        void pass(Duration time) {
            now = now.plus(time);
        }
    }

    @Test
    void next_beforeAnythingIsGranted_givesOutNothing() {
        assertThatThrownBy(() -> HybridClock.shared(tableClock).next()).isInstanceOf(ThrottledException.class);
    }

    @Test
    void stamps_ofProcessesWhoseClocksDisagreeAndJump_neverEqual() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        List<Process> processes = new ArrayList<>();
        Set<Long> stamps = new HashSet<>();
        long[] last = new long[4];
        for (int i = 0; i < 4; i++) {
            processes.add(new Process(SeriesFixture.START.plusSeconds(random.nextInt(80) - 40)));
        }
        for (int step = 0; step < 5_000; step++) {
            int which = random.nextInt(4);
            Process process = processes.get(which);
            switch (random.nextInt(40)) {
                case 0 -> process.pass(Duration.ofSeconds(random.nextInt(50) - 20));
                case 1 -> {
                    // It dies, and another takes its place with a clock of its own.
                    processes.set(which, new Process(SeriesFixture.START.plusSeconds(random.nextInt(80) - 40)));
                    last[which] = 0;
                }
                default -> process.pass(Duration.ofMillis(random.nextInt(3)));
            }
            long stamp = processes.get(which).stamp();
            assertThat(stamps.add(stamp)).as("seed %d, step %d", seed, step).isTrue();
            assertThat(stamp).as("seed %d, step %d", seed, step).isGreaterThan(last[which]);
            last[which] = stamp;
        }
    }

    @Test
    void stalledHolder_whoseNumberWasTakenOver_usesUpWhatItHas_thenTakesAnother() {
        Process stalled = new Process(SeriesFixture.START);
        long first = stalled.stamp();
        // Everybody else's clock runs a term ahead, so all numbers seem free; one of them takes the same.
        List<Process> others = new ArrayList<>();
        for (int i = 0; i < HybridClock.NUMBERS; i++) {
            Process other = new Process(SeriesFixture.START.plus(TERM).plusMillis(1));
            others.add(other);
            assertThat(other.stamp()).isGreaterThan(first);
        }
        Set<Long> stamps = new HashSet<>();
        others.forEach(other -> assertThat(stamps.add(other.stamp())).isTrue());
        assertThat(stamps.add(stalled.stamp())).isTrue();

        stalled.pass(TERM.multipliedBy(3));
        assertThat(stamps.add(stalled.stamp())).isTrue();
    }

    @Test
    void acquire_allNumbersTaken_isRefusedUntilOneEnds() {
        Process last = new Process(SeriesFixture.START);
        for (int i = 0; i < HybridClock.NUMBERS; i++) {
            last = new Process(SeriesFixture.START);
            last.stamp();
        }
        Process oneTooMany = new Process(SeriesFixture.START);
        assertThatThrownBy(oneTooMany::stamp).isInstanceOf(TableException.class).hasMessageContaining("taken");

        oneTooMany.pass(TERM.plusSeconds(1));
        assertThat(oneTooMany.stamp()).isGreaterThan(last.stamp());
    }

    @Test
    void ready_aboutToEnd_isRenewedBeforeAnybodyWaits() {
        Process process = new Process(SeriesFixture.START);
        process.stamp();
        process.pass(TERM.dividedBy(2));
        process.stamp();
        process.pass(TERM.multipliedBy(3).dividedBy(4));
        assertThat(process.clock.grantedMillis()).isPositive();
    }

    @Test
    void renewal_followsWhoeverIsAhead_butNotABrokenClock() {
        Process ahead = new Process(SeriesFixture.START.plusSeconds(8));
        Process broken = new Process(SeriesFixture.START.plusSeconds(3600));
        long stampAhead = ahead.stamp();
        long stampBroken = broken.stamp();

        Process behind = new Process(SeriesFixture.START);
        assertThat(behind.stamp()).isGreaterThan(stampAhead).isLessThan(stampBroken);
    }

    @Test
    void readied_tableFails_failsAsTheTableDoes_andRecovers() {
        Process process = new Process(SeriesFixture.START);
        table.close();
        assertThatThrownBy(process::stamp).isInstanceOf(TableException.class);
        assertThat(process.clock.grantedMillis()).isNotPositive();
    }
}
