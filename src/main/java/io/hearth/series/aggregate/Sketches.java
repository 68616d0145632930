package io.hearth.series.aggregate;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.mapping.CubicallyInterpolatedMapping;
import com.datadoghq.sketch.ddsketch.mapping.IndexMapping;
import com.datadoghq.sketch.ddsketch.store.Bin;
import com.datadoghq.sketch.ddsketch.store.PaginatedStore;
import com.datadoghq.sketch.ddsketch.store.Store;
import java.util.Iterator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Per bucket that has numbers, a sketch of their distribution with a relative error of at most 1 %. The store keeps pages of
 * bins only where there are values, about 1 KiB for values of one order of magnitude, and collapses none.
 */
final class Sketches {
    private static final IndexMapping MAPPING = new CubicallyInterpolatedMapping(0.01);
    private static final double MAX_VALUE = MAPPING.maxIndexableValue();

    /** A reference. */
    static final long BYTES_PER_BUCKET = 4;

    /** A sketch with one page. */
    private static final long SKETCH_BYTES = 1280;

    /** The budget is asked for so many sketches at a time. */
    private static final int SKETCHES_AT_A_TIME = 32;

    private final @Nullable DDSketch[] sketches;
    private final AnswerBudget budget;
    private int allowed;

    Sketches(int buckets, AnswerBudget budget) {
        sketches = new DDSketch[buckets];
        this.budget = budget;
    }

    /** Adds {@code numbers} from {@code from} to {@code to}, exclusive; runs of equal numbers, which sensors have, at once. */
    void add(int bucket, double[] numbers, int from, int to) {
        DDSketch sketch = sketch(bucket);
        int at = from;
        while (at < to) {
            double number = numbers[at];
            int start = at++;
            while (at < to && numbers[at] == number) {
                at++;
            }
            sketch.accept(Math.max(-MAX_VALUE, Math.min(MAX_VALUE, number)), at - start);
        }
    }

    private DDSketch sketch(int bucket) {
        DDSketch sketch = sketches[bucket];
        if (sketch == null) {
            allowOne();
            sketch = new DDSketch(MAPPING, PaginatedStore::new);
            sketches[bucket] = sketch;
        }
        return sketch;
    }

    private void allowOne() {
        if (allowed == 0) {
            budget.hold(SKETCHES_AT_A_TIME * SKETCH_BYTES);
            allowed = SKETCHES_AT_A_TIME;
        }
        allowed--;
    }

    void merge(Sketches other) {
        for (int b = 0; b < sketches.length; b++) {
            DDSketch theirs = other.sketches[b];
            DDSketch ours = sketches[b];
            if (theirs != null) {
                if (ours == null) {
                    allowOne();
                    sketches[b] = theirs.copy();
                } else {
                    merge(ours, theirs);
                }
            }
        }
    }

    /** Bin by bin: sketches-java 0.8.3 leaves the array of pages in {@code PaginatedStore.mergeWith} for some offsets. */
    private static void merge(DDSketch target, DDSketch source) {
        Store positive = source.getPositiveValueStore();
        Store negative = source.getNegativeValueStore();
        positive.forEach(target.getPositiveValueStore()::add);
        negative.forEach(target.getNegativeValueStore()::add);
        double zeros = source.getCount() - positive.getTotalCount() - negative.getTotalCount();
        if (zeros > 0) {
            target.accept(0, zeros);
        }
    }

    /**
     * Adds a sketch that {@link #bins} has told.
     *
     * @throws IllegalArgumentException if it is none
     */
    void add(int bucket, long[] bins) {
        int positiveEnd = bins.length < 2 ? -1 : 2 + 2 * Math.toIntExact(bins[1]);
        if (positiveEnd < 2 || positiveEnd > bins.length || bins.length % 2 != 0) {
            throw new IllegalArgumentException("not the bins of a sketch");
        }
        DDSketch sketch = sketch(bucket);
        if (bins[0] > 0) {
            sketch.accept(0, (double) bins[0]);
        }
        for (int i = 2; i < bins.length; i += 2) {
            Store store = i < positiveEnd ? sketch.getPositiveValueStore() : sketch.getNegativeValueStore();
            store.add(Math.toIntExact(bins[i]), bins[i + 1]);
        }
    }

    /**
     * A bucket's sketch: how many zeros, how many bins of positive numbers, then the index and the count of each bin, those of
     * positive numbers first, each by index ascending; empty if there are no numbers.
     */
    long[] bins(int bucket) {
        DDSketch sketch = sketches[bucket];
        if (sketch == null) {
            return new long[0];
        }
        LongStream.Builder bins = LongStream.builder();
        long positives = add(sketch.getPositiveValueStore(), bins);
        add(sketch.getNegativeValueStore(), bins);
        Store positive = sketch.getPositiveValueStore();
        Store negative = sketch.getNegativeValueStore();
        double zeros = sketch.getCount() - positive.getTotalCount() - negative.getTotalCount();
        return LongStream.concat(LongStream.of((long) zeros, positives), bins.build())
                .toArray();
    }

    private static long add(Store store, LongStream.Builder bins) {
        long count = 0;
        for (Iterator<Bin> each = store.getAscendingIterator(); each.hasNext(); ) {
            Bin bin = each.next();
            if (bin.getCount() > 0) {
                bins.add(bin.getIndex()).add((long) bin.getCount());
                count++;
            }
        }
        return count;
    }

    /** The value at {@code quantile} of a bucket; NaN if it has no numbers. */
    double valueAt(double quantile, int bucket) {
        DDSketch sketch = sketches[bucket];
        return sketch == null ? Double.NaN : sketch.getValueAtQuantile(quantile);
    }
}
