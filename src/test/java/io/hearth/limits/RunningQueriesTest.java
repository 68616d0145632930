package io.hearth.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.limits.QueryRefusedException.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunningQueriesTest {
    private static final long PIECE = RunningQueries.PIECE_BYTES;
    private static final Duration LONG = Duration.ofMinutes(2);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ExecutorService others = Executors.newCachedThreadPool();

    @AfterEach
    void end() throws InterruptedException {
        others.shutdownNow();
        assertThat(others.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }

    private static RunningQueries.Share begin(RunningQueries queries) {
        return queries.begin(() -> false, LONG);
    }

    private static void assertRefused(Runnable what, Reason reason) {
        assertThatThrownBy(what::run)
                .isInstanceOfSatisfying(
                        QueryRefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private double refused(Reason reason) {
        return registry.get("hearth.queries.refused")
                .tag("reason", reason.name().toLowerCase(java.util.Locale.ROOT))
                .counter()
                .count();
    }

    @Test
    void restFor_manyMoreQueriesThanProcessors_leavesThemTwoEachInAll() {
        assertThat(RunningQueries.restFor(1000, 1, 2)).isZero();
        assertThat(RunningQueries.restFor(1000, 4, 2)).isZero();
        assertThat(RunningQueries.restFor(1000, 8, 2)).isEqualTo(1000);
        assertThat(RunningQueries.restFor(1000, 20, 2)).isEqualTo(4000);
    }

    @Test
    void begin_moreThanMayRun_waitsForOneToEnd() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, LONG, registry);
        RunningQueries.Share first = begin(queries);
        CompletableFuture<RunningQueries.Share> second = CompletableFuture.supplyAsync(() -> begin(queries), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);
        assertThat(second).isNotDone();

        first.close();

        second.join().close();
        assertThat(queries.running()).isZero();
    }

    @Test
    void begin_waitedLongEnough_isRefused() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, Duration.ZERO, registry);
        begin(queries);

        assertRefused(() -> begin(queries), Reason.TOO_MANY);
        assertThat(refused(Reason.TOO_MANY)).isEqualTo(1);
        // The time of the query itself is over before that of the setting.
        RunningQueries patient = new RunningQueries(1, 8 * PIECE, LONG, new SimpleMeterRegistry());
        begin(patient);
        assertRefused(() -> patient.begin(() -> false, Duration.ZERO), Reason.TOO_MANY);
    }

    @Test
    void begin_manyWait_refusesMoreAtOnce() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, LONG, registry);
        AtomicBoolean gone = new AtomicBoolean();
        begin(queries);
        List<CompletableFuture<RunningQueries.Share>> waiting = new ArrayList<>();
        for (int i = 0; i < RunningQueries.MAX_WAITING; i++) {
            waiting.add(CompletableFuture.supplyAsync(() -> queries.begin(gone::get, LONG), others));
        }
        await().atMost(LONG).until(() -> queries.waiting() == RunningQueries.MAX_WAITING);

        assertRefused(() -> begin(queries), Reason.TOO_MANY);

        gone.set(true);
        for (CompletableFuture<RunningQueries.Share> each : waiting) {
            assertRefused(() -> joined(each), Reason.CLIENT_GONE);
        }
        assertThat(queries.waiting()).isZero();
        assertThat(queries.running()).isEqualTo(1);
    }

    private static void joined(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof QueryRefusedException refused) {
                throw refused;
            }
            throw e;
        }
    }

    @Test
    void take_moreThanAllMayHold_isRefusedAtOnce() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share query = begin(queries);
        query.take(8 * PIECE);

        assertRefused(() -> query.take(1), Reason.TOO_LARGE);

        query.close();
        assertThat(queries.held()).isZero();
        assertThat(refused(Reason.TOO_LARGE)).isEqualTo(1);
    }

    @Test
    void take_othersHoldTooMuch_waitsUntilTheyEnd() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share large = begin(queries);
        large.take(6 * PIECE);
        RunningQueries.Share small = begin(queries);
        CompletableFuture<Void> more = CompletableFuture.runAsync(() -> small.take(3 * PIECE), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);
        assertThat(queries.held()).isEqualTo(6 * PIECE);

        large.close();

        more.join();
        assertThat(queries.held()).isEqualTo(3 * PIECE);
    }

    @Test
    void take_eachWaitsForTheOther_theLastGivesWay() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share first = begin(queries);
        RunningQueries.Share last = begin(queries);
        first.take(4 * PIECE);
        last.take(4 * PIECE);
        CompletableFuture<Void> more = CompletableFuture.runAsync(() -> first.take(1), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);

        assertRefused(() -> last.take(1), Reason.MEMORY);

        last.close();
        more.join();
    }

    @Test
    void take_clientGoesMeanwhile_endsTheWait() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        AtomicBoolean gone = new AtomicBoolean();
        begin(queries).take(8 * PIECE);
        RunningQueries.Share left = queries.begin(gone::get, LONG);
        CompletableFuture<Void> more = CompletableFuture.runAsync(() -> left.take(1), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);

        gone.set(true);

        assertRefused(() -> joined(more), Reason.CLIENT_GONE);
    }

    @Test
    void giveBack_isTakenAgain_withoutMore() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share query = begin(queries);
        for (int i = 0; i < 100; i++) {
            query.take(5 * PIECE);
            query.giveBack(5 * PIECE);
        }
        assertThat(queries.held()).isEqualTo(5 * PIECE);

        query.close();
        query.close();

        assertThat(queries.held()).isZero();
        assertThat(queries.running()).isZero();
    }

    @Test
    void take_afterTheEnd_isRefused_andHoldsNothing() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share query = begin(queries);
        query.take(1);
        query.close();

        // A helper that has not heard of it.
        assertRefused(() -> query.take(1), Reason.CLIENT_GONE);
        assertRefused(query::requireClient, Reason.CLIENT_GONE);
        assertThat(queries.held()).isZero();
    }

    @Test
    void take_refusedToOneThread_endsTheOthersForTheSameReason() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        RunningQueries.Share query = begin(queries);
        query.take(1);
        assertRefused(() -> query.take(9 * PIECE), Reason.TOO_LARGE);

        assertRefused(query::requireClient, Reason.TOO_LARGE);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> query.take(1), others);
        assertRefused(() -> joined(other), Reason.TOO_LARGE);
        assertThat(refused(Reason.TOO_LARGE)).isEqualTo(1);
    }

    @Test
    void close_whileAThreadWaitsForMemory_endsItsWait() {
        RunningQueries queries = new RunningQueries(4, 8 * PIECE, LONG, registry);
        begin(queries).take(8 * PIECE);
        RunningQueries.Share query = begin(queries);
        CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> query.take(1), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);

        query.close();

        assertRefused(() -> joined(waits), Reason.CLIENT_GONE);
        assertThat(queries.running()).isEqualTo(1);
        assertThat(queries.held()).isEqualTo(8 * PIECE);
    }

    @Test
    void beginWhenLarge_holdsLittle_needsNoTurn_andCountsFromThenOn() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, LONG, registry);
        RunningQueries.Share runs = begin(queries);
        RunningQueries.Share small = queries.beginWhenLarge(() -> false);
        small.take(RunningQueries.SMALL_BYTES);
        assertThat(queries.running()).isEqualTo(1);
        assertThat(queries.held()).isZero();

        CompletableFuture<Void> more = CompletableFuture.runAsync(() -> small.take(1), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);
        runs.close();
        more.join();

        assertThat(queries.running()).isEqualTo(1);
        // All that it holds counts, in whole pieces.
        assertThat(queries.held()).isEqualTo(2 * PIECE);
        small.close();
        assertThat(queries.running()).isZero();
        assertThat(queries.held()).isZero();
    }

    @Test
    void beginWhenLarge_thatStaysSmall_endsWithoutATrace() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, LONG, registry);
        RunningQueries.Share small = queries.beginWhenLarge(() -> false);
        small.take(1);

        small.close();

        assertThat(queries.running()).isZero();
        assertRefused(() -> small.take(1), Reason.CLIENT_GONE);
        assertThat(queries.running()).isZero();
    }

    @Test
    void beginWhenLarge_ofSeveralThreads_closedWhileOneWaitsForItsTurn_endsThatWait() {
        RunningQueries queries = new RunningQueries(1, 8 * PIECE, LONG, registry);
        begin(queries);
        RunningQueries.Share large = queries.beginWhenLarge(() -> false);
        CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> large.take(2 * PIECE), others);
        await().atMost(LONG).until(() -> queries.waiting() == 1);

        large.close();

        assertRefused(() -> joined(waits), Reason.CLIENT_GONE);
        assertThat(queries.running()).isEqualTo(1);
        assertThat(queries.waiting()).isZero();
    }
}
