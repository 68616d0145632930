package io.hearth.series.aggregate;

import io.hearth.model.TimeRange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes candidates for bucket bounds in ascending order and keeps those that a range needs: the last one at or before its
 * start, those inside, and the first one at or after its end.
 */
final class BoundsCollector {
    private final TimeRange range;
    private final int limit;
    private long[] bounds = new long[64];
    private int size;

    /** @param limit the most buckets to collect */
    BoundsCollector(TimeRange range, int limit) {
        this.range = range;
        this.limit = limit;
    }

    /** Whether the bounds are complete, or too many. */
    boolean isDone() {
        return size > 0 && (bounds[size - 1] >= range.endMicros() || size > limit + 1);
    }

    /** Takes the next bound; one that does not lie after the one before says nothing new. */
    void add(long bound) {
        if (isDone() || (size > 0 && bound <= bounds[size - 1])) {
            return;
        }
        if (bound <= range.startMicros()) {
            size = 0;
        }
        if (size == bounds.length) {
            bounds = Arrays.copyOf(bounds, size * 2);
        }
        bounds[size++] = bound;
    }

    /** Takes {@code first}, {@code first + width} … below {@code endMicros}. */
    void addEvenly(long first, long width, long endMicros) {
        long at = first;
        if (at < range.startMicros() && at < endMicros) {
            at += (Math.min(range.startMicros(), endMicros - 1) - at) / width * width;
        }
        while (at < endMicros && !isDone()) {
            add(at);
            at += width;
        }
    }

    /** The start of each bucket and the end of the last; null if there are too many. */
    long @Nullable [] boundsOrNull() {
        return size > limit + 1 ? null : Arrays.copyOf(bounds, size);
    }
}
