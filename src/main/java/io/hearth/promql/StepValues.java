package io.hearth.promql;

import java.util.Arrays;

/** Of one series a value, or none, at every step of a grid. Mutable, and reused by whoever hands it out. */
public final class StepValues {
    private final double[] values;
    private final boolean[] present;
    private int size;

    StepValues(int steps) {
        values = new double[steps];
        present = new boolean[steps];
    }

    public int steps() {
        return values.length;
    }

    /** Whether there is a value; NaN is one. */
    public boolean has(int step) {
        return present[step];
    }

    public double at(int step) {
        return values[step];
    }

    public boolean isEmpty() {
        return size == 0;
    }

    void set(int step, double value) {
        size += present[step] ? 0 : 1;
        present[step] = true;
        values[step] = value;
    }

    void remove(int step) {
        size -= present[step] ? 1 : 0;
        present[step] = false;
    }

    void clear() {
        Arrays.fill(present, false);
        size = 0;
    }
}
