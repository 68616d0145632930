package io.hearth.series.rollup;

import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.value.Erasure;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the readings of a device in one window come to, at one level, of some or all metrics. The window is cut where the
 * level's buckets begin, in parts; a bucket that crosses the window's edge has its other parts in other windows.
 *
 * @param items how many such items, with different metrics, the window has
 * @param rawUntilSeconds when the readings this was made of leave the table, epoch seconds; zero never
 * @param notKept metrics that the window has but this level does not keep
 * @param erased numbers of the parts of which nothing may be known any more: they have no cells, and that says nothing
 * @param earliest for each part the hybrid time of the earliest write that a reading of it had when it was made, {@link #UNKNOWN} if an
 *     earlier build has made it, {@link #NO_READINGS} if it has none
 * @param bounds the start of each part and the end of the last, the first and last being the window's; µs since 1970
 * @param cells by metric, a cell for each part; null where there are no points
 */
public record WindowRollup(
        int items,
        long rawUntilSeconds,
        Set<String> notKept,
        SortedSet<Integer> erased,
        @SuppressWarnings("ArrayRecordComponent") long[] earliest,
        @SuppressWarnings("ArrayRecordComponent") long[] bounds,
        SortedMap<String, @Nullable RollupCell[]> cells) {
    /** As an erasure that may cover readings of the part covers them. */
    static final long UNKNOWN = 0;

    public static final long NO_READINGS = Long.MAX_VALUE;

    public int parts() {
        return bounds.length - 1;
    }

    /** Whether nothing is known of any part. */
    boolean isEmpty() {
        return cells.isEmpty();
    }

    /** The same, as if it were not known when what it was made of was written. */
    public WindowRollup withoutEarliest() {
        return new WindowRollup(items, rawUntilSeconds, notKept, erased, new long[parts()], bounds, cells);
    }

    /** This with the metrics of another item of the same window and level, which must have been made together with it. */
    WindowRollup with(WindowRollup other) {
        SortedMap<String, @Nullable RollupCell[]> all = new TreeMap<>(cells);
        other.cells.forEach((metric, others) -> all.merge(metric, others, WindowRollup::both));
        return new WindowRollup(items, rawUntilSeconds, notKept, erased, earliest, bounds, all);
    }

    private static @Nullable RollupCell[] both(@Nullable RollupCell[] ones, @Nullable RollupCell[] others) {
        @Nullable RollupCell[] both = ones.clone();
        for (int part = 0; part < both.length; part++) {
            both[part] = both[part] == null ? others[part] : both[part];
        }
        return both;
    }

    /** This without the cells of parts of which an erasure may cover any reading; this itself if there is none. */
    WindowRollup without(Erasure erasure) {
        SortedSet<Integer> gone = new TreeSet<>(erased);
        for (int part = 0; part < parts(); part++) {
            boolean sharesTime = bounds[part] < erasure.range().endMicros()
                    && bounds[part + 1] > erasure.range().startMicros();
            if (sharesTime && earliest[part] <= erasure.stamp().time().packed()) {
                gone.add(part);
            }
        }
        if (gone.size() == erased.size()) {
            return this;
        }
        SortedMap<String, @Nullable RollupCell[]> left = new TreeMap<>();
        cells.forEach((metric, ofMetric) -> {
            @Nullable RollupCell[] kept = ofMetric.clone();
            gone.forEach(part -> kept[part] = null);
            if (Arrays.stream(kept).anyMatch(cell -> cell != null)) {
                left.put(metric, kept);
            }
        });
        return new WindowRollup(
                items, rawUntilSeconds, notKept, gone, earliest, bounds, Collections.unmodifiableSortedMap(left));
    }
}
