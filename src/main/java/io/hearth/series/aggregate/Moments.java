package io.hearth.series.aggregate;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Per bucket, how many numbers there are and, as far as the functions need it, what they sum up to and how they spread. */
final class Moments {
    private final long[] counts;
    private final double @Nullable [] sums;
    private final double @Nullable [] mins;
    private final double @Nullable [] maxs;
    /** Per bucket, the sum of squared differences from its mean. */
    private final double @Nullable [] deviations;

    Moments(int buckets, Collection<Function> functions) {
        counts = new long[buckets];
        sums = hasSums(functions) ? new double[buckets] : null;
        mins = hasBound(Function.MIN, functions) ? new double[buckets] : null;
        maxs = hasBound(Function.MAX, functions) ? new double[buckets] : null;
        deviations = functions.contains(Function.STDDEV) ? new double[buckets] : null;
    }

    private static boolean hasSums(Collection<Function> functions) {
        return functions.contains(Function.STDDEV)
                || functions.contains(Function.AVG)
                || functions.contains(Function.SUM);
    }

    private static boolean hasBound(Function bound, Collection<Function> functions) {
        return functions.contains(Function.STDDEV)
                || functions.stream().anyMatch(Function::isPercentile)
                || functions.contains(bound);
    }

    static long bytesPerBucket(Collection<Function> functions) {
        return (long) Long.BYTES
                + (hasSums(functions) ? Double.BYTES : 0)
                + (hasBound(Function.MIN, functions) ? Double.BYTES : 0)
                + (hasBound(Function.MAX, functions) ? Double.BYTES : 0)
                + (functions.contains(Function.STDDEV) ? Double.BYTES : 0);
    }

    /** Adds {@code numbers} from {@code from} to {@code to}, exclusive, at least one. */
    void add(int bucket, double[] numbers, int from, int to) {
        int count = to - from;
        double sum = sums == null ? 0 : sum(numbers, from, to);
        double deviation = deviations == null ? 0 : deviation(numbers, from, to, sum / count);
        double min = mins == null ? 0 : min(numbers, from, to);
        double max = maxs == null ? 0 : max(numbers, from, to);
        combine(bucket, count, sum, min, max, deviation);
    }

    void add(int bucket, ChunkSummary summary) {
        double deviation = deviations == null ? 0 : summary.squaredDeviations();
        combine(bucket, summary.count(), summary.sum(), summary.min(), summary.max(), deviation);
    }

    void add(int bucket, RollupCell cell) {
        combine(bucket, cell.numbers(), cell.sum(), cell.min(), cell.max(), cell.squaredDeviations());
    }

    void merge(Moments other) {
        for (int b = 0; b < counts.length; b++) {
            if (other.counts[b] > 0) {
                combine(
                        b,
                        other.counts[b],
                        at(other.sums, b),
                        at(other.mins, b),
                        at(other.maxs, b),
                        at(other.deviations, b));
            }
        }
    }

    private static double at(double @Nullable [] values, int bucket) {
        return values == null ? 0 : values[bucket];
    }

    private void combine(int bucket, long count, double sum, double min, double max, double deviation) {
        long before = counts[bucket];
        counts[bucket] = before + count;
        if (sums != null) {
            if (deviations != null) {
                double shift = before == 0 ? 0 : sum / count - sums[bucket] / before;
                double weight = (double) before * count / (before + count);
                deviations[bucket] += deviation + shift * shift * weight;
            }
            sums[bucket] += sum;
        }
        if (mins != null) {
            mins[bucket] = before == 0 ? min : Math.min(mins[bucket], min);
        }
        if (maxs != null) {
            maxs[bucket] = before == 0 ? max : Math.max(maxs[bucket], max);
        }
    }

    long count(int bucket) {
        return counts[bucket];
    }

    double sum(int bucket) {
        return present(sums)[bucket];
    }

    double min(int bucket) {
        return present(mins)[bucket];
    }

    double max(int bucket) {
        return present(maxs)[bucket];
    }

    /** The sum of squared differences from the mean; exactly 0 for equal numbers. */
    double squaredDeviations(int bucket) {
        return min(bucket) == max(bucket) ? 0 : present(deviations)[bucket];
    }

    /** Exactly 0 for equal numbers, whose mean and so their deviation may have been rounded. */
    double standardDeviation(int bucket) {
        return Math.sqrt(squaredDeviations(bucket) / counts[bucket]);
    }

    private static double[] present(double @Nullable [] values) {
        if (values == null) {
            throw new IllegalStateException("not among the functions asked");
        }
        return values;
    }

    // Four lanes each, as an addition or comparison has to wait for the one before it in its lane only.

    private static double sum(double[] numbers, int from, int to) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i < to - 3; i += 4) {
            a += numbers[i];
            b += numbers[i + 1];
            c += numbers[i + 2];
            d += numbers[i + 3];
        }
        for (; i < to; i++) {
            a += numbers[i];
        }
        return (a + b) + (c + d);
    }

    private static double deviation(double[] numbers, int from, int to, double mean) {
        double a = 0;
        double b = 0;
        int i = from;
        for (; i < to - 1; i += 2) {
            double first = numbers[i] - mean;
            double second = numbers[i + 1] - mean;
            a += first * first;
            b += second * second;
        }
        if (i < to) {
            double last = numbers[i] - mean;
            a += last * last;
        }
        return a + b;
    }

    private static double min(double[] numbers, int from, int to) {
        double a = numbers[from];
        double b = a;
        double c = a;
        double d = a;
        int i = from + 1;
        for (; i < to - 3; i += 4) {
            a = Math.min(a, numbers[i]);
            b = Math.min(b, numbers[i + 1]);
            c = Math.min(c, numbers[i + 2]);
            d = Math.min(d, numbers[i + 3]);
        }
        for (; i < to; i++) {
            a = Math.min(a, numbers[i]);
        }
        return Math.min(Math.min(a, b), Math.min(c, d));
    }

    private static double max(double[] numbers, int from, int to) {
        double a = numbers[from];
        double b = a;
        double c = a;
        double d = a;
        int i = from + 1;
        for (; i < to - 3; i += 4) {
            a = Math.max(a, numbers[i]);
            b = Math.max(b, numbers[i + 1]);
            c = Math.max(c, numbers[i + 2]);
            d = Math.max(d, numbers[i + 3]);
        }
        for (; i < to; i++) {
            a = Math.max(a, numbers[i]);
        }
        return Math.max(Math.max(a, b), Math.max(c, d));
    }
}
