package io.hearth.series.value;

import java.time.Duration;

/**
 * The clock of another region, or of another process that shares the table, is too far ahead of the wall clock here: nothing of it
 * was taken in, and nothing that it wrote was erased.
 */
public final class ClockAheadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration ahead;

    public ClockAheadException(Duration ahead) {
        super("the other clock is " + ahead.toMillis() + " ms ahead of the wall clock here");
        this.ahead = ahead;
    }

    public Duration ahead() {
        return ahead;
    }
}
