package io.hearth.series.aggregate;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a bucket can be asked. All but {@link #COUNT}, {@link #FIRST} and {@link #LAST} look at numbers, and at booleans as
 * 1 and 0 (so the average of {@code motion} is the share of readings that saw some); texts pass them by. A function
 * that finds nothing to work on, or whose result exceeds a double, has no value.
 */
public enum Function {
    /** The mean of the values, each with the same weight, however they are spaced in time. */
    AVG,
    /** The least value; -0.0 is less than 0.0. */
    MIN,
    /** The greatest value; 0.0 is greater than -0.0. */
    MAX,
    /** The sum, as doubles add: over {@code n} values its error is at most {@code n · 2^-53} of the sum of magnitudes. */
    SUM,
    /** How many values of any kind. */
    COUNT,
    /** The value of the least device time, of any kind. Of two devices' values at that time, the greater. */
    FIRST,
    /** The value of the greatest device time, of any kind. Of two devices' values at that time, the greater. */
    LAST,
    /**
     * Standard deviation of the population (divisor {@code n}), so that one value has 0. From values it is computed in two
     * passes per block, and blocks are combined by Chan, Golub and LeVeque's update [1]; a {@link ChunkSummary} takes part
     * only while its sum of squares still holds six digits of the variance.
     *
     * <p>[1] "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", Stanford CS-TR-79-773, 1979
     */
    STDDEV,
    /** The median: see {@link #P95}. */
    P50,
    /**
     * A percentile {@code q} with a relative error of at most 1 %: within 1 % of the value of rank {@code ⌊q · (n - 1)⌋}, counting
     * from 0 in ascending order. From a DDSketch [1], which merges without losing accuracy. Never outside the bucket's
     * least and greatest value, so a constant is exact. Magnitudes below 1e-307 count as 0, those above 1e307 may be off
     * by more.
     *
     * <p>[1] Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", VLDB 2019
     */
    P95,
    /** As {@link #P95}. */
    P99,
    /** {@link #INCREASE} per second of the part of the bucket that lies inside the range asked for. */
    RATE,
    /**
     * How far a counter rose. A step runs from a point to the next of the same metric and device, and belongs to the bucket
     * of the later one, wherever in the range the earlier one lies; so increases of all buckets add up to the increase of
     * the range, whatever the buckets. A drop is a reset: the counter began again from 0, and the step is the new value. The
     * first point of the range ends no step. A bucket in which no step ends has no value. Devices are added up. Of a boolean
     * it is how often it became true.
     */
    INCREASE;

    /**
     * The function of that name, as in {@code p95}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Function parse(String name) {
        for (Function function : values()) {
            if (function.text().equals(name)) {
                return function;
            }
        }
        throw new IllegalArgumentException("no such function, the functions are "
                + Arrays.stream(values()).map(Function::text).collect(Collectors.joining(", ")));
    }

    /** The name on the wire, in lower case. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a {@link ChunkSummary} can stand for the points themselves; false for percentiles, rate and increase. */
    public static boolean canUseSummary(Collection<Function> functions) {
        return functions.stream().noneMatch(f -> f.isPercentile() || f.needsSteps());
    }

    boolean isPercentile() {
        return this == P50 || this == P95 || this == P99;
    }

    boolean needsSteps() {
        return this == RATE || this == INCREASE;
    }

    /** The quantile of a percentile, between 0 and 1. */
    double quantile() {
        return switch (this) {
            case P50 -> 0.5;
            case P95 -> 0.95;
            case P99 -> 0.99;
            default -> throw new IllegalStateException(this + " is no percentile");
        };
    }
}
