package io.hearth.table.dynamodb;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.ConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * Sends requests, so many at once, and again after a pause when they are refused or not answered. Pauses are drawn between
 * nothing and a bound that doubles, so that many writers who were refused together do not come back together ("full jitter":
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * <p>No attempt begins behind the deadline of its operation, waiting for a turn included, and each is given up after the request
 * timeout. So an operation that sends anything settles at most one request timeout behind its deadline, which is 13 s after it was
 * submitted with the defaults. A write that waits for another one of its key fails at most 16 s after it was submitted, with
 * nothing written.
 *
 * <p>A request that was given up may be on its way all the same, or wait at the server, and be done later, in between or after
 * what was sent since. Nothing at hand bounds that but its signature, which AWS takes for some minutes. The next write of the
 * same key by this process waits one request timeout more (at most a third of the deadline), so it is overtaken only by a request
 * that is later than that. A conditional write does no harm when it is late, as its condition does not hold any more, unless the
 * item is again as it was.
 */
final class Requests implements AutoCloseable {
    private static final long FIRST_PAUSE_MILLIS = 25;
    private static final long LONGEST_PAUSE_MILLIS = 2_000;

    private final Gate reads;
    private final Gate writes;
    private final long patienceNanos;
    private final Duration deadline;
    private final RequestListener listener;
    private final ScheduledExecutorService timer;
    private volatile boolean closed;

    Requests(DynamoDbSettings settings, RequestListener listener) {
        reads = new Gate(settings.maxConnections());
        writes = new Gate(settings.maxConnections());
        deadline = settings.deadline();
        // Not so long that the next write of the key has no time left.
        patienceNanos = Math.min(settings.requestTimeout().toNanos(), deadline.toNanos() / 3);
        this.listener = listener;
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("table-retries"));
        timer = executor;
    }

    /** The attempts of a request of one operation, until the operation's deadline. */
    final class Attempts {
        private final long startNanos;
        private int pauses;
        private volatile boolean hasUnanswered;
        private volatile long unansweredNanos;

        private Attempts(long startNanos) {
            this.startNanos = startNanos;
        }

        boolean areOver() {
            return System.nanoTime() - startNanos > deadline.toNanos();
        }

        private void unanswered() {
            unansweredNanos = System.nanoTime();
            hasUnanswered = true;
        }

        /**
         * Runs {@code then} now if each attempt was answered, or else a while after the last that was not: it was given up, but may
         * have been on its way.
         */
        void whenNothingIsOnItsWay(Runnable then) {
            long left = unansweredNanos + patienceNanos - System.nanoTime();
            if (!hasUnanswered || left <= 0) {
                then.run();
                return;
            }
            try {
                var unused = timer.schedule(then, left, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException e) {
                then.run(); // closed just now
            }
        }

        /** Those of another request of the same operation. */
        Attempts another() {
            return new Attempts(startNanos);
        }

        /**
         * Completes after a pause, true; false at once if it would end behind the deadline, or the table is closed.
         */
        CompletableFuture<Boolean> pause() {
            long bound = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(pauses, 10));
            pauses++;
            long millis = ThreadLocalRandom.current().nextLong(bound + 1);
            long spent = System.nanoTime() - startNanos;
            if (closed || spent + TimeUnit.MILLISECONDS.toNanos(millis) > deadline.toNanos()) {
                return CompletableFuture.completedFuture(false);
            }
            CompletableFuture<Boolean> over = new CompletableFuture<>();
            try {
                var unused = timer.schedule(() -> over.complete(!closed), millis, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                over.complete(false); // closed just now
            }
            return over;
        }
    }

    Attempts attempts() {
        return new Attempts(System.nanoTime());
    }

    RequestListener listener() {
        return listener;
    }

    /**
     * Sends one request once, when it is its turn; not at all if its deadline has come by then.
     *
     * @param capacity the units that an answer consumed
     * @return fails with what the SDK fails with, unwrapped, or with {@link TableException} if it was not sent
     */
    <R> CompletableFuture<R> send(
            Operation operation,
            Attempts attempts,
            ToDoubleFunction<R> capacity,
            Supplier<CompletableFuture<R>> request) {
        Gate gate = operation.writes() ? writes : reads;
        CompletableFuture<R> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused = gate.pass(() -> {
                    if (closed) {
                        return CompletableFuture.failedFuture(new TableException("the table is closed", null));
                    }
                    if (attempts.areOver()) {
                        listener.throttled(operation);
                        return CompletableFuture.failedFuture(
                                new ThrottledException("a request did not get its turn within " + deadline, null));
                    }
                    long startNanos = System.nanoTime();
                    return request.get().whenComplete((result, failure) -> {
                        if (failure == null) {
                            listener.answered(
                                    operation, capacity.applyAsDouble(result), System.nanoTime() - startNanos);
                        }
                    });
                })
                .handle((result, wrapped) -> {
                    if (wrapped == null) {
                        answer.complete(result);
                        return null;
                    }
                    Throwable failure = Failure.unwrap(wrapped);
                    if (Failure.isUnanswered(failure)) {
                        attempts.unanswered();
                    }
                    switch (Failure.of(failure)) {
                        case THROTTLED -> listener.throttled(operation);
                        case REFUSED, UNKNOWN -> listener.failed(operation);
                        default -> {}
                    }
                    answer.completeExceptionally(failure);
                    return null;
                });
        return answer;
    }

    /** Sends a request that changes nothing until it is answered; fails with what the table fails with. */
    <R> CompletableFuture<R> read(
            Operation operation, ToDoubleFunction<R> capacity, Supplier<CompletableFuture<R>> request) {
        CompletableFuture<R> answer = new CompletableFuture<>();
        read(operation, capacity, request, attempts(), answer);
        return answer;
    }

    private <R> void read(
            Operation operation,
            ToDoubleFunction<R> capacity,
            Supplier<CompletableFuture<R>> request,
            Attempts attempts,
            CompletableFuture<R> answer) {
        CompletableFuture<Void> unused = send(operation, attempts, capacity, request)
                .handle((result, wrapped) -> {
                    if (wrapped == null) {
                        answer.complete(result);
                        return null;
                    }
                    Throwable failure = Failure.unwrap(wrapped);
                    // A shard or a stream that is no longer kept does not come back; a table may come to be.
                    boolean gone = operation == Operation.CHANGES && failure instanceof ResourceNotFoundException;
                    if (gone || !Failure.of(failure).mayPass()) {
                        answer.completeExceptionally(failure);
                        return null;
                    }
                    CompletableFuture<Void> later = attempts.pause().thenAccept(again -> {
                        if (again) {
                            read(operation, capacity, request, attempts, answer);
                        } else {
                            answer.completeExceptionally(exceptionOf(failure));
                        }
                    });
                    return null;
                });
    }

    /** A read that failed wrote nothing, so whoever asked may just ask again. */
    private TableException exceptionOf(Throwable failure) {
        if (closed) {
            return new TableException("the table is closed", failure);
        }
        return failure instanceof TableException table
                ? table
                : new ThrottledException("DynamoDB does not answer: " + failure.getMessage(), failure);
    }

    boolean isClosed() {
        return closed;
    }

    /** What is under way ends by itself; nothing more is sent. */
    @Override
    public void close() {
        closed = true;
        timer.shutdown(); // pauses that have begun end soon, and with them what waits for them
    }

    static double units(@Nullable ConsumedCapacity consumed) {
        return consumed == null || consumed.capacityUnits() == null ? 0 : consumed.capacityUnits();
    }
}
