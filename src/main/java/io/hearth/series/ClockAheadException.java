package io.hearth.series;

import java.time.Duration;

/** Another region's clock is too far ahead of the wall clock here, so nothing of it was taken in. */
public final class ClockAheadException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Duration ahead;

    ClockAheadException(Duration ahead) {
        super("the other region's clock is " + ahead.toMillis() + " ms ahead of the wall clock here");
        this.ahead = ahead;
    }

    public Duration ahead() {
        return ahead;
    }
}
