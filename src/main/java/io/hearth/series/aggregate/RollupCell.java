package io.hearth.series.aggregate;

import io.hearth.model.Column;
import org.jspecify.annotations.Nullable;

/**
 * What the points of one metric of one device in one stretch of time come to, in a form that every {@link Function} can be
 * computed from, also of several stretches together. Booleans count as the numbers 1 and 0.
 *
 * @param numbers how many numbers there are; if none, {@code min} to {@code increase} are 0 and mean nothing
 * @param squaredDeviations the sum of the squared differences from the mean of the numbers
 * @param increase how far a counter rose from the first number to the last; see {@link Function#INCREASE}
 * @param firstNumber null if there are no numbers
 * @param lastNumber null if there are no numbers
 * @param bins the distribution of the numbers: how many zeros, how many bins of positive numbers, then index and count of each
 *     bin of the sketch, those of positive numbers first, each by index ascending; empty if there are no numbers. Not a copy
 * @param texts how many texts there are
 * @param first the first value of any kind
 * @param last the last value of any kind
 */
@SuppressWarnings("ArrayRecordComponent")
public record RollupCell(
        long numbers,
        double min,
        double max,
        double sum,
        double squaredDeviations,
        double increase,
        @Nullable Edge firstNumber,
        @Nullable Edge lastNumber,
        long[] bins,
        long texts,
        Edge first,
        Edge last) {

    /**
     * A value at one end of a stretch.
     *
     * @param kind {@link Column#NUMBER}, {@link Column#BOOL} or {@link Column#TEXT}
     * @param number the number, or 1 and 0; 0 for a text
     * @param text null if it is none
     */
    public record Edge(
            long micros, byte kind, double number, @Nullable String text) {}
}
