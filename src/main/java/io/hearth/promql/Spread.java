package io.hearth.promql;

/** Count, mean, and sum of squared differences from the mean. */
final class Spread {
    private double count;
    private double mean;
    private double squares;

    void clear() {
        count = 0;
        mean = 0;
        squares = 0;
    }

    void add(double value) {
        add(1, value, 0);
    }

    /** Adds the moments of other values (Chan, Golub, LeVeque 1979). */
    void add(double otherCount, double otherMean, double otherSquares) {
        if (otherCount == 0) {
            return;
        }
        double all = count + otherCount;
        double difference = otherMean - mean;
        mean += difference * (otherCount / all);
        squares += otherSquares + difference * difference * (count * otherCount / all);
        count = all;
    }

    double count() {
        return count;
    }

    double mean() {
        return mean;
    }

    double squares() {
        return squares;
    }
}
