package io.hearth.promql;

import io.hearth.limits.QueryRefusedException;
import io.hearth.limits.RunningQueries;
import io.hearth.promql.PromQlException.Type;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * What one query may still use: samples to read, points to hold at a time, its share of the memory of all queries, and time.
 * Counts down; for one thread.
 */
public final class QueryBudget {
    /** Samples that a query may read, as Prometheus' {@code query.max-samples} by default. */
    public static final long MAX_SAMPLES = 50_000_000;

    /** Points of series, windows and groups that are held at a time, at 10 to 32 bytes each. */
    public static final long MAX_POINTS_HELD = 5_000_000;

    /** A thread cannot rest for less. */
    private static final long SHORTEST_REST_NANOS = 1_000_000;

    /** What a query did for longer since it was asked last was no computing: it waited for its client or for the disk. */
    private static final long LONGEST_BUSY_NANOS = 10_000_000;

    private static final long POINT_BYTES = 24;
    private static final long LABELS_BYTES = 300;

    private final long deadlineNanos;
    private final Duration timeout;
    private final RunningQueries.Share share;
    private long samplesLeft = MAX_SAMPLES;
    private long pointsLeft = MAX_POINTS_HELD;
    private long busySinceNanos = System.nanoTime();
    private double restNanos;

    /**
     * @param timeout how long the query may take from now on
     * @param share what it holds of the memory of all queries
     */
    public QueryBudget(Duration timeout, RunningQueries.Share share) {
        this.timeout = timeout;
        this.share = share;
        deadlineNanos = System.nanoTime() + timeout.toNanos();
    }

    void read(int samples) {
        samplesLeft -= samples;
        if (samplesLeft < 0) {
            throw PromQlException.execution("the query reads more than " + MAX_SAMPLES
                    + " samples, the most that a query may; ask for fewer devices or a shorter time");
        }
        checkTime();
    }

    void hold(long points) {
        pointsLeft -= points;
        if (pointsLeft < 0) {
            throw PromQlException.execution(
                    "the query holds more than " + MAX_POINTS_HELD
                            + " points at a time, the most that a query may; ask for fewer groups, larger steps or shorter windows");
        }
        holdBytes(points * POINT_BYTES);
    }

    /** Labels that the query holds beside its points. */
    public void holdLabels(Labels labels) {
        long characters = 0;
        for (String value : labels.values().values()) {
            characters += value.length();
        }
        holdBytes(LABELS_BYTES + characters);
    }

    /**
     * Bytes that the query holds beside its points, until it ends.
     *
     * @throws PromQlException if the queries together do not get so much, or the client has gone
     */
    public void holdBytes(long bytes) {
        try {
            share.take(bytes);
        } catch (QueryRefusedException refused) {
            throw PromQlException.of(refused);
        }
    }

    /**
     * Ends a query that takes too long, or whose client has gone; and lets others run where many queries do.
     *
     * @throws PromQlException to end it
     */
    public void checkTime() {
        giveWay();
        if (System.nanoTime() - deadlineNanos > 0) {
            throw new PromQlException(
                    Type.TIMEOUT, "query timed out in expression evaluation after " + timeout.toMillis() + " ms");
        }
        if (share.clientHasGone()) {
            throw new PromQlException(Type.CANCELED, "the client has gone");
        }
    }

    /** Rests for a moment where many queries run: all else that wants to run would otherwise wait for its turn among them. */
    private void giveWay() {
        long now = System.nanoTime();
        restNanos += share.restNanosFor(Math.min(now - busySinceNanos, LONGEST_BUSY_NANOS));
        busySinceNanos = now;
        if (restNanos >= SHORTEST_REST_NANOS) {
            LockSupport.parkNanos((long) restNanos);
            restNanos = 0;
            busySinceNanos = System.nanoTime();
        }
    }
}
