package io.hearth.promql;

import java.util.Arrays;

/** The change over the window, extrapolated to its ends; of counters without what they lost by starting anew. */
final class ChangeWindow extends Window {
    /** Samples further from an end than so many mean intervals say that the series began or ended there. */
    private static final double INTERVALS_TO_EXTRAPOLATE = 1.1;

    private final boolean counter;
    private final double divisor;
    private double back;
    private double[] front = new double[FIRST_CAPACITY];

    ChangeWindow(QueryBudget budget, boolean counter, double divisor) {
        super(budget);
        this.counter = counter;
        this.divisor = divisor;
    }

    @Override
    boolean hasValue() {
        return size() > 1;
    }

    @Override
    void startBack() {
        back = 0;
    }

    @Override
    void addToBack(int index) {
        back += index > middle ? lostAt(index) : 0;
    }

    @Override
    void foldFront(int index) {
        front[index] = index + 1 < middle ? front[index + 1] + lostAt(index + 1) : 0;
    }

    @Override
    void resize(int capacity) {
        front = Arrays.copyOf(front, capacity);
    }

    /** What the counter had when it started anew before {@code index}, if it did. */
    private double lostAt(int index) {
        return counter && values[index] < values[index - 1] ? values[index - 1] : 0;
    }

    @Override
    double value(long startMicros, long endMicros, int step) {
        double lost = back;
        if (head < middle) {
            lost += front[head] + (middle < tail ? lostAt(middle) : 0);
        }
        double change = values[tail - 1] - values[head] + lost;
        double sampled = (timesMicros[tail - 1] - timesMicros[head]) / 1e6;
        double interval = sampled / (size() - 1);
        double before = (timesMicros[head] - startMicros) / 1e6;
        double after = (endMicros - timesMicros[tail - 1]) / 1e6;
        if (before >= interval * INTERVALS_TO_EXTRAPOLATE) {
            before = interval / 2;
        }
        if (counter && change > 0 && values[head] >= 0) {
            // A counter is never below zero: it began at the latest where its slope meets zero.
            before = Math.min(before, sampled * (values[head] / change));
        }
        if (after >= interval * INTERVALS_TO_EXTRAPOLATE) {
            after = interval / 2;
        }
        return change * ((sampled + before + after) / sampled / divisor);
    }
}
