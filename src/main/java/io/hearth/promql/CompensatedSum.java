package io.hearth.promql;

/** A sum with the rounding errors of its additions summed beside it (Neumaier 1974). */
final class CompensatedSum {
    private double sum;
    private double error;

    void clear() {
        sum = 0;
        error = 0;
    }

    void add(double value) {
        add(value, 0);
    }

    /** Adds another sum with its error. */
    void add(double value, double valueError) {
        double total = sum + value;
        error = error(error + valueError, sum, value, total);
        sum = total;
    }

    double sum() {
        return sum;
    }

    double error() {
        return error;
    }

    double total() {
        return sum + error;
    }

    /** The error so far and that of {@code total = sum + value}; none once the sum is no longer finite. */
    static double error(double before, double sum, double value, double total) {
        if (!Double.isFinite(total)) {
            return 0;
        }
        return before + (Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum);
    }
}
