package io.hearth.promql;

import io.hearth.promql.PromQlException.Type;
import java.time.Duration;

/** What one query may still use: samples to read, points to hold at a time, and time. Counts down; for one thread. */
public final class QueryBudget {
    /** Samples that a query may read, as Prometheus' {@code query.max-samples} by default. */
    public static final long MAX_SAMPLES = 50_000_000;

    /** Points of series, windows and groups that are held at a time, at 10 to 32 bytes each. */
    public static final long MAX_POINTS_HELD = 5_000_000;

    private final long deadlineNanos;
    private final Duration timeout;
    private long samplesLeft = MAX_SAMPLES;
    private long pointsLeft = MAX_POINTS_HELD;

    public QueryBudget(Duration timeout) {
        this.timeout = timeout;
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
    }

    void checkTime() {
        if (System.nanoTime() - deadlineNanos > 0) {
            throw new PromQlException(
                    Type.TIMEOUT, "query timed out in expression evaluation after " + timeout.toMillis() + " ms");
        }
    }
}
