package io.hearth.model;

/**
 * A half-open range of device time, {@code [startMicros, endMicros)}, in microseconds since 1970-01-01T00:00Z.
 */
public record TimeRange(long startMicros, long endMicros) {
    /** All of time. */
    public static final TimeRange ALL = new TimeRange(Long.MIN_VALUE, Long.MAX_VALUE);

    /** @throws IllegalArgumentException if the end lies before the start */
    public TimeRange {
        if (endMicros < startMicros) {
            throw new IllegalArgumentException("the range ends before it starts");
        }
    }

    public boolean contains(long micros) {
        return micros >= startMicros && micros < endMicros;
    }

    public boolean isEmpty() {
        return startMicros == endMicros;
    }
}
