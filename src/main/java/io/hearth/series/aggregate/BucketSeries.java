package io.hearth.series.aggregate;

import io.hearth.model.Column;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer: for each bucket that is to be written, for each metric, a value or none for each function. Rows are numbered from
 * 0 in order of time; with {@link Fill#NONE} there are none for empty buckets, with the others one for each bucket of
 * the grid. Made for writers that stream: nothing is boxed, nothing allocated per value. Immutable.
 */
public final class BucketSeries {
    private final BucketGrid grid;
    private final List<Function> functions;
    private final Fill fill;
    private final List<String> metrics;
    /** By metric, then by {@link Function#ordinal}; null where a function was not asked. */
    private final @Nullable ResultColumn[][] columns;
    /** The bucket of each row; null if row and bucket are the same. */
    private final int @Nullable [] buckets;

    BucketSeries(
            BucketGrid grid,
            List<Function> functions,
            Fill fill,
            List<String> metrics,
            @Nullable ResultColumn[][] columns) {
        this.grid = grid;
        this.functions = functions;
        this.fill = fill;
        this.metrics = metrics;
        this.columns = columns;
        this.buckets = fill == Fill.NONE ? occupied(grid.size(), columns) : null;
    }

    private static int[] occupied(int size, @Nullable ResultColumn[][] columns) {
        boolean[] any = new boolean[size];
        int count = 0;
        for (int b = 0; b < size; b++) {
            for (@Nullable ResultColumn[] ofMetric : columns) {
                for (ResultColumn column : ofMetric) {
                    any[b] |= column != null && column.kind(b) != Column.ABSENT;
                }
            }
            count += any[b] ? 1 : 0;
        }
        int[] occupied = new int[count];
        int row = 0;
        for (int b = 0; b < size; b++) {
            if (any[b]) {
                occupied[row++] = b;
            }
        }
        return occupied;
    }

    public BucketGrid grid() {
        return grid;
    }

    /** The functions asked, in the order they were asked in. */
    public List<Function> functions() {
        return functions;
    }

    public Fill fill() {
        return fill;
    }

    /** The metrics, by name ascending: those asked by name, else all that had a point in the range. */
    public List<String> metrics() {
        return metrics;
    }

    /** How many buckets are to be written. */
    public int rows() {
        return buckets == null ? grid.size() : buckets.length;
    }

    /** The number in the grid of a row's bucket. */
    public int bucket(int row) {
        Objects.checkIndex(row, rows());
        return buckets == null ? row : buckets[row];
    }

    /** The aligned start of a row's bucket, microseconds since 1970. */
    public long startMicros(int row) {
        return grid.startMicros(bucket(row));
    }

    /** Whether there is a value; if not it is left out with {@link Fill#NONE} and null with the others. */
    public boolean isPresent(int row, int metric, Function function) {
        return kindAt(row, metric, function) != Column.ABSENT;
    }

    /**
     * The kind of a value, as in {@link Column}: a number or {@link Column#ABSENT} for all functions; also a boolean or a text for
     * {@link Function#FIRST} and {@link Function#LAST}.
     *
     * @param metric an index of {@link #metrics()}
     * @throws NoSuchElementException if the function was not asked
     */
    public byte kindAt(int row, int metric, Function function) {
        return column(metric, function).kind(bucket(row));
    }

    /** The number, finite, or 1 and 0 for true and false; meaningless for the other kinds. See {@link #kindAt}. */
    public double valueAt(int row, int metric, Function function) {
        return column(metric, function).number(bucket(row));
    }

    /**
     * The text of a value whose kind is {@link Column#TEXT}. See {@link #kindAt}.
     *
     * @throws NoSuchElementException if it is of another kind
     */
    public String textAt(int row, int metric, Function function) {
        String text = column(metric, function).text(bucket(row));
        if (text == null) {
            throw new NoSuchElementException(function.text() + " is no text");
        }
        return text;
    }

    private ResultColumn column(int metric, Function function) {
        ResultColumn column = columns[metric][function.ordinal()];
        if (column == null) {
            throw new NoSuchElementException(function.text() + " was not asked");
        }
        return column;
    }
}
