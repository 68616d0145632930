package io.hearth.codec;

/** The unit of a time that is a whole number since 1970-01-01T00:00Z. */
public enum EpochUnit {
    NANOSECONDS,
    MICROSECONDS,
    MILLISECONDS,
    SECONDS,
    MINUTES,
    HOURS;

    /**
     * A time of this unit in microseconds, rounded down.
     *
     * @throws ArithmeticException if it is beyond the range
     */
    long toMicros(long time) {
        return switch (this) {
            case NANOSECONDS -> Math.floorDiv(time, 1_000L);
            case MICROSECONDS -> time;
            case MILLISECONDS -> Math.multiplyExact(time, 1_000L);
            case SECONDS -> Math.multiplyExact(time, 1_000_000L);
            case MINUTES -> Math.multiplyExact(time, 60_000_000L);
            case HOURS -> Math.multiplyExact(time, 3_600_000_000L);
        };
    }
}
