package io.hearth.series.aggregate;

import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.util.Arrays;

/**
 * A block's readings cut at bucket bounds, once for all of its columns: segment {@code s} is the readings from {@code start(s)} to
 * {@code end(s)}, exclusive, and they all lie in {@code bucket(s)}. Readings outside the grid's range are in no segment.
 */
final class Segments {
    private int size;
    private int start;
    private int[] ends = new int[64];
    private int[] buckets = new int[64];

    /** Cuts {@code block}, forgetting the one before. */
    void cut(BucketGrid grid, ReadingBlock block) {
        long[] times = block.timesMicros();
        TimeRange range = grid.range();
        size = 0;
        start = firstFrom(times, 0, block.size(), range.startMicros());
        int stop = firstFrom(times, start, block.size(), range.endMicros());
        int at = start;
        int guess = 1;
        while (at < stop) {
            int bucket = grid.indexOf(times[at]);
            int end = endOf(times, at, stop, grid.endMicros(bucket), guess);
            if (size == ends.length) {
                ends = Arrays.copyOf(ends, size * 2);
                buckets = Arrays.copyOf(buckets, size * 2);
            }
            ends[size] = end;
            buckets[size++] = bucket;
            guess = end - at;
            at = end;
        }
    }

    int size() {
        return size;
    }

    int start(int segment) {
        return segment == 0 ? start : ends[segment - 1];
    }

    int end(int segment) {
        return ends[segment];
    }

    int bucket(int segment) {
        return buckets[segment];
    }

    /**
     * The first index after {@code from} whose time is {@code bound} or later, else {@code to}. Devices report at even
     * intervals, so the length of the segment before is tried first; the search is exponential from {@code from} otherwise.
     */
    private static int endOf(long[] times, int from, int to, long bound, int guess) {
        int likely = from + guess;
        if (likely < to && times[likely] >= bound && times[likely - 1] < bound) {
            return likely;
        }
        int low = from;
        int step = 1;
        while (low + step < to && times[low + step] < bound) {
            low += step;
            step <<= 1;
        }
        return firstFrom(times, low + 1, Math.min(low + step, to), bound);
    }

    /** The first index in {@code [low, high)} whose time is {@code bound} or later, else {@code high}. */
    private static int firstFrom(long[] times, int low, int high, long bound) {
        int at = Arrays.binarySearch(times, low, high, bound);
        return at >= 0 ? at : -at - 1;
    }
}
