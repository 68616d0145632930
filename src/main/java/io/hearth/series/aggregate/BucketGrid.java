package io.hearth.series.aggregate;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The buckets that a range of time is cut into, numbered from 0 in order of time and without gaps. Buckets are aligned as
 * {@link Every} says, so the first may begin before the range and the last end after it; such a bucket is reported under its
 * aligned start and counts only the readings that lie in the range. Immutable.
 */
public final class BucketGrid {
    /** The most buckets that one answer may have. */
    public static final int MAX_BUCKETS = 100_000;

    /** The widths that {@link #atMost} chooses from, ascending. */
    private static final List<Every> NICE = niceWidths();

    /** How far the widths of consecutive buckets can lie apart from as many mean widths: leap years and zone changes. */
    private static final long IRREGULAR_MICROS = 3 * Every.Fixed.DAY_MICROS;

    private final TimeRange range;
    private final Every every;
    private final ZoneId zone;
    private final int size;

    // Either evenly spaced, or else the start of each bucket and the end of the last.
    private final long firstMicros;
    private final long widthMicros;
    private final long @Nullable [] bounds;

    private BucketGrid(TimeRange range, Every every, ZoneId zone, int size, long firstMicros, long widthMicros) {
        this.range = range;
        this.every = every;
        this.zone = zone;
        this.size = size;
        this.firstMicros = firstMicros;
        this.widthMicros = widthMicros;
        this.bounds = null;
    }

    private BucketGrid(TimeRange range, Every every, ZoneId zone, long[] bounds) {
        this.range = range;
        this.every = every;
        this.zone = zone;
        this.size = bounds.length - 1;
        this.firstMicros = bounds[0];
        this.widthMicros = 0;
        this.bounds = bounds;
    }

    /**
     * The buckets of {@code range}; none if it is empty.
     *
     * @throws BucketLimitException if there are more than {@link #MAX_BUCKETS}
     * @throws IllegalArgumentException if the range or its first bucket leaves the years 0 to 9999
     */
    public static BucketGrid of(TimeRange range, Every every, ZoneId zone) {
        BucketGrid grid = cut(range, every, zone, MAX_BUCKETS);
        if (grid == null) {
            throw new BucketLimitException("more than " + MAX_BUCKETS + " buckets of " + every.text()
                    + ": choose wider buckets or a shorter range");
        }
        return grid;
    }

    /**
     * The finest buckets of {@code range} of which there are at most {@code maxPoints}, in one of the widths that people read with
     * ease: 1, 5, 10, 15, 30 s or min; 1, 2, 3, 6, 12 h; a day, a week; 1, 3 months; 1, 2, 5, 10 … 1000 years.
     *
     * <p>One point is the whole range: a bucket that begins where the range does, as a boundary of any round width may fall into it.
     *
     * @param maxPoints from 1 to {@link #MAX_BUCKETS}
     * @throws BucketLimitException if {@code maxPoints} is too small for the widest
     * @throws IllegalArgumentException if {@code maxPoints} is out of its bounds, or as in {@link #of}
     */
    public static BucketGrid atMost(int maxPoints, TimeRange range, ZoneId zone) {
        if (maxPoints < 1 || maxPoints > MAX_BUCKETS) {
            throw new IllegalArgumentException("the most points must be between 1 and " + MAX_BUCKETS);
        }
        if (maxPoints == 1 && !range.isEmpty()) {
            return whole(range, zone);
        }
        for (Every every : NICE) {
            BucketGrid grid = cut(range, every, zone, maxPoints);
            if (grid != null) {
                return grid;
            }
        }
        throw new BucketLimitException("the range is too long for " + maxPoints + " points");
    }

    private static BucketGrid whole(TimeRange range, ZoneId zone) {
        requireYears(range);
        long micros = range.endMicros() - range.startMicros();
        long width = (micros + 999) / 1000 * 1000;
        if (width > Every.Fixed.MAX_MICROS) {
            throw new BucketLimitException("the range is too long for 1 point");
        }
        return new BucketGrid(range, new Every.Fixed(width), zone, 1, range.startMicros(), width);
    }

    private static void requireYears(TimeRange range) {
        if (range.startMicros() < EpochMicros.MIN_RFC3339 || range.endMicros() - 1 > EpochMicros.MAX_RFC3339) {
            throw new IllegalArgumentException("the range must lie within the years 0 to 9999");
        }
    }

    private static @Nullable BucketGrid cut(TimeRange range, Every every, ZoneId zone, int limit) {
        long from = range.startMicros();
        long to = range.endMicros();
        requireYears(range);
        if (range.isEmpty()) {
            return new BucketGrid(range, every, zone, 0, from, every.meanMicros());
        }
        if ((to - from - IRREGULAR_MICROS) / every.meanMicros() > limit) {
            return null;
        }
        BucketGrid grid = uncheckedCut(range, every, zone, limit);
        if (grid != null && grid.firstMicros < EpochMicros.MIN_RFC3339) {
            throw new IllegalArgumentException("the first bucket would begin before the year 0");
        }
        return grid;
    }

    private static @Nullable BucketGrid uncheckedCut(TimeRange range, Every every, ZoneId zone, int limit) {
        if (every instanceof Every.Fixed fixed) {
            long width = fixed.micros();
            if (!fixed.followsClock() || ClockBounds.areEven(range, width, zone)) {
                long offset = fixed.followsClock() ? ClockBounds.offsetMicros(range.startMicros(), zone) : 0;
                long first = Math.floorDiv(range.startMicros() + offset, width) * width - offset;
                long size = (range.endMicros() - 1 - first) / width + 1;
                return size > limit ? null : new BucketGrid(range, every, zone, (int) size, first, width);
            }
        }
        BoundsCollector collector = new BoundsCollector(range, limit);
        if (every instanceof Every.Fixed fixed) {
            ClockBounds.collect(collector, range, fixed.micros(), zone);
        } else {
            CalendarBounds.collect(collector, range, every, zone);
        }
        long[] bounds = collector.boundsOrNull();
        return bounds == null ? null : new BucketGrid(range, every, zone, bounds);
    }

    /** The range that was cut; only what lies in it counts. */
    public TimeRange range() {
        return range;
    }

    public Every every() {
        return every;
    }

    public ZoneId zone() {
        return zone;
    }

    /** How many buckets there are. */
    public int size() {
        return size;
    }

    /** The aligned start of a bucket, in microseconds since 1970; that of the first may lie before the range. */
    public long startMicros(int bucket) {
        Objects.checkIndex(bucket, size);
        return bounds == null ? firstMicros + bucket * widthMicros : bounds[bucket];
    }

    /** The end of a bucket, exclusive, where the next one starts; that of the last may lie after the range. */
    public long endMicros(int bucket) {
        Objects.checkIndex(bucket, size);
        return bounds == null ? firstMicros + (bucket + 1L) * widthMicros : bounds[bucket + 1];
    }

    /** How much of the bucket lies in the range, in microseconds; more than 0. */
    public long coveredMicros(int bucket) {
        return Math.min(endMicros(bucket), range.endMicros()) - Math.max(startMicros(bucket), range.startMicros());
    }

    /** The bucket that an instant falls into; -1 if the instant is outside the range. */
    public int indexOf(long micros) {
        if (!range.contains(micros)) {
            return -1;
        }
        if (bounds == null) {
            return (int) ((micros - firstMicros) / widthMicros);
        }
        int at = Arrays.binarySearch(bounds, micros);
        return at >= 0 ? at : -at - 2;
    }

    /** The bucket that holds all of {@code [startMicros, endMicros)}; -1 if none does, or part of it is outside the range. */
    public int holding(long startMicros, long endMicros) {
        int bucket = indexOf(startMicros);
        return bucket >= 0 && endMicros <= Math.min(endMicros(bucket), range.endMicros()) ? bucket : -1;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BucketGrid grid
                && range.equals(grid.range)
                && every.equals(grid.every)
                && zone.equals(grid.zone);
    }

    @Override
    public int hashCode() {
        return Objects.hash(range, every, zone);
    }

    @Override
    public String toString() {
        return size + " buckets of " + every.text() + " in " + zone;
    }

    private static List<Every> niceWidths() {
        List<Every> widths = new ArrayList<>();
        LongStream.of(1, 5, 10, 15, 30).forEach(seconds -> widths.add(Every.Fixed.of(Duration.ofSeconds(seconds))));
        LongStream.of(1, 5, 15, 30).forEach(minutes -> widths.add(Every.Fixed.of(Duration.ofMinutes(minutes))));
        LongStream.of(1, 2, 3, 6, 12).forEach(hours -> widths.add(Every.Fixed.of(Duration.ofHours(hours))));
        widths.add(new Every.Days(1));
        widths.add(new Every.Days(7));
        widths.add(new Every.Months(1));
        widths.add(new Every.Months(3));
        for (int decade = 1; decade < Every.MAX_YEARS; decade *= 10) {
            widths.add(new Every.Months(decade * 12));
            widths.add(new Every.Months(decade * 24));
            widths.add(new Every.Months(decade * 60));
        }
        widths.add(new Every.Months(Every.MAX_YEARS * 12));
        return List.copyOf(widths);
    }
}
