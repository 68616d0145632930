package io.hearth.ingest;

import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Appends that are under way at the same time and end as if each began when the one before it was durable: of two values of
 * one key, that of the later turn wins.
 *
 * <p>The batches get their stamps in the order of their turns, and are then written side by side. One that failed and is tried
 * again may get later stamps than those behind it; these are then appended once more, before anybody hears of them. So a
 * turn ends after the one before it, and whoever asked for the earlier one has been told by then.
 */
final class AppendOrder {
    private Turn last = new Turn(null);

    AppendOrder() {
        last.end(0);
    }

    /** The next turn, whose append must be subscribed to. */
    synchronized Turn next() {
        last = new Turn(last);
        return last;
    }

    /** The place of one batch among the others. */
    static final class Turn {
        /** Null once this turn has ended, so that ended turns do not keep each other. */
        private @Nullable Turn before;

        private final CompletableFuture<@Nullable Void> stamped = new CompletableFuture<>();
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

        /** The latest stamp of this turn and those before it, once they have ended. */
        private volatile long lastHybridTime;

        private Turn(@Nullable Turn before) {
            this.before = before;
        }

        /**
         * Appends a batch when the batches before it have got their stamps. Subscribe once; the append goes on when the
         * subscription is cancelled.
         *
         * @param prepare is called before the batch gets its stamps, one turn at a time; may block
         * @param untilDurable adds to an append how it is tried again
         * @param besides is written at the same time, and belongs to the turn
         * @return completes when the batch and what is besides are durable and the turns before it have ended; fails, also after
         *     these, as one of both does
         */
        Uni<Void> append(
                SeriesStore series,
                AppendBatch batch,
                Runnable prepare,
                UnaryOperator<Uni<Void>> untilDurable,
                @Nullable Uni<Void> besides) {
            Turn earlier = before;
            if (earlier == null) {
                throw new IllegalStateException("the turn has ended");
            }
            Uni<Void> append = after(earlier.stamped).chain(() -> {
                prepare.run();
                if (batch.isEmpty()) {
                    stamped.complete(null);
                    return Uni.createFrom().voidItem();
                }
                return untilDurable.apply(series.append(batch, () -> stamped.complete(null)));
            });
            Uni<Void> both = besides == null
                    ? append
                    : Uni.join().all(append, besides).andCollectFailures().replaceWithVoid();
            Uni<Void> inTurn = both.onItemOrFailure()
                    .call(() -> {
                        stamped.complete(null); // also when it failed before it had stamps
                        return after(earlier.ended);
                    })
                    .chain(() -> batch.isEmpty() || batch.firstHybridTime() > earlier.lastHybridTime
                            ? Uni.createFrom().voidItem()
                            : appendAgain(series, batch, untilDurable));
            // The one who subscribed is told before the turn ends, as the next turn may go on at once on another
            // thread.
            return Uni.createFrom()
                    .emitter(emitter -> inTurn.subscribe()
                            .with(
                                    done -> {
                                        // Read before the batch is used again.
                                        long latest = latestStamp(earlier, batch);
                                        emitter.complete(null);
                                        end(latest);
                                    },
                                    failure -> {
                                        long latest = latestStamp(earlier, batch);
                                        emitter.fail(failure);
                                        end(latest);
                                    }));
        }

        private static long latestStamp(Turn earlier, AppendBatch batch) {
            return batch.isEmpty() ? earlier.lastHybridTime : Math.max(earlier.lastHybridTime, batch.lastHybridTime());
        }

        /** Gives the turn up; nothing is appended. */
        void skip() {
            Turn earlier = before;
            if (earlier != null) {
                earlier.whenEnded(() -> end(earlier.lastHybridTime));
            }
        }

        private static Uni<Void> appendAgain(
                SeriesStore series, AppendBatch batch, UnaryOperator<Uni<Void>> untilDurable) {
            return Uni.createFrom()
                    .voidItem()
                    .emitOn(Infrastructure.getDefaultWorkerPool())
                    .chain(() -> untilDurable.apply(series.append(batch)));
        }

        private void whenEnded(Runnable action) {
            CompletableFuture<Void> unused = ended.thenRun(action);
        }

        private void end(long hybridTime) {
            lastHybridTime = hybridTime;
            before = null;
            stamped.complete(null);
            ended.complete(null);
        }

        /** Goes on at once, or on a thread that may block. */
        private static Uni<Void> after(CompletableFuture<@Nullable Void> earlier) {
            return earlier.isDone()
                    ? Uni.createFrom().voidItem()
                    : Uni.createFrom().completionStage(earlier).emitOn(Infrastructure.getDefaultWorkerPool());
        }
    }
}
