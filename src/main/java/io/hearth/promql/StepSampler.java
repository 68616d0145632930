package io.hearth.promql;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;

/** Makes of the samples of one series, which come ascending in time, its value at every step. Reusable. */
abstract class StepSampler {
    private final StepGrid grid;
    private final long offsetMicros;
    private final StepValues values;
    private int step;
    /** The end of the window of the current step; no sample is later once all steps are done. */
    private long stepEndMicros;

    StepSampler(StepGrid grid, long offsetMicros) {
        this.grid = grid;
        this.offsetMicros = offsetMicros;
        values = new StepValues(grid.count());
    }

    /** Forgets everything; call it before the first sample of a series. */
    final void restart() {
        values.clear();
        step = 0;
        stepEndMicros = grid.at(0) - offsetMicros;
        forget();
    }

    /** Takes the numbers and booleans of a column of a block; texts are no samples. */
    final void accept(ReadingBlock block, Column column) {
        long[] times = block.timesMicros();
        double[] numbers = column.numbers();
        byte[] kinds = column.kinds();
        for (int i = 0; i < block.size(); i++) {
            if (kinds == null || kinds[i] == Column.NUMBER || kinds[i] == Column.BOOL) {
                long timeMicros = times[i];
                if (timeMicros > stepEndMicros) {
                    closeUntil(timeMicros);
                }
                sample(timeMicros, numbers[i], stepEndMicros);
            }
        }
    }

    /** The values, when all samples have come. */
    final StepValues finish() {
        while (step < grid.count()) {
            close();
        }
        return values;
    }

    private void closeUntil(long timeMicros) {
        while (step < grid.count() && stepEndMicros < timeMicros) {
            close();
        }
    }

    private void close() {
        closeStep(step, stepEndMicros, values);
        step++;
        stepEndMicros = step < grid.count() ? grid.at(step) - offsetMicros : Long.MAX_VALUE;
    }

    /** Nothing has come yet. */
    abstract void forget();

    /** A sample, not later than {@code stepEndMicros}, the end of the next step to be closed. */
    abstract void sample(long timeMicros, double value, long stepEndMicros);

    /** All samples up to {@code endMicros} have come, and none later. */
    abstract void closeStep(int step, long endMicros, StepValues into);

    /** The last sample within the lookback. */
    static final class Last extends StepSampler {
        private final long lookbackMicros;
        private boolean any;
        private long timeMicros;
        private double value;

        Last(StepGrid grid, long offsetMicros, long lookbackMicros) {
            super(grid, offsetMicros);
            this.lookbackMicros = lookbackMicros;
        }

        @Override
        void forget() {
            any = false;
        }

        @Override
        void sample(long timeMicros, double value, long stepEndMicros) {
            any = true;
            this.timeMicros = timeMicros;
            this.value = value;
        }

        @Override
        void closeStep(int step, long endMicros, StepValues into) {
            if (any && timeMicros > endMicros - lookbackMicros) {
                into.set(step, value);
            }
        }
    }

    /** A function of the samples of {@code (end - range, end]}. */
    static final class Windowed extends StepSampler {
        private final long rangeMicros;
        private final Window window;

        Windowed(StepGrid grid, long offsetMicros, long rangeMicros, Window window) {
            super(grid, offsetMicros);
            this.rangeMicros = rangeMicros;
            this.window = window;
        }

        @Override
        void forget() {
            window.clear();
        }

        @Override
        void sample(long timeMicros, double value, long stepEndMicros) {
            // What lies between two windows is in none.
            if (timeMicros > stepEndMicros - rangeMicros) {
                window.add(timeMicros, value);
            }
        }

        @Override
        void closeStep(int step, long endMicros, StepValues into) {
            window.dropUpTo(endMicros - rangeMicros);
            if (window.hasValue()) {
                into.set(step, window.value(endMicros - rangeMicros, endMicros, step));
            }
        }
    }
}
