package io.hearth.sync.feed;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.sync.SyncSource;
import io.hearth.sync.wire.SyncPage;
import io.hearth.table.Cursor;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads pages of the feed on threads of its own. Who waits for changes holds none of them meanwhile. */
public final class FeedReader implements AutoCloseable {
    private static final int THREADS = 2;

    /** So that many who wait together ask the table no more often than this allows. */
    private static final long NANOS_PER_LOOK = TimeUnit.MICROSECONDS.toNanos(200);

    private final SyncSource source;
    private final long pollNanos;
    private final int maxWaiting;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean stopping;
    private final ScheduledExecutorService threads =
            Executors.newScheduledThreadPool(THREADS, DaemonThreads.named("hearth-sync-pages"));

    /**
     * @param pollInterval how often the table is asked while someone waits
     * @param maxWaiting how many may wait at a time
     */
    public FeedReader(SyncSource source, Duration pollInterval, int maxWaiting) {
        this.source = source;
        this.pollNanos = pollInterval.toNanos();
        this.maxWaiting = maxWaiting;
    }

    /**
     * A question to the feed.
     *
     * @param after a place, {@code now}, or null for the oldest change that is kept
     * @param limit about how many records to answer
     * @param maxWait how long to wait for a change if there is none
     */
    public record Question(@Nullable String after, int limit, SyncSource.Wanted wanted, Duration maxWait) {}

    /** How many wait for changes. */
    public int waiting() {
        return waiting.get();
    }

    /** Answers who waits for changes, from now on without a wait: the service is about to stop, and waits for its requests. */
    public void stopWaiting() {
        stopping = true;
    }

    /** Runs something that blocks. */
    public <T> Uni<T> run(Supplier<T> action) {
        return Uni.createFrom().item(action).runSubscriptionOn(threads);
    }

    /**
     * The changes, when there are any or the time to wait is over. Fails with {@link FeedBusyException} when it cannot be asked
     * now, and as {@link SyncSource#changes} does.
     */
    public Uni<SyncPage> changes(Question question) {
        return Uni.createFrom().emitter(emitter -> {
            if (waiting.incrementAndGet() > maxWaiting) {
                waiting.decrementAndGet();
                emitter.fail(new FeedBusyException("As many wait for changes as may at a time; ask again later."));
                return;
            }
            AtomicBoolean ended = new AtomicBoolean();
            emitter.onTermination(() -> ended.set(true));
            long deadlineNanos = System.nanoTime() + question.maxWait.toNanos();
            execute(() -> look(question, place(question), deadlineNanos, ended, emitter), 0, emitter);
        });
    }

    private Cursor place(Question question) {
        if (question.after == null) {
            return source.oldest();
        }
        return question.after.equals("now") ? source.now() : new Cursor(question.after);
    }

    private void look(
            Question question,
            Cursor after,
            long deadlineNanos,
            AtomicBoolean ended,
            UniEmitter<? super SyncPage> emitter) {
        if (ended.get()) {
            waiting.decrementAndGet();
            return;
        }
        SyncPage page = source.changes(after, question.limit, question.wanted);
        Cursor next = page.next();
        boolean waits = !stopping && System.nanoTime() < deadlineNanos;
        if (!page.records().isEmpty() || next == null || !waits) {
            waiting.decrementAndGet();
            emitter.complete(page);
            return;
        }
        long pause = Math.max(pollNanos, waiting.get() * NANOS_PER_LOOK);
        execute(() -> look(question, next, deadlineNanos, ended, emitter), pause, emitter);
    }

    private void execute(Runnable action, long delayNanos, UniEmitter<? super SyncPage> emitter) {
        try {
            // The action tells the emitter of its failures, so the future has nothing to say.
            var unused = threads.schedule(
                    () -> {
                        try {
                            action.run();
                        } catch (RuntimeException e) {
                            waiting.decrementAndGet();
                            emitter.fail(e);
                        }
                    },
                    delayNanos,
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            waiting.decrementAndGet();
            emitter.fail(new FeedBusyException("The service stops; ask again later."));
        }
    }

    /** Makes something of a page, on the threads of this reader. */
    public <T> Uni<T> transformed(Uni<SyncPage> page, Function<SyncPage, T> transformation) {
        return page.emitOn(threads).map(transformation);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
