package io.hearth.rest.sync;

import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.sync.RecordLines;
import io.hearth.sync.SyncPage;
import io.hearth.sync.SyncSource;
import io.hearth.table.Cursor;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Reads pages of the feed on threads of its own. Whoever waits for changes holds none of them meanwhile. */
public final class SyncPages implements AutoCloseable {
    private static final int THREADS = 2;

    /** So that many who wait together ask the table no more often than this allows. */
    private static final long NANOS_PER_LOOK = TimeUnit.MICROSECONDS.toNanos(200);

    private final SyncSource source;
    private final InstantSource clock;
    private final long pollNanos;
    private final int maxWaiting;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile boolean stopping;
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(THREADS, task -> {
        Thread thread = new Thread(task, "hearth-sync-pages");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param pollInterval how often the table is asked while somebody waits
     * @param maxWaiting how many may wait at a time
     */
    public SyncPages(SyncSource source, InstantSource clock, Duration pollInterval, int maxWaiting) {
        this.source = source;
        this.clock = clock;
        this.pollNanos = pollInterval.toNanos();
        this.maxWaiting = maxWaiting;
    }

    /**
     * What somebody asks of the feed.
     *
     * @param after a place, {@code now}, or null for the oldest change that is kept
     */
    record Ask(@Nullable String after, int limit, SyncSource.Wanted wanted, Duration patience) {}

    /** How many wait for changes. */
    public int waiting() {
        return waiting.get();
    }

    /** Answers who waits for changes, from now on without a wait: the service is about to stop, and waits for its requests. */
    public void stopWaiting() {
        stopping = true;
    }

    /** Runs something that blocks. */
    <T> Uni<T> run(Supplier<T> action) {
        return Uni.createFrom().item(action).runSubscriptionOn(threads);
    }

    /** The changes, when there are any or the time to wait is over. */
    Uni<SyncPage> changes(Ask ask) {
        return Uni.createFrom().emitter(emitter -> {
            if (waiting.incrementAndGet() > maxWaiting) {
                waiting.decrementAndGet();
                emitter.fail(new ProblemException(
                        ProblemType.OVERLOADED, "As many wait for changes as may at a time; ask again later."));
                return;
            }
            AtomicBoolean ended = new AtomicBoolean();
            emitter.onTermination(() -> ended.set(true));
            long deadlineNanos = System.nanoTime() + ask.patience.toNanos();
            execute(() -> look(ask, place(ask), deadlineNanos, ended, emitter), 0, emitter);
        });
    }

    private Cursor place(Ask ask) {
        if (ask.after == null) {
            return source.oldest();
        }
        return ask.after.equals("now") ? source.now() : new Cursor(ask.after);
    }

    private void look(
            Ask ask, Cursor after, long deadlineNanos, AtomicBoolean ended, UniEmitter<? super SyncPage> emitter) {
        if (ended.get()) {
            waiting.decrementAndGet();
            return;
        }
        SyncPage page = source.changes(after, ask.limit, ask.wanted);
        Cursor next = page.next();
        boolean waits = !stopping && System.nanoTime() < deadlineNanos;
        if (!page.records().isEmpty() || next == null || !waits) {
            waiting.decrementAndGet();
            emitter.complete(page);
            return;
        }
        long pause = Math.max(pollNanos, waiting.get() * NANOS_PER_LOOK);
        execute(() -> look(ask, next, deadlineNanos, ended, emitter), pause, emitter);
    }

    private void execute(Runnable action, long delayNanos, UniEmitter<? super SyncPage> emitter) {
        try {
            threads.schedule(
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
            emitter.fail(new ProblemException(ProblemType.OVERLOADED, "The service stops; ask again later."));
        }
    }

    /** A page as the body of an answer. */
    Uni<byte[]> encoded(Uni<SyncPage> page, boolean packed, boolean gzip) {
        return page.emitOn(threads).map(made -> {
            byte[] body = packed ? RecordLines.write(made, clock.millis()) : SyncJson.write(made, clock.millis());
            return gzip ? gzipped(body) : body;
        });
    }

    private static byte[] gzipped(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 3 + 64);
        try (GZIPOutputStream gzip = new FastGzip(out)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(ByteArrayOutputStream out) throws IOException {
            super(out, 1 << 14);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
