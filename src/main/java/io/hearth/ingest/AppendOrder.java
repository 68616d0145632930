package io.hearth.ingest;

import io.hearth.series.AppendBatch;
import io.hearth.series.SeriesStore;
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
 * turn ends after the one before it.
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
         * Appends a batch when the batches before it have got their stamps. Subscribe once.
         *
         * @param prepare is called before the batch gets its stamps, one turn at a time; may block
         * @param untilDurable adds to an append how it is tried again
         * @return completes when the batch is durable and the turns before it have ended; fails as the append does
         */
        Uni<Void> append(
                SeriesStore series, AppendBatch batch, Runnable prepare, UnaryOperator<Uni<Void>> untilDurable) {
            Turn earlier = before;
            if (earlier == null) {
                throw new IllegalStateException("the turn has ended");
            }
            return after(earlier.stamped)
                    .chain(() -> {
                        prepare.run();
                        if (batch.isEmpty()) {
                            stamped.complete(null);
                            return Uni.createFrom().voidItem();
                        }
                        return untilDurable.apply(series.append(batch, () -> stamped.complete(null)));
                    })
                    .chain(() -> after(earlier.ended))
                    .chain(() -> batch.isEmpty() || batch.firstHybridTime() > earlier.lastHybridTime
                            ? Uni.createFrom().voidItem()
                            : appendAgain(series, batch, untilDurable))
                    .onTermination()
                    .invoke(() -> {
                        long own = batch.isEmpty() ? 0 : batch.lastHybridTime();
                        stamped.complete(null);
                        // After a failure the turn before may still be under way.
                        earlier.whenEnded(() -> end(Math.max(earlier.lastHybridTime, own)));
                    });
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
