package io.hearth.promql;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.Arrays;

/** Samples of one series, ascending in time. */
public final class SampleList {
    private static final int FIRST_CAPACITY = 64;

    private final QueryBudget budget;
    private long[] timesMicros = new long[FIRST_CAPACITY];
    private double[] values = new double[FIRST_CAPACITY];
    private int size;

    SampleList(QueryBudget budget) {
        this.budget = budget;
    }

    public int size() {
        return size;
    }

    public long timeMicros(int index) {
        return timesMicros[index];
    }

    public double value(int index) {
        return values[index];
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Takes the numbers and booleans of a column of a block; texts are no samples. */
    void accept(ReadingBlock block, Column column) {
        budget.hold(block.size());
        if (size + block.size() > values.length) {
            int capacity = Math.max(size + block.size(), 2 * values.length);
            timesMicros = Arrays.copyOf(timesMicros, capacity);
            values = Arrays.copyOf(values, capacity);
        }
        for (int i = 0; i < block.size(); i++) {
            byte kind = column.kindAt(i);
            if (kind == Column.NUMBER || kind == Column.BOOL) {
                timesMicros[size] = block.timesMicros()[i];
                values[size++] = column.numbers()[i];
            }
        }
    }
}
