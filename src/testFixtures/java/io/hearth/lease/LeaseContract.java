package io.hearth.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.Seed;
import io.hearth.table.Condition;
import io.hearth.table.FakeClock;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private final FakeClock wallClock = new FakeClock();

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
        return new Lease(table, "work", TERM, () -> now.get() + stopwatchOffset, wallClock);
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

    /** Others see the renewal earlier than its answer arrives here, and count a term from then. */
    @Test
    void hold_whereTheTableTakesLong_countsFromWhenItAsked() {
        Lease slow = new Lease(
                new ForwardingTable(table) {
                    @Override
                    public Uni<Void> put(Item item, Condition condition) {
                        return table.put(item, condition).invoke(() -> pass(TERM.dividedBy(2)));
                    }
                },
                "work",
                TERM,
                now::get,
                wallClock);
        for (int renewal = 0; renewal < 3; renewal++) {
            assertThat(slow.hold()).isTrue();
            pass(TERM.dividedBy(2).minusNanos(1));
            assertThat(slow.isHeld()).isTrue();
            pass(Duration.ofNanos(1));
            assertThat(slow.isHeld()).isFalse();
        }
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
    void isHeld_afterTheMachineWasSuspended_isNoUntilTheTableHasBeenAsked() {
        AtomicLong stopwatch = new AtomicLong();
        FakeClock wall = new FakeClock();
        Lease suspended = new Lease(table, "work", TERM, stopwatch::get, wall);
        assertThat(suspended.hold()).isTrue();
        wall.advance(TERM);
        assertThat(suspended.isHeld()).isFalse();
        assertThat(suspended.confirm()).isTrue();
        assertThat(suspended.isHeld()).isTrue();
    }

    @Test
    void confirm_afterTheMachineWasSuspendedAndAnotherTookOver_isNo() {
        AtomicLong stopwatch = new AtomicLong();
        FakeClock wall = new FakeClock();
        Lease suspended = new Lease(table, "work", TERM, stopwatch::get, wall);
        Lease other = contender(0);
        assertThat(suspended.hold()).isTrue();
        assertThat(other.hold()).isFalse();
        wall.advance(TERM.plusSeconds(1));
        pass(TERM.plusSeconds(1));
        assertThat(other.hold()).isTrue();

        assertThat(suspended.isHeld()).isFalse();
        assertThat(suspended.confirm()).isFalse();
        assertThat(other.hold()).isTrue();
    }

    @Test
    void confirm_afterTheTermByTheStopwatch_doesNotTakeItAgain() {
        Lease lease = contender(0);
        assertThat(lease.hold()).isTrue();
        pass(TERM);
        assertThat(lease.confirm()).isFalse();
    }

    @Test
    void isHeld_whenTheWallClockIsSetBack_goesByTheStopwatch() {
        FakeClock wall = new FakeClock();
        Lease lease = new Lease(table, "work", TERM, now::get, wall);
        assertThat(lease.hold()).isTrue();
        wall.advance(Duration.ofHours(-5));
        pass(TERM.minusMillis(1));
        assertThat(lease.isHeld()).isTrue();
        pass(Duration.ofMillis(1));
        assertThat(lease.isHeld()).isFalse();
    }

    @Test
    void isHeld_whileARenewalWaitsForTheTable_doesNotWait() {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        AtomicBoolean isSlow = new AtomicBoolean();
        Table slow = new ForwardingTable(table) {
            @Override
            public Uni<Void> put(Item item, Condition condition) {
                return isSlow.get()
                        ? Uni.createFrom().completionStage(answered).chain(() -> table.put(item, condition))
                        : table.put(item, condition);
            }
        };
        Lease lease = new Lease(slow, "work", TERM, now::get, wallClock);
        assertThat(lease.hold()).isTrue();
        isSlow.set(true);
        CompletableFuture<Boolean> renewal = CompletableFuture.supplyAsync(lease::hold);
        assertThat(CompletableFuture.supplyAsync(lease::isHeld)
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join())
                .isTrue();
        answered.complete(null);
        assertThat(renewal.join()).isTrue();
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
        assertThat(new Lease(table, "other work", TERM, now::get, wallClock).hold())
                .isTrue();
    }

    /** Several threads, each of which holds, works, renews, releases or dies; nobody ever works beside another. */
    @Test
    void hold_byManyAtOnce_isHeldByOne() {
        long seed = Seed.of(getClass());
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
                .as("seed " + seed)
                .allSatisfy(contender -> assertThat(contender).succeedsWithin(Duration.ofSeconds(60)));
        assertThat(most).hasValue(1);
        assertThat(times).hasPositiveValue();
    }
}
