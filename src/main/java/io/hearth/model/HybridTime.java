package io.hearth.model;

/**
 * When a write was committed, by a hybrid logical clock: near wall time, yet never going back, so that of two writes the
 * later one is the same everywhere. Kulkarni et al., "Logical Physical Clocks", OPODIS 2014.
 *
 * @param packed physical milliseconds since 1970 in the upper 48 bits, a counter in the lower 16, so that the order of
 *     the longs is the order of the times
 */
public record HybridTime(long packed) implements Comparable<HybridTime> {
    public static final int COUNTER_BITS = 16;
    public static final int MAX_COUNTER = (1 << COUNTER_BITS) - 1;
    private static final long MAX_PHYSICAL_MILLIS = (1L << 47) - 1;

    public HybridTime {
        if (packed < 0) {
            throw new IllegalArgumentException("a hybrid time is not negative: " + packed);
        }
    }

    public static HybridTime of(long physicalMillis, int counter) {
        if (physicalMillis < 0 || physicalMillis > MAX_PHYSICAL_MILLIS || counter < 0 || counter > MAX_COUNTER) {
            throw new IllegalArgumentException("no hybrid time: " + physicalMillis + " ms, counter " + counter);
        }
        return new HybridTime(physicalMillis << COUNTER_BITS | counter);
    }

    public long physicalMillis() {
        return packed >>> COUNTER_BITS;
    }

    public int counter() {
        return (int) (packed & MAX_COUNTER);
    }

    @Override
    public int compareTo(HybridTime other) {
        return Long.compare(packed, other.packed);
    }
}
