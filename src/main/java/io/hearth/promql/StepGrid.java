package io.hearth.promql;

import io.hearth.model.TimeRange;

/**
 * The instants at which a query is evaluated.
 *
 * @param startMicros the first, microseconds since 1970-01-01T00:00Z
 * @param stepMicros from one to the next; positive
 * @param count how many, at least one
 */
public record StepGrid(long startMicros, long stepMicros, int count) {
    public StepGrid {
        if (count < 1 || stepMicros < 1) {
            throw new IllegalArgumentException(count + " steps of " + stepMicros + " µs");
        }
    }

    /** A single instant. */
    public static StepGrid instant(long micros) {
        return new StepGrid(micros, 1, 1);
    }

    public long at(int step) {
        return startMicros + step * stepMicros;
    }

    /** The times in {@code (at(0) - offset - before, at(last) - offset]}. */
    TimeRange samples(long beforeMicros, long offsetMicros) {
        return new TimeRange(startMicros - offsetMicros - beforeMicros + 1, at(count - 1) - offsetMicros + 1);
    }
}
