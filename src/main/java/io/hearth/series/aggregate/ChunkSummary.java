package io.hearth.series.aggregate;

import io.hearth.model.Column;
import org.jspecify.annotations.Nullable;

/**
 * What the points of one metric of one device come to, so that a bucket which holds them all need not see them. Only for
 * points that are all numbers or all booleans (1 and 0).
 *
 * @param kind {@link Column#NUMBER} or {@link Column#BOOL}
 * @param count how many points, at least 1
 * @param min the least value, with -0.0 less than 0.0
 * @param max the greatest value
 * @param sum may be infinite if it exceeds a double
 * @param sumOfSquares may be infinite, too
 * @param firstMicros device time of the first point
 * @param first its value
 * @param lastMicros device time of the last point
 * @param last its value
 */
public record ChunkSummary(
        byte kind,
        long count,
        double min,
        double max,
        double sum,
        double sumOfSquares,
        long firstMicros,
        double first,
        long lastMicros,
        double last) {
    /** The share of the sum of squares that the variance must exceed, for six digits of it to be left. */
    private static final double LEAST_VARIANCE_SHARE = 1e-6;

    /** @throws IllegalArgumentException if no points can have such a summary */
    public ChunkSummary {
        if ((kind != Column.NUMBER && kind != Column.BOOL)
                || count < 1
                || firstMicros > lastMicros
                || Double.compare(min, max) > 0) {
            throw new IllegalArgumentException("no points have such a summary");
        }
    }

    /**
     * The summary of a column's points.
     *
     * @param size how many readings, of which the column may have a point or not
     * @param timesMicros their device times, ascending
     * @return null if the column has no points, texts, or both numbers and booleans
     */
    public static @Nullable ChunkSummary of(int size, long[] timesMicros, Column column) {
        byte kind = Column.ABSENT;
        long count = 0;
        int first = 0;
        int last = 0;
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double sumOfSquares = 0;
        for (int i = 0; i < size; i++) {
            byte kindHere = column.kindAt(i);
            if (kindHere == Column.ABSENT) {
                continue;
            }
            if (kindHere == Column.TEXT || (count > 0 && kindHere != kind)) {
                return null;
            }
            if (count++ == 0) {
                kind = kindHere;
                first = i;
            }
            last = i;
            double number = column.numbers()[i];
            min = Math.min(min, number);
            max = Math.max(max, number);
            sum += number;
            sumOfSquares += number * number;
        }
        if (count == 0) {
            return null;
        }
        double[] numbers = column.numbers();
        return new ChunkSummary(
                kind,
                count,
                min,
                max,
                sum,
                sumOfSquares,
                timesMicros[first],
                numbers[first],
                timesMicros[last],
                numbers[last]);
    }

    /** The sum of squared differences from the mean. */
    double squaredDeviations() {
        return min == max ? 0 : Math.max(0, sumOfSquares - sum / count * sum);
    }

    /**
     * Whether {@link #squaredDeviations} still has six digits: where values vary little around a great mean, the difference of
     * two great sums has lost them.
     */
    boolean tellsDeviation() {
        return min == max || squaredDeviations() > sumOfSquares * LEAST_VARIANCE_SHARE;
    }
}
