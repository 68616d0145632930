package io.hearth.series.aggregate;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What stands where a bucket has no value, decided for each metric and function by itself. {@link Function#COUNT} is never
 * carried on: with every fill but {@link #NONE} it is 0 in an empty bucket. Values that were filled in by {@link #PREVIOUS} and
 * {@link #LINEAR} no longer add up to sums and increases of the range.
 */
public enum Fill {
    /** Nothing: the value is left out, and a bucket in which no metric has any value is left out as a whole. */
    NONE,
    /** Every bucket is there; what has no value is null. */
    NULL,
    /** The value of the nearest bucket before that has one, of any kind; null before the first. */
    PREVIOUS,
    /**
     * For numbers, the straight line over bucket starts between the nearest buckets on both sides that have one; null
     * before the first, after the last, and beside booleans and texts (of {@code first} and {@code last}).
     */
    LINEAR;

    /**
     * The fill of that name, in lower case.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Fill parse(String name) {
        for (Fill fill : values()) {
            if (fill.text().equals(name)) {
                return fill;
            }
        }
        throw new IllegalArgumentException("no such fill, the fills are "
                + Arrays.stream(values()).map(Fill::text).collect(Collectors.joining(", ")));
    }

    /** The name on the wire, in lower case. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
