package io.hearth.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What leases promise, on any engine. Each contender has a stopwatch of its own: they began at different times. */
abstract class LeaseContract {
    private static final Duration TERM = Duration.ofSeconds(30);

    private Table table;
    private final AtomicLong now = new AtomicLong();

    abstract Table open(FakeClock clock) throws Exception;

    @BeforeEach
    void openTable() throws Exception {
        table = open(new FakeClock());
    }

    @AfterEach
    void closeTable() {
        table.close();
    }

    private Lease contender(long stopwatchOffset) {
        return new Lease(table, "work", TERM, () -> now.get() + stopwatchOffset);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void hold_free_isTakenByOneAndRenewed() {
        Lease one = contender(0);
        Lease other = contender(Long.MAX_VALUE - 5);
        assertThat(one.hold()).isTrue();
        assertThat(other.hold()).isFalse();
        for (int i = 0; i < 10; i++) {
            pass(TERM.dividedBy(2));
            assertThat(one.hold()).isTrue();
            assertThat(other.hold()).isFalse();
        }
        assertThat(one.isHeld()).isTrue();
        assertThat(other.isHeld()).isFalse();
    }

    @Test
    void hold_holderDies_isTakenOverAfterATermOfSilence_withAGreaterFence() {
        Lease dead = contender(-7_000_000_000L);
        Lease other = contender(9_000_000_000_000L);
        assertThat(dead.hold()).isTrue();
        assertThat(other.hold()).isFalse();
        pass(TERM.minusMillis(1));
        assertThat(other.hold()).isFalse();
        pass(Duration.ofMillis(2));
        assertThat(dead.isHeld()).isFalse();
        assertThat(other.hold()).isTrue();
        assertThat(other.fence()).isGreaterThan(dead.fence());
    }

    @Test
    void hold_afterAStall_knowsThatItIsOver_andIsRefused() {
        Lease stalled = contender(0);
        Lease other = contender(5);
        stalled.hold();
        other.hold();
        pass(TERM.plusMillis(1));
        assertThat(stalled.isHeld()).isFalse();
        assertThat(other.hold()).isTrue();

        assertThat(stalled.hold()).isFalse();
        assertThat(other.hold()).isTrue();
    }

    @Test
    void release_givesItToTheNextAtOnce_andOnlyOnce() {
        Lease one = contender(0);
        Lease other = contender(0);
        one.hold();
        assertThat(other.hold()).isFalse();

        one.release();
        one.release();

        assertThat(one.isHeld()).isFalse();
        assertThat(other.hold()).isTrue();
        assertThat(one.hold()).isFalse();
    }

    @Test
    void hold_otherNames_areOtherLeases() {
        assertThat(contender(0).hold()).isTrue();
        assertThat(new Lease(table, "other work", TERM, now::get).hold()).isTrue();
    }

    /** Several threads, each of which holds, works, renews, releases or dies; nobody ever works beside another. */
    @Test
    void hold_byManyAtOnce_isHeldByOne() {
        long seed = Long.getLong("seed", System.nanoTime());
        AtomicInteger working = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger times = new AtomicInteger();
        List<CompletableFuture<Void>> contenders = new ArrayList<>();
        IntStream.range(0, 4).forEach(number -> {
            Lease lease = contender(number * 1_000L);
            Random random = new Random(seed + number);
            contenders.add(CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < 40; i++) {
                            // Their stopwatch stands, so nobody is ever taken for dead.
                            if (lease.hold()) {
                                times.incrementAndGet();
                                most.accumulateAndGet(working.incrementAndGet(), Math::max);
                                assertThat(random.nextBoolean() || lease.hold()).isTrue();
                                working.decrementAndGet();
                                lease.release();
                            }
                        }
                    },
                    task -> new Thread(task).start()));
        });
        assertThat(contenders)
                .as("-Dseed=" + seed)
                .allSatisfy(contender -> assertThat(contender).succeedsWithin(Duration.ofSeconds(60)));
        assertThat(most).hasValue(1);
        assertThat(times).hasPositiveValue();
    }
}
